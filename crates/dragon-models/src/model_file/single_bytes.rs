//! Tokens of single bytes, which two kinds of vocabulary rely on.

/// Which bytes have a token of their own, and which need one.
pub(super) struct SingleBytes {
    kind: Kind,
    has_token: [bool; 256],
    is_needed: [bool; 256],
}

/// How a kind of vocabulary relies on them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// SentencePiece: what is no token is written in bytes, and llama.cpp ends the process at a byte that has
    /// no token.
    Fallback,
    /// RWKV: llama.cpp looks for the longest token from a byte on. Where tokens begin with that byte and none
    /// of them fits, it starts again from the beginning of the text, for ever.
    Longest,
    /// Anything else passes over bytes that it does not know.
    Tolerant,
}

// === impl SingleBytes ===

impl SingleBytes {
    /// For a value of `tokenizer.ggml.model`.
    pub(super) fn of(model: &str) -> Self {
        let kind = match model {
            "llama" => Kind::Fallback,
            "rwkv" => Kind::Longest,
            _ => Kind::Tolerant,
        };
        let mut is_needed = [kind == Kind::Fallback; 256];
        // Converters are known that lose the token of the zero byte; texts without it are as good as ever.
        is_needed[0] = false;
        Self { kind, has_token: [false; 256], is_needed }
    }

    pub(super) fn look_at(&mut self, text: &[u8]) {
        match self.kind {
            Kind::Fallback => {
                if let Some(byte) = byte_of(text) {
                    self.has_token[usize::from(byte)] = true;
                }
            }
            Kind::Longest => match unescaped(text).as_slice() {
                [] => {}
                [byte] => self.has_token[usize::from(*byte)] = true,
                [first, ..] => self.is_needed[usize::from(*first)] = true,
            },
            Kind::Tolerant => {}
        }
    }

    /// The first byte that is needed and has no token.
    pub(super) fn missing(&self) -> Option<u8> {
        (0..=u8::MAX).find(|&byte| self.is_needed[usize::from(byte)] && !self.has_token[usize::from(byte)])
    }
}

/// The byte that a token stands for when a text falls back to bytes: written `<0x0A>`, or as itself.
fn byte_of(text: &[u8]) -> Option<u8> {
    match text {
        [byte] => Some(*byte),
        [b'<', b'0', b'x', high, low, b'>'] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    }
}

/// llama.cpp writes capitals.
fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// The first bytes, at most two, of a text of an RWKV vocabulary, which writes bytes as `\\n`, `\\x0a` and the
/// like.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next().filter(|_| bytes.len() < 2) {
        bytes.extend(match byte {
            b'\\' => match rest.next() {
                Some(b't') => Some(b'\t'),
                Some(b'n') => Some(b'\n'),
                Some(b'r') => Some(b'\r'),
                Some(b'x') => rest.next().zip(rest.next()).map(|(high, low)| hexadecimal(high, low)),
                other => other,
            },
            byte => Some(byte),
        });
    }
    bytes
}

/// As llama.cpp reads it: what is no digit is a number all the same.
fn hexadecimal(high: u8, low: u8) -> u8 {
    let value = |byte: u8| match byte {
        b'a'..=0x7F => byte - b'a' + 10,
        _ => byte.wrapping_sub(b'0'),
    };
    (value(high) << 4).wrapping_add(value(low))
}
