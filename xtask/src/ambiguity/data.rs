//! Rows of the data.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use flate2::read::GzDecoder;
use serde_json::Value;

/// One prompt that people judged.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) source: String,
    pub(super) language: String,
    pub(super) text: String,
    pub(super) is_ambiguous: bool,
    /// Rows with the same one are twins and stay together; rows without one stand alone.
    pub(super) pair: Option<String>,
    /// `train`, `dev` or nothing.
    pub(super) split: Option<String>,
    /// What the data call the kind of row.
    pub(super) kind: Option<String>,
}

impl Row {
    /// Rows of one group stay together wherever rows are parted.
    pub(super) fn group(&self) -> &str {
        self.pair.as_deref().unwrap_or(&self.id)
    }
}

/// Which files may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Licence {
    /// Those whose licence is stated.
    Stated,
    /// The folder without one as well.
    AnyOrNone,
}

/// For demonstration only: in no figure and in no training.
const DEMONSTRATION: &str = "tyrolka-0";

/// The source of our own puzzles.
pub(super) const OWN: &str = "own_multilingual";

/// Largest file that is read once unpacked: a hundred times what there is.
const MAX_BYTES: u64 = 256 << 20;

/// All rows below `dir`, in the order of the files' names.
pub(super) fn read(dir: &Path, licence: Licence) -> anyhow::Result<Vec<Row>> {
    let folder = dir.join("ambiguity");
    let mut rows = read_folder(&folder)?;
    let unlicensed = folder.join("no_stated_licence");
    if licence == Licence::AnyOrNone && unlicensed.is_dir() {
        rows.extend(read_folder(&unlicensed)?);
    }
    rows.retain(|row| row.id != DEMONSTRATION);
    Ok(rows)
}

/// The texts in `member` of all files of a folder, by the names of the files.
pub(super) fn texts(dir: &Path, folder: &str, member: &str) -> anyhow::Result<Vec<(String, Vec<String>)>> {
    let mut sets = Vec::new();
    for path in data_files(&dir.join(folder))? {
        let text_of = |line: &str| -> anyhow::Result<String> {
            let value: Value = serde_json::from_str(line)?;
            let text = value.get(member).and_then(Value::as_str);
            Ok(text.with_context(|| format!("no {member:?}"))?.to_owned())
        };
        let text = read_file(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let texts: anyhow::Result<Vec<String>> = text.lines().map(text_of).collect();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.split('.').next().unwrap_or_default();
        sets.push((format!("{folder}/{name}"), texts.with_context(|| path.display().to_string())?));
    }
    Ok(sets)
}

fn read_folder(folder: &Path) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for path in data_files(folder)? {
        let text = read_file(&path).with_context(|| format!("cannot read {}", path.display()))?;
        for (number, line) in (1..).zip(text.lines()) {
            rows.push(row(line).with_context(|| format!("{}, line {number}", path.display()))?);
        }
    }
    Ok(rows)
}

fn data_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.retain(|path| is_data(path));
    paths.sort();
    Ok(paths)
}

fn is_data(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.ends_with(".jsonl") || name.ends_with(".jsonl.gz")
}

fn read_file(path: &Path) -> anyhow::Result<String> {
    let file = fs::File::open(path)?;
    let mut text = String::new();
    if path.extension().is_some_and(|extension| extension == "gz") {
        GzDecoder::new(file).take(MAX_BYTES).read_to_string(&mut text)?;
    } else {
        file.take(MAX_BYTES).read_to_string(&mut text)?;
    }
    Ok(text)
}

fn row(line: &str) -> anyhow::Result<Row> {
    let value: Value = serde_json::from_str(line)?;
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let pair = value.get("pair").filter(|pair| !pair.is_null()).map(Value::to_string);
    Ok(Row {
        id: text("id").context("no id")?,
        source: text("source").context("no source")?,
        language: text("lang").unwrap_or_default(),
        text: text("text").context("no text")?,
        is_ambiguous: value.get("label").and_then(Value::as_u64).context("no label")? == 1,
        pair,
        split: text("split"),
        kind: text("sub"),
    })
}
