//! Reports as files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::model::{Report, VERSION};
use super::{html, markdown};

/// Why a report could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file that cannot be read.
    #[error("cannot read {}: {why}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
    /// A file that is no report.
    #[error("{} is no report of dragon siege: {why}", path.display())]
    NoReport {
        /// Which.
        path: PathBuf,
        /// Why.
        why: serde_json::Error,
    },
    /// A report of another version.
    #[error("{} is a report of version {is}, this program reads version {VERSION}", path.display())]
    OtherVersion {
        /// Which.
        path: PathBuf,
        /// Its version.
        is: u64,
    },
    /// Too few or too many for a comparison.
    #[error("a comparison is of two to {n_max} reports, not of {n}")]
    NotSoMany {
        /// Those given.
        n: usize,
        /// Those that fit beside each other.
        n_max: usize,
    },
    /// A file that cannot be written.
    #[error("cannot write {}: {why}", path.display())]
    Unwritable {
        /// Which.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
}

/// Reads a report from its JSON file.
///
/// # Errors
/// When it cannot be read, or is no report of this version.
pub fn read(path: &Path) -> Result<Report, StoreError> {
    let no_report = |why| StoreError::NoReport { path: path.to_owned(), why };
    let text = fs::read(path).map_err(|why| StoreError::Unreadable { path: path.to_owned(), why })?;
    let value: serde_json::Value = serde_json::from_slice(&text).map_err(no_report)?;
    match value.get("version").and_then(serde_json::Value::as_u64) {
        Some(is) if is != u64::from(VERSION) => {
            return Err(StoreError::OtherVersion { path: path.to_owned(), is });
        }
        // Without a version, the error below names what else is missing.
        _ => {}
    }
    serde_json::from_value(value).map_err(no_report)
}

/// Writes a report as JSON, HTML and Markdown beside each other, and says where. With `siege.html` or `siege` these are
/// `siege.json`, `siege.html` and `siege.md`.
///
/// # Errors
/// When a file cannot be written. What was written before stays.
pub fn write(report: &Report, path: &Path) -> Result<Vec<PathBuf>, StoreError> {
    // The figures first: the pages can be made from them again.
    let (json_at, html_at, markdown_at) = (beside(path, "json"), beside(path, "html"), beside(path, "md"));
    let unwritable = |path: &Path, why| StoreError::Unwritable { path: path.to_owned(), why };
    let mut json = serde_json::to_string_pretty(report).map_err(|why| unwritable(&json_at, why.into()))?;
    json.push('\n');
    put(&json_at, &json)?;
    put(&html_at, &html::page(report).map_err(|why| unwritable(&html_at, io::Error::other(why)))?)?;
    put(&markdown_at, &markdown::page(report))?;
    Ok(vec![html_at, json_at, markdown_at])
}

pub(super) fn put(path: &Path, text: &str) -> Result<(), StoreError> {
    fs::write(path, text).map_err(|why| StoreError::Unwritable { path: path.to_owned(), why })
}

/// The same name with another extension; only `html` is taken for one, not what follows the dot in `10.0.0.1`.
pub(super) fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = if path.extension().is_some_and(|is| is == "html") {
        path.with_extension("").into_os_string()
    } else {
        path.to_owned().into_os_string()
    };
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}
