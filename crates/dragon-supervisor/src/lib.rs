//! Runs one engine process per model: spawns it, talks to it, notices its death at once, starts it again.
//!
//! ```text
//! Engine (handle) --orders--> Traffic (one table) --errands--> connection --frames--> engine process
//!      Generation <--events------------+  <-------tokens----------- +                      ^
//!                                                                 supervise: life after life, with backoff
//!                                                                 keeper: a thread that spawns and reaps
//! ```
//!
//! - [`Engine`] is what the server holds; [`Generation`] is one running answer, and dropping it cancels it.
//! - `supervise` runs one `life` after the other. A life is: spawn (`keeper`), `handshake`, `service`, end.
//! - `traffic` is the table of what is in flight; `inflight` decides what an engine's loss means for each.
//!
//! What this crate does not do: it has no queue of requests, no deadlines and no fairness (it starts what it
//! is told to start), and it does not judge a slow engine, only a dead or a lying one.

mod backoff;
mod blame;
mod breaker;
mod calls;
mod death;
mod departed;
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
pub use tool::{ToolError, run_tool};
pub use watchdog::Hang;
