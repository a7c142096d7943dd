//! Joins bytes into characters.

/// Holds back the bytes of a character that has not arrived whole.
#[derive(Debug, Default)]
pub(super) struct Utf8Joiner {
    /// At most three bytes: the start of one character.
    held: Vec<u8>,
}

// === impl Utf8Joiner ===

impl Utf8Joiner {
    /// Appends all characters that are whole now; bytes that can never become one turn into U+FFFD.
    pub(super) fn push(&mut self, bytes: &[u8], text: &mut String) {
        self.held.extend_from_slice(bytes);
        let mut rest: &[u8] = &self.held;
        loop {
            match std::str::from_utf8(rest) {
                Ok(valid) => {
                    text.push_str(valid);
                    self.held.clear();
                    return;
                }
                Err(error) => {
                    let (valid, after) = rest.split_at(error.valid_up_to());
                    text.push_str(&String::from_utf8_lossy(valid));
                    let Some(n_bad) = error.error_len() else {
                        self.held = after.to_vec();
                        return;
                    };
                    text.push(char::REPLACEMENT_CHARACTER);
                    rest = &after[n_bad..];
                }
            }
        }
    }

    /// Whether a character has begun that is not whole.
    pub(super) fn is_mid_character(&self) -> bool {
        !self.held.is_empty()
    }

    /// The text ends: what is held will never be whole.
    pub(super) fn finish(&mut self, text: &mut String) {
        if !self.held.is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
            self.held.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn joined(bytes: &[u8], portion: usize) -> String {
        let mut joiner = Utf8Joiner::default();
        let mut text = String::new();
        for part in bytes.chunks(portion) {
            joiner.push(part, &mut text);
        }
        joiner.finish(&mut text);
        text
    }

    proptest! {
        #[test]
        fn any_text_survives_any_portions(text in any::<String>(), portion in 1_usize..5) {
            prop_assert_eq!(joined(text.as_bytes(), portion), text);
        }

        #[test]
        fn any_bytes_read_as_the_standard_library_reads_them(
            bytes in prop::collection::vec(any::<u8>(), 0..64),
            portion in 1_usize..5,
        ) {
            prop_assert_eq!(joined(&bytes, portion), String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn half_a_character_is_held_until_the_rest_arrives() {
        let (mut joiner, mut text) = (Utf8Joiner::default(), String::new());
        joiner.push("aż".as_bytes().split_at(2).0, &mut text);
        assert_eq!(text, "a");
        joiner.push(&"ż".as_bytes()[1..], &mut text);
        assert_eq!(text, "aż");
    }
}
