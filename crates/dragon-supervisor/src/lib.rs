//! Runs one engine process per model: spawns it, talks to it, notices its death or its hang, and gives the next one
//! everything that it was working on.
//!
//! ```text
//! Engine (handle) --orders--> Traffic (one table) --errands--> connection --frames--> engine process
//!      Generation <--events------------+  <-------tokens----------- +                      ^
//!                                                                 supervise: life after life
//!                                                                 keeper: a thread that spawns and reaps
//! ```
//!
//! - [`Engine`] is what the server holds; [`Generation`] is one running answer, which outlives engines; dropping it
//!   cancels it.
//! - `supervise` runs one `life` after the other: spawn (`keeper`), `handshake`, `service`, end. A `standby` may wait.
//! - `traffic` is the table of what is in flight, and what the next engine is given: `inflight`, `calls`.
//! - `watchdog` says when an engine hangs; `blame` and `trial` find whoever makes engines fail; `backoff` and `breaker`
//!   say how long to wait, and when to stop waiting. All of these are pure.
//!
//! What this crate does not do: it has no queue of requests, no deadlines and no fairness; it starts what it is told to
//! start.

mod backoff;
mod blame;
mod breaker;
mod calls;
mod death;
mod departed;
mod ending;
mod engine;
mod errand;
mod error;
mod generation;
mod handshake;
mod hang;
mod inflight;
mod job;
mod keeper;
mod life;
mod link;
mod log;
mod oom;
mod probe;
mod service;
mod shared;
mod standby;
mod starved;
mod state;
mod supervise;
mod tempo;
mod tool;
mod traffic;
mod trial;
mod watchdog;

pub use death::Death;
pub use dragon_ipc::{Closing, GenerationId, MAX_FORCED_TOKENS, Ration};
pub use engine::{Engine, EngineSpec};
pub use error::{EngineError, Failure, Stage, StartError};
pub use generation::{Generation, Outlived};
pub use job::{AddSpecial, End, Event, Force, Job, MAX_LOGIT_BIAS, Token, TokenLogprobs, TopLogprob};
pub use life::Patience;
pub use oom::oom_kills;
pub use standby::KeepStandby;
pub use state::{EngineState, Health, Heard, Progress, blend};
pub use tempo::Tempo;
pub use tool::{Dialogue, ToolError, run_tool};
pub use watchdog::Hang;
