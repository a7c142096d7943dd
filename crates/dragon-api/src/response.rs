//! What goes into an answer. `whole` and `stream` turn it into bytes.

use dragon_core::label::FinishReason;

/// What all chunks and the whole of one answer share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerHead {
    /// Which format.
    pub endpoint: Endpoint,
    /// `chatcmpl-...` or `cmpl-...`.
    pub id: String,
    /// Unix time of the answer, in seconds.
    pub created_s: u64,
    /// Id of the model.
    pub model: String,
}

/// The two generating endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the API's own words")]
pub enum Endpoint {
    Chat,
    Completions,
}

/// One finished choice.
#[derive(Debug, Clone, PartialEq)]
pub struct ChoiceAnswer {
    /// `None` for models or requests without thinking.
    pub reasoning: Option<String>,
    /// The text.
    pub text: String,
    /// Where asked for: one entry per token whose text is part of the answer.
    pub logprobs: Option<Vec<TokenLogprob>>,
    /// How it ended.
    pub finish: FinishReason,
}

/// A piece of one choice in a stream.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Delta {
    /// New thinking text.
    pub reasoning: String,
    /// New text.
    pub text: String,
    /// Entries for the tokens behind it.
    pub logprobs: Option<Vec<TokenLogprob>>,
    /// Characters of this choice's text that came before this piece. Only the `text_offset` of completions'
    /// log-probabilities needs it: the encoder of a stream keeps no state.
    pub n_chars_before: usize,
}

/// Log-probabilities of one token.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenLogprob {
    /// The token's bytes, maybe not whole characters.
    pub bytes: Vec<u8>,
    /// Natural logarithm.
    pub logprob: f32,
    /// Best first.
    pub top: Vec<TopLogprob>,
}

/// One alternative.
#[derive(Debug, Clone, PartialEq)]
pub struct TopLogprob {
    /// The token's bytes.
    pub bytes: Vec<u8>,
    /// Natural logarithm.
    pub logprob: f32,
}

/// Token counts of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt or prompts, each counted once.
    pub n_prompt: u32,
    /// Tokens that the model made, over all choices.
    pub n_completion: u32,
    /// Of these, tokens of thinking.
    pub n_reasoning: u32,
    /// Tokens of the prompt that came from the cache.
    pub n_cached: u32,
}
