//! The text of a configuration file, and the line of every byte in it.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::rc::Rc;

use super::{Place, Problems};

/// A configuration is a page or two; a megabyte is a wrong file, named by mistake.
const MAX_CONFIG_BYTES: u64 = 1024 * 1024;

/// A text with its name.
#[derive(Debug)]
pub(crate) struct Source {
    file: Rc<Path>,
    text: String,
}

impl Source {
    /// Reads the file; where that fails the reason is noted.
    pub(crate) fn read(file: &Path, problems: &mut Problems) -> Option<Self> {
        let place = Place::File { file: Rc::from(file), line: None };
        let bytes = match read_bounded(file) {
            Ok(bytes) => bytes,
            Err(error) => {
                problems.configuration(
                    place,
                    "",
                    format!("cannot be read ({error})"),
                    "check the path given to --config and its permissions",
                );
                return None;
            }
        };
        if bytes.len() as u64 > MAX_CONFIG_BYTES {
            let wrong = format!("is larger than {MAX_CONFIG_BYTES} bytes");
            problems.configuration(place, "", wrong, "give --config a TOML file such as dragon.example.toml");
            return None;
        }
        Self::from_bytes(file, bytes, problems)
    }

    /// A text given as it is.
    pub(crate) fn new(file: &Path, text: String) -> Self {
        Self { file: Rc::from(file), text }
    }

    /// All of it.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The place of the byte at `offset`.
    pub(crate) fn place(&self, offset: usize) -> Place {
        let before = self.text.as_bytes().iter().take(offset);
        let n_newlines = before.filter(|byte| **byte == b'\n').count();
        Place::File { file: self.file.clone(), line: Some(n_newlines + 1) }
    }

    /// The file as a whole.
    pub(crate) fn whole(&self) -> Place {
        Place::File { file: self.file.clone(), line: None }
    }

    fn from_bytes(file: &Path, bytes: Vec<u8>, problems: &mut Problems) -> Option<Self> {
        match String::from_utf8(bytes) {
            Ok(text) => Some(Self::new(file, text)),
            Err(error) => {
                let n_valid = error.utf8_error().valid_up_to();
                let n_newlines = error.as_bytes().iter().take(n_valid).filter(|byte| **byte == b'\n').count();
                let place = Place::File { file: Rc::from(file), line: Some(n_newlines + 1) };
                problems.configuration(place, "", "is not UTF-8 text", "save the file as UTF-8");
                None
            }
        }
    }
}

/// Reads one byte more than allowed at most, so that the caller can tell "too long" from "just fits".
fn read_bounded(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(MAX_CONFIG_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
