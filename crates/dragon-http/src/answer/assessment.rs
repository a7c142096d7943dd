//! What is thought of a question before it is answered: a prior, and never a gate.

use std::sync::Arc;

use dragon_core::label::Reason;
use dragon_guard::fallback::{self, Cause};
use dragon_guard::landing::cue;
use dragon_guard::readings::{Readings, readings};
use dragon_guard::{Language, ambiguity};

/// From this score on, with readings at hand, a question is treated as one that has several answers. At .8 four of five
/// puzzles are, and one in forty word problems that have an answer; a score alone knows less than whoever asks.
const AMBIGUOUS_FROM: f32 = 0.8;

/// From this score on the model is led to name readings where nobody else can. It has to be sure, since whole kinds of
/// clear questions score .8.
const DOUBTFUL_FROM: f32 = 0.9;

/// Tokens of an answer to an ambiguous question, before it is concluded with what the question may mean: as many as nine
/// of ten answers to clear questions have, within these bounds. So many say all of it in prose; models that go on are
/// mostly turning in circles by then.
const MIN_BUDGET: u32 = 128;
const MAX_BUDGET: u32 = 256;

/// A question, and what it may mean.
#[derive(Debug)]
pub(super) struct Assessment {
    /// How likely it has several answers, 0 to 1.
    pub(super) ambiguity: f32,
    readings: Readings,
}

/// Speaks for the server where the model says nothing.
#[derive(Debug, Clone)]
pub(super) struct Speaker {
    language: Language,
    /// Of a question that has several answers.
    ambiguous: Option<Arc<Assessment>>,
}

// === impl Assessment ===

impl Assessment {
    /// Takes less than a millisecond, however long the text is.
    pub(super) fn of(text: &str, language: Language) -> Self {
        Self { ambiguity: ambiguity::score(text), readings: readings(text, language) }
    }

    /// Whether it is to be treated as a question with several answers.
    pub(super) fn is_ambiguous(&self) -> bool {
        self.ambiguity >= AMBIGUOUS_FROM && !self.readings.is_empty()
    }

    /// Tokens after which an answer is to conclude, where nine of ten answers to clear questions have at most `n_clear`;
    /// `None` for no such bound.
    pub(super) fn n_budget(&self, n_clear: u32) -> Option<u32> {
        self.is_ambiguous().then(|| n_clear.clamp(MIN_BUDGET, MAX_BUDGET))
    }

    /// What begins the conclusion of an answer that has to land.
    pub(super) fn cue(&self, language: Language) -> &'static str {
        let is_doubtful = self.ambiguity >= DOUBTFUL_FROM && self.readings.is_empty();
        if is_doubtful { cue::asking(language) } else { cue::cue(language) }
    }

    /// The same for a question with several answers: with the readings in it.
    pub(super) fn own_cue(&self, language: Language) -> Option<String> {
        let readings = self.readings.in_short().filter(|_| self.is_ambiguous())?;
        let separator = if matches!(language, Language::Japanese | Language::Chinese) { "" } else { " " };
        Some(format!("{}{separator}{readings}", cue::cue(language)))
    }
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
            Some(assessment) if cause == Cause::Ambiguous => assessment.readings.fallback(),
            Some(assessment) => format!("{why}\n\n{}", assessment.readings.fallback()),
            None => why.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUZZLE: &str =
        "Na 2-osobowej tyrolce w Williams, AZ jest znak: \"1/2 Price Re-Rides - go again for $6.00*\"";

    #[test]
    fn the_puzzle_is_answered_with_its_own_numbers_and_in_its_language() {
        let assessment = Arc::new(Assessment::of(PUZZLE, Language::Polish));
        assert!(assessment.is_ambiguous(), "{}", assessment.ambiguity);
        let cue = assessment.own_cue(Language::Polish).unwrap();
        assert!(cue.contains("6.00") && cue.starts_with("Krótko mówiąc: "), "{cue}");
        let speaker = Speaker::new(Language::Polish, Some(&assessment));
        let said = speaker.text(Reason::Busy);
        assert!(said.starts_with(fallback::text(Language::Polish, Cause::Busy)), "{said}");
        assert!(said.contains("\n1. ") && said.contains("\n2. ") && said.contains("6.00"), "{said}");
        assert!(!speaker.text(Reason::Ambiguous).contains(fallback::text(Language::Polish, Cause::Busy)));
    }

    #[test]
    fn the_budget_is_what_clear_questions_take_within_bounds() {
        let assessment = Assessment::of(PUZZLE, Language::Polish);
        let budgets = [1, 200, 10_000].map(|n_clear| assessment.n_budget(n_clear));
        assert_eq!(budgets, [Some(MIN_BUDGET), Some(200), Some(MAX_BUDGET)]);
    }

    #[test]
    fn a_clear_question_gets_the_usual_words() {
        let text = "What is the capital of France?";
        let assessment = Arc::new(Assessment::of(text, Language::English));
        assert_eq!((assessment.own_cue(Language::English), assessment.n_budget(10)), (None, None));
        assert_eq!(assessment.cue(Language::English), cue::cue(Language::English));
        let speaker = Speaker::new(Language::English, Some(&assessment));
        assert_eq!(speaker.text(Reason::Busy), fallback::text(Language::English, Cause::Busy));
    }

    #[test]
    fn where_only_the_model_can_name_the_readings_it_is_led_to_them() {
        let text = "Can you book it for me?";
        let assessment = Assessment { ambiguity: DOUBTFUL_FROM, readings: readings(text, Language::English) };
        assert!(!assessment.is_ambiguous());
        assert_eq!(assessment.cue(Language::English), cue::asking(Language::English));
        assert_eq!(assessment.n_budget(10), None, "a score alone shortens nothing");
    }
}
