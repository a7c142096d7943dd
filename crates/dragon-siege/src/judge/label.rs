//! The label `dragon`: its closed lists, and what follows from them.
//!
//! For everybody who judges labels. It is written after the documentation and shares nothing with the server, so that
//! a mistake there is not repeated here.

pub use super::Outcome;

/// Whether outcome, reason and finish reason of one choice go together.
///
/// # Errors
/// What does not, in words.
pub fn check_ending(outcome: Outcome, reason: Option<&str>, finish: &str) -> Result<(), String> {
    let word = outcome.as_str();
    match (reason, outcome) {
        (None, Outcome::Complete) => {}
        (Some(reason), _) if outcome.reasons().contains(&reason) => {}
        (reason, _) => return Err(format!("{word} for the reason {reason:?}")),
    }
    if outcome != Outcome::Complete && finish != "length" {
        return Err(format!("{word} with the finish_reason {finish}"));
    }
    Ok(())
}

// === impl Outcome ===

impl Outcome {
    /// From best to worst.
    pub const ALL: [Self; 4] = [Self::Complete, Self::Landed, Self::Partial, Self::Fallback];

    /// The word in the label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Landed => "landed",
            Self::Partial => "partial",
            Self::Fallback => "fallback",
        }
    }

    /// What a word of the label means.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == word)
    }

    /// The reasons that an answer of this kind may have. A complete one has none.
    #[must_use]
    pub const fn reasons(self) -> &'static [&'static str] {
        match self {
            Self::Complete => &[],
            Self::Landed => &["deadline", "load", "loop", "ambiguous", "shutdown"],
            Self::Partial => &[
                "deadline",
                "load",
                "loop",
                "ambiguous",
                "shutdown",
                "engine_down",
                "quarantined",
                "context",
                "limit",
            ],
            Self::Fallback => &["busy", "deadline", "engine_down", "quarantined", "ambiguous", "shutdown"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_outcomes_are_the_same() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::from_word(outcome.as_str()), Some(outcome));
        }
        assert_eq!(Outcome::from_word("Complete"), None);
        assert!(Outcome::ALL.is_sorted());
    }

    #[test]
    fn only_reasons_of_the_list_go_with_an_outcome() {
        assert_eq!(check_ending(Outcome::Complete, None, "stop"), Ok(()));
        assert!(check_ending(Outcome::Complete, Some("deadline"), "length").is_err());
        for outcome in [Outcome::Landed, Outcome::Partial, Outcome::Fallback] {
            assert!(check_ending(outcome, None, "length").is_err());
            assert!(check_ending(outcome, Some("mood"), "length").is_err());
            for reason in outcome.reasons() {
                assert_eq!(check_ending(outcome, Some(reason), "length"), Ok(()));
                assert!(check_ending(outcome, Some(reason), "stop").is_err());
            }
        }
        assert!(check_ending(Outcome::Landed, Some("busy"), "length").is_err());
        assert!(check_ending(Outcome::Fallback, Some("limit"), "length").is_err());
    }
}
