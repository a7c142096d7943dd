//! What "each", "all ... not" and an adjective before two nouns cover.

use super::{OpenPoint, around};
use crate::prompt::{Cue, Cued, Measure, Prompt, Word, WordKind};
use crate::{Language, prompt};

pub(super) fn points(prompt: &Prompt) -> Vec<OpenPoint> {
    let mut points = Vec::new();
    points.extend(same_or_each(prompt));
    points.extend(adjective(prompt));
    points.extend(all_not(prompt));
    points
}

fn same_or_each(prompt: &Prompt) -> Option<OpenPoint> {
    let question = prompt.question_start();
    let is_of_time = |each: &Cued| {
        let next = prompt.words.iter().find(|word| word.range.start >= each.range.end);
        next.is_some_and(|word| prompt::is_unit(&word.lower))
    };
    let mut each = prompt.all(Cue::Each).filter(|each| each.range.start < question && !is_of_time(each));
    let each = each.find(|each| !prompt.is_quoted(each.range.start))?;
    let is_asked = prompt.all(Cue::HowMany).any(|asked| asked.range.start >= question);
    let is_told_together = prompt.all(Cue::Together).any(|together| together.range.start < question);
    if !is_asked || prompt.has(Cue::SameOrOther) || is_told_together {
        return None;
    }
    let stretch = around(prompt, each.range.start);
    let mut counts = prompt.amounts.iter().filter(|a| stretch.contains(&a.number.start));
    let count =
        counts.next().filter(|a| matches!(a.measure, Measure::Counted | Measure::Unit | Measure::Bare))?;
    // With a second number what each one has is said.
    counts.next().is_none().then(|| OpenPoint::SameOrEach { count: count.number.clone() })
}

/// "Retired teachers and nurses", "socios y empleados antiguos", "高齢の男性と女性".
fn adjective(prompt: &Prompt) -> Option<OpenPoint> {
    prompt.all(Cue::Adjective).find_map(|adjective| {
        let point = match prompt.language {
            Language::Japanese | Language::Chinese => in_run(prompt, adjective),
            Language::Spanish => after_nouns(prompt, adjective),
            Language::French => before_nouns(prompt, adjective).or_else(|| after_nouns(prompt, adjective)),
            _ => before_nouns(prompt, adjective),
        };
        point.filter(|_| !prompt.has(Cue::Regardless))
    })
}

fn is_noun(prompt: &Prompt, word: &Word) -> bool {
    let is_cue = prompt.cues.iter().any(|cued| {
        cued.range == word.range
            && matches!(cued.cue, Cue::Adjective | Cue::And | Cue::Or | Cue::Not | Cue::Each)
    });
    word.kind == WordKind::Letters && word.lower.chars().count() >= 3 && !is_cue
}

fn is_joint(prompt: &Prompt, word: &Word) -> bool {
    prompt.cues.iter().any(|cued| cued.range == word.range && matches!(cued.cue, Cue::And | Cue::Or))
}

fn before_nouns(prompt: &Prompt, adjective: &Cued) -> Option<OpenPoint> {
    let at = prompt.words.iter().position(|word| word.range == adjective.range)?;
    let [first, joint, second] = prompt.words.get(at + 1..at + 4)? else { return None };
    (is_noun(prompt, first) && is_joint(prompt, joint) && is_noun(prompt, second)).then(|| {
        OpenPoint::Adjective {
            adjective: adjective.range.clone(),
            nouns: [first.range.clone(), second.range.clone()],
        }
    })
}

fn after_nouns(prompt: &Prompt, adjective: &Cued) -> Option<OpenPoint> {
    let at = prompt.words.iter().position(|word| word.range == adjective.range)?;
    let [first, joint, second] = prompt.words.get(at.checked_sub(3)?..at)? else { return None };
    (is_noun(prompt, first) && is_joint(prompt, joint) && is_noun(prompt, second)).then(|| {
        OpenPoint::Adjective {
            adjective: adjective.range.clone(),
            nouns: [first.range.clone(), second.range.clone()],
        }
    })
}

/// Longest noun that is looked for, in characters.
const MAX_NOUN_CHARS: usize = 6;

fn in_run(prompt: &Prompt, adjective: &Cued) -> Option<OpenPoint> {
    let joints: &[char] =
        if prompt.language == Language::Japanese { &['と', 'や'] } else { &['和', '与', '及'] };
    let rest = prompt.text.get(adjective.range.end..)?;
    let (n_chars, at, joint) = rest
        .char_indices()
        .enumerate()
        .map(|(n, (at, c))| (n, at, c))
        .find(|(_, _, c)| joints.contains(c))?;
    let is_word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphabetic());
    let first = adjective.range.end..adjective.range.end + at;
    let after = first.end + joint.len_utf8();
    let ends =
        ['が', 'は', 'を', 'に', 'の', '、', '。', '，', '可', '都', '的', '们', '」', '有', '免', '享'];
    let second = prompt.text.get(after..)?;
    let second_bytes =
        second.char_indices().find(|(_, c)| ends.contains(c)).map_or(second.len(), |(at, _)| at);
    let second = after..after + second_bytes;
    let is_short = n_chars <= MAX_NOUN_CHARS && prompt.str(&second).chars().count() <= MAX_NOUN_CHARS + 2;
    (is_short && is_word(prompt.str(&first)) && is_word(prompt.str(&second)))
        .then(|| OpenPoint::Adjective { adjective: adjective.range.clone(), nouns: [first, second] })
}

/// Bytes between "all" and "not".
const MAX_BETWEEN: usize = 40;

/// Negations of a thing, not of what is said.
const WITHOUT: [&str; 5] = ["without", "bez", "ohne", "sin", "sans"];

fn all_not(prompt: &Prompt) -> Option<OpenPoint> {
    // In Chinese the order of the two words says which is meant.
    let is_word_of_its_own = |cued: &Cued| !prompt.all(Cue::All).any(|all| all.range == cued.range);
    if prompt.language == Language::Chinese || prompt.all(Cue::Regardless).any(is_word_of_its_own) {
        return None;
    }
    prompt.all(Cue::All).filter(|all| !prompt.is_quoted(all.range.start)).find_map(|all| {
        let stretch = around(prompt, all.range.start);
        let is_near = |not: &Cued| {
            let is_without = WITHOUT.contains(&prompt.str(&not.range).to_lowercase().as_str());
            not.range.start >= all.range.end
                && !is_without
                && not.range.start - all.range.end <= MAX_BETWEEN
                && stretch.contains(&not.range.start)
        };
        let is_question = all.range.start >= prompt.question_start() && prompt.question_start() > 0;
        (!is_question && prompt.all(Cue::Not).any(is_near))
            .then(|| OpenPoint::AllNot { all: all.range.clone() })
    })
}
