//! Which format a model is served in, decided once per machine and kept.

use std::path::{Path, PathBuf};
use std::time::Duration;

use dragon_supervisor::run_tool;

use super::{WeightsError, convert};
use crate::computing::{Computing, Machine, Tuned, WeightFormat};
use crate::measuring::{Mix, bench_arguments, results};

/// The longest that the short measurement of one format may take.
const LIMIT: Duration = Duration::from_secs(120);

/// A conversion is used only if it is faster by at least this factor: less is noise, and a copy of the model less
/// on the disk is worth something.
const GAIN: f64 = 0.95;

/// Tokens per answer in the short measurement.
const N_NEW_SHORT: u32 = 32;

/// What the short measurement is kept as, beside the model.
const KEPT_AS: &str = ".fast.json";

/// The file to serve a model from that is to be fast, and a word about it for the log. Never fails: at worst it is the
/// model's own file.
pub(crate) fn serve_from(
    engine: &Path,
    model: &Path,
    machine: &Machine,
    computing: Computing,
    tuned: Option<WeightFormat>,
) -> (PathBuf, WeightFormat) {
    let chosen = match tuned {
        Some(format) => Ok(format),
        None => kept_or_measured(engine, model, machine, computing),
    };
    let outcome = chosen.and_then(|format| Ok((convert(engine, model, format)?, format)));
    outcome.unwrap_or_else(|error| {
        tracing::warn!("{} is served as it is, without faster weights: {error}", model.display());
        (model.to_path_buf(), WeightFormat::AsIs)
    })
}

fn kept_or_measured(
    engine: &Path,
    model: &Path,
    machine: &Machine,
    computing: Computing,
) -> Result<WeightFormat, WeightsError> {
    if let Ok(Some(kept)) = Tuned::read(model, KEPT_AS, machine) {
        return Ok(kept.weights);
    }
    let weights = measure(engine, model, computing)?;
    let kept = Tuned { computing, weights }.write(model, KEPT_AS, machine);
    kept.map_err(|error| WeightsError::Io { what: "the choice cannot be kept", error })?;
    Ok(weights)
}

fn measure(engine: &Path, model: &Path, computing: Computing) -> Result<WeightFormat, WeightsError> {
    tracing::info!("measuring which weights this machine computes fastest (once, some seconds)");
    let mix = Mix { n_new: N_NEW_SHORT, ..Mix::default() };
    let seconds = |path: &Path| {
        let lines = run_tool(engine, &bench_arguments(path, computing, mix, &[]), LIMIT)?;
        results::mix_seconds(&lines, Mix::default()).ok_or(WeightsError::NoResult)
    };
    let converted = convert(engine, model, WeightFormat::Q8_0)?;
    let (as_is, q8_0) = (seconds(model)?, seconds(&converted)?);
    tracing::info!("as it is {as_is:.2} s for the usual mix, converted to q8_0 {q8_0:.2} s");
    Ok(if q8_0 < as_is * GAIN { WeightFormat::Q8_0 } else { WeightFormat::AsIs })
}
