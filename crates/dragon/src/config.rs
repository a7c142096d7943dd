//! Configuration: what the file and the flags say, and the plan that follows from them.
//!
//! Two stages. `FileConfig` is what the file says, setting by setting, each with its line. [`Plan`] is
//! what the program does: defaults, then the file, then the flags, every path absolute. Both stages go
//! through to their end and note every problem on the way, so that one run shows all mistakes.

mod client;
mod file;
mod place;
mod plan;
mod problems;
mod reader;
mod settings;
mod source;

pub(crate) use file::check_id;
pub(crate) use place::{Located, Place, twins};
pub(crate) use plan::{Flags, ModelPlan, Plan, TlsFiles};
pub(crate) use problems::Problems;
pub(crate) use settings::{UseTuned, Weights, defaults};
#[cfg(test)]
pub(crate) use tests::plan_of as plan_of_text;

#[cfg(test)]
mod tests;
