//! Whether what a prompt leaves open is what it asks about.
//!
//! "Old" may go with "books" or with "magazines" too: it matters to whoever asks whether a discount is his, and not to
//! whoever asks how both are kept from mould. Only what matters is worth ending an answer for.

use std::ops::Range;

use super::tasks;
use crate::Language;
use crate::open_points::OpenPoint;
use crate::prompt::{Cue, Prompt, WordKind};

/// What a prompt asks, as far as its form shows it.
pub(super) struct Question<'a> {
    prompt: &'a Prompt,
    kind: Kind,
}

/// The kind of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// None is seen: a sign alone, for instance.
    None,
    /// How many or how much.
    Amount,
    /// Who or whose.
    Person,
    /// When.
    Time,
    /// Yes or no.
    YesOrNo,
    /// What, how, why: anything may follow.
    Open,
}

/// How much a point matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bearing {
    /// It is not what is asked.
    None,
    /// The question turns on it.
    Asked,
    /// The same, and it stands on a sign, where every word was chosen to be read.
    OnSign,
}

/// Beginnings of words for parts of a day and for meals.
const PARTS_OF_DAY: [&str; 26] = [
    "morning",
    "evening",
    "night",
    "afternoon",
    "breakfast",
    "lunch",
    "dinner",
    "weekday",
    "weekend",
    "rano",
    "ranek",
    "wiecz",
    "noc",
    "popołud",
    "posiłek",
    "morgen",
    "abend",
    "nacht",
    "mittag",
    "mañana",
    "tarde",
    "noche",
    "matin",
    "soir",
    "nuit",
    "repas",
];

// === impl Question ===

impl<'a> Question<'a> {
    /// `None` for a prompt that gives a task.
    pub(super) fn of(prompt: &'a Prompt) -> Option<Self> {
        (!tasks::gives_task(prompt)).then(|| Self { prompt, kind: kind(prompt) })
    }

    /// How much the question turns on a point.
    pub(super) fn bearing(&self, point: &OpenPoint) -> Bearing {
        let on_sign = |range: &Range<usize>| {
            let is_asked = matches!(self.kind, Kind::None | Kind::Amount | Kind::YesOrNo | Kind::Open);
            if is_asked && self.is_on_sign(range) { Bearing::OnSign } else { Bearing::None }
        };
        let asked_as =
            |kinds: &[Kind]| if kinds.contains(&self.kind) { Bearing::Asked } else { Bearing::None };
        match point {
            OpenPoint::PartOfPrice { price, .. } | OpenPoint::PriceForWhom { price } => on_sign(price),
            OpenPoint::Asterisk { marked } => on_sign(marked),
            OpenPoint::Limit { amount, .. } => on_sign(amount),
            OpenPoint::Stacked { second, .. } => on_sign(second),
            OpenPoint::OffWhat { part } => on_sign(part),
            OpenPoint::Exception { excepted } => on_sign(excepted),
            OpenPoint::Pronoun { .. } | OpenPoint::LeftOut { .. } => asked_as(&[Kind::Person]),
            OpenPoint::SameOrEach { .. } if self.is_habit() => Bearing::None,
            OpenPoint::SameOrEach { .. } => asked_as(&[Kind::Amount]),
            OpenPoint::Adjective { .. } => asked_as(&[Kind::YesOrNo]),
            OpenPoint::AllNot { .. } => asked_as(&[Kind::YesOrNo, Kind::Amount]),
            OpenPoint::NoUnit { number } if self.counts_people(number) => Bearing::None,
            OpenPoint::NoUnit { number } if self.prompt.is_quoted(number.start) => on_sign(number),
            OpenPoint::NoUnit { .. } => asked_as(&[Kind::YesOrNo]),
            OpenPoint::Day { .. } => asked_as(&[Kind::Time]),
            // Of "some" people mostly tell in passing.
            OpenPoint::Vague { .. } => Bearing::None,
        }
    }

    /// "For two".
    fn counts_people(&self, number: &Range<usize>) -> bool {
        let before = self.prompt.words.iter().rfind(|word| word.range.end <= number.start);
        let is_for =
            before.is_some_and(|word| matches!(word.lower.as_str(), "for" | "für" | "dla" | "para" | "pour"));
        is_for || self.prompt.all(Cue::Party).any(|party| party.range.contains(&number.start))
    }

    /// "Every morning" says how often, and nothing of several people.
    fn is_habit(&self) -> bool {
        let next = |after: usize| self.prompt.words.iter().find(|word| word.range.start >= after);
        self.prompt.all(Cue::Each).any(|each| {
            next(each.range.end)
                .is_some_and(|word| PARTS_OF_DAY.iter().any(|stem| word.lower.starts_with(stem)))
        })
    }

    /// In a quotation, or in what a sign is said to say.
    fn is_on_sign(&self, range: &Range<usize>) -> bool {
        self.prompt.is_quoted(range.start) || self.prompt.has(Cue::Sign)
    }
}

/// Of several questions the last decides.
fn kind(prompt: &Prompt) -> Kind {
    let asks = |cue: Cue| prompt.all(cue).any(|cued| is_asked_at(prompt, &cued.range));
    if !has_question(prompt) {
        Kind::None
    } else if asks(Cue::HowMany) {
        Kind::Amount
    } else if asks(Cue::Who) {
        Kind::Person
    } else if asks(Cue::When) || has_word(prompt, dates(prompt.language)) {
        Kind::Time
    } else if asks(Cue::Where) || has_word(prompt, open(prompt.language)) {
        Kind::Open
    } else {
        Kind::YesOrNo
    }
}

/// Where the question stands, or anywhere outside of quotations where that cannot be told.
fn is_asked_at(prompt: &Prompt, range: &Range<usize>) -> bool {
    range.start >= prompt.question_start() && !prompt.is_quoted(range.start)
}

fn has_question(prompt: &Prompt) -> bool {
    let is_mark = |word: &&crate::prompt::Word| {
        !prompt.is_quoted(word.range.start)
            && match word.kind {
                WordKind::Mark => matches!(word.lower.as_str(), "?" | "？"),
                WordKind::Ideographs => word.lower.ends_with(['か', '吗', '呢']),
                WordKind::Letters | WordKind::Number => false,
            }
    };
    prompt.words.iter().any(|word| is_mark(&word))
}

fn has_word(prompt: &Prompt, list: &[&str]) -> bool {
    prompt.words.iter().filter(|word| is_asked_at(prompt, &word.range)).any(|word| match word.kind {
        WordKind::Letters => list.contains(&word.lower.as_str()),
        WordKind::Ideographs => list.iter().any(|part| word.lower.contains(part)),
        WordKind::Number | WordKind::Mark => false,
    })
}

/// Words that ask for a day or a date.
const fn dates(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &["date", "day", "when"],
        Language::Polish => &["kiedy", "dzień", "dnia", "datę", "data"],
        Language::German => &["wann", "tag", "datum"],
        Language::Spanish => &["cuándo", "fecha", "día"],
        Language::French => &["quand", "date", "jour"],
        Language::Japanese => &["いつ", "何日", "日付"],
        Language::Chinese => &["什么时候", "哪天", "几号", "日期"],
    }
}

/// Words of questions to which anything may be the answer.
const fn open(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &["what", "how", "why", "which", "what's"],
        Language::Polish => {
            &["co", "jak", "dlaczego", "jaki", "jaka", "jakie", "jakich", "który", "która", "które", "czemu"]
        }
        Language::German => {
            &["was", "wie", "warum", "welche", "welcher", "welches", "welchen", "wieso", "wozu"]
        }
        Language::Spanish => &["qué", "cómo", "cuál", "cuáles"],
        Language::French => {
            &["que", "quoi", "comment", "pourquoi", "quel", "quelle", "quels", "quelles", "qu"]
        }
        Language::Japanese => &["何", "どう", "なぜ", "どの", "どれ", "どんな"],
        Language::Chinese => &["什么", "怎么", "为什么", "哪个", "哪些", "如何"],
    }
}
