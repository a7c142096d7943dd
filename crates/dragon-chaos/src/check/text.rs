//! Texts, tokens and counts against those of the undisturbed answer.

use dragon_guard::Language;
use dragon_guard::landing::cue::cue;

use super::label::{Ending, Label, Outcome};
use super::{Answer, Asked, Choice, Difference, Exactness, Fault, Reference};

/// So many bytes that follow in another place tell a gap or a repetition from other words.
const PROBE_BYTES: usize = 12;

/// The last character of a cut answer may lack its last bytes, which are not sent then.
const CHARACTER_MAX_BYTES: usize = 4;

/// Whether every choice has the text of the reference.
pub(super) fn is_reference(answer: &Answer, reference: &Reference) -> bool {
    let same = |(a, b): (&Choice, &Choice)| a.text == b.text && a.reasoning == b.reasoning;
    answer.choices.len() == reference.choices.len() && answer.choices.iter().zip(&reference.choices).all(same)
}

/// Whether texts, tokens and counts are what the label says they are.
pub(super) fn check(
    asked: &Asked,
    reference: &Reference,
    answer: &Answer,
    label: &Label,
    exactness: Exactness,
    faults: &mut Vec<Fault>,
) {
    let endings = label.endings(answer);
    let choices = answer.choices.iter().zip(&reference.choices).zip(&endings).enumerate();
    for (index, ((choice, expected), ending)) in choices {
        check_choice(index, asked, choice, expected, ending, exactness, faults);
        if asked.logprobs {
            let exactness = if has_other_words(index, faults) { Exactness::Measured } else { exactness };
            check_tokens(index, choice, expected, ending, exactness, faults);
        }
    }
    let is_other = (0..answer.choices.len()).any(|index| has_other_words(index, faults));
    let exactness = if is_other { Exactness::Measured } else { exactness };
    check_counts(asked, reference, answer, label, exactness, faults);
}

/// Other words have other tokens, and may end elsewhere: then these are compared with the text that came, as where
/// texts are only measured.
fn has_other_words(index: usize, faults: &[Fault]) -> bool {
    faults.iter().any(|fault| match fault {
        Fault::WrongText { choice, difference, .. } => (*choice, *difference) == (index, Difference::Other),
        _ => false,
    })
}

fn check_choice(
    index: usize,
    asked: &Asked,
    choice: &Choice,
    expected: &Choice,
    ending: &Ending,
    exactness: Exactness,
    faults: &mut Vec<Fault>,
) {
    let (text, whole) = (shown(choice), shown(expected));
    match ending.outcome {
        Outcome::Fallback => {
            // No word of the model, and no silence either.
            if text.is_empty() {
                faults.push(Fault::Lie(format!("choice {index} is an empty fallback")));
            } else if whole.starts_with(&text) {
                faults.push(Fault::Lie(format!("choice {index} is a fallback with the model's text")));
            }
        }
        Outcome::Partial if text.is_empty() => {
            faults.push(Fault::Lie(format!("choice {index} is partial without any text")));
        }
        _ if exactness == Exactness::Measured => {}
        Outcome::Complete => {
            compare(index, &text, &whole, faults);
            if text == whole && choice.finish != expected.finish {
                faults.push(Fault::Lie(format!(
                    "choice {index} ended with {}, undisturbed with {}",
                    choice.finish, expected.finish
                )));
            }
        }
        Outcome::Partial | Outcome::Landed => {
            check_cut(index, ending, &text, &beyond(asked, expected), faults)
        }
    }
}

/// The undisturbed text, and what the model said next: the stop string. An answer that is cut or concluded while that
/// was only half there has begun it.
fn beyond(asked: &Asked, expected: &Choice) -> String {
    let stop = asked.stop.as_deref().filter(|_| expected.finish == "stop").unwrap_or_default();
    format!("{}{stop}", shown(expected))
}

/// A cut text begins the whole one. With a cue in it, it was being concluded, or was.
fn check_cut(index: usize, ending: &Ending, text: &str, whole: &str, faults: &mut Vec<Fault>) {
    let has_landed = ending.outcome == Outcome::Landed;
    if has_landed && heads(text).next().is_none() {
        faults.push(Fault::Lie(format!("choice {index} has landed without a cue")));
    } else if (has_landed || !begins(text, whole)) && !heads(text).any(|head| whole.starts_with(head)) {
        compare(index, text, whole, faults);
    }
}

/// Whether a cut text begins the whole one. Cut within a character it ends with the sign for that.
fn begins(text: &str, whole: &str) -> bool {
    whole.starts_with(text)
        || text.strip_suffix(char::REPLACEMENT_CHARACTER).is_some_and(|text| whole.starts_with(text))
}

/// Thinking and text one after the other.
fn shown(choice: &Choice) -> String {
    format!("{}{}", choice.reasoning, choice.text)
}

fn compare(index: usize, text: &str, whole: &str, faults: &mut Vec<Fault>) {
    if text != whole {
        let n_right = text.bytes().zip(whole.bytes()).take_while(|(a, b)| a == b).count();
        let difference = difference(text.as_bytes(), whole.as_bytes(), n_right);
        faults.push(Fault::WrongText { choice: index, n_right, difference });
    }
}

/// In which way two texts that agree in so many bytes differ after that.
///
/// A rest that is too short for the probe stands in many places by chance. Then it is a repetition only where the text
/// has become longer by it, and a gap only where it has become shorter.
fn difference(text: &[u8], whole: &[u8], n_right: usize) -> Difference {
    let (rest, expected) = (&text[n_right..], &whole[n_right..]);
    let probe = &rest[..rest.len().min(PROBE_BYTES)];
    let is_in = |bytes: &[u8]| bytes.windows(probe.len().max(1)).any(|window| window == probe);
    let is_sure = probe.len() == PROBE_BYTES;
    if rest.is_empty() {
        Difference::Short
    } else if is_in(&text[..n_right]) && (is_sure || text.len() > whole.len()) {
        Difference::Repeat
    } else if expected.is_empty() {
        Difference::Long
    } else if is_in(expected) && (is_sure || text.len() < whole.len()) {
        Difference::Gap
    } else {
        Difference::Other
    }
}

/// What stands before each cue, without what closes it.
fn heads(text: &str) -> impl Iterator<Item = &str> {
    let closes = |c: char| c.is_whitespace() || matches!(c, '.' | '`' | '~');
    let before = move |(at, _): (usize, &str)| text[..at].trim_end_matches(closes);
    Language::ALL.into_iter().flat_map(move |language| text.match_indices(cue(language)).map(before))
}

fn check_tokens(
    index: usize,
    choice: &Choice,
    expected: &Choice,
    ending: &Ending,
    exactness: Exactness,
    faults: &mut Vec<Fault>,
) {
    let mut wrong = |what: String| faults.push(Fault::WrongTokens(format!("choice {index}: {what}")));
    match ending.outcome {
        Outcome::Fallback if choice.tokens.is_empty() => {}
        Outcome::Fallback => wrong("tokens of a fallback".to_owned()),
        Outcome::Landed => {}
        Outcome::Complete | Outcome::Partial if exactness == Exactness::Measured => {
            let bytes = choice.tokens.concat();
            let text = shown(choice);
            // What a stop string or an end within a character holds back is never long.
            if choice.finish == "length"
                && !text.contains('\u{fffd}')
                && !(bytes.starts_with(text.as_bytes()) && bytes.len() - text.len() < CHARACTER_MAX_BYTES)
            {
                wrong(format!("{} bytes of tokens, {} of text", bytes.len(), text.len()));
            }
        }
        Outcome::Complete if choice.tokens != expected.tokens => {
            wrong(format!("{} instead of {}", choice.tokens.len(), expected.tokens.len()));
        }
        Outcome::Partial if !expected.tokens.starts_with(&choice.tokens) => {
            wrong(format!("{} that do not begin the right ones", choice.tokens.len()));
        }
        Outcome::Complete | Outcome::Partial => {}
    }
}

fn check_counts(
    asked: &Asked,
    reference: &Reference,
    answer: &Answer,
    label: &Label,
    exactness: Exactness,
    faults: &mut Vec<Fault>,
) {
    let Some(usage) = answer.usage else { return };
    let mut wrong = |what: &str| {
        faults.push(Fault::WrongCount(format!("{what}: {usage:?}, undisturbed {:?}", reference.usage)));
    };
    let endings = label.endings(answer);
    let all = |outcome: Outcome| endings.iter().all(|ending| ending.outcome == outcome);
    let n_max = asked.max_tokens * asked.n as u64;
    if all(Outcome::Fallback) {
        if usage.n_prompt != 0 || usage.n_completion != 0 {
            wrong("a fallback has no tokens");
        }
        return;
    }
    if usage.n_prompt != reference.usage.n_prompt {
        wrong("tokens of the prompt");
    }
    if usage.n_completion == 0 || usage.n_completion > n_max {
        wrong("tokens of the answer");
    } else if all(Outcome::Complete) {
        let all_reached = answer.choices.iter().all(|choice| choice.finish == "length");
        let is_right = match exactness {
            Exactness::Exact => usage.n_completion == reference.usage.n_completion,
            Exactness::Measured => !all_reached || usage.n_completion == n_max,
        };
        if !is_right {
            wrong("tokens of a complete answer");
        }
    }
}
