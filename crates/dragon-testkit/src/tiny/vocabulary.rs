//! Token `b` below 256 is the byte `b`; six specials follow.

/// Begin of sequence, `<s>`. Not added to prompts: the model file says so.
pub const BOS: u32 = 256;
/// End of sequence, `</s>`.
pub const EOS: u32 = 257;
/// `<|im_start|>`: opens a chat turn.
pub const IM_START: u32 = 258;
/// `<|im_end|>`: closes a chat turn, and so ends an answer.
pub const IM_END: u32 = 259;
/// `<think>`: opens a thinking block. Visible text, like in the models that have it.
pub const THINK: u32 = 260;
/// `</think>`: closes a thinking block.
pub const THINK_END: u32 = 261;

/// Tokens in all.
pub const N_VOCAB: usize = 262;

/// The specials with their texts.
pub const SPECIALS: [(u32, &str); 6] = [
    (BOS, "<s>"),
    (EOS, "</s>"),
    (IM_START, "<|im_start|>"),
    (IM_END, "<|im_end|>"),
    (THINK, "<think>"),
    (THINK_END, "</think>"),
];

/// Tokens that end an answer.
pub const END_OF_GENERATION: [u32; 2] = [EOS, IM_END];

/// The tokens of a text: special texts become their token, every other byte its own.
#[must_use]
pub fn tokenize(text: &str) -> Vec<u32> {
    let mut tokens = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some(&byte) = rest.first() {
        let special = SPECIALS.iter().find(|(_, special)| rest.starts_with(special.as_bytes()));
        let (token, n_bytes) = special.map_or((u32::from(byte), 1), |&(token, text)| (token, text.len()));
        tokens.push(token);
        rest = &rest[n_bytes..];
    }
    tokens
}

/// What a token adds to an answer. Control tokens add nothing; the thinking marks are visible.
#[must_use]
pub fn piece(token: u32) -> Vec<u8> {
    match token {
        0..256 => vec![token as u8],
        THINK | THINK_END => special_text(token).as_bytes().to_vec(),
        _ => Vec::new(),
    }
}

/// The text of a token as the model file spells it: GPT-2's alphabet, in which every byte is a printable
/// character.
#[must_use]
pub fn file_text(token: u32) -> String {
    match u8::try_from(token) {
        Ok(byte) => printable(byte).to_string(),
        Err(_) => special_text(token).to_owned(),
    }
}

fn special_text(token: u32) -> &'static str {
    SPECIALS[token as usize - 256].1
}

/// GPT-2's map from bytes to characters: printable Latin-1 stands for itself, the other bytes in order for
/// the characters from U+0100 on.
fn printable(byte: u8) -> char {
    let stands_for_itself = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    if stands_for_itself(byte) {
        return char::from(byte);
    }
    let n_before = (0..byte).filter(|&earlier| !stands_for_itself(earlier)).count() as u32;
    char::from_u32(0x100 + n_before).expect("a Latin Extended-A character")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_token_has_its_own_text() {
        let texts: BTreeSet<String> = (0..N_VOCAB as u32).map(file_text).collect();
        assert_eq!(texts.len(), N_VOCAB);
    }

    #[test]
    fn bytes_are_spelled_as_gpt_2_spells_them() {
        assert_eq!(file_text(u32::from(b'a')), "a");
        assert_eq!(file_text(u32::from(b' ')), "Ġ");
        assert_eq!(file_text(u32::from(b'\n')), "Ċ");
        assert_eq!(file_text(0xAD), "Ń");
    }

    #[test]
    fn a_text_is_its_bytes_and_specials() {
        assert_eq!(tokenize("é<think>a"), [0xC3, 0xA9, THINK, u32::from(b'a')]);
    }
}
