//! The tokens of texts, for who has texts and no tokenizer.
//!
//! A JSON string on each line of standard input, and for each a line of output: a pair for every token, its id and how
//! many bytes of the text it covers. Numbers of bytes, because a token's text may be half a character, which no JSON
//! string can be. They add up to the text's length wherever it has a token; [`cover`] says what covers what where a
//! tokenizer changes the text. Nothing is added around a text; special tokens that are written in it are recognised.

mod cover;

use std::io::{self, BufRead, Read as _};
use std::thread;

use dragon_ipc::MAX_LINE_TEXT_BYTES;

use super::args::Args;
use super::{OneshotError, restrict, say};
use crate::llama::{Backend, Bounds, Model, Vocab};
use crate::sandbox::Work;
use crate::tokenizer::LONG_STACK_BYTES;

/// Its arguments.
pub(super) const NAMES: &[&str] = &["--model"];

/// The longest line: a text of control characters, six bytes of JSON for each, in quotation marks, and some white space.
const MAX_LINE_BYTES: usize = 6 * MAX_LINE_TEXT_BYTES + 16;

/// Reads the vocabulary, then answers line by line until the input ends.
pub(super) fn run(args: &Args) -> Result<(), OneshotError> {
    let model = args.path("--model")?;
    restrict(Work::Compute { models: &[&model] })?;
    let vocab = Model::load_vocab(Backend::init(), &model)?;
    // A text may be one match of an expression, as in the server's tokenizer.
    let tokenizer = thread::Builder::new().stack_size(LONG_STACK_BYTES);
    let tokenizer = tokenizer.spawn(move || answer_each(io::stdin().lock(), |text| answer(&vocab, text)));
    let tokenizer = tokenizer.map_err(|error| io("a thread cannot be started", error))?;
    // A panic has ended the process already.
    tokenizer.join().unwrap_or_else(|_| Err(io("the tokenizer", io::Error::other("it panicked"))))
}

/// Says an answer for every line. Ends at the first line that is not as it should be.
fn answer_each(
    mut input: impl BufRead,
    answer: impl Fn(&str) -> Result<String, String>,
) -> Result<(), OneshotError> {
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let n_bytes = input.by_ref().take(MAX_LINE_BYTES as u64).read_until(b'\n', &mut line);
        if n_bytes.map_err(|error| io("standard input cannot be read", error))? == 0 {
            break;
        }
        let answered = text(&line).and_then(|text| answer(&text));
        say(&answered.map_err(|wrong| OneshotError::Line { number, wrong })?);
    }
    Ok(())
}

fn text(line: &[u8]) -> Result<String, String> {
    let too_long = || format!("the text has more than {MAX_LINE_TEXT_BYTES} bytes");
    if line.len() == MAX_LINE_BYTES {
        return Err(too_long());
    }
    let text: String =
        serde_json::from_slice(line).map_err(|error| format!("this is no JSON string: {error}"))?;
    if text.len() > MAX_LINE_TEXT_BYTES { Err(too_long()) } else { Ok(text) }
}

fn answer(vocab: &Vocab, text: &str) -> Result<String, String> {
    let tokens = vocab.tokenize(text, Bounds::AsWritten).ok_or("the text cannot be tokenized")?;
    let pieces = tokens.iter().map(|token| vocab.piece(*token));
    let pairs: Vec<_> = tokens.iter().zip(cover::cover(text.as_bytes(), pieces)).collect();
    serde_json::to_string(&pairs).map_err(|error| error.to_string())
}

fn io(what: &str, error: io::Error) -> OneshotError {
    OneshotError::Io { what: what.to_owned(), error }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8]) -> Result<Vec<String>, String> {
        let texts = std::cell::RefCell::new(Vec::new());
        let note = |text: &str| {
            texts.borrow_mut().push(text.to_owned());
            Ok(String::new())
        };
        answer_each(input, note).map_err(|error| error.to_string())?;
        Ok(texts.into_inner())
    }

    #[test]
    fn every_line_is_a_text() {
        let texts = read(b"\"a\\n\\u00e9\"\n\"\"\r\n \"c\" ").unwrap();
        assert_eq!(texts, ["a\né", "", "c"]);
        assert!(read(b"").unwrap().is_empty());
    }

    #[test]
    fn what_is_wrong_with_a_line_is_said_with_its_number() {
        for line in ["", "[]", "\"a", "\"a\" \"b\"", "\"\\ud800\""] {
            let said = read(format!("\"a\"\n{line}\n").as_bytes()).unwrap_err();
            assert!(said.starts_with("line 2: this is no JSON string: "), "{line}: {said}");
        }
        let said = read(b"\"a\"\n\"\xff\"\n").unwrap_err();
        assert!(said.starts_with("line 2: this is no JSON string: "), "{said}");
    }

    #[test]
    fn a_text_has_a_longest_length_however_it_is_written() {
        let longest = "\\u0001".repeat(MAX_LINE_TEXT_BYTES);
        assert_eq!(read(format!("\"{longest}\"\n").as_bytes()).unwrap()[0].len(), MAX_LINE_TEXT_BYTES);
        let endless = io::repeat(b' ').take(1 << 40);
        let endless = answer_each(io::BufReader::new(endless), |_| Ok(String::new())).unwrap_err();
        for said in [endless.to_string(), read(format!("\"{longest}a\"").as_bytes()).unwrap_err()] {
            assert_eq!(said, "line 1: the text has more than 4194304 bytes");
        }
    }
}
