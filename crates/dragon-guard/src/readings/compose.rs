//! From an open point to its readings.

use std::ops::Range;

use super::templates::{self, Templates};
use crate::Language;
use crate::open_points::OpenPoint;
use crate::prompt::Prompt;

/// What one open point gives.
pub(super) struct Group {
    pub(super) readings: Vec<String>,
    /// What whoever asks should add.
    pub(super) ask: &'static str,
}

/// Characters of the prompt's words that are quoted at most.
const MAX_QUOTED_CHARS: usize = 48;

/// The readings of one point. Where it is the first, it must stand for itself; beside others a remark may do.
pub(super) fn group(prompt: &Prompt, point: &OpenPoint, is_first: bool) -> Group {
    let templates = templates::of(prompt.language);
    let composer = Composer { prompt, templates };
    let (readings, ask) = match point {
        OpenPoint::PartOfPrice { part, price } => (
            composer.both(templates.part_of_price, &[("part", part), ("price", price)]),
            templates.asks.part_of_price,
        ),
        OpenPoint::PriceForWhom { price } => {
            let readings = if is_first {
                composer.both(templates.each_or_together, &[("price", price)])
            } else {
                vec![composer.one(templates.each_or_together_remark, &[("price", price)])]
            };
            (readings, templates.asks.price_for_whom)
        }
        OpenPoint::Asterisk { marked } => {
            let [as_it_stands, remark] = templates.asterisk;
            let both = if is_first { vec![as_it_stands, remark] } else { vec![remark] };
            let readings = both.into_iter().map(|template| composer.one(template, &[("marked", marked)]));
            (readings.collect(), templates.asks.asterisk)
        }
        OpenPoint::Limit { amount, is_upper } => {
            let both = if *is_upper { templates.up_to } else { templates.at_least };
            (composer.both(both, &[("amount", amount)]), templates.asks.limit)
        }
        OpenPoint::Stacked { first, second } => (
            composer.both(templates.stacked, &[("first", first), ("second", second)]),
            templates.asks.stacked,
        ),
        OpenPoint::OffWhat { part } => {
            (composer.both(templates.off_what, &[("part", part)]), templates.asks.off_what)
        }
        OpenPoint::Exception { excepted } => {
            (composer.both(templates.exception, &[("excepted", excepted)]), templates.asks.exception)
        }
        OpenPoint::Pronoun { pronoun, candidates } => {
            let of = |candidate| {
                composer.one(templates.pronoun, &[("pronoun", pronoun), ("candidate", candidate)])
            };
            (candidates.iter().map(of).collect(), templates.asks.who)
        }
        OpenPoint::LeftOut { candidates } => {
            let of = |candidate| composer.one(templates.left_out, &[("candidate", candidate)]);
            (candidates.iter().map(of).collect(), templates.asks.who)
        }
        OpenPoint::SameOrEach { count } => {
            (composer.both(templates.same_or_each, &[("count", count)]), templates.asks.same_or_each)
        }
        OpenPoint::Adjective { adjective, nouns: [first, second] } => {
            // It surely covers the noun that it stands next to.
            let is_before = adjective.start < first.start;
            let (near, far) = if is_before { (first, second) } else { (second, first) };
            let slots = [("adjective", adjective), ("near", near), ("far", far)];
            (composer.both(templates.adjective, &slots), templates.asks.adjective)
        }
        OpenPoint::AllNot { all } => {
            (composer.both(templates.all_not, &[("all", all)]), templates.asks.all_not)
        }
        OpenPoint::NoUnit { number } => {
            let both = match composer.surroundings() {
                Surroundings::Heat => templates.heat,
                Surroundings::Way => templates.way,
                Surroundings::Unknown => templates.no_unit,
            };
            (composer.both(both, &[("number", number)]), templates.asks.no_unit)
        }
        OpenPoint::Day { phrase } => {
            (composer.both(templates.day, &[("phrase", phrase)]), templates.asks.day)
        }
        OpenPoint::Vague { word } => {
            (composer.both(templates.vague, &[("word", word)]), templates.asks.vague)
        }
    };
    Group { readings, ask }
}

/// What a number without a unit may be about.
enum Surroundings {
    Heat,
    Way,
    Unknown,
}

struct Composer<'a> {
    prompt: &'a Prompt,
    templates: &'static Templates,
}

// === impl Composer ===

impl Composer<'_> {
    fn one(&self, template: &str, slots: &[(&str, &Range<usize>)]) -> String {
        // Piece by piece, because what is quoted may itself look like a slot.
        let mut text = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let Some((name, following)) = after.split_once('}') else { break };
            if let Some((_, range)) = slots.iter().find(|(slot, _)| *slot == name) {
                text.push_str(&self.quote(range));
            }
            rest = following;
        }
        text.push_str(rest);
        text
    }

    fn both(&self, templates: [&str; 2], slots: &[(&str, &Range<usize>)]) -> Vec<String> {
        templates.into_iter().map(|template| self.one(template, slots)).collect()
    }

    /// The prompt's own words in quotation marks, on one line and not too long.
    fn quote(&self, range: &Range<usize>) -> String {
        let words = self.prompt.str(range).split_whitespace().collect::<Vec<_>>().join(" ");
        let is_mark = |c: char| {
            matches!(c, '"' | '“' | '”' | '„' | '«' | '»' | '「' | '」' | '『' | '』') || c.is_control()
        };
        let mut short: String = words.chars().filter(|c| !is_mark(*c)).take(MAX_QUOTED_CHARS).collect();
        if words.chars().count() > MAX_QUOTED_CHARS {
            short.push('…');
        }
        let (open, close) = match self.prompt.language {
            Language::English | Language::Chinese => ("“", "”"),
            Language::Polish => ("„", "”"),
            Language::German => ("„", "“"),
            Language::Spanish => ("«", "»"),
            Language::French => ("« ", " »"),
            Language::Japanese => ("「", "」"),
        };
        [open, short.trim(), close].concat()
    }

    fn surroundings(&self) -> Surroundings {
        let has = |list: &str| {
            list.split(' ').any(|stem| {
                let is_there = |lower: &str| {
                    if self.prompt.language_has_spaces() {
                        lower.starts_with(stem)
                    } else {
                        lower.contains(stem)
                    }
                };
                self.prompt.words.iter().any(|word| is_there(&word.lower))
            })
        };
        if has(self.templates.heat_words) {
            Surroundings::Heat
        } else if has(self.templates.way_words) {
            Surroundings::Way
        } else {
            Surroundings::Unknown
        }
    }
}
