//! What llama.cpp's tokenizers do where the file is silent.

/// Pre-tokenizers of byte-pair vocabularies whose models put the beginning token in front of every text.
const PRE_TOKENIZERS_WITH_BOS: &[&str] = &[
    "chameleon",
    "falcon-h1",
    "falcon3",
    "gemma4",
    "jina-v5-nano",
    "lfm2",
    "llama-bpe",
    "llama-v3",
    "llama3",
    "midm-2.0",
    "pixtral",
    "tekken",
];

/// Whether the beginning token is added where `tokenizer.ggml.add_bos_token` is missing: by the kind of
/// vocabulary (`tokenizer.ggml.model`), and for byte-pair ones by `tokenizer.ggml.pre`.
pub(super) fn adds_bos(model: &str, pre: &str) -> bool {
    match model {
        "llama" | "bert" | "gemma4" => true,
        _ => PRE_TOKENIZERS_WITH_BOS.contains(&pre),
    }
}
