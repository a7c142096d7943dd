//! A body that never ends, byte by byte.

use std::time::Duration;

use super::raw;
use super::slow_header::drip;
use super::{Attack, Context, Criterion};
use crate::ask::{Endpoint, Leave, Script, Shot, Step};

/// What is announced: more than will ever be sent.
const ANNOUNCED_BYTES: usize = 5_000;

/// A body that never ends.
#[derive(Debug)]
pub(super) struct SlowBody;

impl Attack for SlowBody {
    fn name(&self) -> &'static str {
        "slow-body"
    }

    fn description(&self) -> &'static str {
        "requests whose body comes byte by byte and never ends, each holding a connection"
    }

    fn criterion(&self) -> Criterion {
        Criterion::BystanderThroughput
    }

    fn shot(&self, context: &Context<'_>, dice: &mut fastrand::Rng) -> Shot {
        let start = raw::head(context, Endpoint::Completions.path(), ANNOUNCED_BYTES) + r#"{"model":""#;
        Shot::Hostile(Script {
            steps: vec![Step::Send(start.into()), drip(b'm', dice)],
            leave: Leave::Await(Duration::from_secs(1)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{content_length, hostile, wire_bytes};
    use super::*;

    #[test]
    fn the_body_does_not_end() {
        for script in hostile(&SlowBody, 20) {
            let (announced, came) = content_length(&wire_bytes(&script)).unwrap();
            assert_eq!(announced, ANNOUNCED_BYTES);
            assert!(came > 0 && came < announced / 10, "{came}");
        }
    }
}
