//! `dragon guard scan`: where texts begin to repeat themselves for ever.
//!
//! In words, or in the tokens of a model: then by the same watch that acts on the answers of that model.

mod tokenizer;
mod watched;

use std::path::PathBuf;

use clap::Args;
use dragon_guard::licence::Licence;
use dragon_guard::repetition::Kind;
use dragon_guard::scan::{Flag, scan};
use serde_json::{Value, json};

use super::lines::{NoAnswer, Row, answer_each};
use crate::config::Problems;
use crate::exit::Exit;
use crate::named_model::find_model;
use crate::report;
use crate::serve::engine_program;
use tokenizer::Tokenizer;
use watched::watched;

/// Arguments of `guard scan`.
#[derive(Debug, Args)]
pub(super) struct ScanArgs {
    /// Files to read; standard input where none is named
    files: Vec<PathBuf>,
    /// Judge by the tokens of this model, as the guard of a server does: the id of a model of the configuration (or of
    /// the default one), or a GGUF file [default: by words]
    #[arg(long, value_name = "ID")]
    model: Option<String>,
    /// Configuration file that names the model
    #[arg(long, value_name = "FILE", requires = "model")]
    config: Option<PathBuf>,
}

pub(super) fn run(args: &ScanArgs) -> Exit {
    match &args.model {
        None => answer_each(&args.files, |row| Ok(by_words(row))),
        Some(model) => run_by_tokens(args, model),
    }
}

fn run_by_tokens(args: &ScanArgs, name: &str) -> Exit {
    let mut problems = Problems::default();
    let engine = engine_program(&mut problems);
    let model = find_model(name, args.config.as_deref(), &mut problems);
    let (Some(engine), Some(model), None) = (engine, model, problems.exit()) else {
        report::problems(&problems);
        return problems.exit().unwrap_or(Exit::Usage);
    };
    let mut tokenizer = match Tokenizer::start(&engine, &model) {
        Ok(tokenizer) => tokenizer,
        Err(error) => return report::failure(Exit::ModelUnavailable, &format!("model {name}: {error}")),
    };
    let exit = answer_each(&args.files, |row| by_tokens(row, &mut tokenizer));
    match tokenizer.end() {
        Err(error) if exit == Exit::Drained => report::failure(Exit::Internal, &error.to_string()),
        _ => exit,
    }
}

fn by_words(row: Row) -> Value {
    let flag = scan(&row.text, licence(&row));
    answer(row.id, flag.map(|Flag { at_chars, found }| (at_chars, found.kind)))
}

fn by_tokens(row: Row, tokenizer: &mut Tokenizer) -> Result<Value, NoAnswer> {
    let tokens = tokenizer.tokens(&row.text)?;
    let flag = watched(&row.text, &tokens, licence(&row));
    Ok(answer(row.id, flag))
}

fn licence(row: &Row) -> Licence {
    row.prompt.as_deref().map_or(Licence::Unknown, Licence::of)
}

/// With the number of characters after which a loop is proven.
fn answer(id: Value, flag: Option<(usize, Kind)>) -> Value {
    let (at_chars, kind) = flag.unzip();
    let kind = kind.map(|kind| match kind {
        Kind::Exact => "exact",
        Kind::Near => "near",
    });
    json!({ "id": id, "flag_at_chars": at_chars, "kind": kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict_on(text: &str, prompt: Option<&str>) -> String {
        by_words(Row { id: Value::from("a"), text: text.to_owned(), prompt: prompt.map(str::to_owned) })
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
