//! Several reports side by side.

use std::fs;

use dragon_siege::report::{self, compare};

use crate::made_up::{Kind, report as made_up};

/// Cells of the row with this label in the block of this title.
fn row<'a>(page: &'a str, block: &str, label: &str) -> Vec<&'a str> {
    let block = page.split(&format!("## {block}\n")).nth(1).expect(block);
    let line = block.lines().find(|line| line.starts_with(&format!("| {label} "))).expect(label);
    line.split('|').map(str::trim).filter(|cell| !cell.is_empty()).skip(1).collect()
}

#[test]
fn who_alone_survives_has_won_and_figures_stand_side_by_side() {
    let page = compare::as_markdown(&[made_up(Kind::Sturdy, 1), made_up(Kind::Brittle, 1)]);
    assert!(page.contains("# Made-up server A against Made-up server B"), "{page}");
    assert!(page.contains("Only Made-up server A survived."), "{page}");
    assert_eq!(row(&page, "overload", "Verdict"), ["✓ held", "✗ not held"]);
    assert_eq!(row(&page, "overload", "Answered"), ["**100 %**", "97.84 %"]);
    assert_eq!(row(&page, "overload", "Faulty"), ["**0 (0.00 %)**", "451 (25.62 %)"], "less is better");
    assert_eq!(row(&page, "overload", "Model's answers a second"), ["29.5", "**34.5**"]);
    assert_eq!(row(&page, "overload", "Bystander served"), ["**95.34 % of 43**", "75.00 % of 12"]);
    assert_eq!(
        row(&page, "wrong-endpoint+malformed", "wrong-endpoint: Faulty"),
        ["**0 (0.00 %)**", "4,120 (12.04 %)"]
    );
    assert_eq!(
        row(&page, "slow-header", "Bystander served"),
        ["100 % of 138", "100 % of 138"],
        "nobody is ahead"
    );
}

#[test]
fn two_of_the_same_are_even_and_can_be_told_apart() {
    let page = compare::as_markdown(&[made_up(Kind::Sturdy, 1), made_up(Kind::Sturdy, 1)]);
    assert!(page.contains("Everybody survived."), "{page}");
    assert!(
        page.contains("Made-up server A (1) is ahead in 0, Made-up server A (2) is ahead in 0"),
        "{page}"
    );
    assert!(!page.contains("Not a fair comparison"), "{page}");
    assert!(!page.contains("| **"), "nobody is ahead in anything");
}

#[test]
fn what_makes_it_unfair_is_said_before_all_figures() {
    let fair = made_up(Kind::Sturdy, 1);
    let check = |change: &dyn Fn(&mut report::model::Report), words: &str| {
        let mut other = fair.clone();
        change(&mut other);
        let markdown = compare::as_markdown(&[fair.clone(), other.clone()]);
        let (before, _) = markdown.split_once("## Everything").unwrap();
        assert!(before.contains("Not a fair comparison") && before.contains(words), "{words}: {before}");
        let html = compare::page(&[fair.clone(), other]).unwrap();
        let (before, _) = html.split_once("Everything</h2>").unwrap();
        assert!(before.contains("This is not a fair comparison.") && before.contains(words), "{words}");
    };
    check(&|other| other.rules.deadline_ms = 5000, "The rules differ");
    check(&|other| other.machine.n_cores = 64, "The machines differ");
    check(&|other| other.seed += 1, "The seeds differ");
    check(&|other| other.phases[0].shape.push_str(" and more"), "The plans differ");
    check(&|other| drop(other.phases.pop()), "The plans differ");
    check(&|other| other.fail_under = Some("answered=90".to_owned()), "The thresholds differ");
    check(&|other| other.target.model = "another".to_owned(), "The models differ");
    check(&|other| other.was_interrupted = true, "was ended early");
    check(&|other| other.calibration.has_own_key = false, "The keys of the bystanders differ");
    check(&|other| other.phases[0].shots.n_unsent = 13_307, "13,307 shots at Made-up server A (2) were due");
}

#[test]
fn a_phase_that_only_one_has_is_shown_and_scored_for_nobody() {
    let mut shorter = made_up(Kind::Brittle, 1);
    let last = shorter.phases.pop().unwrap();
    let page = compare::as_markdown(&[made_up(Kind::Sturdy, 1), shorter]);
    assert_eq!(row(&page, &last.name, "Verdict"), ["✓ held", "–"]);
    assert_eq!(row(&page, &last.name, "Bystander served"), ["100 % of 131", "–"]);
}

#[test]
fn files_are_compared_by_their_paths() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let mut jsons = Vec::new();
    for (name, kind) in [("a", Kind::Sturdy), ("b", Kind::Brittle), ("c", Kind::Sturdy)] {
        report::write(&made_up(kind, 7), &at(name)).unwrap();
        jsons.push(at(&format!("{name}.json")));
    }
    let written = compare::write(&jsons, &at("duel.html")).unwrap();
    assert_eq!(written, [at("duel.html"), at("duel.md")]);
    let page = fs::read_to_string(at("duel.html")).unwrap();
    assert!(page.contains("Made-up server A (1) against Made-up server B against Made-up server A (3)"));
    assert!(page.contains("class=\"line third\""), "every target has a line of its own");

    let one = compare::write(&jsons[..1], &at("x.html")).unwrap_err().to_string();
    assert!(one.contains("two to 4 reports, not of 1"), "{one}");
    fs::write(at("b.json"), "no").unwrap();
    let broken = compare::write(&jsons, &at("x.html")).unwrap_err().to_string();
    assert!(broken.contains("b.json"), "{broken}");
    assert!(!at("x.html").exists());
}
