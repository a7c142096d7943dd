//! Cutting a text that is not sent yet.

use super::boundary::{Boundary, Tracker};

/// A longer last word is kept as it is: rather a word cut than an answer lost (a long number, or a script that we
/// know no words of).
const MAX_WORD_BYTES: usize = 64;

/// The text without a last word that may be unfinished, and without white space after that. A text of one word only
/// is left as it is.
pub fn word_end(text: &str) -> &str {
    let mut tracker = Tracker::default();
    let mut end = 0;
    for (start, c) in text.char_indices() {
        if start > 0 && tracker.before(c) > Boundary::None {
            end = start;
        }
        tracker.push_char(c);
    }
    if tracker.is_at_sentence_end() {
        end = text.len();
    }
    let cut = text[..end].trim_end();
    if cut.is_empty() || text.len() - end > MAX_WORD_BYTES { text } else { cut }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_last_word_goes_unless_a_sentence_ends_with_it() {
        for (text, cut) in [
            ("The cat sat on the m", "The cat sat on the"),
            ("The cat sat on the ", "The cat sat on the"),
            ("The cat sat.", "The cat sat."),
            ("It costs 3.1", "It costs"),
            ("word", "word"),
            ("  word", "  word"),
            ("今日は晴", "今日は"),
            ("", ""),
        ] {
            assert_eq!(word_end(text), cut, "{text:?}");
        }
    }

    #[test]
    fn what_has_no_words_is_not_cut() {
        let digits = format!("pi is {}", "3".repeat(MAX_WORD_BYTES + 1));
        assert_eq!(word_end(&digits), digits);
    }

    proptest! {
        #[test]
        fn cuts_little_and_never_everything(text in "[ab1. \n日。]{0,60}") {
            let cut = word_end(&text);
            prop_assert!(text.starts_with(cut));
            prop_assert_eq!(cut.trim().is_empty(), text.trim().is_empty());
        }
    }
}
