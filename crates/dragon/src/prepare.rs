//! From the plan to models that can be started: everything that can be known before an engine runs.
//!
//! Opens the model files, fits the context, reads chat templates, estimates memory, compares digests. Every
//! problem is noted; what was read from the files is dropped here, but for what serving needs.

mod memory;
mod model;
mod template;

pub(crate) use model::PreparedModel;

use dragon_template::SpecialTokens;

use crate::config::{Plan, Problems};

/// Prepares every model. The slow comparison of digests comes last, and only where all else is right.
pub(crate) fn prepare(plan: &Plan, problems: &mut Problems) -> Vec<PreparedModel> {
    let plans = &plan.models;
    let prepared: Vec<PreparedModel> =
        plans.iter().filter_map(|plan| model::prepare(plan, problems)).collect();
    for named in &plan.stray_templates {
        // Only for what is wrong with it: without a model file there is no model that could use it.
        let _ = template::from_file(named, SpecialTokens::default(), problems);
    }
    memory::check(&prepared, problems);
    if problems.exit().is_none() {
        plans.iter().for_each(|plan| model::check_digest(plan, problems));
    }
    prepared
}
