//! Weights in another number format, by llama.cpp's own quantiser.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::args::{Args, ArgsError};
use super::{OneshotError, restrict, say};
use crate::llama::{WeightFormat, quantize};
use crate::sandbox::Work;

/// Its arguments.
pub(super) const NAMES: &[&str] = &["--from", "--to", "--format", "--threads"];

/// Converts. The process first gives up everything but reading the source and writing the target: the source is a
/// file from strangers, and a C++ parser is about to read it.
pub(super) fn run(args: &Args) -> Result<(), OneshotError> {
    let (from, to) = (args.path("--from")?, args.path("--to")?);
    let format = args.parsed("--format", "q8_0, q4_0, q4_1, f16 or bf16", WeightFormat::parse)?;
    let format = format.ok_or(ArgsError::Missing("--format"))?;
    let n_threads = args.threads()?;
    check_source(&from)?;
    create(&to)?;
    let outcome = convert(&from, &to, format, n_threads);
    if outcome.is_err() {
        // Half a model is of no use; if it cannot be removed, the error itself is still the better message.
        let _ = fs::remove_file(&to);
    }
    outcome
}

/// Says early what llama.cpp would say less clearly, or not at all: it would wait for ever for a pipe.
fn check_source(from: &Path) -> Result<(), OneshotError> {
    let problem = match fs::metadata(from) {
        Ok(metadata) if metadata.is_file() => return Ok(()),
        Ok(_) => io::Error::other("it is not a file"),
        Err(error) => error,
    };
    Err(OneshotError::Source { path: from.display().to_string(), error: problem })
}

/// Makes the target as an empty file, so that the process needs no right to make others.
fn create(to: &Path) -> Result<(), OneshotError> {
    match File::create_new(to) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(OneshotError::Exists { path: to.display().to_string() })
        }
        Err(error) => Err(io(&format!("{} cannot be written", to.display()), error)),
    }
}

fn convert(from: &Path, to: &Path, format: WeightFormat, n_threads: u32) -> Result<(), OneshotError> {
    restrict(Work::Convert { source: from, target: to })?;
    quantize(from, to, format, n_threads, say_progress).map_err(OneshotError::Convert)?;
    let n_bytes = sync(to).map_err(|error| io("the converted weights cannot be written", error))?;
    say(&format!(r#"{{"kind":"converted","bytes":{n_bytes}}}"#));
    Ok(())
}

fn say_progress(percent: u32) {
    say(&format!(r#"{{"kind":"progress","share":{:.2}}}"#, f64::from(percent) / 100.0));
}

/// On the disk, not only in the system's memory: the server is about to give the file its name.
fn sync(path: &Path) -> io::Result<u64> {
    let file = File::options().write(true).open(path)?;
    file.sync_all()?;
    Ok(file.metadata()?.len())
}

fn io(what: &str, error: io::Error) -> OneshotError {
    OneshotError::Io { what: what.to_owned(), error }
}
