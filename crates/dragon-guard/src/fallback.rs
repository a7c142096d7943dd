//! What is said where no model says anything: in the prompt's language, what happened and what to do.
//!
//! Every text begins by saying that it is not the model's.

mod texts;

use dragon_core::label::Reason;

use crate::Language;

/// Meanings of an ambiguous question that are listed at most: more would be no help.
const MAX_READINGS: usize = 4;

/// Characters of one meaning that are shown at most.
const MAX_READING_CHARS: usize = 200;

/// What a fallback is about. Several reasons share a text where the client should do the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Too many requests at once.
    Busy,
    /// The deadline came before any text of the model.
    Deadline,
    /// The engine is gone and being restarted.
    EngineDown,
    /// This prompt has broken the engine before.
    Quarantined,
    /// The server stops.
    Shutdown,
    /// The question has no single answer.
    Ambiguous,
    /// The model ended without any text, for a reason of its own.
    NoText,
}

/// The text for a request in `language`.
pub fn text(language: Language, cause: Cause) -> &'static str {
    texts::of(language).of(cause)
}

/// The text for an ambiguous question, with what it may mean. At most four readings, each cut to
/// 200 characters.
pub fn ambiguous(language: Language, readings: &[String]) -> String {
    let mut said = text(language, Cause::Ambiguous).to_owned();
    push_list(&mut said, readings);
    said
}

/// Readings, each on a line of its own.
pub(crate) fn push_list(said: &mut String, readings: &[String]) {
    for (number, reading) in (1..).zip(readings.iter().take(MAX_READINGS)) {
        let reading: String = reading.chars().take(MAX_READING_CHARS).collect();
        said.push_str(&format!("\n{number}. {}", reading.replace('\n', " ").trim()));
    }
}

// === impl Cause ===

impl From<Reason> for Cause {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Busy | Reason::Load => Self::Busy,
            Reason::Deadline => Self::Deadline,
            Reason::EngineDown => Self::EngineDown,
            Reason::Quarantined => Self::Quarantined,
            Reason::Shutdown => Self::Shutdown,
            Reason::Ambiguous => Self::Ambiguous,
            Reason::Loop | Reason::Context | Reason::Limit => Self::NoText,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const CAUSES: [Cause; 7] = [
        Cause::Busy,
        Cause::Deadline,
        Cause::EngineDown,
        Cause::Quarantined,
        Cause::Shutdown,
        Cause::Ambiguous,
        Cause::NoText,
    ];

    /// How each text of a language begins.
    const fn not_the_models(language: Language) -> &'static str {
        match language {
            Language::English => "This is not the model's answer: ",
            Language::Polish => "To nie jest odpowiedź modelu: ",
            Language::German => "Dies ist nicht die Antwort des Modells: ",
            Language::Spanish => "Esta no es la respuesta del modelo: ",
            Language::French => "Ceci n'est pas la réponse du modèle : ",
            Language::Japanese => "これはモデルの回答ではありません。",
            Language::Chinese => "这不是模型的回答。",
        }
    }

    #[test]
    fn every_text_is_short_of_its_own_and_says_first_that_it_is_not_the_models() {
        let mut texts = HashSet::new();
        for language in Language::ALL {
            for cause in CAUSES {
                let text = text(language, cause);
                assert!(text.starts_with(not_the_models(language)), "{text}");
                assert!(text.chars().count() <= 240, "{text}");
                assert!(text.ends_with(['.', '。']), "{text}");
                assert!(texts.insert(text), "twice: {text}");
            }
        }
    }

    /// Where a text is long enough to say, our own detector finds it in its language.
    #[test]
    fn texts_are_in_their_language() {
        for language in Language::ALL {
            for cause in CAUSES {
                assert_eq!(Language::of(text(language, cause)), language, "{}", text(language, cause));
            }
        }
    }

    #[test]
    fn readings_are_numbered_bounded_and_on_a_line_each() {
        let readings: Vec<String> = (0..9).map(|_| "one\nor the other ".repeat(100)).collect();
        let said = ambiguous(Language::English, &readings);
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines.len(), 1 + MAX_READINGS);
        assert!(lines[1].starts_with("1. one or the other"));
        assert!(lines[1..].iter().all(|line| line.chars().count() <= MAX_READING_CHARS + 3));
        assert_eq!(ambiguous(Language::Polish, &[]), text(Language::Polish, Cause::Ambiguous));
    }

    #[test]
    fn every_reason_has_a_cause() {
        let causes: HashSet<Cause> = Reason::ALL.into_iter().map(Cause::from).collect();
        assert_eq!(causes.len(), CAUSES.len());
    }
}
