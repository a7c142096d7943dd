//! The lists themselves.

use serde_json::Value;

use super::neutral::{is_empty, is_false, is_no_tool, is_one, is_text_format, is_text_only, never};
use super::{FieldKind, HonouredField, NeutralField, TakenBy, WithoutEffectField};

/// Fields that act.
pub const HONOURED: &[HonouredField] = &[
    both("model", "required; the id of a served model"),
    chat("messages", "required; at least one message with `role` and `content`"),
    completions("prompt", "required; a string or a list of strings, none empty; prompts times `n` at most 8"),
    both("max_tokens", "1 or more; absent: the model's configured default"),
    chat("max_completion_tokens", "the newer name of `max_tokens`; both are allowed only when equal"),
    both("temperature", "0 to 2; 0 always takes the most probable token"),
    both("top_p", "above 0 and at most 1; keeps the most probable tokens that together reach this"),
    both("top_k", "0 or more; keeps this many tokens; 0 or -1 keeps all"),
    both("min_p", "0 to 1; keeps tokens at least this fraction as probable as the most probable"),
    both("presence_penalty", "-2 to 2; counts generated tokens only"),
    both("frequency_penalty", "-2 to 2; counts generated tokens only"),
    both("repeat_penalty", "0.1 to 10; 1 is neutral; counts generated tokens only"),
    both("logit_bias", "an object from token id to -100..100; at most 1024 entries"),
    both(
        "seed",
        "any 64-bit integer, a negative one as its two's complement; absent: drawn, and reported in `dragon.seed`",
    ),
    both("stop", "a string or up to 16 strings, each of 1 to 256 bytes; not part of the answer"),
    both("n", "1 to 8 choices per prompt"),
    both("stream", "`true` answers with server-sent events"),
    both("stream_options", "`include_usage`: a last chunk with the usage; only with `stream`"),
    chat("logprobs", "`true` adds the log-probability of each token"),
    chat("top_logprobs", "0 to 20 alternatives per token; needs `logprobs`"),
    completions("logprobs", "0 to 20 alternatives per token"),
    both("ignore_eos", "`true`: the model never ends by itself"),
    chat(
        "chat_template_kwargs",
        "variables for the model's chat template; one that it does not know is refused",
    ),
    chat(
        "reasoning_effort",
        "`none`, `minimal`, `low`, `medium`, `high` or `xhigh`; refused where the model's template does not know it",
    ),
];

/// Fields that are accepted without effect.
pub const WITHOUT_EFFECT: &[WithoutEffectField] = &[
    without_effect("user", FieldKind::Text, "clients are told apart by key or address"),
    without_effect("metadata", FieldKind::Object, "nothing is stored"),
    without_effect("service_tier", FieldKind::Text, "there is one tier"),
    without_effect("parallel_tool_calls", FieldKind::Boolean, "there are no tools"),
    without_effect("safety_identifier", FieldKind::Text, "clients are told apart by key or address"),
    without_effect("prompt_cache_key", FieldKind::Text, "there is nothing to choose in the cache"),
    without_effect("prompt_cache_retention", FieldKind::Text, "there is nothing to choose in the cache"),
    without_effect("verbosity", FieldKind::Text, "a hint that local models do not know"),
];

/// Fields that are refused by name unless they are neutral.
pub const REFUSED: &[NeutralField] = &[
    refused("tools", "`[]`", is_empty, "describe the functions in a message and parse the text"),
    refused(
        "tool_choice",
        "`\"none\"`, `\"auto\"`",
        is_no_tool,
        "leave it out: there are no tools to choose",
    ),
    refused("functions", "`[]`", is_empty, "describe the functions in a message and parse the text"),
    refused(
        "function_call",
        "`\"none\"`, `\"auto\"`",
        is_no_tool,
        "leave it out: there are no functions to call",
    ),
    refused(
        "response_format",
        "`{\"type\": \"text\"}`",
        is_text_format,
        "ask for the format in a message and check the text",
    ),
    refused("grammar", "`\"\"`", is_empty, "ask for the format in a message and check the text"),
    refused("json_schema", "`{}`", is_empty, "ask for the format in a message and check the text"),
    refused("guided_json", "`{}`, `\"\"`", is_empty, "ask for the format in a message and check the text"),
    refused("guided_regex", "`\"\"`", is_empty, "ask for the format in a message and check the text"),
    refused("guided_choice", "`[]`", is_empty, "ask for the choice in a message and check the text"),
    refused("guided_grammar", "`\"\"`", is_empty, "ask for the format in a message and check the text"),
    refused("structured_outputs", "`{}`", is_empty, "ask for the format in a message and check the text"),
    refused(
        "modalities",
        "`[\"text\"]`",
        is_text_only,
        "ask for text: the models served here know nothing else",
    ),
    refused("audio", "`{}`", is_empty, "ask for text: the models served here know nothing else"),
    refused("images", "`[]`", is_empty, "describe the picture in words"),
    refused("prediction", "`{}`", is_empty, "leave it out: the answer is the same without it"),
    refused("web_search_options", "none", never, "put what the model should know into a message"),
    refused("suffix", "`\"\"`", is_empty, "put what follows into the prompt"),
    refused("best_of", "`1`", is_one, "ask for several choices with `n` and choose among them"),
    refused("echo", "`false`", is_false, "put the prompt before the answer yourself"),
    refused("store", "`false`", is_false, "keep the answer yourself: nothing is stored here"),
];

// The tables' rows, so that each stays on one line.

const fn both(name: &'static str, meaning: &'static str) -> HonouredField {
    HonouredField { name, taken_by: TakenBy::Both, meaning }
}

const fn chat(name: &'static str, meaning: &'static str) -> HonouredField {
    HonouredField { name, taken_by: TakenBy::Chat, meaning }
}

const fn completions(name: &'static str, meaning: &'static str) -> HonouredField {
    HonouredField { name, taken_by: TakenBy::Completions, meaning }
}

const fn without_effect(name: &'static str, kind: FieldKind, meaning: &'static str) -> WithoutEffectField {
    WithoutEffectField { name, kind, meaning }
}

const fn refused(
    name: &'static str,
    neutral: &'static str,
    is_neutral: fn(&Value) -> bool,
    remedy: &'static str,
) -> NeutralField {
    NeutralField { name, neutral, is_neutral, remedy }
}
