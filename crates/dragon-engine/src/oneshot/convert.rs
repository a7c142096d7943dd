//! Weights in another number format, by llama.cpp's own quantiser.

use std::fs::File;
use std::path::Path;

use super::args::{Args, ArgsError, all_threads};
use super::{OneshotError, sandbox, say};
use crate::llama::{WeightFormat, log, quantize};

/// Its arguments.
pub(super) const NAMES: &[&str] = &["--from", "--to", "--format", "--threads"];

/// Converts. The process first gives up everything but reading the source and writing into the target's folder: the
/// source is a file from strangers, and a C++ parser is about to read it.
pub(super) fn run(args: &Args) -> Result<(), OneshotError> {
    let (from, to) = (args.path("--from")?, args.path("--to")?);
    let format = args.parsed("--format", "q8_0, q4_0, q4_1, f16 or bf16", WeightFormat::parse)?;
    let format = format.ok_or(ArgsError::Missing("--format"))?;
    let n_threads = args.number("--threads", 1, all_threads())?;
    if to.exists() {
        return Err(OneshotError::Exists { path: to.display().to_string() });
    }
    restrict(&from, &to)?;
    quantize(&from, &to, format, n_threads).map_err(OneshotError::Convert)?;
    let n_bytes = sync(&to).map_err(|error| io("the converted weights cannot be written", error))?;
    say(&format!(r#"{{"kind":"converted","bytes":{n_bytes}}}"#));
    Ok(())
}

fn restrict(from: &Path, to: &Path) -> Result<(), OneshotError> {
    let folder = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match sandbox::restrict(from, folder) {
        Ok(sandbox::Outcome::Restricted) => Ok(()),
        Ok(sandbox::Outcome::Unavailable) => {
            log::write_line(
                log::Level::Warn,
                "this system has no landlock: the conversion runs unrestricted",
            );
            Ok(())
        }
        Err(error) => Err(io("the process cannot be restricted", error)),
    }
}

/// On the disk, not only in the system's memory: the server is about to give the file its name.
fn sync(path: &Path) -> std::io::Result<u64> {
    let file = File::options().write(true).open(path)?;
    file.sync_all()?;
    Ok(file.metadata()?.len())
}

fn io(what: &str, error: std::io::Error) -> OneshotError {
    OneshotError::Io { what: what.to_owned(), error }
}
