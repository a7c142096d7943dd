//! Names of features, as numbers.

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

/// A hash that is built piece by piece (FNV-1a, with a last mix because its low bits alone are poor).
#[derive(Debug, Clone, Copy)]
pub(super) struct Hash(u64);

// === impl Hash ===

impl Hash {
    /// Of nothing yet; hashes of different kinds do not meet.
    pub(super) const fn of_kind(kind: u64) -> Self {
        Self(OFFSET ^ kind.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(super) const fn with(self, piece: u64) -> Self {
        Self((self.0 ^ piece).wrapping_mul(PRIME))
    }

    pub(super) fn with_text(self, text: &str) -> Self {
        text.bytes().fold(self, |hash, byte| hash.with(u64::from(byte))).with(0xff)
    }

    /// A place in a table of `2^bits` rows.
    pub(super) const fn place(self, bits: u32) -> u32 {
        let mut mixed = self.0;
        mixed ^= mixed >> 32;
        mixed = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let [a, b, c, d, ..] = (mixed >> (64 - bits)).to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    }
}
