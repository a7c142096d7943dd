//! The supervisor against real processes: a fake engine that fails on command.
//!
//! Bounds on time are generous, because the machine may be busy; what must be quick is asserted with the
//! promise that it belongs to.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod faults;
mod poison;
mod rig;
mod serving;
mod standby;
mod start;
mod stop;
