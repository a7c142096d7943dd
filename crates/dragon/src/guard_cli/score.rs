//! `dragon guard score`: how likely it is that prompts can be understood in more than one way.

use std::path::{Path, PathBuf};

use clap::Args;
use dragon_guard::Language;
use dragon_guard::ambiguity::{self, Model};
use dragon_guard::assessment::Assessment;
use dragon_guard::readings::readings;
use serde_json::{Value, json};

use super::lines::answer_each;
use crate::exit::Exit;
use crate::report;

/// Arguments of `guard score`.
#[derive(Debug, Args)]
pub(super) struct ScoreArgs {
    /// Files to read; standard input where none is named
    files: Vec<PathBuf>,
    /// Weights made by `cargo xtask train-ambiguity` [default: those that are compiled in]
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Write {"id", "score", "readings", "fallback", "acts"} instead: what the prompt may mean, what a client would be
    /// told, and whether the server acts on it
    #[arg(long)]
    readings: bool,
}

pub(super) fn run(args: &ScoreArgs) -> Exit {
    let own = match args.weights.as_deref().map(read).transpose() {
        Ok(own) => own,
        Err(wrong) => return report::failure(Exit::Usage, &wrong),
    };
    let model = own.as_ref().unwrap_or_else(|| ambiguity::shipped());
    answer_each(&args.files, |row| Ok(judged(model, row.id, &row.text, args.readings)))
}

/// Longer files are no weights, whatever they are.
const MAX_BYTES: u64 = 16 << 20;

fn read(file: &Path) -> Result<Model, String> {
    let name = file.display();
    let n_bytes = std::fs::metadata(file).map_err(|error| format!("{name} cannot be read: {error}"))?.len();
    if n_bytes > MAX_BYTES {
        return Err(format!("{name} is too large to be weights"));
    }
    let bytes = std::fs::read(file).map_err(|error| format!("{name} cannot be read: {error}"))?;
    Model::parse(&bytes).map_err(|error| format!("{name}: {error}"))
}

fn judged(model: &Model, id: Value, text: &str, with_readings: bool) -> Value {
    let score = model.score(text);
    if !with_readings {
        return json!({ "id": id, "score": score });
    }
    let found = Assessment::new(score, readings(text, Language::of(text)));
    let acts = found.is_ambiguous();
    let readings = found.readings();
    json!({
        "id": id, "score": score, "readings": readings.as_slice(), "fallback": readings.fallback(), "acts": acts,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(text: &str, with_readings: bool) -> Value {
        judged(ambiguity::shipped(), Value::from("a"), text, with_readings)
    }

    #[test]
    fn a_puzzle_scores_higher_than_a_plain_question() {
        let score = |text: &str| judge(text, false)["score"].as_f64().unwrap();
        let puzzle = score("Sign: \"1/2 price re-rides - go again for $6*\". What do we two pay?");
        let plain = score("What is the boiling point of water at sea level in degrees Celsius?");
        assert!(puzzle > 0.7 && plain < 0.5, "{puzzle} {plain}");
    }

    #[test]
    fn readings_are_given_where_they_are_asked_for() {
        let judged = judge("Anna told Maria that she had won. Who won?", true);
        assert_eq!(judged["readings"].as_array().unwrap().len(), 2, "{judged}");
        assert!(judged["fallback"].as_str().unwrap().contains("“she” means “Maria”"), "{judged}");
    }

    #[test]
    fn what_is_no_weights_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let said = read(file.path()).unwrap_err();
        assert!(said.contains("not a model of ambiguity"), "{said}");
        assert!(read(Path::new("no/such/file")).unwrap_err().contains("cannot be read"));
        std::fs::write(file.path(), ambiguity::shipped().to_bytes()).unwrap();
        assert!(read(file.path()).is_ok());
    }
}
