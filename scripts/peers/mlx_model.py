#!/usr/bin/env python3
"""Makes a model folder that mlx_lm.server reads out of a GGUF file, with the very same weights.

    scripts/peers/mlx_model.py models/SmolLM2-135M-Instruct.Q4_1.gguf FOLDER

MLX reads the blocks of Q4_1 and Q8_0 as groups of 32 with a scale and a bias, so nothing is rounded again.
A GPU gets them packed as they are, with scales in 16 bits. A CPU gets every weight unpacked in 32 bits: same numbers,
and there MLX computes several times faster with them than with packed ones.

Written: config.json, model.safetensors, tokenizer.json, tokenizer_config.json. Before FOLDER gets its name, the model
made has to answer a question rightly. Only models of the SmolLM2 kind are understood; others are refused.
Needs the packages of requirements.txt.
"""

import argparse
import enum
import json
import pathlib
import shutil
import sys
import tempfile

import mlx.core as mx
from mlx_lm import generate, load
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

# Names of a block's tensors: in GGUF, in MLX.
IN_BLOCK = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
AROUND = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}

# Weights in a group that shares a scale and a bias, in Q4_1 and in Q8_0.
N_IN_GROUP = 32
# Bits of one packed word.
WORD_BITS = 32
# A token that is not text, in `tokenizer.ggml.token_type`.
CONTROL = 3
# llama.cpp ends an answer at this one too, by its name, besides the end that the file names.
END_OF_TEXT = "<|endoftext|>"

# What the model made has to know. Its answer is begun for it: of how to begin one it is never sure.
QUESTION = "What is the capital of France?"
BEGUN = "The capital of France is"
ANSWER = "Paris"


class Form(enum.Enum):
    """How weights are kept."""

    PACKED = "packed"
    PLAIN = "plain"


class Refused(Exception):
    """The file holds something that would not be translated faithfully."""


class Facts:
    """What the GGUF file says about the model."""

    def __init__(self, metadata):
        self.metadata = metadata

    def __getitem__(self, key):
        if key not in self.metadata:
            raise Refused(f"the file says nothing about {key}")
        value = self.metadata[key]
        return value.tolist() if isinstance(value, mx.array) else value

    def get(self, key, otherwise):
        return self[key] if key in self.metadata else otherwise

    def require(self, key, wanted):
        if self[key] != wanted:
            raise Refused(f"{key} is {self[key]!r}; only {wanted!r} is understood")

    def number(self, key):
        """A fact about the network; arrays of one number read the same as numbers."""
        value = self[f"llama.{key}"]
        return value[0] if isinstance(value, list) else value


def mlx_name(gguf_name):
    """`blk.3.attn_q.scales` is `model.layers.3.self_attn.q_proj.scales`."""
    stem, kind = gguf_name.rsplit(".", 1)
    if stem in AROUND:
        return f"{AROUND[stem]}.{kind}"
    first, _, rest = stem.partition(".")
    number, _, inner = rest.partition(".")
    if first != "blk" or inner not in IN_BLOCK:
        raise Refused(f"no place is known for the tensor {gguf_name}")
    return f"model.layers.{number}.{IN_BLOCK[inner]}.{kind}"


def in_halves(rows, n_heads):
    """Rows of a query or key projection in the order of Hugging Face.

    GGUF pairs neighbours for the rotary embedding, Hugging Face pairs the two halves of a head. Groups lie within a
    row, so packed weights, scales and biases are all moved the same way.
    """
    n_rows = rows.shape[0]
    pairs = rows.reshape(n_heads, n_rows // n_heads // 2, 2, *rows.shape[1:])
    return pairs.swapaxes(1, 2).reshape(rows.shape)


def bits_of(weight, scales):
    """Bits of each weight of a packed layer, told from the width of its rows."""
    return weight.shape[1] * WORD_BITS // (scales.shape[1] * N_IN_GROUP)


def unpacked(tensors):
    """The tensors with every packed layer as plain numbers."""
    plain = {}
    for name, tensor in tensors.items():
        layer, _, kind = name.rpartition(".")
        scales, biases = (tensors.get(f"{layer}.{part}") for part in ("scales", "biases"))
        if kind == "weight" and scales is not None:
            scales, biases = (part.astype(mx.float32) for part in (scales, biases))
            tensor = mx.dequantize(tensor, scales, biases, group_size=N_IN_GROUP, bits=bits_of(tensor, scales))
        if kind not in ("scales", "biases"):
            plain[name] = tensor
    return plain


def translate(tensors, facts, form):
    """The tensors by their MLX names."""
    n_heads = {"attn_q": facts.number("attention.head_count"), "attn_k": facts.number("attention.head_count_kv")}
    weights = {}
    # One type throughout: what is wider than the rest would widen everything that it is added to.
    dtype = mx.float16 if form is Form.PACKED else mx.float32
    for name, tensor in (tensors if form is Form.PACKED else unpacked(tensors)).items():
        inner = name.split(".")[-2]
        if inner in n_heads:
            tensor = in_halves(tensor, n_heads[inner])
        weights[mlx_name(name)] = tensor if tensor.dtype == mx.uint32 else tensor.astype(dtype)
    return weights


def quantization(weights):
    """What the configuration says of packed layers; nothing where there are none."""
    layers = {}
    for name, scales in weights.items():
        layer, _, kind = name.rpartition(".")
        if kind == "scales":
            layers[layer] = {"group_size": N_IN_GROUP, "bits": bits_of(weights[f"{layer}.weight"], scales)}
    return {"quantization": {"group_size": N_IN_GROUP, "bits": 4, **layers}} if layers else {}


def config(facts, weights):
    tokens = facts["tokenizer.ggml.tokens"]
    ends = [facts["tokenizer.ggml.eos_token_id"]]
    if END_OF_TEXT in tokens:
        ends.append(tokens.index(END_OF_TEXT))
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "hidden_size": facts.number("embedding_length"),
        "num_hidden_layers": facts.number("block_count"),
        "intermediate_size": facts.number("feed_forward_length"),
        "num_attention_heads": facts.number("attention.head_count"),
        "num_key_value_heads": facts.number("attention.head_count_kv"),
        "rms_norm_eps": facts.number("attention.layer_norm_rms_epsilon"),
        "rope_theta": facts.number("rope.freq_base"),
        "max_position_embeddings": facts.number("context_length"),
        "vocab_size": len(tokens),
        "tie_word_embeddings": "lm_head.weight" not in weights,
        "bos_token_id": facts["tokenizer.ggml.bos_token_id"],
        "eos_token_id": ends,
        **quantization(weights),
    }


def tokenizer(facts):
    """The GGUF's tokens and merges, split before by SmolLM2's rule: every digit alone, then as GPT-2 does."""
    facts.require("tokenizer.ggml.model", "gpt2")
    facts.require("tokenizer.ggml.pre", "smollm")
    tokens = facts["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ")) for merge in facts["tokenizer.ggml.merges"]]
    made = Tokenizer(models.BPE(vocab={token: number for number, token in enumerate(tokens)}, merges=merges))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    made.decoder = decoders.ByteLevel()
    kinds = facts["tokenizer.ggml.token_type"]
    made.add_special_tokens(
        [AddedToken(token, special=True, normalized=False) for token, kind in zip(tokens, kinds) if kind == CONTROL]
    )
    return made


def tokenizer_config(facts):
    tokens = facts["tokenizer.ggml.tokens"]

    def named(which):
        return tokens[facts[f"tokenizer.ggml.{which}_token_id"]]

    return {
        # Reads tokenizer.json as it is; the classes named after a model split text in their own way.
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": named("bos"),
        "eos_token": named("eos"),
        "unk_token": named("unknown"),
        "pad_token": named("padding"),
        "add_bos_token": facts.get("tokenizer.ggml.add_bos_token", False),
        "add_prefix_space": facts.get("tokenizer.ggml.add_space_prefix", False),
        "clean_up_tokenization_spaces": False,
        "model_max_length": facts.number("context_length"),
        "chat_template": facts["tokenizer.chat_template"],
    }


def write(gguf, folder, form):
    tensors, metadata = mx.load(str(gguf), return_metadata=True)
    facts = Facts(metadata)
    facts.require("general.architecture", "llama")
    weights = translate(tensors, facts, form)
    mx.save_safetensors(str(folder / "model.safetensors"), weights, metadata={"format": "mlx"})
    tokenizer(facts).save(str(folder / "tokenizer.json"))
    for name, content in [("config", config(facts, weights)), ("tokenizer_config", tokenizer_config(facts))]:
        (folder / f"{name}.json").write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def check(folder):
    """Asks the model made, and returns its words. Weights at the wrong place make gibberish."""
    model, words = load(str(folder))
    prompt = words.apply_chat_template([{"role": "user", "content": QUESTION}], add_generation_prompt=True)
    text = generate(model, words, prompt + words.encode(BEGUN), max_tokens=8).strip()
    answer = f"{BEGUN} {text}"
    if not text.startswith(ANSWER):
        raise Refused(f"asked {QUESTION!r}, the model made answers {answer!r}")
    return answer


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("gguf", type=pathlib.Path, help="the model file to translate")
    arguments.add_argument("folder", type=pathlib.Path, help="where to keep the model made; what is there is replaced")
    arguments.add_argument("--form", type=Form, help="packed or plain, instead of what suits the machine")
    args = arguments.parse_args()
    form = args.form or (Form.PACKED if mx.default_device() == mx.Device(mx.gpu) else Form.PLAIN)

    args.folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside its final place, so that the last step is a rename and nobody ever sees half a model.
    made = pathlib.Path(tempfile.mkdtemp(prefix=".mlx-model.", dir=args.folder.parent))
    try:
        write(args.gguf, made, form)
        text = check(made)
        shutil.rmtree(args.folder, ignore_errors=True)
        made.chmod(0o755)
        made.rename(args.folder)
    except Refused as refused:
        sys.exit(f"error: {args.gguf}: {refused}")
    finally:
        shutil.rmtree(made, ignore_errors=True)
    print(f"{args.folder}: asked {QUESTION!r}, answers {text!r}")


if __name__ == "__main__":
    main()
