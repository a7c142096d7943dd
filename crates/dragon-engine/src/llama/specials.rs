//! Cuts long texts where cutting changes nothing: in front of special tokens.
//!
//! llama.cpp first divides a text at its special tokens, in a linked list that it walks from the front for every
//! one found: time that grows with the square of their number. A megabyte of `<|im_start|>` holds the tokenizer up
//! for half a minute, and with it everybody's requests. In pieces of a few kilobytes it takes a second.

use std::collections::HashMap;

/// A piece is cut at the first opportunity after this many bytes: a thousand special tokens, a millisecond.
const PIECE_BYTES: usize = 4096;

/// The texts of a vocabulary's special tokens.
#[derive(Debug, Default)]
pub(super) struct Specials {
    texts: HashMap<Box<[u8]>, Front>,
    /// Of the texts, longest first.
    lengths: Vec<usize>,
}

/// What a special token does to the text in front of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Front {
    /// Nothing.
    Keeps,
    /// It swallows white space, so a cut in front of it would change the text before.
    Strips,
}

// === impl Specials ===

impl Specials {
    pub(super) fn new(texts: impl IntoIterator<Item = (Box<[u8]>, Front)>) -> Self {
        let texts: HashMap<_, _> = texts.into_iter().filter(|(text, _)| !text.is_empty()).collect();
        let mut lengths: Vec<usize> = texts.keys().map(|text| text.len()).collect();
        lengths.sort_unstable_by(|a, b| b.cmp(a));
        lengths.dedup();
        Self { texts, lengths }
    }

    /// The text in pieces whose tokens, one after the other, are the tokens of the whole. At least one piece.
    pub(super) fn pieces<'text>(&self, text: &'text str) -> Vec<&'text str> {
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some((piece, after)) = self.next_border(rest).and_then(|at| rest.split_at_checked(at)) {
            pieces.push(piece);
            rest = after;
        }
        pieces.push(rest);
        pieces
    }

    fn next_border(&self, text: &str) -> Option<usize> {
        (PIECE_BYTES..text.len()).find(|&at| text.is_char_boundary(at) && self.is_border(text.as_bytes(), at))
    }

    /// Whether the tokenizer is bound to find a special token that begins here: one does, and no other one that
    /// it may find first overlaps it.
    fn is_border(&self, text: &[u8], at: usize) -> bool {
        let Some((length, Front::Keeps)) = self.longest_at(text, at) else { return false };
        let longest = self.lengths.first().copied().unwrap_or(0);
        let begins_before =
            |start: &usize| self.longest_at(text, *start).is_some_and(|(n, _)| start + n > at);
        let is_overlapped = (at.saturating_sub(longest)..at).rev().any(|start| begins_before(&start))
            || (at + 1..at + length).any(|start| self.longest_at(text, start).is_some());
        !is_overlapped
    }

    fn longest_at(&self, text: &[u8], at: usize) -> Option<(usize, Front)> {
        let ending = |length: &usize| {
            let front = self.texts.get(text.get(at..at.checked_add(*length)?)?)?;
            Some((*length, *front))
        };
        self.lengths.iter().find_map(ending)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn specials(texts: &[(&str, Front)]) -> Specials {
        Specials::new(texts.iter().map(|(text, front)| (text.as_bytes().into(), *front)))
    }

    /// What llama.cpp does: longest token first, each from left to right through what is still text. Found ones
    /// show in brackets.
    fn divided(text: &str, texts: &[&str]) -> Vec<String> {
        let mut parts = vec![(text.to_owned(), false)];
        let mut texts = texts.to_vec();
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        for special in texts {
            parts = parts
                .into_iter()
                .flat_map(|(part, found)| match found {
                    true => vec![(part, true)],
                    false => interleaved(&part, special),
                })
                .collect();
        }
        parts.into_iter().map(|(part, found)| if found { format!("[{part}]") } else { part }).collect()
    }

    fn interleaved(text: &str, special: &str) -> Vec<(String, bool)> {
        let mut parts = Vec::new();
        for (index, part) in text.split(special).enumerate() {
            if index > 0 {
                parts.push((special.to_owned(), true));
            }
            if !part.is_empty() {
                parts.push((part.to_owned(), false));
            }
        }
        parts
    }

    #[test]
    fn a_text_of_special_tokens_is_cut_between_them_and_others_are_left_whole() {
        let specials = specials(&[("<|im_start|>", Front::Keeps), ("<|im_end|>", Front::Keeps)]);
        let text = "<|im_start|> a".repeat(10_000);
        let pieces = specials.pieces(&text);
        assert!(pieces.iter().all(|piece| piece.len() < PIECE_BYTES + 20), "{} pieces", pieces.len());
        assert_eq!(pieces.concat(), text);
        let plain = "no special token at all. ".repeat(10_000);
        assert_eq!(specials.pieces(&plain), [plain.as_str()]);
        assert_eq!(specials.pieces(""), [""]);
    }

    #[test]
    fn nothing_is_cut_in_front_of_a_token_that_strips() {
        let text = "a <mask>".repeat(10_000);
        assert_eq!(specials(&[("<mask>", Front::Strips)]).pieces(&text).len(), 1);
    }

    proptest! {
        #[test]
        fn pieces_divide_like_the_whole(
            // Tokens that begin, end and lie in one another, in a text made of little else.
            words in proptest::collection::vec("(<a>|<a><a>|<|>|a><b|<b>|é|\n\n|\n| |a)", 2_000..4_000),
        ) {
            let texts = ["<a>", "<b>", "a><b", "<a><a>x", "\n", "\n\n", "é"];
            let specials = specials(&texts.map(|text| (text, Front::Keeps)));
            let text = words.concat();
            let pieces = specials.pieces(&text);
            let in_pieces: Vec<String> = pieces.iter().flat_map(|piece| divided(piece, &texts)).collect();
            prop_assert_eq!(in_pieces, divided(&text, &texts));
        }
    }
}
