//! How likely it is that a prompt can be understood in more than one way, before anything is generated.
//!
//! A prior and never a gate: it may shorten the thinking of an answer, order a queue and prepare a clarifying text. It
//! refuses nothing. `docs/GUARD.md` says how far it can be trusted, by source and by language.
//!
//! - [`features`] turns a prompt into numbers: its words where it is English, and its structure in every language.
//! - [`Model`] weighs them; the weights that ship are compiled in and made by `cargo xtask train-ambiguity`.
//! - [`Calibration`] turns the sum into a probability.
//!
//! Whatever changes what [`features`] sees (words, cues, open points) calls for training again.

mod calibration;
mod features;
mod hashing;
mod model;
mod structure;
mod wording;

use std::sync::LazyLock;

pub use calibration::Calibration;
pub use features::{Features, N_STRUCTURE, N_WORDING, features};
pub use model::{Malformed, Model};

/// The weights that ship.
const SHIPPED: &[u8] = include_bytes!("ambiguity/weights.bin");

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::parse(SHIPPED).unwrap_or_default());

/// How likely it is that `prompt` can be understood in more than one way, 0 to 1.
pub fn score(prompt: &str) -> f32 {
    MODEL.score(prompt)
}

/// The model that ships.
pub fn shipped() -> &'static Model {
    &MODEL
}

#[cfg(test)]
mod tests;
