//! Speaks for the server where the model says nothing.

use std::sync::Arc;

use dragon_core::label::Reason;
use dragon_guard::Language;
use dragon_guard::assessment::Assessment;
use dragon_guard::fallback::{self, Cause};

/// Has the words, in the language of whoever asks.
#[derive(Debug, Clone)]
pub(super) struct Speaker {
    language: Language,
    /// Of a question that has several answers.
    ambiguous: Option<Arc<Assessment>>,
}

// === impl Speaker ===

impl Speaker {
    pub(super) fn new(language: Language, assessment: Option<&Arc<Assessment>>) -> Self {
        let ambiguous = assessment.filter(|assessment| assessment.is_ambiguous()).cloned();
        Self { language, ambiguous }
    }

    /// Why the model says nothing, and what the question may mean where it has several answers.
    pub(super) fn text(&self, reason: Reason) -> String {
        let cause = Cause::from(reason);
        let why = fallback::text(self.language, cause);
        match &self.ambiguous {
            Some(assessment) if cause == Cause::Ambiguous => assessment.readings().fallback(),
            Some(assessment) => format!("{why}\n\n{}", assessment.readings().listed()),
            None => why.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_puzzle_is_answered_with_its_own_numbers_and_in_its_language() {
        let puzzle =
            "Na 2-osobowej tyrolce w Williams, AZ jest znak: \"1/2 Price Re-Rides - go again for $6.00*\"";
        let assessment = Arc::new(Assessment::of(puzzle, Language::Polish));
        let said = Speaker::new(Language::Polish, Some(&assessment)).text(Reason::Busy);
        assert!(said.starts_with(fallback::text(Language::Polish, Cause::Busy)), "{said}");
        assert!(said.contains("\n1. ") && said.contains("\n2. ") && said.contains("6.00"), "{said}");
        assert_eq!(said.matches("To nie jest odpowiedź modelu").count(), 1, "said once: {said}");
    }

    #[test]
    fn a_clear_question_gets_the_usual_words() {
        let assessment = Arc::new(Assessment::of("What is the capital of France?", Language::English));
        let speaker = Speaker::new(Language::English, Some(&assessment));
        assert_eq!(speaker.text(Reason::Busy), fallback::text(Language::English, Cause::Busy));
    }
}
