//! The real server as a child process, and a small HTTP/1.1 client that shows exactly what it sent.
//!
//! Blocking, over plain sockets, with no HTTP library: a test must be able to send half a request, and must
//! see what really came back.

mod body;
mod client;
mod events;
mod options;
mod server;

pub use body::Body;
pub use client::{Head, Response, read_response, read_streamed, request};
pub use events::{Event, EventLines, EventStream};
pub use options::ServerOptions;
pub use server::{Server, engine_program};
