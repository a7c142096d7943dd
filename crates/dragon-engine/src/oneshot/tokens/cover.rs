//! Which bytes of a text each of its tokens covers.
//!
//! Nearly always those that are its piece, one token after the other. Where they are not, the tokenizer has changed the
//! text: it has put a space in front, which covers nothing; or it has dropped something (white space beside some special
//! tokens), which goes to the token behind; or it has put something else in its place, and then that token covers
//! nothing, and the next one that is found covers what lies between as well. What is found nowhere goes to the last token.

/// How far behind its place a token is looked for, in bytes, where it is not in its place: longer than any word.
const MIN_REACH: usize = 64;

/// It is looked for further the more has not been found, but no further than this: it takes time for every token.
const MAX_REACH: usize = 4096;

/// A shorter piece is looked for together with the one behind it: alone it would be found where it does not belong.
const LONG: usize = 4;

/// The number of bytes that each piece covers; all of them together cover the text, if there is a piece.
pub(super) fn cover(text: &[u8], pieces: impl Iterator<Item = Vec<u8>>) -> Vec<usize> {
    let mut pieces = pieces.peekable();
    let (mut rest, mut covered) = (text, Vec::new());
    let mut n_missed = 0;
    while let Some(piece) = pieces.next() {
        let next = pieces.peek().map_or(&[][..], Vec::as_slice);
        let n_bytes = match covered_by(rest, &piece, next, MIN_REACH + n_missed) {
            Some(n_bytes) => {
                n_missed = 0;
                n_bytes
            }
            None => {
                n_missed = (n_missed + MIN_REACH).min(MAX_REACH);
                0
            }
        };
        rest = &rest[n_bytes..];
        covered.push(n_bytes);
    }
    if let Some(last) = covered.last_mut() {
        *last += rest.len();
    }
    covered
}

fn covered_by(rest: &[u8], piece: &[u8], next: &[u8], reach: usize) -> Option<usize> {
    if rest.starts_with(piece) {
        return Some(piece.len());
    }
    match piece.strip_prefix(b" ") {
        Some(bare) if rest.starts_with(bare) => return Some(bare.len()),
        _ => {}
    }
    let sought = if piece.len() < LONG { [piece, next].concat() } else { piece.to_vec() };
    let reached = &rest[..rest.len().min(reach + sought.len())];
    let n_skipped = reached.windows(sought.len()).position(|window| window == sought)?;
    Some(n_skipped + piece.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn covered(text: &str, pieces: &[&str]) -> Vec<usize> {
        cover(text.as_bytes(), pieces.iter().map(|piece| piece.as_bytes().to_vec()))
    }

    #[test]
    fn pieces_cover_what_they_are() {
        assert_eq!(covered("so it is.\n", &["so", " it", " is", ".", "\n"]), [2, 3, 3, 1, 1]);
        let halves = [vec![b'a', 0xc3], vec![0xa9], b"!".to_vec()];
        assert_eq!(cover("aé!".as_bytes(), halves.into_iter()), [2, 1, 1]);
        assert_eq!(covered("", &[]), [0; 0]);
    }

    #[test]
    fn a_space_that_is_put_in_front_covers_nothing() {
        assert_eq!(covered("so it is", &[" so", " it", " is"]), [2, 3, 3]);
        assert_eq!(covered("so", &[" ", "so"]), [0, 2]);
        assert_eq!(covered("<s>so", &["<s>", " so"]), [3, 2]);
        assert_eq!(covered(" so", &["  ", "so"]), [1, 2]);
    }

    #[test]
    fn what_was_dropped_goes_to_the_token_behind() {
        assert_eq!(covered("a  <mask> b", &["a", "<mask>", "b"]), [1, 8, 2]);
        assert_eq!(covered("a b  ", &["a", " b"]), [1, 4]);
    }

    #[test]
    fn what_was_replaced_goes_to_the_next_token_that_is_found() {
        assert_eq!(covered("my \u{2581}x y", &["my", " ", " ", "x", " y"]), [2, 1, 0, 4, 2]);
        assert_eq!(covered("an \u{fb01}n is", &["an", " fin", " is"]), [2, 0, 8]);
        assert_eq!(covered("Är", &["a", "r"]), [0, 3]);
        assert_eq!(covered("日本 a b", &["<unk>", " a", " b"]), [0, 8, 2]);
        assert_eq!(covered("abc", &["x", "y"]), [0, 3]);
    }

    #[test]
    fn a_long_stretch_that_is_not_found_is_left_behind() {
        let text = "\u{2581}".repeat(1000) + " and so on";
        let mut pieces = vec!["?"; 1000];
        pieces.extend([" and", " so", " on"]);
        let covered = covered(&text, &pieces);
        assert_eq!(covered[1000..], [3004, 3, 3]);
    }

    proptest! {
        #[test]
        fn all_together_cover_the_text(
            text in "[ab é\u{2581}]{0,200}",
            pieces in proptest::collection::vec("[ab é]{0,3}", 1..100),
        ) {
            let covered = cover(text.as_bytes(), pieces.iter().map(|piece| piece.as_bytes().to_vec()));
            prop_assert_eq!(covered.len(), pieces.len());
            prop_assert_eq!(covered.iter().sum::<usize>(), text.len());
        }

        #[test]
        fn a_text_cut_anywhere_is_covered_exactly(
            text in "[ab é\u{2581}日]{0,200}",
            sizes in proptest::collection::vec(1..7_usize, 300),
        ) {
            let (mut rest, mut pieces) = (text.as_bytes(), Vec::new());
            for size in sizes {
                let (piece, after) = rest.split_at(size.min(rest.len()));
                pieces.push(piece.to_vec());
                rest = after;
            }
            let expected: Vec<usize> = pieces.iter().map(Vec::len).collect();
            prop_assert_eq!(cover(text.as_bytes(), pieces.into_iter()), expected);
        }
    }
}
