//! Weights in the number format that this machine computes fastest.
//!
//! A model file stays as it is. Beside it lies, made once, the same model in another format, under the digest of the
//! source: `NAME.0123456789ab.q8_0.gguf`. The file gets its name only after it has been opened by our own reader and
//! compared with the source, so what bears the name is whole and close enough. Nothing here can keep a model from
//! being served: whatever goes wrong is a warning, and the source is served.

mod convert;
mod prefer;

use std::path::{Path, PathBuf};

use dragon_supervisor::ToolError;

use crate::computing::WeightFormat;

pub(crate) use convert::convert;
pub(crate) use prefer::serve_from;

/// The furthest that a faster way of computing may be from the original, as mean Kullback-Leibler divergence in nats.
/// Two orders of the same arithmetic are 0.004 apart on a small model, a four-bit format that loses visibly 0.06.
pub(crate) const MAX_MEAN_KL_NATS: f64 = 0.02;

/// The smallest share of positions at which both would choose the same token.
pub(crate) const MIN_EQUAL_TOP: f64 = 0.93;

/// Why there are no faster weights.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WeightsError {
    #[error("{0}")]
    Tool(#[from] ToolError),
    #[error("{what}: {error}")]
    Io { what: &'static str, error: std::io::Error },
    #[error("another process is converting this model")]
    Locked,
    #[error("the converted file is not the same model: {0}")]
    NotTheSame(String),
    #[error(
        "the converted model is too far from the original ({mean_kl:.3} nats, {equal_top:.3} equal tops)"
    )]
    TooFar { mean_kl: f64, equal_top: f64 },
    #[error("the engine program did not say what it measured")]
    NoResult,
}

/// Where the converted form of a model lies.
fn converted_path(model: &Path, digest: &str, format: WeightFormat) -> PathBuf {
    let stem = model.file_stem().unwrap_or_default().to_string_lossy();
    let digest = digest.get(..12).unwrap_or(digest);
    model.with_file_name(format!("{stem}.{digest}.{}.gguf", format.word()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_tells_source_and_format() {
        let path = converted_path(Path::new("/models/a.b.gguf"), "0123456789abcdef", WeightFormat::Q8_0);
        assert_eq!(path, Path::new("/models/a.b.0123456789ab.q8_0.gguf"));
    }
}
