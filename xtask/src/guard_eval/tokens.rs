//! Tokens for texts of which only the text is known.

use dragon_guard::words::{Word, Words};

/// A stand-in for a model's token: its number and its text.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) id: u32,
    pub(super) piece: String,
}

/// The words of a text.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words = Words::new();
    let mut found = Vec::new();
    words.push(text, |word| found.push(word));
    found.extend(words.finish());
    found
}

/// Each word with the white space after it.
pub(super) fn pieces(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let words = words(text);
    let ends = words.iter().skip(1).map(|word| word.start).chain([chars.len()]);
    words.iter().zip(ends).map(|(word, end)| chars[word.start..end].iter().collect()).collect()
}

/// Letters of a word that one token holds. With it, the traces have 1.3 tokens for a word, as models have.
const TOKEN_LETTERS: usize = 7;

/// Cuts a text as a tokenizer might: words with the white space before them, long ones in parts.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut start = 0;
    for word in words(text) {
        let mut end = word.start;
        while end < word.end {
            end = word.end.min(end + TOKEN_LETTERS);
            let piece: String = chars[start..end].iter().collect();
            tokens.push(Token { id: id(&piece), piece });
            start = end;
        }
    }
    tokens
}

/// FNV-1a: the same number for the same piece.
fn id(piece: &str) -> u32 {
    piece.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
