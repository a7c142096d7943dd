//! All that can be wrong before an engine is started, found in one go.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::ServerConfig;

use super::listen::{Bound, bind};
use crate::config::{Flags, Place, Plan, Problems};
use crate::exit::Exit;
use crate::host::{FilesLimit, raise_files_limit};
use crate::prepare::{PreparedModel, prepare};
use crate::report;

/// Names another engine program than the one beside this one.
const ENGINE_VARIABLE: &str = "DRAGON_ENGINE";

/// What the engine program is called.
const ENGINE_PROGRAM: &str = "dragon-engine";

/// Everything that could be checked is right.
pub(super) struct Checked {
    pub(super) plan: Plan,
    pub(super) models: Vec<PreparedModel>,
    pub(super) engine_program: PathBuf,
    pub(super) bound: Bound,
    /// `None`: plain HTTP.
    pub(super) tls: Option<Arc<ServerConfig>>,
}

/// Checks the machine, the configuration, the model files and the address; on failure everything that is
/// wrong has been reported.
pub(super) fn check(flags: &Flags) -> Result<Checked, Exit> {
    dragon_cpu::check().map_err(|mismatch| report::failure(Exit::ModelUnavailable, &mismatch.to_string()))?;
    let mut problems = Problems::default();
    let mut plan = Plan::new(flags, &mut problems);
    let tls = plan.tls.as_ref().and_then(|files| crate::tls::load(files, &mut problems));
    let models = prepare(&plan, &mut problems);
    let engine_program = engine_program(&mut problems);
    let bound = bind(&plan.listen, &mut problems);
    raise_files_limit_for(&mut plan);
    match (engine_program, bound, problems.exit()) {
        (Some(engine_program), Some(bound), None) => Ok(Checked { plan, models, engine_program, bound, tls }),
        (_, _, exit) => {
            report::problems(&problems);
            Err(exit.unwrap_or(Exit::Internal))
        }
    }
}

/// The program that runs a model: named by the environment, or beside this one.
pub(crate) fn engine_program(problems: &mut Problems) -> Option<PathBuf> {
    let named = std::env::var_os(ENGINE_VARIABLE).map(PathBuf::from);
    let program = named.or_else(|| Some(std::env::current_exe().ok()?.with_file_name(ENGINE_PROGRAM)));
    // Engines start in a directory of their own, so the path must not depend on the current one.
    let absolute = program.as_deref().and_then(|program| std::fs::canonicalize(program).ok());
    if absolute.is_none() {
        let shown = program.unwrap_or_else(|| PathBuf::from(ENGINE_PROGRAM));
        let wrong = format!("the engine program {} is not there", shown.display());
        let remedy = format!("build it with `make build`, or name it in the variable {ENGINE_VARIABLE}");
        problems.model(Place::Default, "", wrong, remedy);
    }
    absolute
}

/// Where fewer connections fit than are allowed, fewer are allowed: beyond that an engine could not be started again.
fn raise_files_limit_for(plan: &mut Plan) {
    if let FilesLimit::RoomFor { n_connections } = raise_files_limit(plan.max_connections) {
        tracing::warn!(
            "the limit of open files leaves room for {n_connections} connections, so no more are kept, not \
             max_connections = {}; raise it (ulimit -n) or lower the setting",
            plan.max_connections
        );
        plan.max_connections = n_connections;
    }
}
