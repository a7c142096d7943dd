//! The HTTP edge: connections, routes, streams, and the path of a request.
//!
//! Read `answer::answer` first: it is the one path that every generating request takes, top to bottom.
//! Nothing here knows wire JSON (`dragon-api` does) or how engines live (`dragon-supervisor` does).

mod answer;
mod app;
mod arrival;
mod body;
mod connection;
mod cues;
mod deadline;
mod front_door;
mod gate;
mod identity;
mod observe;
mod origin;
mod readiness;
mod reply;

pub use app::{App, Model, ModelSettings, Settings, tokens_per_s};
pub use connection::{LONGEST_READ, MAX_TURNED_AWAY, Stop, serve};
pub use dragon_api::GuardMode;
pub use identity::{ClientSettings, KeyHash};
