//! Whom a siege attacks: where it is, what it serves, and which processes it is where it runs on this machine.
//!
//! The way there, each step usable by itself, so that nothing is sent before it is known whom it would reach:
//!
//! 1. [`Place::parse`] reads what the user wrote,
//! 2. [`Place::resolve`] finds its addresses; [`is_loopback`] tells whether all are on this machine,
//! 3. [`discover`] asks it for its models and looks for its process.

mod discover;
pub mod memory;
mod place;
pub mod process;
pub mod ready;

pub use discover::{Asked, DiscoverError, Discovered, discover};
pub use place::{Place, PlaceError, is_loopback};
