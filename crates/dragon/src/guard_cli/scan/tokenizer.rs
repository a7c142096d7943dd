//! The tokens of texts, from the engine program: only it knows tokenizers.

use std::path::Path;
use std::time::Duration;

use dragon_ipc::MAX_LINE_TEXT_BYTES;
use dragon_supervisor::{Dialogue, ToolError};

use super::super::lines::NoAnswer;

/// A megabyte takes about a second at the worst, and a vocabulary on a slow disk some seconds.
const SILENCE: Duration = Duration::from_secs(120);

/// The engine program with one model's vocabulary.
#[derive(Debug)]
pub(super) struct Tokenizer(Dialogue);

/// One token of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) id: u32,
    /// Bytes of the text that it covers: may be none, and may end within a character.
    pub(super) n_bytes: usize,
}

// === impl Tokenizer ===

impl Tokenizer {
    /// Starts the engine program and waits until it has the model's vocabulary. Both paths are absolute.
    ///
    /// # Errors
    /// What the engine said of the model, or why it cannot be run.
    pub(super) fn start(engine: &Path, model: &Path) -> Result<Self, ToolError> {
        let arguments = ["tokens".into(), "--model".into(), model.into()];
        let mut dialogue = Dialogue::start(engine, &arguments, SILENCE)?;
        // What is wrong with the model is said before the first text is waited for.
        dialogue.ask(r#""""#)?;
        Ok(Self(dialogue))
    }

    /// The tokens of a text, which cover all of it where there are any.
    pub(super) fn tokens(&mut self, text: &str) -> Result<Vec<Token>, NoAnswer> {
        if text.len() > MAX_LINE_TEXT_BYTES {
            let wrong = format!(r#""text" has {} bytes, and {MAX_LINE_TEXT_BYTES} is the most"#, text.len());
            return Err(NoAnswer::Row(wrong));
        }
        let question = serde_json::Value::from(text).to_string();
        let answer = self.0.ask(&question).map_err(|error| NoAnswer::Failed(error.to_string()))?;
        read(&answer, text.len()).ok_or_else(|| {
            NoAnswer::Failed("the engine program's tokens are not those of the text".to_owned())
        })
    }

    /// Waits for the engine program's end.
    pub(super) fn end(self) -> Result<(), ToolError> {
        self.0.end()
    }
}

/// `None` for what is no answer to a text of so many bytes.
fn read(answer: &str, n_text_bytes: usize) -> Option<Vec<Token>> {
    let pairs: Vec<(u32, usize)> = serde_json::from_str(answer).ok()?;
    let n_bytes = pairs.iter().try_fold(0_usize, |sum, (_, n_bytes)| sum.checked_add(*n_bytes))?;
    let is_whole = n_bytes == n_text_bytes || pairs.is_empty();
    is_whole.then(|| pairs.into_iter().map(|(id, n_bytes)| Token { id, n_bytes }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_to_cover_the_text() {
        let expected = [Token { id: 7, n_bytes: 2 }, Token { id: 0, n_bytes: 1 }];
        assert_eq!(read("[[7,2],[0,1]]", 3).unwrap(), expected);
        assert_eq!(read("[]", 3), Some(vec![]));
        for answer in ["[[7,2]]", "[[7,2],[0,2]]", "[[7,1],[1,18446744073709551615]]", "[[-1,3]]", "{}", ""] {
            assert_eq!(read(answer, 3), None, "{answer}");
        }
    }
}
