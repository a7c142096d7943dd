//! JSON objects, one a line: read, answered, written.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write, stdin, stdout};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::exit::Exit;
use crate::report;

/// One line of the input.
#[derive(Debug)]
pub(super) struct Row {
    /// Given back as it came.
    pub(super) id: Value,
    pub(super) text: String,
    /// What the text answers, where the line says so.
    pub(super) prompt: Option<String>,
}

/// Why there is no answer to a row, nor to any behind it.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// The row is not as it should be.
    Row(String),
    /// Who was asked for the answer has failed.
    Failed(String),
}

/// Why a line cannot be answered.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{name} cannot be read: {error}")]
    Unreadable { name: String, error: std::io::Error },
    #[error("{name}, line {number}: {wrong}")]
    BadLine { name: String, number: usize, wrong: String },
    #[error("{name}, line {number}: {why}")]
    Failed { name: String, number: usize, why: String },
    #[error("the answers cannot be written: {0}")]
    Unwritable(std::io::Error),
}

/// Answers every line of the files, or of standard input where there are none, in their order. Ends at the first line
/// that is not as it should be.
pub(super) fn answer_each(files: &[PathBuf], mut answer: impl FnMut(Row) -> Result<Value, NoAnswer>) -> Exit {
    let mut out = BufWriter::new(stdout().lock());
    let result = if files.is_empty() {
        answer_all("standard input", stdin().lock(), &mut out, &mut answer)
    } else {
        files.iter().try_for_each(|file| {
            let name = file.display().to_string();
            let input = open(file).map_err(|error| Failure::Unreadable { name: name.clone(), error })?;
            answer_all(&name, input, &mut out, &mut answer)
        })
    };
    match result.and_then(|()| out.flush().map_err(Failure::Unwritable)) {
        Ok(()) => Exit::Drained,
        Err(failure @ (Failure::Failed { .. } | Failure::Unwritable(_))) => {
            report::failure(Exit::Internal, &failure.to_string())
        }
        Err(failure) => report::failure(Exit::Usage, &failure.to_string()),
    }
}

fn open(file: &Path) -> std::io::Result<BufReader<File>> {
    File::open(file).map(BufReader::new)
}

fn answer_all(
    name: &str,
    input: impl BufRead,
    out: &mut impl Write,
    answer: &mut impl FnMut(Row) -> Result<Value, NoAnswer>,
) -> Result<(), Failure> {
    for (line, number) in input.lines().zip(1..) {
        let line = line.map_err(|error| Failure::Unreadable { name: name.to_owned(), error })?;
        if line.trim().is_empty() {
            continue;
        }
        let bad = |wrong| Failure::BadLine { name: name.to_owned(), number, wrong };
        let answer = answer(row(&line).map_err(bad)?).map_err(|no_answer| match no_answer {
            NoAnswer::Row(wrong) => bad(wrong),
            NoAnswer::Failed(why) => Failure::Failed { name: name.to_owned(), number, why },
        })?;
        writeln!(out, "{answer}").map_err(Failure::Unwritable)?;
    }
    Ok(())
}

fn row(line: &str) -> Result<Row, String> {
    let mut object: Map<String, Value> =
        serde_json::from_str(line).map_err(|error| format!("this is no JSON object: {error}"))?;
    let id = object.remove("id").ok_or(r#"there is no "id""#)?;
    let text = match object.remove("text") {
        Some(Value::String(text)) => text,
        _ => return Err(r#""text" has to be a string"#.to_owned()),
    };
    let prompt = match object.remove("prompt") {
        Some(Value::String(prompt)) => Some(prompt),
        Some(Value::Null) | None => None,
        Some(_) => return Err(r#""prompt" has to be a string"#.to_owned()),
    };
    Ok(Row { id, text, prompt })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_an_id_and_a_text_and_may_have_more() {
        let row = row(r#"{"id": 7, "text": "a", "kind": "song", "prompt": null}"#).unwrap();
        assert_eq!((row.id, row.text.as_str(), row.prompt), (Value::from(7), "a", None));
    }

    #[test]
    fn a_row_without_an_answer_ends_it_and_is_named() {
        let ended = |no_answer: fn(String) -> NoAnswer| {
            let input = "{\"id\":1,\"text\":\"\"}\n\n{\"id\":2,\"text\":\"long\"}\n{\"id\":3,\"text\":\"\"}";
            let mut out = Vec::new();
            let mut answer =
                |row: Row| if row.text.is_empty() { Ok(row.id) } else { Err(no_answer(row.text)) };
            let failure = answer_all("f", input.as_bytes(), &mut out, &mut answer).unwrap_err();
            assert_eq!(out, b"1\n");
            failure
        };
        let row = ended(NoAnswer::Row);
        assert!(matches!(row, Failure::BadLine { .. }) && row.to_string() == "f, line 3: long", "{row:?}");
        let failed = ended(NoAnswer::Failed);
        assert!(
            matches!(failed, Failure::Failed { .. }) && failed.to_string() == "f, line 3: long",
            "{failed:?}"
        );
    }

    #[test]
    fn what_is_wrong_with_a_line_is_said_with_its_number() {
        let answered = |input: &str| {
            let mut out = Vec::new();
            let result = answer_all("f", input.as_bytes(), &mut out, &mut |row| Ok(row.id));
            (String::from_utf8(out).unwrap(), result.map_err(|failure| failure.to_string()))
        };
        assert_eq!(
            answered("{\"id\":1,\"text\":\"\"}\n\n{\"id\":2,\"text\":\"\"}"),
            ("1\n2\n".to_owned(), Ok(()))
        );
        for (line, wrong) in [
            ("[]", "no JSON object"),
            (r#"{"text":""}"#, "no \"id\""),
            (r#"{"id":1}"#, "\"text\" has to be"),
            (r#"{"id":1,"text":"","prompt":[]}"#, "\"prompt\" has to be"),
        ] {
            let (_, result) = answered(&format!("{{\"id\":1,\"text\":\"\"}}\n{line}"));
            let said = result.unwrap_err();
            assert!(said.starts_with("f, line 2: ") && said.contains(wrong), "{said}");
        }
    }
}
