//! A request that has been understood: everything in it is valid on its own. What needs a model's facts
//! (context, slots, template) is checked later.

use dragon_core::sampling::SamplingRequest;
use serde_json::{Map, Value};

/// A completion request of either endpoint, after validation.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerateRequest {
    /// The model's id as the client named it.
    pub model: String,
    /// What to answer.
    pub input: Input,
    /// Choices per prompt; 1 to [`crate::MAX_CHOICES`]. Prompts times `n` stay within that, too.
    pub n: u32,
    /// Tokens asked for; `None` leaves it to the model's configuration.
    pub max_tokens: Option<u32>,
    /// Sampling fields that the client gave.
    pub sampling: SamplingRequest,
    /// Strings that end the answer, not part of it. At most [`crate::MAX_STOP_STRINGS`], none empty.
    pub stop: Vec<String>,
    /// Whole answer or stream.
    pub delivery: Delivery,
    /// Log-probabilities with this many alternatives.
    pub top_logprobs: Option<u8>,
    /// Names of fields that are not known, in the order in which they came.
    pub ignored: Vec<String>,
}

/// What to answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// `/v1/chat/completions`.
    Chat(ChatInput),
    /// `/v1/completions`: at least one prompt, none empty.
    Prompts(Vec<String>),
}

/// The conversation of a chat request.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatInput {
    /// At least one message.
    pub messages: Vec<Message>,
    /// `chat_template_kwargs`, as given.
    pub template_kwargs: Map<String, Value>,
    /// `reasoning_effort`, as given.
    pub reasoning_effort: Option<String>,
}

/// One message; parts of its content are joined already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What they say.
    pub content: String,
}

/// Who says a message. `developer` has become `System`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the API's own words")]
pub enum Role {
    System,
    User,
    Assistant,
}

/// How the client wants the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// One JSON document.
    Whole,
    /// Server-sent events.
    Stream {
        /// A chunk with `usage` before `[DONE]`.
        include_usage: bool,
    },
}
