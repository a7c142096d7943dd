//! Those who ask for much and hardly read it.

use std::time::Duration;

use super::raw;
use super::{Attack, Context, Criterion};
use crate::ask::{Leave, Script, Shot, Step};

/// Longer than a deadline, after which a server may well cut whoever does not read.
const WITHIN: Duration = Duration::from_secs(25);

/// More than fits into the buffers between the two.
const MAX_TOKENS: u64 = 2_000;

/// Those who hardly read.
#[derive(Debug)]
pub(super) struct SlowReader;

impl Attack for SlowReader {
    fn name(&self) -> &'static str {
        "slow-reader"
    }

    fn description(&self) -> &'static str {
        "clients that ask for long streams and read some bytes a second"
    }

    fn criterion(&self) -> Criterion {
        Criterion::BystanderThroughput
    }

    fn shot(&self, context: &Context<'_>, dice: &mut fastrand::Rng) -> Shot {
        let text = format!("Slow reader {}: once upon a time", dice.u32(..));
        let sip = Step::Sip {
            n_at_once: dice.usize(16..256),
            pause: Duration::from_millis(dice.u64(100..1_000)),
            within: WITHIN,
        };
        Shot::Hostile(Script {
            steps: vec![Step::Send(raw::long_stream(context, &text, MAX_TOKENS).into()), sip],
            leave: Leave::Close,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{content_length, hostile, wire_bytes};
    use super::*;

    #[test]
    fn the_request_is_whole_and_the_reading_slow() {
        for script in hostile(&SlowReader, 50) {
            let (announced, came) = content_length(&wire_bytes(&script)).unwrap();
            assert_eq!(announced, came);
            let Some(Step::Sip { n_at_once, pause, .. }) = script.steps.last() else { panic!("{script:?}") };
            assert!(*n_at_once as f64 / pause.as_secs_f64() <= 2_560.0, "{script:?}");
        }
    }
}
