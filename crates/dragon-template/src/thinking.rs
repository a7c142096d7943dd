//! Models that think aloud before they answer.

/// Where thinking begins.
const OPEN: &str = "<think>";
/// Where it ends.
const CLOSE: &str = "</think>";

/// Whether a template speaks of thinking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thinking {
    /// It does not: the model's text is the answer.
    Unknown,
    /// Thinking stands between `<think>` and `</think>`.
    Tags,
}

// === impl Thinking ===

impl Thinking {
    pub(crate) fn of_template(source: &str) -> Self {
        if source.contains(OPEN) || source.contains(CLOSE) { Self::Tags } else { Self::Unknown }
    }
}

/// Whether a rendered prompt leaves the model inside its thinking: some templates write `<think>` themselves,
/// and the model's first word is a thought already.
pub fn opens_thinking(prompt: &str) -> bool {
    prompt.trim_end().ends_with(OPEN)
}
