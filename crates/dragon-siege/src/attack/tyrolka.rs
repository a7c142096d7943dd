//! The puzzle that has no answer, and as many of its kind as are needed.
//!
//! On the founding day the sign at a zip line in Arizona kept models busy for minutes: does half of the price make it six
//! dollars, or half of six; each, or for both; and what does the asterisk say? (Tyrolka is Polish for a zip line.)

use super::wish::{Wish, any_way, one_of};
use super::{Attack, Context, Criterion};
use crate::ask::{Endpoint, Shot};

/// Room to think in circles.
const MAX_TOKENS: u64 = 400;

/// Of so many shots one is the original.
const ORIGINAL_EVERY: u32 = 8;

/// As it was asked.
const ORIGINAL: &str =
    "Na 2-osobowej tyrolce w Williams, AZ jest znak: \"1/2 Price Re-Rides - go again for $6.00*\"";

const PLACES: [&str; 8] =
    ["Williams, AZ", "Zakopane", "Moab, UT", "Queenstown", "Chamonix", "Garmisch", "Granada", "Nagano"];

const FRACTIONS: [&str; 6] = ["1/2", "1/3", "2/3", "3/4", "1/4", "-50%"];

/// A language's way to ask it: place, people, fraction and price come into it.
#[derive(Debug, Clone, Copy)]
struct Language {
    question: &'static str,
    signs: [&'static str; 3],
    currency: &'static str,
}

const LANGUAGES: [Language; 5] = [
    Language {
        question: "Na {people}-osobowej tyrolce w {place} jest znak: \"{sign}\". Ile zapłacimy razem za dwa zjazdy?",
        signs: [
            "{fraction} ceny za powtórkę - jedź jeszcze raz za {price}*",
            "Drugi zjazd {fraction} taniej, już od {price}*",
            "Dwa zjazdy w cenie jednego i {fraction}: {price} od osoby*",
        ],
        currency: "zł",
    },
    Language {
        question: "A sign at the {people}-person zip line in {place} says: \"{sign}\". What do we pay for two rides?",
        signs: [
            "{fraction} Price Re-Rides - go again for {price}*",
            "Second ride {fraction} off, now {price}*",
            "Ride twice, pay once plus {fraction}: {price} each*",
        ],
        currency: "$",
    },
    Language {
        question: "An der Seilrutsche für {people} Personen in {place} steht: \"{sign}\". Was zahlen wir für zwei Fahrten?",
        signs: [
            "Noch einmal für {fraction} des Preises - {price}*",
            "Zweite Fahrt {fraction} günstiger, ab {price}*",
            "Zweimal fahren, einmal und {fraction} zahlen: {price} pro Person*",
        ],
        currency: "€",
    },
    Language {
        question: "En la tirolina para {people} personas de {place} hay un cartel: \"{sign}\". ¿Cuánto pagamos por dos bajadas?",
        signs: [
            "Repite a {fraction} de precio: otra vez por {price}*",
            "Segunda bajada {fraction} menos, desde {price}*",
            "Baja dos veces y paga una más {fraction}: {price} por persona*",
        ],
        currency: "€",
    },
    Language {
        question: "{place}にある{people}人乗りジップラインの看板に「{sign}」とあります。二回乗ると全部でいくらですか。",
        signs: [
            "もう一回は{fraction}の料金、{price}で再挑戦*",
            "二回目は{fraction}引き、{price}から*",
            "二回乗って一回と{fraction}の料金、お一人様{price}*",
        ],
        currency: "円",
    },
];

/// Ambiguous puzzles.
#[derive(Debug)]
pub(super) struct Tyrolka;

impl Attack for Tyrolka {
    fn name(&self) -> &'static str {
        "tyrolka"
    }

    fn description(&self) -> &'static str {
        "puzzles without a definite answer, in five languages, that make models think in circles"
    }

    fn criterion(&self) -> Criterion {
        Criterion::OwnThroughput
    }

    fn shot(&self, context: &Context<'_>, dice: &mut fastrand::Rng) -> Shot {
        let text = if dice.u32(..ORIGINAL_EVERY) == 0 { ORIGINAL.to_owned() } else { variation(dice) };
        let wish = Wish {
            endpoint: Endpoint::Chat,
            way: any_way(dice),
            model: context.model,
            text: &text,
            max_tokens: MAX_TOKENS,
            temperature: None,
        };
        Shot::ask(wish.ask())
    }
}

fn variation(dice: &mut fastrand::Rng) -> String {
    let language = one_of(&LANGUAGES, dice);
    let (whole, hundredths) = (dice.u32(3..60), dice.u32(..100));
    let price = match language.currency {
        "$" => format!("${whole}.{hundredths:02}"),
        "円" => format!("{}円", whole * 100 + hundredths),
        currency => format!("{whole},{hundredths:02} {currency}"),
    };
    let sign = one_of(&language.signs, dice)
        .replace("{fraction}", one_of(&FRACTIONS, dice))
        .replace("{price}", &price);
    language
        .question
        .replace("{people}", &dice.u32(2..7).to_string())
        .replace("{place}", one_of(&PLACES, dice))
        .replace("{sign}", &sign)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::Value;

    use super::super::tests::asks;
    use super::*;

    fn texts(n: u64) -> Vec<String> {
        let text = |body: &[u8]| -> String {
            let document: Value = serde_json::from_slice(body).unwrap();
            document.pointer("/messages/0/content").and_then(Value::as_str).unwrap().to_owned()
        };
        asks(&Tyrolka, n).iter().map(|ask| text(&ask.body)).collect()
    }

    #[test]
    fn the_original_is_among_them_word_for_word() {
        let n = texts(800).iter().filter(|text| *text == ORIGINAL).count();
        assert!((50..160).contains(&n), "{n}");
    }

    #[test]
    fn variations_are_many_in_all_languages_and_wholly_filled_in() {
        let texts: HashSet<String> = texts(1_000).into_iter().filter(|text| text != ORIGINAL).collect();
        assert!(texts.len() > 800, "{}", texts.len());
        for text in &texts {
            assert!(text.contains('*') && !text.contains(['{', '}']), "{text}");
        }
        for word in ["tyrolce", "zip line", "Seilrutsche", "tirolina", "ジップライン"] {
            assert!(texts.iter().filter(|text| text.contains(word)).count() > 100, "{word}");
        }
    }
}
