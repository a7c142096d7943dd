//! What can go wrong with a template.

use minijinja::ErrorKind;

/// Bytes of a template's own words that an error repeats.
const MAX_MESSAGE_BYTES: usize = 300;

/// Why there is no template, or no text from it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The source is longer than [`crate::MAX_SOURCE_BYTES`].
    #[error("the chat template has {n_bytes} bytes; at most {} are read", crate::MAX_SOURCE_BYTES)]
    SourceTooLong {
        /// Its length.
        n_bytes: usize,
    },
    /// The source is not a template.
    #[error("the chat template is not valid in line {line}: {problem}")]
    Syntax {
        /// Line in the template, from 1; 0 where it is not known.
        line: usize,
        /// What the parser says.
        problem: String,
    },
    /// The template itself refused the messages (`raise_exception`).
    #[error("the model's chat template refuses these messages: {message}")]
    Raised {
        /// The template's words.
        message: String,
    },
    /// A client's variable has a name that the renderer sets itself.
    #[error("the variable {name} cannot be set: the chat template gets it from the server")]
    ReservedVariable {
        /// The name.
        name: &'static str,
    },
    /// The template worked for longer than [`crate::MAX_FUEL`] allows.
    #[error("the chat template did not end within its limit of work")]
    OutOfFuel,
    /// The text is longer than [`crate::MAX_OUTPUT_BYTES`].
    #[error("the chat template's text is longer than {} bytes", crate::MAX_OUTPUT_BYTES)]
    OutputTooLong,
    /// The template failed on these messages.
    #[error("the chat template failed in line {line}: {problem}")]
    Failed {
        /// Line in the template, from 1; 0 where it is not known.
        line: usize,
        /// What the renderer says.
        problem: String,
    },
}

/// Who has to change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The client: its messages or variables do not fit the template.
    Request,
    /// The operator: the template does not work.
    Template,
}

/// The message of a template's `raise_exception`, hidden in an error of the renderer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Raised(pub(crate) String);

// === impl TemplateError ===

impl TemplateError {
    /// Who has to change something. Too much work or text counts as the request's: a template that was
    /// accepted at start fails so because of what it was given.
    pub const fn fault(&self) -> Fault {
        match self {
            Self::Raised { .. } | Self::ReservedVariable { .. } | Self::OutOfFuel | Self::OutputTooLong => {
                Fault::Request
            }
            Self::SourceTooLong { .. } | Self::Syntax { .. } | Self::Failed { .. } => Fault::Template,
        }
    }

    pub(crate) fn syntax(error: &minijinja::Error) -> Self {
        Self::Syntax { line: error.line().unwrap_or(0), problem: words(error) }
    }

    pub(crate) fn render(error: &minijinja::Error) -> Self {
        if let Some(Raised(message)) = raised(error) {
            return Self::Raised { message: shorten(message) };
        }
        match error.kind() {
            ErrorKind::OutOfFuel => Self::OutOfFuel,
            _ => Self::Failed { line: error.line().unwrap_or(0), problem: words(error) },
        }
    }
}

/// A macro that raises adds an error around the one that was raised, so the whole chain is searched.
fn raised(error: &minijinja::Error) -> Option<&Raised> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(raised) = error.downcast_ref() {
            return Some(raised);
        }
        cause = error.source();
    }
    None
}

fn words(error: &minijinja::Error) -> String {
    let kind = error.kind().to_string();
    match error.detail() {
        Some(detail) => shorten(&format!("{kind}: {detail}")),
        None => kind,
    }
}

fn shorten(text: &str) -> String {
    text.get(..text.floor_char_boundary(MAX_MESSAGE_BYTES)).unwrap_or_default().to_owned()
}
