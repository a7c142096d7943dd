//! `docs/API.md` against the code: its tables are the code's tables, row by row, in both directions.

use dragon_api::{
    ApiError, ENDPOINTS, HONOURED, MAX_CHOICES, MAX_LOGIT_BIAS, MAX_STOP_BYTES, MAX_STOP_STRINGS,
    MAX_TOP_LOGPROBS, REFUSED, WITHOUT_EFFECT,
};
use dragon_core::label::{Outcome, Reason};

use crate::errors::every_error;

const DOCUMENTATION: &str = include_str!("../../../../docs/API.md");

/// The rows of the first table under a heading, each as its cells.
fn table(heading: &str) -> Vec<Vec<String>> {
    let section = DOCUMENTATION
        .split_once(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("docs/API.md has no heading {heading:?}"))
        .1;
    let lines =
        section.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    // The first two lines are the table's head.
    lines.skip(2).map(cells).collect()
}

fn cells(line: &str) -> Vec<String> {
    line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// The first cells of a table, in its order.
fn first_cells(heading: &str) -> Vec<String> {
    table(heading).into_iter().filter_map(|row| row.into_iter().next()).collect()
}

fn code(word: &str) -> String {
    format!("`{word}`")
}

fn assert_rows(heading: &str, expected: Vec<Vec<String>>) {
    let found = table(heading);
    let show =
        |rows: &[Vec<String>]| rows.iter().map(|row| format!("| {} |", row.join(" | "))).collect::<Vec<_>>();
    let (found, expected) = (show(&found), show(&expected));
    assert!(found == expected, "docs/API.md, {heading}: expected these rows:\n{}\n", expected.join("\n"));
}

#[test]
fn honoured_fields() {
    let rows = HONOURED
        .iter()
        .map(|field| vec![code(field.name), field.taken_by.as_str().to_owned(), field.meaning.to_owned()]);
    assert_rows("### Honoured", rows.collect());
}

#[test]
fn fields_without_effect() {
    let rows = WITHOUT_EFFECT
        .iter()
        .map(|field| vec![code(field.name), field.kind.as_str().to_owned(), field.meaning.to_owned()]);
    assert_rows("### Accepted without effect", rows.collect());
}

#[test]
fn refused_fields() {
    let rows =
        REFUSED.iter().map(|field| vec![code(field.name), field.neutral.to_owned(), field.remedy.to_owned()]);
    assert_rows("### Refused by name", rows.collect());
}

#[test]
fn errors() {
    let documented: Vec<_> = table("## Errors").into_iter().map(|row| row[..3].to_vec()).collect();
    let is_fallback = |error: &ApiError| match error {
        // These end answers early; they never leave a request without any text of the model.
        ApiError::Unanswered { reason, .. } => {
            !matches!(reason, Reason::Load | Reason::Loop | Reason::Context | Reason::Limit)
        }
        _ => true,
    };
    let mut expected: Vec<_> = every_error()
        .iter()
        .filter(|error| is_fallback(error))
        .map(|error| vec![error.status().to_string(), code(error.code()), code(error.kind())])
        .collect();
    expected.sort();
    let mut sorted = documented.clone();
    sorted.sort();
    let show = |rows: &[Vec<String>]| rows.iter().map(|row| row.join(" | ")).collect::<Vec<_>>().join("\n");
    assert!(sorted == expected, "docs/API.md, errors: expected these rows:\n{}\n", show(&expected));
}

#[test]
fn outcomes_and_reasons() {
    let outcomes = [Outcome::Complete, Outcome::Landed, Outcome::Partial, Outcome::Fallback];
    assert_eq!(first_cells("### Outcomes"), outcomes.map(|outcome| code(outcome.as_str())));
    assert_eq!(first_cells("### Reasons"), Reason::ALL.map(|reason| code(reason.as_str())));
}

#[test]
fn endpoints() {
    let expected = ENDPOINTS.iter().map(|endpoint| vec![endpoint.methods.to_owned(), code(endpoint.path)]);
    let found: Vec<_> = table("## Endpoints").into_iter().map(|row| row[..2].to_vec()).collect();
    assert_eq!(found, expected.collect::<Vec<_>>());
}

#[test]
fn the_limits_in_the_fields_meanings_are_the_limits() {
    let meaning = |name: &str| HONOURED.iter().find(|field| field.name == name).expect(name).meaning;
    for (name, limit) in [
        ("prompt", MAX_CHOICES.to_string()),
        ("n", MAX_CHOICES.to_string()),
        ("stop", MAX_STOP_STRINGS.to_string()),
        ("stop", MAX_STOP_BYTES.to_string()),
        ("logit_bias", MAX_LOGIT_BIAS.to_string()),
        ("top_logprobs", MAX_TOP_LOGPROBS.to_string()),
    ] {
        let says_so = meaning(name).split(|c: char| !c.is_ascii_digit()).any(|number| number == limit);
        assert!(says_so, "{name}: {} does not name {limit}", meaning(name));
    }
}
