//! The documentation and the example file say what the code does.

use std::collections::BTreeMap;

use super::{FILE, plan_of};
use crate::config::settings::{Setting, client, model, server};

const DOC: &str = include_str!("../../../../../docs/CONFIG.md");
const EXAMPLE: &str = include_str!("../../../../../dragon.example.toml");

/// The cells of each table row below the heading, by the setting's name.
fn rows_under(heading: &str) -> BTreeMap<&'static str, Vec<&'static str>> {
    let section = DOC.split("\n## ").find(|section| section.starts_with(heading));
    let rows = section.unwrap_or_else(|| panic!("no heading {heading}")).lines();
    let cells = rows.filter(|row| row.starts_with("| `")).map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        (cells[0].trim_matches('`'), cells)
    });
    cells.collect()
}

fn assert_documented(heading: &str, settings: &[&dyn Setting]) {
    let rows = rows_under(heading);
    for setting in settings {
        let name = setting.name();
        let row = rows.get(name).unwrap_or_else(|| panic!("{heading} has no row for {name}"));
        let [_, range, default, meaning] = row.as_slice() else { panic!("{name}: four columns") };
        assert_eq!(*range, setting.range(), "range of {name}");
        if let Some(text) = setting.default_text() {
            assert_eq!(*default, format!("`{text}`"), "default of {name}");
        }
        assert!(!default.is_empty(), "{name} says nothing about its default");
        assert!(meaning.len() > 20, "{name} is not explained");
    }
    let known: Vec<&str> = settings.iter().map(|setting| setting.name()).collect();
    let stale: Vec<_> = rows.keys().filter(|name| !known.contains(name)).collect();
    assert!(stale.is_empty(), "{heading} documents what does not exist: {stale:?}");
}

#[test]
fn every_setting_is_documented_with_its_range_and_default() {
    assert_documented("`[server]`", server::ALL);
    assert_documented("`[[model]]`", model::ALL);
    assert_documented("`[[client]]`", client::ALL);
}

#[test]
fn the_example_file_is_right_and_shows_every_setting() {
    let plan = plan_of(EXAMPLE);
    assert_eq!(plan.models[0].id, "smollm2-135m", "{FILE}");
    for setting in server::ALL.iter().chain(model::ALL).chain(client::ALL) {
        let shown = EXAMPLE.lines().any(|line| {
            let line = line.trim_start_matches(['#', ' ']);
            line.starts_with(&format!("{} = ", setting.name()))
        });
        assert!(shown, "the example does not show {}", setting.name());
    }
}

#[test]
fn the_settings_that_the_example_leaves_commented_are_right_too() {
    let is_setting = |line: &str| {
        line.starts_with("[[") || line.split_once(" = ").is_some_and(|(name, _)| !name.contains(' '))
    };
    let uncommented: Vec<&str> = EXAMPLE
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|rest| is_setting(rest)).unwrap_or(line))
        .collect();
    plan_of(&uncommented.join("\n"));
}
