//! The attacks that there are, as the command line knows them.

use std::fmt::Write as _;

use crate::attack::{Attack, Criterion};

/// Names further apart than this many edits are no misspelling of one another.
const MAX_EDITS: usize = 3;

/// The known name that is nearest to what was written, where one is near.
#[must_use]
pub fn propose<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let distances = known.iter().map(|name| (strsim::damerau_levenshtein(written, name), *name));
    let (n_edits, name) = distances.min()?;
    (n_edits <= MAX_EDITS && n_edits < name.chars().count()).then_some(name)
}

/// What `--list` shows: every attack, what it does, and what has to hold under it.
#[must_use]
pub fn list(attacks: &[Box<dyn Attack>]) -> String {
    let mut text = String::from("Attacks (combine with `,` `+` `*`, see `dragon siege --help`):\n");
    for attack in attacks {
        let holds = match attack.criterion() {
            Criterion::OwnThroughput => "at least half of its own quiet throughput",
            Criterion::BystanderThroughput => "at least half of the bystander's quiet throughput",
        };
        // Writing to a string cannot fail.
        let _ =
            write!(text, "\n  {}\n      {}\n      survived: {holds}\n", attack.name(), attack.description());
    }
    text.push_str("\nUnder every attack: each answer whole, well-formed, in time and honest, and the bystander served.\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_and_a_slip_are_near_and_another_word_is_not() {
        let known = ["tyrolka", "malformed"];
        assert_eq!(propose("tyorlka", &known), Some("tyrolka"));
        assert_eq!(propose("malfromd", &known), Some("malformed"));
        assert_eq!(propose("reset", &known), None);
        assert_eq!(propose("x", &["ab"]), None);
    }
}
