//! The value of `--attack`: `overload*3+slow-header,malformed`.
//!
//! ```text
//! list   = phase { "," phase }     one after the other
//! phase  = attack { "+" attack }   at the same time
//! attack = name [ "*" weight ]     so many parts of the phase's shots
//! ```

use std::collections::HashSet;
use std::ops::RangeInclusive;

use super::catalogue;

/// Phases of one list; more are a slip of the keyboard or of a script.
pub const MAX_PHASES: usize = 64;
/// Attacks of one phase; there are not many more.
pub const MAX_ATTACKS: usize = 32;
/// Parts of a phase's shots; the rest of its attacks have to have a share that can be seen.
pub const WEIGHTS: RangeInclusive<u32> = 1..=1000;

/// Phases one after the other, none of them empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttackList {
    /// Attacks at the same time.
    pub phases: Vec<Vec<Weighted>>,
}

/// An attack and its part of the phase's shots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weighted {
    /// A name that the catalogue knows.
    pub name: String,
    /// One of [`WEIGHTS`].
    pub weight: u32,
}

/// What is wrong with a list, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {position}: {wrong}")]
pub struct AttackMistake {
    /// The character at which it begins, counted from 1.
    pub position: usize,
    /// What is wrong there.
    pub wrong: Wrong,
}

/// What can be wrong with a list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Nothing between two separators.
    #[error("an attack is missing here")]
    Missing,
    /// The catalogue has no such attack.
    #[error("there is no attack {name:?}; {proposal}")]
    Unknown {
        /// As it was written.
        name: String,
        /// The nearest, or where to find all.
        proposal: String,
    },
    /// Not one of [`WEIGHTS`].
    #[error("{text:?} is no weight: a weight is a whole number from {} to {}", WEIGHTS.start(), WEIGHTS.end())]
    Weight {
        /// As it was written.
        text: String,
    },
    /// Twice in a phase.
    #[error("{name} is already in this phase; give it a weight instead")]
    Twice {
        /// Of the attack.
        name: String,
    },
    /// See [`MAX_PHASES`].
    #[error("more than {MAX_PHASES} phases")]
    TooManyPhases,
    /// See [`MAX_ATTACKS`].
    #[error("more than {MAX_ATTACKS} attacks in a phase")]
    TooManyAttacks,
}

/// A piece of the list and where it begins.
#[derive(Debug, Clone, Copy)]
struct Piece<'a> {
    /// Characters before it.
    n_before: usize,
    text: &'a str,
}

// === impl AttackList ===

impl AttackList {
    /// Reads a list; `known` are the attacks that there are.
    ///
    /// # Errors
    ///
    /// All that is wrong with it, from left to right.
    pub fn parse(text: &str, known: &[&str]) -> Result<Self, Vec<AttackMistake>> {
        let whole = Piece { n_before: 0, text };
        let mut mistakes = Vec::new();
        let mut phases = Vec::new();
        for phase in whole.split(',') {
            if phases.len() == MAX_PHASES {
                mistakes.push(phase.mistake(Wrong::TooManyPhases));
                break;
            }
            phases.push(attacks_of(phase, known, &mut mistakes));
        }
        if mistakes.is_empty() { Ok(Self { phases }) } else { Err(mistakes) }
    }
}

fn attacks_of(phase: Piece<'_>, known: &[&str], mistakes: &mut Vec<AttackMistake>) -> Vec<Weighted> {
    let mut seen = HashSet::new();
    let mut attacks = Vec::new();
    for (idx, piece) in phase.split('+').enumerate() {
        if idx == MAX_ATTACKS {
            mistakes.push(piece.mistake(Wrong::TooManyAttacks));
            break;
        }
        match attack_of(piece, known) {
            Ok(Weighted { name, .. }) if !seen.insert(name.clone()) => {
                mistakes.push(piece.mistake(Wrong::Twice { name }));
            }
            Ok(attack) => attacks.push(attack),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    attacks
}

fn attack_of(piece: Piece<'_>, known: &[&str]) -> Result<Weighted, AttackMistake> {
    let (name, weight) = piece.split_once('*');
    if name.text.is_empty() {
        return Err(name.mistake(Wrong::Missing));
    }
    if !known.contains(&name.text) {
        let proposal = catalogue::propose(name.text, known).map_or_else(
            || "`dragon siege --list` shows all".to_owned(),
            |nearest| format!("did you mean {nearest}?"),
        );
        return Err(name.mistake(Wrong::Unknown { name: name.text.to_owned(), proposal }));
    }
    let weight = weight.map_or(Ok(1), |weight| {
        let parsed = weight.text.parse().ok().filter(|parsed| WEIGHTS.contains(parsed));
        parsed.ok_or_else(|| weight.mistake(Wrong::Weight { text: weight.text.to_owned() }))
    })?;
    Ok(Weighted { name: name.text.to_owned(), weight })
}

// === impl Piece ===

impl<'a> Piece<'a> {
    /// Its parts between separators, each without the blanks around it.
    fn split(self, separator: char) -> impl Iterator<Item = Piece<'a>> {
        let mut n_before = self.n_before;
        self.text.split(separator).map(move |text| {
            let part = Piece { n_before, text };
            n_before += text.chars().count() + 1;
            part.trimmed()
        })
    }

    /// What is before and after the first separator; `None` where there is no separator.
    fn split_once(self, separator: char) -> (Self, Option<Self>) {
        let Some((before, after)) = self.text.split_once(separator) else { return (self, None) };
        let n_before_after = self.n_before + before.chars().count() + 1;
        let before = Self { n_before: self.n_before, text: before };
        (before.trimmed(), Some(Self { n_before: n_before_after, text: after }.trimmed()))
    }

    fn trimmed(self) -> Self {
        let from_text = self.text.trim_start();
        let n_blanks = self.text.chars().count() - from_text.chars().count();
        Self { n_before: self.n_before + n_blanks, text: from_text.trim_end() }
    }

    fn mistake(self, wrong: Wrong) -> AttackMistake {
        AttackMistake { position: self.n_before + 1, wrong }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KNOWN: [&str; 5] = ["overload", "overload:identical", "slow-header", "malformed", "tyrolka"];

    fn weighted(name: &str, weight: u32) -> Weighted {
        Weighted { name: name.to_owned(), weight }
    }

    fn mistakes(text: &str) -> Vec<String> {
        let mistakes = AttackList::parse(text, &KNOWN).unwrap_err();
        mistakes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_comma_begins_a_phase_and_a_plus_joins_one() {
        let list =
            AttackList::parse("overload*3 + slow-header , malformed,overload:identical", &KNOWN).unwrap();
        let phases = vec![
            vec![weighted("overload", 3), weighted("slow-header", 1)],
            vec![weighted("malformed", 1)],
            vec![weighted("overload:identical", 1)],
        ];
        assert_eq!(list.phases, phases);
    }

    #[test]
    fn a_misspelt_attack_is_named_with_its_place_and_the_nearest() {
        assert_eq!(
            mistakes("overload+slow-heder"),
            ["at character 10: there is no attack \"slow-heder\"; did you mean slow-header?"]
        );
    }

    #[test]
    fn what_resembles_nothing_gets_no_proposal() {
        let mistakes = mistakes("zzzzzzzz");
        assert_eq!(
            mistakes,
            ["at character 1: there is no attack \"zzzzzzzz\"; `dragon siege --list` shows all"]
        );
    }

    #[test]
    fn positions_count_characters_and_not_bytes() {
        let mistakes = AttackList::parse("żółw,  tyrolka*x", &KNOWN).unwrap_err();
        assert_eq!(mistakes.iter().map(|mistake| mistake.position).collect::<Vec<_>>(), [1, 16]);
    }

    #[test]
    fn all_mistakes_are_found_together() {
        let found = mistakes("overload*0,,malformed+malformed,tyrolka*1001,overload*");
        assert_eq!(found.len(), 5, "{found:?}");
        assert!(found[0].starts_with("at character 10: \"0\" is no weight"), "{found:?}");
        assert_eq!(found[1], "at character 12: an attack is missing here");
        assert!(found[2].starts_with("at character 23: malformed is already in this phase"), "{found:?}");
        assert!(found[3].starts_with("at character 41: \"1001\" is no weight"), "{found:?}");
        assert!(found[4].starts_with("at character 55: \"\" is no weight"), "{found:?}");
    }

    #[test]
    fn an_empty_list_is_a_missing_attack() {
        assert_eq!(mistakes(""), ["at character 1: an attack is missing here"]);
    }

    #[test]
    fn phases_and_attacks_are_bounded() {
        let phases = vec!["overload"; MAX_PHASES].join(",");
        assert_eq!(AttackList::parse(&phases, &KNOWN).unwrap().phases.len(), MAX_PHASES);
        let found = mistakes(&format!("{phases},overload,overload"));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].ends_with("more than 64 phases"), "{found:?}");
        let names: Vec<String> = (0..=MAX_ATTACKS).map(|idx| format!("a{idx}")).collect();
        let known: Vec<&str> = names.iter().map(String::as_str).collect();
        let found = AttackList::parse(&names.join("+"), &known).unwrap_err();
        assert_eq!(found.last().map(|mistake| mistake.wrong.clone()), Some(Wrong::TooManyAttacks));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_its_mistakes_lie_within_it(text in "[a-z*+, żł0-9]{0,40}|\\PC{0,40}") {
            if let Err(mistakes) = AttackList::parse(&text, &KNOWN) {
                prop_assert!(!mistakes.is_empty());
                for AttackMistake { position, .. } in mistakes {
                    prop_assert!((1..=text.chars().count() + 1).contains(&position));
                }
            }
        }

        #[test]
        fn what_is_written_is_read_again(
            phases in prop::collection::vec(
                prop::sample::subsequence(KNOWN.to_vec(), 1..=KNOWN.len())
                    .prop_flat_map(|names| {
                        let n_names = names.len();
                        (Just(names), prop::collection::vec(WEIGHTS, n_names))
                    }),
                1..8,
            )
        ) {
            let phases: Vec<Vec<Weighted>> = phases.into_iter()
                .map(|(names, weights)| {
                    names.into_iter().zip(weights).map(|(name, weight)| weighted(name, weight)).collect()
                })
                .collect();
            let write = |Weighted { name, weight }: &Weighted| format!("{name}*{weight}");
            let phase_texts: Vec<String> =
                phases.iter().map(|phase| phase.iter().map(write).collect::<Vec<_>>().join("+")).collect();
            prop_assert_eq!(AttackList::parse(&phase_texts.join(","), &KNOWN).unwrap().phases, phases);
        }
    }
}
