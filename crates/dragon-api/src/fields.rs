//! The three lists of request fields. The documentation's tables are these tables; a test compares them.

use serde_json::Value;

/// Which endpoints take a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakenBy {
    /// `/v1/chat/completions`.
    Chat,
    /// `/v1/completions`.
    Completions,
    /// Both.
    Both,
}

/// A field that acts.
#[derive(Debug, Clone, Copy)]
pub struct HonouredField {
    /// Its name in the body.
    pub name: &'static str,
    /// Where it is known; elsewhere it counts as unknown.
    pub taken_by: TakenBy,
    /// What it does and what is allowed.
    pub meaning: &'static str,
}

/// A field that is checked for its kind and otherwise has no effect.
#[derive(Debug, Clone, Copy)]
pub struct WithoutEffectField {
    /// Its name in the body.
    pub name: &'static str,
    /// What its value must be.
    pub kind: FieldKind,
    /// Why nothing follows from it.
    pub meaning: &'static str,
}

/// The kinds of JSON values that fields without effect may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// `"..."`.
    Text,
    /// `true` or `false`.
    Boolean,
    /// `{...}`.
    Object,
}

/// A field that asks for what this server cannot do, unless its value asks for nothing.
#[derive(Debug, Clone, Copy)]
pub struct NeutralField {
    /// Its name in the body.
    pub name: &'static str,
    /// The values, besides `null`, that ask for nothing, in the documentation's words.
    pub neutral: &'static str,
    /// Whether a value is one of them.
    pub is_neutral: fn(&Value) -> bool,
    /// What to do instead.
    pub remedy: &'static str,
}

/// Fields that act.
pub const HONOURED: &[HonouredField] = &[
    both("model", "required; the id of a served model"),
    chat("messages", "required; at least one message with `role` and `content`"),
    completions("prompt", "required; a string or a list of strings, none empty; prompts times `n` at most 8"),
    both("max_tokens", "1 or more; absent: the model's configured default"),
    chat("max_completion_tokens", "the newer name of `max_tokens`; both are allowed only when equal"),
    both("temperature", "0 to 2; 0 always takes the most probable token"),
    both("top_p", "above 0, to 1; keeps the most probable tokens that together reach this"),
    both("top_k", "0 or more; keeps this many tokens; 0 or -1 keeps all"),
    both("min_p", "0 to 1; keeps tokens at least this fraction as probable as the most probable"),
    both("presence_penalty", "-2 to 2; counts generated tokens only"),
    both("frequency_penalty", "-2 to 2; counts generated tokens only"),
    both("repeat_penalty", "above 0, to 10; 1 is neutral; counts generated tokens only"),
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

/// Whether `name` stands in one of the lists for that endpoint (`endpoint` is not [`TakenBy::Both`]).
pub(crate) fn is_known(name: &str, endpoint: TakenBy) -> bool {
    let honoured = HONOURED
        .iter()
        .any(|field| field.name == name && (field.taken_by == endpoint || field.taken_by == TakenBy::Both));
    honoured
        || WITHOUT_EFFECT.iter().any(|field| field.name == name)
        || REFUSED.iter().any(|field| field.name == name)
}

// === impl FieldKind ===

impl FieldKind {
    /// The kind in words, for messages and documentation.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Boolean => "true or false",
            Self::Object => "an object",
        }
    }

    pub(crate) fn fits(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Boolean => value.is_boolean(),
            Self::Object => value.is_object(),
        }
    }
}

// === impl TakenBy ===

impl TakenBy {
    /// The endpoints in the documentation's words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Completions => "completions",
            Self::Both => "both",
        }
    }
}

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

// What asks for nothing. `null` is handled before these are asked.

fn is_empty(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    }
}

fn is_no_tool(value: &Value) -> bool {
    matches!(value.as_str(), Some("none" | "auto"))
}

fn is_text_format(value: &Value) -> bool {
    value.get("type").and_then(Value::as_str) == Some("text")
}

fn is_text_only(value: &Value) -> bool {
    value.as_array().is_some_and(|kinds| kinds.len() == 1 && kinds[0] == "text")
}

fn is_one(value: &Value) -> bool {
    value.as_u64() == Some(1)
}

fn is_false(value: &Value) -> bool {
    value.as_bool() == Some(false)
}

fn never(_: &Value) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_stands_in_two_lists() {
        for field in HONOURED {
            assert!(!WITHOUT_EFFECT.iter().any(|other| other.name == field.name), "{}", field.name);
            assert!(!REFUSED.iter().any(|other| other.name == field.name), "{}", field.name);
        }
        for field in WITHOUT_EFFECT {
            assert!(!REFUSED.iter().any(|other| other.name == field.name), "{}", field.name);
        }
    }

    #[test]
    fn a_field_of_the_other_endpoint_is_unknown() {
        assert!(is_known("prompt", TakenBy::Completions));
        assert!(!is_known("prompt", TakenBy::Chat));
        assert!(is_known("logprobs", TakenBy::Chat) && is_known("logprobs", TakenBy::Completions));
    }
}
