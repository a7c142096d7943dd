//! What an ambiguous prompt may mean, by templates in its language.
//!
//! Each reading quotes the prompt's own words and numbers and computes nothing, so that none can be wrong: they are
//! possible meanings, not facts. Where the prompt leaves nothing open that the templates know, there are none.

mod bearing;
mod compose;
mod named;
mod tasks;
mod templates;

pub use bearing::Bearing;
pub use named::says_so;
pub use tasks::narrows_answers;

use bearing::Question;

use crate::open_points::{OpenPoint, open_points};
use crate::prompt::{Prompt, has_notation};
use crate::{Language, fallback};

/// Readings that are named at most; [`fallback::ambiguous`] shows as many.
pub const MAX_READINGS: usize = 4;

/// A longer prompt, in bytes, is no question but a text with a question in it: what the templates find open there is
/// hardly ever what is asked.
const MAX_QUESTION: usize = 1024;

/// A shorter prompt, in characters, leaves nearly everything open and is hardly ever a puzzle: "Count to 10". A Chinese or
/// Japanese character says as much as two or three letters.
const MIN_QUESTION: usize = 30;
const MIN_QUESTION_IDEOGRAPHIC: usize = 12;

/// What a prompt may mean: nothing known, or at least two readings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readings {
    language: Language,
    readings: Vec<String>,
    asks: Vec<&'static str>,
    /// For each open point the number of its readings.
    groups: Vec<usize>,
    bearing: Bearing,
}

/// What `prompt` may mean, in `language`. Of formulas, of code, of a few words and of long texts
/// nothing is known.
pub fn readings(prompt: &str, language: Language) -> Readings {
    let mut found = Readings::none(language);
    let min_chars = match language {
        Language::Japanese | Language::Chinese => MIN_QUESTION_IDEOGRAPHIC,
        _ => MIN_QUESTION,
    };
    let is_question = prompt.len() <= MAX_QUESTION && prompt.trim().chars().count() >= min_chars;
    if !is_question || has_notation(prompt) {
        return found;
    }
    let prompt = Prompt::of(prompt, language);
    let points = open_points(&prompt);
    if points.is_empty() {
        return found;
    }
    let question = Question::of(&prompt);
    let bearing_of = |point: &OpenPoint| question.as_ref().map_or(Bearing::None, |q| q.bearing(point));
    let mut points: Vec<(Bearing, OpenPoint)> =
        points.into_iter().map(|point| (bearing_of(&point), point)).collect();
    found.bearing = points.iter().map(|(bearing, _)| *bearing).max().unwrap_or(Bearing::None);
    if found.bearing > Bearing::None {
        // What the question does not turn on would only distract.
        points.retain(|(bearing, _)| *bearing > Bearing::None);
    }
    for (_, point) in points {
        let group = compose::group(&prompt, &point, found.readings.is_empty());
        if found.readings.len() + group.readings.len() <= MAX_READINGS {
            found.groups.push(group.readings.len());
            found.readings.extend(group.readings);
            found.asks.push(group.ask);
        }
    }
    // A single reading is no choice.
    if found.readings.len() < 2 { Readings::none(language) } else { found }
}

// === impl Readings ===

impl Readings {
    const fn none(language: Language) -> Self {
        Self { language, readings: Vec::new(), asks: Vec::new(), groups: Vec::new(), bearing: Bearing::None }
    }

    /// How much the question turns on them.
    pub const fn bearing(&self) -> Bearing {
        self.bearing
    }

    /// None, or two to [`MAX_READINGS`].
    pub fn as_slice(&self) -> &[String] {
        &self.readings
    }

    /// Whether nothing is known.
    pub const fn is_empty(&self) -> bool {
        self.readings.is_empty()
    }

    /// What is said where no model says anything: that it is ambiguous, what it may mean, and what to add to get an
    /// answer.
    pub fn fallback(&self) -> String {
        let mut said = fallback::ambiguous(self.language, &self.readings);
        self.push_asks(&mut said);
        said
    }

    /// The readings in a list, and what to add to get an answer.
    pub fn listed(&self) -> String {
        let templates = templates::of(self.language);
        let opening = templates.in_short.split("{first}").next().unwrap_or_default().trim_end();
        let mut chars = opening.chars();
        let mut said: String = chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect();
        fallback::push_list(&mut said, &self.readings);
        self.push_asks(&mut said);
        said
    }

    fn push_asks(&self, said: &mut String) {
        if !self.asks.is_empty() {
            let templates = templates::of(self.language);
            said.push('\n');
            said.push_str(&templates.to_answer.replace("{asks}", &self.asks.join(templates.between_asks)));
        }
    }

    /// One sentence for where an answer lands: that it can be read in several ways, and the ways of the first open point.
    pub fn in_short(&self) -> Option<String> {
        let [first, second] = self.readings.get(..*self.groups.first()?)? else { return None };
        let template = templates::of(self.language).in_short;
        Some(template.replace("{first}", first).replace("{second}", second))
    }

    /// The same, and what else is open.
    pub fn in_full(&self) -> Option<String> {
        let mut said = self.in_short()?;
        let more = self.readings.get(*self.groups.first()?..)?;
        if !more.is_empty() {
            let templates = templates::of(self.language);
            said.push_str(&templates.also.replace("{more}", &more.join(templates.between_asks)));
        }
        Some(said)
    }
}

#[cfg(test)]
mod tests;
