//! Every limit of a request's fields, with its unit and its reason.

/// Choices of one request, prompts times `n`. Each is a sequence of the engine's batch, and a single request
/// must not take the whole of it.
pub const MAX_CHOICES: u32 = 8;

/// Strings in `stop`. OpenAI allows 4; programs written for llama-server send more. Each is searched for in
/// every piece of text, so there is a bound.
pub const MAX_STOP_STRINGS: usize = 16;

/// Bytes of one stop string. Text is held back while it could still become a stop string, so this bounds how
/// far a stream can lag behind the model.
pub const MAX_STOP_BYTES: usize = 256;

/// Entries of `logit_bias`. Each is sent to the engine and kept with the sequence.
pub const MAX_LOGIT_BIAS: usize = 1024;

/// Alternatives per token in log-probabilities: OpenAI's bound for chat, here for both endpoints.
pub const MAX_TOP_LOGPROBS: u8 = 20;

/// Names of unknown fields that are kept for `dragon.ignored`; a body full of unknown fields must not come
/// back in the answer.
pub const MAX_IGNORED: usize = 32;

/// Bytes of a client's own input that an error message or `dragon.ignored` repeats at a time.
pub const MAX_QUOTED_BYTES: usize = 80;
