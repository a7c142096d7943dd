//! `dragon guard scan`: where texts begin to repeat themselves for ever.

use std::path::PathBuf;

use clap::Args;
use dragon_guard::licence::Licence;
use dragon_guard::repetition::Kind;
use dragon_guard::scan::{Flag, scan};
use serde_json::{Value, json};

use super::lines::{Row, answer_each};
use crate::exit::Exit;

/// Arguments of `guard scan`.
#[derive(Debug, Args)]
pub(super) struct ScanArgs {
    /// Files to read; standard input where none is named
    files: Vec<PathBuf>,
}

pub(super) fn run(args: &ScanArgs) -> Exit {
    answer_each(&args.files, verdict)
}

fn verdict(row: Row) -> Value {
    let licence = row.prompt.as_deref().map_or(Licence::Unknown, Licence::of);
    let flag = scan(&row.text, licence);
    json!({
        "id": row.id,
        "flag_at_chars": flag.map(|flag| flag.at_chars),
        "kind": flag.map(kind),
    })
}

fn kind(flag: Flag) -> &'static str {
    match flag.found.kind {
        Kind::Exact => "exact",
        Kind::Near => "near",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict_on(text: &str, prompt: Option<&str>) -> String {
        verdict(Row { id: Value::from("a"), text: text.to_owned(), prompt: prompt.map(str::to_owned) })
            .to_string()
    }

    #[test]
    fn a_loop_is_flagged_where_it_is_proven() {
        // Thirteen words with their marks and line ends: the 200th is the fifth of the 16th copy.
        let text = "Wait, maybe the sign means half of the price.\n\n".repeat(40);
        let expected = r#"{"id":"a","flag_at_chars":725,"kind":"exact"}"#;
        assert_eq!(verdict_on(&text, None), expected);
        assert_eq!(verdict_on(&text, Some("What does the sign mean?")), expected);
        let none = r#"{"id":"a","flag_at_chars":null,"kind":null}"#;
        assert_eq!(verdict_on(&text, Some("Write this 40 times.")), none);
        assert_eq!(verdict_on("The sign means half of the price.", None), none);
    }
}
