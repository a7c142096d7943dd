//! `dragon tune`: measures how this machine computes a model fastest, and keeps the answer beside the model.
//!
//! Each candidate is measured by an engine process of its own that makes bare prefill and decode loops. Which one is
//! next is decided by a search that knows no clocks or processes ([`search`]); what a candidate loses in meaning is
//! measured too, and what loses too much is never recommended.

mod command;
mod search;
mod table;

pub(crate) use command::{TuneArgs, run};
