//! Pronouns with two people to choose from.

use std::ops::Range;

use super::OpenPoint;
use crate::Language;
use crate::prompt::{Cue, Gender, Person, Prompt, Pronoun};

pub(super) fn points(prompt: &Prompt) -> Option<OpenPoint> {
    if speaks_for_oneself(prompt) {
        return None;
    }
    pronoun(prompt).or_else(|| left_out(prompt))
}

/// A quotation in the first person says whom it is about.
fn speaks_for_oneself(prompt: &Prompt) -> bool {
    prompt.all(Cue::Myself).any(|cued| prompt.is_quoted(cued.range.start))
}

fn pronoun(prompt: &Prompt) -> Option<OpenPoint> {
    let question = prompt.question_start();
    prompt.pronouns.iter().filter(|pronoun| !prompt.is_quoted(pronoun.range.start)).find_map(|pronoun| {
        let candidates = candidates(prompt, pronoun);
        let is_told = pronoun.range.start < question || question == 0;
        match candidates.as_slice() {
            [first, .., second] if is_told => Some(OpenPoint::Pronoun {
                pronoun: pronoun.range.clone(),
                candidates: [first.clone(), second.clone()],
            }),
            _ => None,
        }
    })
}

/// People before the pronoun that it may stand for, each name once.
fn candidates(prompt: &Prompt, pronoun: &Pronoun) -> Vec<Range<usize>> {
    let fits = |person: &&Person| {
        let alike = person.gender == pronoun.gender
            || person.gender == Gender::Unknown
            || pronoun.gender == Gender::Unknown;
        alike && person.range.end <= pronoun.range.start && !prompt.is_quoted(person.range.start)
    };
    let mut found: Vec<Range<usize>> = Vec::new();
    for person in prompt.people.iter().filter(fits) {
        let is_new = !found.iter().any(|other| prompt.str(other) == prompt.str(&person.range));
        if is_new && !is_subject_of_own(prompt, person, pronoun) {
            found.push(person.range.clone());
        }
    }
    found
}

/// In Polish "jej" and "jego" never mean the subject of their own clause.
fn is_subject_of_own(prompt: &Prompt, person: &Person, pronoun: &Pronoun) -> bool {
    let is_possessive = matches!(prompt.str(&pronoun.range), "jej" | "jego");
    let is_first = prompt.people.first().is_some_and(|first| first.range == person.range);
    let between = prompt.str(&(person.range.end..pronoun.range.start));
    let is_other_clause = [" że ", " gdy ", " bo ", " kiedy ", " ponieważ ", " aż ", " czy "]
        .iter()
        .any(|word| between.contains(word));
    prompt.language == Language::Polish && is_possessive && is_first && !is_other_clause
}

/// What people do together without saying anything of which one could ask whom it is about.
const MEETING: [&str; 7] = ["会った", "待ち合わせ", "見た", "助けた", "訪ね", "手伝", "送った"];

/// In Japanese the subject of what is told may be left out altogether.
fn left_out(prompt: &Prompt) -> Option<OpenPoint> {
    let telling = prompt.all(Cue::Telling).find(|telling| !MEETING.contains(&prompt.str(&telling.range)))?;
    let is_asked = prompt.has(Cue::Who);
    if prompt.language != Language::Japanese
        || !is_asked
        || !prompt.pronouns.is_empty()
        || prompt.has(Cue::SameOrOther)
    {
        return None;
    }
    let mut people = prompt.people.iter().filter(|person| person.range.end <= telling.range.start);
    let (first, second) = (people.next()?, people.next()?);
    Some(OpenPoint::LeftOut { candidates: [first.range.clone(), second.range.clone()] })
}
