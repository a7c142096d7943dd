//! Reads the data: JSON lines, packed or not.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use flate2::read::MultiGzDecoder;
use serde_json::Value;

/// An answer of a model, as `traces/` holds them.
#[derive(Debug, Clone)]
pub(super) struct Trace {
    pub(super) id: String,
    pub(super) model: String,
    pub(super) dataset: String,
    pub(super) kind: TraceKind,
    pub(super) prompt: String,
    pub(super) text: String,
    /// Where exact repetition begins and how long a copy is, in characters; of loops only.
    pub(super) loop_chars: Option<(usize, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TraceKind {
    Healthy,
    WellPosed,
    IllPosed,
    Loop,
}

/// Text that rightly repeats itself, as `legit/` holds it.
#[derive(Debug, Clone)]
pub(super) struct Legit {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) text: String,
    /// The file that it comes from.
    pub(super) file: String,
}

/// All traces, in the order of the files' names.
pub(super) fn traces(data: &Path) -> Result<Vec<Trace>> {
    let mut traces = Vec::new();
    for file in files(&data.join("traces"))? {
        for row in rows(&file)? {
            traces.push(trace(&row).with_context(|| format!("{}: {}", file.display(), row["id"]))?);
        }
    }
    ensure!(!traces.is_empty(), "{}/traces holds no traces", data.display());
    Ok(traces)
}

/// All texts that rightly repeat themselves.
pub(super) fn legit(data: &Path) -> Result<Vec<Legit>> {
    let mut all = Vec::new();
    for file in files(&data.join("legit"))? {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for row in rows(&file)? {
            let id = text(&row, "id")?;
            all.push(Legit { id, kind: text(&row, "kind")?, text: text(&row, "text")?, file: name.clone() });
        }
    }
    Ok(all)
}

fn trace(row: &Value) -> Result<Trace> {
    let place = |name: &str| row[name].as_u64().and_then(|place| usize::try_from(place).ok());
    Ok(Trace {
        id: text(row, "id")?,
        model: text(row, "model")?,
        dataset: text(row, "dataset")?,
        kind: match row["kind"].as_str() {
            Some("healthy") => TraceKind::Healthy,
            Some("well_posed") => TraceKind::WellPosed,
            Some("ill_posed") => TraceKind::IllPosed,
            Some("loop") => TraceKind::Loop,
            other => anyhow::bail!("the kind {other:?} is not known"),
        },
        prompt: text(row, "prompt")?,
        text: text(row, "text")?,
        loop_chars: place("loop_onset_chars").zip(place("loop_period_chars")),
    })
}

fn text(row: &Value, name: &str) -> Result<String> {
    Ok(row[name].as_str().with_context(|| format!("there is no text {name:?}"))?.to_owned())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    let is_rows = |path: &PathBuf| {
        let name = path.to_string_lossy();
        name.ends_with(".jsonl") || name.ends_with(".jsonl.gz")
    };
    let mut files: Vec<PathBuf> = paths.into_iter().filter(is_rows).collect();
    files.sort();
    Ok(files)
}

fn rows(path: &Path) -> Result<Vec<Value>> {
    let bytes = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut text = String::new();
    let result = if path.extension().is_some_and(|extension| extension == "gz") {
        MultiGzDecoder::new(bytes.as_slice()).read_to_string(&mut text)
    } else {
        bytes.as_slice().read_to_string(&mut text)
    };
    result.with_context(|| format!("{} cannot be unpacked", path.display()))?;
    let lines = text.lines().filter(|line| !line.trim().is_empty()).zip(1..);
    lines
        .map(|(line, number)| {
            serde_json::from_str(line).with_context(|| format!("{}, line {number}", path.display()))
        })
        .collect()
}
