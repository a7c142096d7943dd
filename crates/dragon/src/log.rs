//! Where log lines go: standard error, filtered by `RUST_LOG`.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;

/// What is logged where `RUST_LOG` does not say. An engine's library describes a model in a hundred lines; they
/// would hide what the server says.
const DEFAULT_FILTER: &str = "info,engine=warn";

/// Starts logging; events before this are lost.
pub(crate) fn start() {
    let filter = EnvFilter::try_from_default_env();
    let is_unreadable = filter.is_err() && std::env::var_os("RUST_LOG").is_some();
    tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER)))
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        // A closed standard error must not end the server: the complaint about it would go there, and panic.
        .log_internal_errors(false)
        .init();
    if is_unreadable {
        tracing::warn!("RUST_LOG is not a log filter; using {DEFAULT_FILTER}");
    }
}
