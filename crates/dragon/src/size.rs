//! Sizes, for people and for the types of other crates.

use std::fmt;

/// A number of bytes, shown as `98 MB` or `1.2 GB` (decimal units).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) u64);

const BYTES_PER_MB: u64 = 1_000_000;
const BYTES_PER_GB: u64 = 1_000 * BYTES_PER_MB;

/// A setting as the type that counts things in memory; every machine that this builds for has room for it.
pub(crate) fn as_usize(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

// === impl Size ===

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(bytes) = *self;
        if bytes >= BYTES_PER_GB {
            let tenths = bytes / (BYTES_PER_GB / 10);
            write!(f, "{}.{} GB", tenths / 10, tenths % 10)
        } else {
            write!(f, "{} MB", bytes.div_ceil(BYTES_PER_MB))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Size;

    #[test]
    fn small_and_large_sizes_read_well() {
        let shown =
            [0, 1, 98_000_000, 999_000_000, 1_250_000_000, 143_000_000_000].map(|n| Size(n).to_string());
        assert_eq!(shown, ["0 MB", "1 MB", "98 MB", "999 MB", "1.2 GB", "143.0 GB"]);
    }
}
