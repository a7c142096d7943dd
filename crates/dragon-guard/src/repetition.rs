//! When repetition is a loop: how much of it, for what the text looks like and what was asked for.

use crate::layout::Shape;
use crate::licence::Licence;

/// How a loop repeats itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Every token equals the one a period before.
    Exact,
    /// The copies differ in numbers or a few words.
    Near,
}

/// A text that repeats itself and will not stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repetition {
    /// Exact or nearly so.
    pub kind: Kind,
    /// Tokens of one copy; of near copies, words.
    pub period: usize,
    /// The token with which the first copy begins.
    pub onset_tokens: usize,
    /// Where the first copy begins, in characters.
    pub onset_chars: usize,
}

/// Words of a loop in lines, code, tables and data where nothing like that was asked for. Three times the same five
/// lines are not rare in code; a hundred lines that are one line are.
const LINES_SPAN: usize = 800;

/// The same where the prompt is not known: it may have asked for a hundred lines.
const LINES_SPAN_UNASKED: usize = 3_000;

/// Words of a loop of numbers and marks. A matrix of 55 x 55 zeros has as many.
const FIGURES_SPAN: usize = 6_000;

/// Words of a near-loop in lines of words, or of one whose paragraphs are numbered. A song with its refrain and a list
/// of test cases may go on for long, but not for ever.
const NEAR_LINES_SPAN: usize = 4_000;

/// Words that a single repetition may have of which a number was asked for.
const WORDS_PER_TIME: usize = 64;

/// What is known of a repetition, besides its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Exact,
    Near,
    /// Nearly alike, but for a number at the head of lines that goes on counting: a list that somebody wants, or a
    /// model that cannot end one.
    Enumerated,
}

/// How many words a repetition must have to be a loop; `None` where it is none however long it is.
///
/// The detectors' own rules hold besides: these are for running text.
pub(crate) fn needed_words(form: Form, shape: Shape, licence: Licence) -> Option<usize> {
    let granted = match licence {
        Licence::Unbounded => return None,
        Licence::Times(times) => usize::try_from(times).ok()?.saturating_mul(WORDS_PER_TIME),
        Licence::Unknown | Licence::NotAsked => 0,
    };
    let needed = match (form, shape) {
        (Form::Exact | Form::Near, Shape::Paragraphs) => 0,
        (Form::Exact, Shape::Lines | Shape::Data) if licence == Licence::Unknown => LINES_SPAN_UNASKED,
        (Form::Exact, Shape::Lines | Shape::Data) => LINES_SPAN,
        (Form::Exact, Shape::Figures) => FIGURES_SPAN,
        (Form::Near, Shape::Lines) | (Form::Enumerated, Shape::Paragraphs) => NEAR_LINES_SPAN,
        (Form::Enumerated, Shape::Lines) => return None,
        // Rows of a table are alike but for a few words, and so are unit tests.
        (Form::Near | Form::Enumerated, Shape::Data | Shape::Figures) => return None,
    };
    Some(granted.max(needed))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPES: [Shape; 4] = [Shape::Paragraphs, Shape::Lines, Shape::Data, Shape::Figures];

    const FORMS: [Form; 3] = [Form::Exact, Form::Near, Form::Enumerated];

    #[test]
    fn running_text_that_nobody_asked_for_needs_no_more_than_the_rules_say() {
        for form in [Form::Exact, Form::Near] {
            assert_eq!(needed_words(form, Shape::Paragraphs, Licence::NotAsked), Some(0));
            assert_eq!(needed_words(form, Shape::Paragraphs, Licence::Unknown), Some(0));
        }
    }

    #[test]
    fn what_was_asked_for_is_no_loop_until_there_is_more_of_it() {
        for shape in SHAPES {
            for form in FORMS {
                assert_eq!(needed_words(form, shape, Licence::Unbounded), None);
                let asked = needed_words(form, shape, Licence::Times(500));
                assert!(asked.is_none_or(|needed| needed >= 32_000), "{form:?} {shape:?}");
            }
        }
    }

    #[test]
    fn rows_that_are_alike_are_never_a_loop_and_equal_rows_need_many() {
        assert_eq!(needed_words(Form::Near, Shape::Data, Licence::NotAsked), None);
        assert_eq!(needed_words(Form::Near, Shape::Figures, Licence::Unknown), None);
        let unknown = needed_words(Form::Exact, Shape::Lines, Licence::Unknown);
        assert!(unknown > needed_words(Form::Exact, Shape::Lines, Licence::NotAsked));
        assert_eq!(needed_words(Form::Exact, Shape::Figures, Licence::NotAsked), Some(FIGURES_SPAN));
    }
}
