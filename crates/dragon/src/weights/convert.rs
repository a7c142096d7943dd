//! One conversion: locked, made under another name, checked, synced, renamed.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dragon_models::{ModelFile, sha256_of_file};
use dragon_supervisor::run_tool;
use rustix::fs::{FlockOperation, flock};

use super::{MAX_MEAN_KL_NATS, MIN_EQUAL_TOP, WeightsError, converted_path};
use crate::computing::WeightFormat;
use crate::measuring::results;

/// The longest that a conversion or a comparison may take: a model of tens of gigabytes on a slow disk.
const LIMIT: Duration = Duration::from_secs(3600);

/// The file with the model's weights in `format`, converted now if it is not there yet.
pub(crate) fn convert(engine: &Path, model: &Path, format: WeightFormat) -> Result<PathBuf, WeightsError> {
    if format == WeightFormat::AsIs {
        return Ok(model.to_path_buf());
    }
    let digest = sha256_of_file(model).map_err(io_error("the model cannot be read"))?;
    let target = converted_path(model, &digest, format);
    if target.exists() {
        return Ok(target);
    }
    let _lock = lock(&target)?;
    // Another process may have made it while this one waited to look.
    if !target.exists() {
        make(engine, model, &target, format)?;
    }
    Ok(target)
}

fn make(engine: &Path, model: &Path, target: &Path, format: WeightFormat) -> Result<(), WeightsError> {
    let part = with_suffix(target, ".part");
    // What a conversion left that was cut short. Nobody else is at it: this process holds the lock.
    match fs::remove_file(&part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(io_error("an unfinished conversion cannot be removed")(error));
        }
        _ => {}
    }
    tracing::info!("converting {} to {} (once)", model.display(), format.word());
    let outcome = make_part(engine, model, &part, format).and_then(|()| {
        fs::rename(&part, target).map_err(io_error("the converted model cannot get its name"))?;
        sync_folder(target).map_err(io_error("the folder cannot be synced"))
    });
    if outcome.is_err() {
        // Of no use; if it cannot be removed now, the next conversion will.
        let _ = fs::remove_file(&part);
    }
    outcome
}

fn make_part(engine: &Path, model: &Path, part: &Path, format: WeightFormat) -> Result<(), WeightsError> {
    let words = ["convert", "--from"].map(OsString::from);
    let paths = [model.as_os_str().to_owned(), "--to".into(), part.as_os_str().to_owned()];
    let rest = ["--format", format.word()].map(OsString::from);
    run_tool(engine, &[&words[..], &paths, &rest].concat(), LIMIT)?;
    check_same(model, part)?;
    check_close(engine, model, part)
}

/// Our own reader's view of both: the same kind of model with the same vocabulary.
fn check_same(model: &Path, part: &Path) -> Result<(), WeightsError> {
    let open =
        |path: &Path| ModelFile::open(path).map_err(|error| WeightsError::NotTheSame(error.to_string()));
    let (source, converted) = (open(model)?, open(part)?);
    let facts = |file: &ModelFile| {
        (file.architecture.clone(), file.n_vocab, file.n_ctx_train, file.n_kv_elements_per_token)
    };
    if facts(&source) == facts(&converted) {
        Ok(())
    } else {
        Err(WeightsError::NotTheSame("architecture, vocabulary or sizes differ".to_owned()))
    }
}

/// The same ways of computing on both sides: only the weights' formats are compared.
fn check_close(engine: &Path, model: &Path, part: &Path) -> Result<(), WeightsError> {
    let arguments = ["compare".into(), "--reference".into(), model.into(), "--model".into(), part.into()];
    let lines = run_tool(engine, &arguments, LIMIT)?;
    let divergence = results::divergence(&lines).ok_or(WeightsError::NoResult)?;
    if divergence.mean_kl_nats <= MAX_MEAN_KL_NATS && divergence.equal_top >= MIN_EQUAL_TOP {
        tracing::info!(
            "the converted weights are {:.4} nats from the original, {:.1} % equal top tokens",
            divergence.mean_kl_nats,
            100.0 * divergence.equal_top
        );
        Ok(())
    } else {
        Err(WeightsError::TooFar { mean_kl: divergence.mean_kl_nats, equal_top: divergence.equal_top })
    }
}

/// Held until dropped; given up by the system if this process dies.
fn lock(target: &Path) -> Result<File, WeightsError> {
    let path = with_suffix(target, ".lock");
    let file = File::create(path).map_err(io_error("the folder of the model cannot be written"))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(_) => Err(WeightsError::Locked),
    }
}

fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn io_error(what: &'static str) -> impl Fn(io::Error) -> WeightsError {
    move |error| WeightsError::Io { what, error }
}
