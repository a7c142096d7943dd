//! The server's last word on a question with several meanings.
//!
//! Its readings are whole sentences, so the model need not go on after them: nothing is read by the engine for it, and a
//! model that has lost its way adds nothing to them.

use dragon_core::label::Reason;
use dragon_guard::language::is_ideographic;
use dragon_guard::readings::says_so;

use super::lookout::Circle;

/// A shorter answer, in characters, is a bare value; in Chinese and Japanese fewer say as much.
const MIN_PROSE_CHARS: usize = 20;
const MIN_IDEOGRAPHIC_PROSE_CHARS: usize = 8;

/// What the server says last.
#[derive(Debug)]
pub(super) struct Remark {
    pub(super) text: String,
    pub(super) n_tokens: u32,
    pub(super) reason: Reason,
    /// The loop that it takes the place of, and what is said where nothing of the loop was sent.
    pub(super) out_of: Option<(Circle, String)>,
}

/// Whether an answer needs a remark: it has no word of several meanings, and somebody is going to read it. To a program
/// that waits for a bare value or a format, a remark would be a mistake; and who is told code or a table was not asked
/// about a sign.
pub(super) fn is_called_for(answer: &str) -> bool {
    let answer = answer.trim();
    let min_chars =
        if answer.chars().any(is_ideographic) { MIN_IDEOGRAPHIC_PROSE_CHARS } else { MIN_PROSE_CHARS };
    let is_value = !answer.is_empty() && answer.chars().count() < min_chars;
    !is_value && !has_format(answer) && !says_so(answer)
}

/// Code, a table or data, at the beginning or anywhere in it.
fn has_format(answer: &str) -> bool {
    let is_row = |line: &str| line.trim_start().starts_with('|');
    answer.starts_with(['{', '[', '<'])
        || answer.contains("```")
        || answer.contains("~~~")
        || answer.lines().any(is_row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_that_sees_one_meaning_only_calls_for_a_remark() {
        for answer in
            ["It costs six dollars.", "Druga jazda kosztuje sześć dolarów.", "二回目は6ドルです。", ""]
        {
            assert!(is_called_for(answer), "{answer}");
        }
        for answer in [
            "It depends on who pays: six dollars or twelve.",
            "The answer is 6",
            "Here is the code:\n```\nprint(6)\n```\n",
            " 42\n",
            "$6.00",
            "{\"price\": 6, \"unit\": \"dollars\"}",
            "```json\n{\"price\": 6}\n```\n",
            "| price |\n|---|\n| 6 dollars |",
        ] {
            assert!(!is_called_for(answer), "{answer}");
        }
    }
}
