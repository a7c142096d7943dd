//! What is checked before the facts are read.

use std::{fs, io, path::Path};

use super::error::ModelFileError;
use crate::gguf::GgufHeader;

/// A file and nothing else: opening a pipe, for one, would wait for ever.
pub(super) fn regular_file(path: &Path) -> Result<(), ModelFileError> {
    let path_buf = path.to_owned();
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(()),
        Ok(metadata) if metadata.is_dir() => Err(ModelFileError::Directory { path: path_buf }),
        Ok(_) => Err(ModelFileError::NotRegular { path: path_buf }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(ModelFileError::Missing { path: path_buf })
        }
        Err(error) => Err(ModelFileError::Unreadable { path: path_buf, error }),
    }
}

/// Split models are named `NAME-00001-of-00003.gguf`.
pub(super) fn not_split_by_name(path: &Path) -> Result<(), ModelFileError> {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    match part_of_split(stem) {
        Some((part, n_parts)) if n_parts > 1 => {
            Err(ModelFileError::Split { path: path.to_owned(), part, n_parts })
        }
        _ => Ok(()),
    }
}

fn part_of_split(stem: &str) -> Option<(u64, u64)> {
    let (before, n_parts) = stem.rsplit_once("-of-")?;
    let (_, part) = before.rsplit_once('-')?;
    let number = |text: &str| {
        let is_number = text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { text.parse().ok() } else { None }
    };
    Some((number(part)?, number(n_parts)?))
}

/// A renamed part still says in its header what it is.
pub(super) fn not_split_by_key(path: &Path, header: &GgufHeader) -> Result<(), ModelFileError> {
    let value = |key: &str| header.values.get(key).and_then(crate::gguf::Value::as_u64);
    match value("split.count") {
        Some(n_parts) if n_parts > 1 => {
            let part = value("split.no").unwrap_or(0).saturating_add(1);
            Err(ModelFileError::Split { path: path.to_owned(), part, n_parts })
        }
        _ => Ok(()),
    }
}
