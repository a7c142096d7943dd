//! Holds `docs/SIEGE.md` and the help to the code.

use std::time::Duration;

use clap::CommandFactory as _;

use super::tests::Program;
use super::{limits, preset};
use crate::attack::{self, Criterion};
use crate::criteria::Key;
use crate::judge::Fault;

const PAGE: &str = include_str!("../../../../docs/SIEGE.md");

/// The cells of the rows of the page that begin with this word in code quotes.
fn row(word: &str) -> Vec<&'static str> {
    let begin = format!("| `{word}`");
    let rows: Vec<&str> = PAGE.lines().filter(|line| line.starts_with(&begin)).collect();
    let [row] = rows.as_slice() else {
        panic!("one row of docs/SIEGE.md should begin with {begin}, not {rows:?}")
    };
    row.trim_matches('|').split('|').map(str::trim).collect()
}

#[test]
fn every_attack_is_in_its_table_with_what_is_compared() {
    for attack in attack::all() {
        let compared = match attack.criterion() {
            Criterion::OwnThroughput => "its own",
            Criterion::BystanderThroughput => "the bystander's",
        };
        assert_eq!(row(attack.name()).last(), Some(&compared), "{}", attack.name());
    }
}

#[test]
fn presets_name_attacks_that_exist_and_are_in_their_table() {
    for preset in preset::ALL {
        let phases = row(preset.name)[1];
        for step in preset.steps {
            assert!(
                phases.contains(step.name),
                "{:?} of {} is missing in {phases:?}",
                step.name,
                preset.name
            );
            for (name, _) in step.attacks {
                assert!(attack::by_name(name).is_some(), "{name} of {}", preset.name);
            }
        }
        let minutes = match preset.lasts() {
            lasts if lasts < Duration::from_secs(60) => "30 s".to_owned(),
            lasts => format!("{:.0} min", lasts.as_secs_f64() / 60.0),
        };
        assert_eq!(row(preset.name).last(), Some(&minutes.as_str()), "{}", preset.name);
    }
}

#[test]
fn every_criterion_is_in_its_table_and_in_the_help() {
    let help = Program::command().render_long_help().to_string();
    for key in Key::ALL {
        row(key.word());
        assert!(help.contains(key.word()), "{} is missing in the help", key.word());
    }
}

#[test]
fn every_kind_of_fault_is_in_its_table() {
    for kind in Fault::KINDS {
        assert!(PAGE.contains(&format!("\n| {kind} | ")), "{kind}");
    }
}

#[test]
fn the_bounds_are_those_of_the_code() {
    let said = "20,000 connections, 100,000 requests a second, 8 hours, 10^9 requests";
    assert!(PAGE.contains(said));
    assert_eq!(*limits::CONNECTIONS.end(), 20_000);
    assert_eq!(limits::RATE_PER_S.end().to_string(), "100000");
    assert_eq!(limits::DURATION_S.end().to_string(), (8 * 3600).to_string());
    assert_eq!(*limits::COUNT.end(), 1_000_000_000);
}

#[test]
fn every_flag_of_the_page_exists() {
    let command = Program::command();
    let known: Vec<&str> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
    let is_flag = |c: char| c.is_ascii_lowercase() || c == '-';
    let flags: Vec<&str> =
        PAGE.split("--").skip(1).map(|rest| rest.split(|c| !is_flag(c)).next().unwrap_or_default()).collect();
    for flag in flags.into_iter().filter(|flag| flag.starts_with(|c: char| c.is_ascii_lowercase())) {
        assert!(known.contains(&flag), "--{flag} is no flag");
    }
}
