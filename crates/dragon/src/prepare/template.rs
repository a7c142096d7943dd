//! The chat template of a model: from a file of the operator, or from the model file.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use dragon_template::{ChatTemplate, MAX_SOURCE_BYTES, SpecialTokens};

use crate::config::{Located, Problems};

/// Reads the file that `chat_template` names; it has to be right.
pub(super) fn from_file(
    named: &Located<PathBuf>,
    specials: SpecialTokens,
    problems: &mut Problems,
) -> Option<ChatTemplate> {
    let path = named.value.display();
    let template = match read_bounded(&named.value) {
        Ok(source) => ChatTemplate::new(&source, specials).map_err(|error| format!("{path}: {error}")),
        Err(error) => Err(format!("{path} cannot be read ({error})")),
    };
    match template {
        Ok(template) => Some(template),
        Err(wrong) => {
            let remedy = "give a Jinja template file, or leave it out for the model's own";
            problems.configuration(named.place.clone(), "model.chat_template", wrong, remedy);
            None
        }
    }
}

/// Takes the model file's own. One that cannot be read is no reason not to serve completions: chat is then
/// refused as it is without a template, and the log says why.
pub(super) fn from_model(id: &str, source: Option<&str>, specials: SpecialTokens) -> Option<ChatTemplate> {
    let Some(source) = source else {
        tracing::warn!(model = id, "no chat template in the model file; chat needs chat_template = FILE");
        return None;
    };
    match ChatTemplate::new(source, specials) {
        Ok(template) => Some(template),
        Err(error) => {
            tracing::warn!(model = id, "no chat without chat_template = FILE: in the model file, {error}");
            None
        }
    }
}

/// Reads one byte more than a template may have at most; the template's own check then says that it is over.
fn read_bounded(path: &Path) -> io::Result<String> {
    let limit = u64::try_from(MAX_SOURCE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8 text"))
}
