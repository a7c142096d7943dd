//! A model's chat template.

use minijinja::value::Serde;
use minijinja::{Environment, Value};
use serde_json::Map;

use crate::bounded::BoundedBuffer;
use crate::environment::{environment, strftime_now};
use crate::error::TemplateError;
use crate::thinking::Thinking;
use crate::variables::Variables;

/// Bytes of a template's source. The longest in use have about 20 KB.
pub const MAX_SOURCE_BYTES: usize = 256 * 1024;

/// Units of work of one rendering: one pays for an instruction of the renderer or 64 bytes of text. A message
/// costs 25 to 50 in the templates measured, so this is enough for any conversation that a body can hold. It
/// ends an endless program within 0.2 s, and bounds the text that can come into being to 64 MB.
pub const MAX_FUEL: u64 = 1_000_000;

/// Bytes of a rendered prompt. Four times the usual limit of a body: no context holds it.
pub const MAX_OUTPUT_BYTES: usize = 4 * 1024 * 1024;

/// Names that the renderer sets; clients' variables cannot take their places.
const RESERVED: [&str; 8] = [
    "messages",
    "add_generation_prompt",
    "bos_token",
    "eos_token",
    "tools",
    "documents",
    "raise_exception",
    "strftime_now",
];

/// A chat template, checked. Its work, memory and output are bounded by [`MAX_FUEL`] and
/// [`MAX_OUTPUT_BYTES`]; it reads no file and calls nothing.
#[derive(Debug)]
pub struct ChatTemplate {
    environment: Environment<'static>,
    source: String,
    specials: SpecialTokens,
    variables: Variables,
}

/// Texts of the model's special tokens; empty where it has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpecialTokens {
    /// Begins a text.
    pub bos: String,
    /// Ends a text.
    pub eos: String,
}

/// One message of the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TemplateMessage<'a> {
    /// `system`, `user` or `assistant`.
    pub role: &'a str,
    /// What is said.
    pub content: &'a str,
}

/// What else a rendering depends on.
#[derive(Debug, Clone, Copy)]
pub struct RenderOptions<'a> {
    /// Variables that the client sets, such as `enable_thinking`.
    pub kwargs: &'a Map<String, serde_json::Value>,
    /// The variable `reasoning_effort`; left undefined where absent. Wins over one in `kwargs`.
    pub reasoning_effort: Option<&'a str>,
    /// Now, as Unix time in seconds, for templates that tell the model the date.
    pub now_s: u64,
}

// === impl ChatTemplate ===

impl ChatTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// [`TemplateError::SourceTooLong`], and [`TemplateError::Syntax`] where it is not a template.
    pub fn new(source: &str, specials: SpecialTokens) -> Result<Self, TemplateError> {
        if source.len() > MAX_SOURCE_BYTES {
            return Err(TemplateError::SourceTooLong { n_bytes: source.len() });
        }
        let environment = environment(MAX_FUEL)?;
        let parsed = environment.template_from_named_str("chat", source);
        let variables = Variables::of(&parsed.map_err(|error| TemplateError::syntax(&error))?);
        Ok(Self { environment, source: source.to_owned(), specials, variables })
    }

    /// The prompt for `messages`, up to where the assistant's answer begins.
    ///
    /// # Errors
    /// All of [`TemplateError`] but those of [`ChatTemplate::new`]. [`TemplateError::fault`] tells whether the
    /// request or the template is to blame.
    pub fn render(
        &self,
        messages: &[TemplateMessage<'_>],
        options: RenderOptions<'_>,
    ) -> Result<String, TemplateError> {
        let context = self.context(messages, options)?;
        let mut text = BoundedBuffer::new(MAX_OUTPUT_BYTES);
        // Parsing again takes far less than the prompt's prefill, and spares us a self-referential struct.
        let rendered = self
            .environment
            .template_from_named_str("chat", &self.source)
            .and_then(|template| template.render_captured_to(context, &mut text).map(drop));
        match rendered {
            Ok(()) => Ok(text.into_text()),
            Err(_) if text.is_over() => Err(TemplateError::OutputTooLong),
            Err(error) => Err(TemplateError::render(&error)),
        }
    }

    /// Whether the template looks at a variable, such as `enable_thinking` or `reasoning_effort`. Where it
    /// does not, setting the variable would change nothing, and silently so.
    pub fn knows(&self, variable: &str) -> bool {
        self.variables.contains(variable)
    }

    /// Whether the template speaks of thinking.
    pub fn thinking(&self) -> Thinking {
        Thinking::of_template(&self.source)
    }

    fn context(
        &self,
        messages: &[TemplateMessage<'_>],
        options: RenderOptions<'_>,
    ) -> Result<Value, TemplateError> {
        if let Some(name) = RESERVED.into_iter().find(|name| options.kwargs.contains_key(*name)) {
            return Err(TemplateError::ReservedVariable { name });
        }
        let clients = options.kwargs.iter().map(|(name, value)| (name.as_str(), Value::from(Serde(value))));
        let effort = options.reasoning_effort.map(|effort| ("reasoning_effort", Value::from(effort)));
        let ours = [
            ("messages", messages.iter().map(message).collect()),
            ("add_generation_prompt", Value::from(true)),
            ("bos_token", Value::from(self.specials.bos.as_str())),
            ("eos_token", Value::from(self.specials.eos.as_str())),
            // transformers passes these two even where there are none.
            ("tools", Value::from(())),
            ("documents", Value::from(())),
            ("strftime_now", strftime_now(options.now_s)),
        ];
        Ok(Value::from_pairs(clients.chain(effort).chain(ours)))
    }
}

fn message(message: &TemplateMessage<'_>) -> Value {
    Value::from_pairs([("role", message.role), ("content", message.content)])
}
