//! Attacks, each a small file of its own.

mod disconnect;
mod kill_engine;
mod long_prompt;
mod loop_bait;
mod malformed;
mod many_small;
mod max_tokens_bomb;
mod overload;
mod raw;
mod reset_storm;
mod slow_body;
mod slow_header;
mod slow_reader;
mod tyrolka;
mod unknown_model;
pub(crate) mod wish;
mod wrong_endpoint;

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

/// The attack that strikes engines: it needs a process, and has its own bound.
pub const KILL_ENGINE: &str = "kill-engine";

/// Every attack, in the order in which they are listed.
#[must_use]
pub fn all() -> Vec<Box<dyn Attack>> {
    vec![
        Box::new(overload::Overload::Distinct),
        Box::new(overload::Overload::Identical),
        Box::new(tyrolka::Tyrolka),
        Box::new(wrong_endpoint::WrongEndpoint),
        Box::new(malformed::Malformed),
        Box::new(unknown_model::UnknownModel),
        Box::new(max_tokens_bomb::MaxTokensBomb),
        Box::new(long_prompt::LongPrompt),
        Box::new(many_small::ManySmall),
        Box::new(disconnect::Disconnect),
        Box::new(slow_header::SlowHeader),
        Box::new(slow_body::SlowBody),
        Box::new(slow_reader::SlowReader),
        Box::new(reset_storm::ResetStorm),
        Box::new(loop_bait::LoopBait),
        Box::new(kill_engine::KillEngine),
    ]
}

/// The attack of this name.
#[must_use]
pub fn by_name(name: &str) -> Option<Box<dyn Attack>> {
    all().into_iter().find(|attack| attack.name() == name)
}

#[cfg(test)]
pub(crate) mod tests;
