//! Work that needs llama.cpp but no server: measuring, comparing, converting, tokenizing.
//!
//! `dragon tune`, `dragon guard scan` and the conversion of weights start these modes as short-lived processes, and so
//! may anybody by hand. Results go to standard output as JSON, line by line; the log goes to standard error.

mod args;
mod bench;
mod compare;
mod convert;
mod divergence;
mod probe;
mod tokens;

use std::ffi::OsString;
use std::io::Write as _;

use dragon_ipc::EngineExit;

use crate::llama::{ContextError, DecodeError, ModelError, log};
use crate::load::LoadError;
use crate::sandbox::{self, SandboxError, Work};
use args::{Args, ArgsError};

/// What `--help` says.
const HELP: &str = "\
dragon-engine computes for `dragon`, which starts it; without arguments it expects a socket as standard input.

By hand:
  dragon-engine bench --model FILE     speed of bare prefill and decode loops, without a sampler
      --cache-type f16|bf16|q8_0|f32   --flash-attention auto|on|off   --threads N   --prefill-chunk N
      --prompt N   --new N             tokens of a prompt and of an answer
      --batches 1,8,32                 sequences that are decoded together
      --mix PARALLEL                   as many prompts one after the other, then all answers together
      --shared PARALLEL                the same where all begin with the prompt, which is read once
      --slots N   --ctx N              a larger cache than these need
      --seconds N                      end after the call in which this time is up, with what was measured
  dragon-engine compare --reference FILE --model FILE    how far two ways of computing are apart
      --reference-cache-type TYPE   --reference-flash-attention WORD   --cache-type TYPE
      --flash-attention WORD   --threads N
  dragon-engine convert --from FILE --to FILE --format q8_0|q4_0|q4_1|f16|bf16   other number formats for weights
      --threads N
  dragon-engine tokens --model FILE    the tokens of texts; reads only the vocabulary
      standard input: a JSON string on each line; output: on each line [[id, bytes of the text], ...]
  dragon-engine probe --model FILE     tries to get out of the sandbox that a serving engine is in (no JSON)

Results are JSON, one object or array a line. It ends with 0, or with 64 (arguments, input), 65 (a file cannot be
used), 66 (built for another CPU), 68 (the sandbox cannot be entered) or 70 (a failure while computing or writing).
";

/// Why a mode cannot do its work.
#[derive(Debug, thiserror::Error)]
enum OneshotError {
    #[error(transparent)]
    Args(#[from] ArgsError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Context(#[from] ContextError),
    #[error("a call failed: {0}")]
    Decode(#[from] DecodeError),
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    #[error(transparent)]
    Unfit(#[from] dragon_cpu::CpuMismatch),
    #[error("the two models have different vocabularies, so their texts cannot be compared")]
    Vocabularies,
    #[error("{path} exists already; remove it or choose another name")]
    Exists { path: String },
    #[error("llama.cpp could not convert the weights: {}", .0.as_deref().unwrap_or("it gave no reason"))]
    Convert(Option<String>),
    #[error("{path} cannot be converted: {error}")]
    Source { path: String, error: std::io::Error },
    #[error("line {number}: {wrong}")]
    Line { number: usize, wrong: String },
    #[error("{what}: {error}")]
    Io { what: String, error: std::io::Error },
}

/// Does what the arguments say and returns how to end; `None` without arguments: the engine is to serve.
pub(crate) fn run(arguments: Vec<OsString>) -> Option<Result<(), (EngineExit, String)>> {
    let (mode, rest) = arguments.split_first()?;
    let outcome = match mode.to_str() {
        Some("bench") => checked(rest, bench::NAMES, bench::run),
        Some("compare") => checked(rest, compare::NAMES, compare::run),
        Some("convert") => checked(rest, convert::NAMES, convert::run),
        Some("tokens") => checked(rest, tokens::NAMES, tokens::run),
        Some("probe") => checked(rest, probe::NAMES, probe::run),
        Some("--help" | "-h" | "help") => {
            say(HELP.trim_end());
            Ok(())
        }
        _ => Err(ArgsError::Mode(mode.to_string_lossy().into_owned()).into()),
    };
    Some(outcome.map_err(|error| (error.exit(), error.to_string())))
}

/// Runs a mode, unless its arguments or this CPU make that impossible.
fn checked(
    arguments: &[OsString],
    names: &[&str],
    run: impl FnOnce(&Args) -> Result<(), OneshotError>,
) -> Result<(), OneshotError> {
    let args = Args::read(arguments, names)?;
    dragon_cpu::check()?;
    run(&args)
}

/// Gives up everything but the work: the file is from strangers, and a C++ parser is about to read it. Before the
/// first thread.
fn restrict(work: Work<'_>) -> Result<(), OneshotError> {
    if let Some(warning) = sandbox::enter(work)?.warning() {
        log::write_line(log::Level::Warn, &warning);
    }
    Ok(())
}

/// Writes one line of the result. Who does not read it does not want it.
fn say(line: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

// === impl OneshotError ===

impl OneshotError {
    fn exit(&self) -> EngineExit {
        match self {
            Self::Args(_) | Self::Exists { .. } | Self::Line { .. } => EngineExit::Usage,
            Self::Load(error) => error.exit(),
            Self::Sandbox(error) => error.exit(),
            Self::Unfit(_) => EngineExit::UnfitBuild,
            Self::Model(_)
            | Self::Context(_)
            | Self::Vocabularies
            | Self::Source { .. }
            | Self::Convert(_) => EngineExit::LoadFailed,
            Self::Decode(_) | Self::Io { .. } => EngineExit::Internal,
        }
    }
}
