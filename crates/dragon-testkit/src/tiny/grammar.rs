//! Which token may follow which, so that the model's text is valid UTF-8 and its characters spread over one
//! to four tokens.
//!
//! The model can know the previous token without effort, but has no counter. So the continuation bytes are
//! divided: a byte in the middle of a character is never one that ends it.
//!
//! | after | comes |
//! |---|---|
//! | a complete character | ASCII, or a leading byte |
//! | `F0` | `9F` |
//! | `E2`, `E3`, `9F` | `80`..=`8F` |
//! | `C3`, `C4`, `80`..=`8F` | `A0`..=`BF` |

use super::vocabulary::{IM_END, THINK_END};

/// What the next token has to be. The number is the reserved dimension that carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Begins a character, or is a whole one.
    Begin = 0,
    /// The second byte of a character of four.
    Second = 1,
    /// The last byte but one.
    Middle = 2,
    /// The last byte.
    Last = 3,
}

/// Dimensions of the embedding that carry the role of the next token and nothing else.
pub const N_RESERVED: usize = 4;

/// The role of a token, or `None` for tokens that the model never says.
#[must_use]
pub fn role_of(token: u32) -> Option<Role> {
    match token {
        0x0A | 0x20..=0x7E | 0xC3 | 0xC4 | 0xE2 | 0xE3 | 0xF0 | IM_END | THINK_END => Some(Role::Begin),
        0x9F => Some(Role::Second),
        0x80..=0x8F => Some(Role::Middle),
        0xA0..=0xBF => Some(Role::Last),
        _ => None,
    }
}

/// The role that the token after `token` must have.
#[must_use]
pub fn role_after(token: u32) -> Role {
    match token {
        0xF0 => Role::Second,
        0xE2 | 0xE3 | 0x9F => Role::Middle,
        0xC3 | 0xC4 | 0x80..=0x8F => Role::Last,
        _ => Role::Begin,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SplitMix64;

    #[test]
    fn whatever_follows_the_rules_is_utf_8() {
        let mut rng = SplitMix64::new(3);
        let bytes: Vec<u32> = (0..256).filter(|&token| role_of(token).is_some()).collect();
        let mut text = Vec::new();
        let mut role = Role::Begin;
        while text.len() < 20_000 || role != Role::Begin {
            let token = bytes[rng.below(bytes.len())];
            if role_of(token) == Some(role) {
                text.push(token as u8);
                role = role_after(token);
            }
        }
        let text = String::from_utf8(text).expect("valid UTF-8");
        for n_bytes in 1..=4 {
            assert!(text.chars().any(|c| c.len_utf8() == n_bytes), "no character of {n_bytes} bytes");
        }
    }
}
