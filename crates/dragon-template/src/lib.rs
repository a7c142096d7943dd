//! Chat templates: messages in, prompt text out.
//!
//! A model's file carries a Jinja template that turns a conversation into the text that the model was trained
//! on. Templates are written for one particular renderer, the `apply_chat_template` of Hugging Face's
//! transformers; this crate gives them the same variables, functions and whitespace rules. What it does not
//! do: know models, count tokens, read a clock (the time comes in as an argument).
//!
//! A template is somebody else's program and is fed a stranger's text, so its source, its work, its memory
//! and its output are bounded (see [`ChatTemplate`]).

mod bounded;
mod environment;
mod error;
mod json;
mod strftime;
mod template;
mod thinking;
mod variables;

pub use error::{Fault, TemplateError};
pub use template::{
    ChatTemplate, MAX_FUEL, MAX_OUTPUT_BYTES, MAX_SOURCE_BYTES, RenderOptions, SpecialTokens, TemplateMessage,
};
pub use thinking::{Thinking, opens_thinking};
