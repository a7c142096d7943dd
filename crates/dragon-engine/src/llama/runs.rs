//! Cuts what would overflow the stack: a text without a single word border for a very long way.
//!
//! llama.cpp has code of its own to divide the texts of the most common vocabularies into words. For the others it
//! uses C++'s regular expressions, which call themselves once for every character of a match. A match ends with the
//! word (or row of signs, or white space), so in a text of words it is short; in a text of one letter, repeated,
//! it is the text. Where that goes on for too long the text is cut, and the one token at the cut may be another
//! than the whole text would have had; no text that means anything is touched.

/// Stack that a match takes for each of its bytes. Measured: 350 bytes in optimized code; the rest is for
/// compilers that do worse and expressions that are worse.
pub(crate) const STACK_PER_MATCHED_BYTE: usize = 2048;

/// Bytes without a word border after which a text is cut.
pub(crate) const MAX_RUN_BYTES: usize = 256 * 1024;

/// The text in pieces, none of which has a run of more than `max_run` bytes. At least one piece.
pub(super) fn pieces(text: &str, max_run: usize) -> Vec<&str> {
    let (mut pieces, mut piece_start, mut run_start) = (Vec::new(), 0, 0);
    let mut before = None;
    for (at, next) in text.char_indices() {
        if before.is_some_and(char::is_alphabetic) && ends_word(next) {
            run_start = at;
        } else if at + next.len_utf8() - run_start > max_run && at > piece_start {
            pieces.push(&text[piece_start..at]);
            (piece_start, run_start) = (at, at);
        }
        before = Some(next);
    }
    pieces.push(&text[piece_start..]);
    pieces
}

/// No vocabulary's expressions go on behind a letter when one of these comes. Other signs are less sure: some
/// vocabularies take all that is not white space for one word.
fn ends_word(next: char) -> bool {
    next.is_whitespace() || matches!(next, '。' | '，' | '、')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_of_words_is_left_whole_however_long() {
        let text = "some words and 12345, then \n more. ".repeat(1000);
        assert_eq!(pieces(&text, 100), [text.as_str()]);
        assert_eq!(pieces("", 100), [""]);
    }

    #[test]
    fn what_has_no_words_is_cut() {
        for sign in ["!", "a", " ", "é", "😀", "-a"] {
            let text = sign.repeat(1000);
            let pieces = pieces(&text, 100);
            assert!(pieces.len() > 5 && pieces.iter().all(|piece| piece.len() <= 100), "{sign}");
        }
    }

    proptest! {
        #[test]
        fn pieces_make_up_the_text(text in "[a!é😀 ]{0,300}", max_run in 1_usize..40) {
            let pieces = pieces(&text, max_run);
            prop_assert!(text.is_empty() || pieces.iter().all(|piece| !piece.is_empty()));
            prop_assert_eq!(pieces.concat(), text);
        }
    }
}
