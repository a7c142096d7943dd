//! In which number format a model's weights lie.

/// Number formats that a model may be served in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WeightFormat {
    /// That of its file.
    AsIs,
    /// Blocks of 32 bytes with a scale: nearly exact, and cheap to multiply.
    Q8_0,
}

// === impl WeightFormat ===

impl WeightFormat {
    /// As written in files and tables.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::AsIs => "as-is",
            Self::Q8_0 => "q8_0",
        }
    }

    /// The meaning of a word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::AsIs, Self::Q8_0].into_iter().find(|format| format.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::WeightFormat;

    #[test]
    fn words_and_formats_match() {
        assert_eq!(WeightFormat::parse("q8_0"), Some(WeightFormat::Q8_0));
        assert_eq!(WeightFormat::parse(WeightFormat::AsIs.word()), Some(WeightFormat::AsIs));
        assert_eq!(WeightFormat::parse("q9"), None);
    }
}
