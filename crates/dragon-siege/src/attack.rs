//! Attacks, each a small file of its own.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ask::Shot;

/// One way to attack.
///
/// It holds no state: the shot depends on the dice only, and the dice of shot `i` on the run's seed and `i`. So a seed
/// repeats a siege.
pub trait Attack: fmt::Debug + Send + Sync {
    /// As in `--attack`, such as `wrong-endpoint`.
    fn name(&self) -> &'static str;

    /// What it does, in one sentence for the banner and the report.
    fn description(&self) -> &'static str;

    /// What has to hold under it, besides that no answer has a fault and the bystander is served.
    fn criterion(&self) -> Criterion;

    /// The next shot.
    fn shot(&self, context: &Context<'_>, dice: &mut fastrand::Rng) -> Shot;
}

/// What an attack may know of its target.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The model that is asked.
    pub model: &'a str,
    /// For `host` in raw requests.
    pub host: &'a str,
    /// For raw requests.
    pub api_key: Option<&'a str>,
}

/// What has to hold under an attack, besides what always has to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// Its own requests want words of the model: of those there have to be half as many a second as in quiet, counted in
    /// answers. (Quiet: the same requests by a few clients, before the attack.)
    OwnThroughput,
    /// It wants no words of the model: the bystander's answers a second have to be half of those in quiet.
    BystanderThroughput,
}
