//! Limits that are set for a client.

use std::time::Duration;

/// A limit that a client has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Limit {
    /// Requests waiting at the same time.
    #[error(
        "Your limit `max_waiting` is reached: {max} of your requests wait already. Wait for their answers"
    )]
    Waiting {
        /// The limit.
        max: usize,
    },
    /// Requests in a minute.
    #[error("Your limit `requests_per_min` of {max} is used up. Ask again in {} s", whole_seconds(*.wait))]
    RequestsPerMinute {
        /// The limit.
        max: u32,
        /// Until there is room for one more.
        wait: Duration,
    },
    /// Tokens of prompts and answers in a minute.
    #[error("Your limit `tokens_per_min` of {max} is used up. Ask again in {} s", whole_seconds(*.wait))]
    TokensPerMinute {
        /// The limit.
        max: u32,
        /// Until the tokens that were used beyond it are paid.
        wait: Duration,
    },
}

// === impl Limit ===

impl Limit {
    /// The setting that it comes from.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting { .. } => "max_waiting",
            Self::RequestsPerMinute { .. } => "requests_per_min",
            Self::TokensPerMinute { .. } => "tokens_per_min",
        }
    }

    /// When asking again makes sense, in whole seconds; at least one.
    pub(super) fn retry_after(self) -> Duration {
        let wait = match self {
            // Waiting requests are answered one by one.
            Self::Waiting { .. } => Duration::ZERO,
            Self::RequestsPerMinute { wait, .. } | Self::TokensPerMinute { wait, .. } => wait,
        };
        Duration::from_secs(whole_seconds(wait))
    }
}

fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1)
}
