//! The server under attack and what every part of the tool knows about it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use dragon_chaos::check::Exactness;
use dragon_testkit::harness::{Server, ServerOptions};

use crate::cli::Common;

/// Where `scripts/fetch-model.sh` puts the default model.
const DEFAULT_MODEL: &str = "models/SmolLM2-135M-Instruct.Q4_1.gguf";

/// Which model is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Model {
    /// The generated one: its text is the same every time
    Tiny,
    /// The default model: its text depends on floating point, so equality is measured and not required
    Default,
}

/// Starts the server.
pub(crate) fn start(common: &Common) -> Result<Server> {
    let program = common.server.clone().map_or_else(program_beside, Ok)?;
    ensure!(program.exists(), "{} does not exist: build it first", program.display());
    let options = common.model.options(common)?.program(&program);
    Ok(Server::start(&options))
}

/// The server beside this program.
fn program_beside() -> Result<PathBuf> {
    let own = std::env::current_exe().context("this program does not know where it is")?;
    Ok(own.with_file_name("dragon"))
}

// === impl Model ===

impl Model {
    /// Its id.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Tiny => "tiny",
            Self::Default => "smollm2-135m",
        }
    }

    /// Whether its texts can be compared.
    pub(crate) const fn exactness(self) -> Exactness {
        match self {
            Self::Tiny => Exactness::Exact,
            Self::Default => Exactness::Measured,
        }
    }

    /// Fewest and most tokens of an answer, so that it lives for a second or two beside the others.
    pub(crate) const fn n_tokens(self) -> (usize, usize) {
        match self {
            Self::Tiny => (150, 400),
            Self::Default => (16, 32),
        }
    }

    fn options(self, common: &Common) -> Result<ServerOptions> {
        let (options, ctx) = match self {
            Self::Tiny => (ServerOptions::tiny(), 4096),
            Self::Default => {
                let path = Path::new(DEFAULT_MODEL);
                ensure!(path.exists(), "{DEFAULT_MODEL} is missing: scripts/fetch-model.sh brings it");
                let path = std::path::absolute(path)?;
                // 8,192 cells in all with 16 slots: what the time of a restart is measured with.
                (ServerOptions::empty().add_model(self.id(), &path), 512)
            }
        };
        let deadline = Duration::from_millis(common.deadline_ms).as_millis();
        Ok(options
            .model("ctx", &ctx.to_string())
            .model("slots", &common.slots().to_string())
            .server("deadline_ms", &deadline.to_string()))
    }
}
