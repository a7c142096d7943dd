//! Those who leave before their time: at connect, in the middle of the body, of the prefill, of the stream.

use std::time::Duration;

use super::raw;
use super::wish::one_of;
use super::{Attack, Context, Criterion};
use crate::ask::{Leave, Script, Shot, Step};

/// Nobody waits longer for the first bytes of a stream that he is going to leave.
const READ_MAX: Duration = Duration::from_secs(5);

/// Where somebody leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    Connect,
    Body,
    Prefill,
    Stream,
}

/// Those who leave before their time.
#[derive(Debug)]
pub(super) struct Disconnect;

impl Attack for Disconnect {
    fn name(&self) -> &'static str {
        "disconnect"
    }

    fn description(&self) -> &'static str {
        "clients that leave right after connecting, in mid-body, in mid-prefill or in mid-stream"
    }

    fn criterion(&self) -> Criterion {
        Criterion::BystanderThroughput
    }

    fn shot(&self, context: &Context<'_>, dice: &mut fastrand::Rng) -> Shot {
        let moment = one_of(&[Moment::Connect, Moment::Body, Moment::Prefill, Moment::Stream], dice);
        Shot::Hostile(Script {
            steps: steps(moment, context, dice),
            leave: one_of(&[Leave::Close, Leave::Reset], dice),
        })
    }
}

fn steps(moment: Moment, context: &Context<'_>, dice: &mut fastrand::Rng) -> Vec<Step> {
    let text = format!("Tale {}: once upon a time ", dice.u32(..));
    match moment {
        Moment::Connect => vec![Step::Pause(up_to_ms(20, dice))],
        Moment::Body => {
            let mut bytes = raw::long_stream(context, &text, 500);
            bytes.truncate(bytes.len() - 30);
            vec![Step::Send(bytes.into()), Step::Pause(up_to_ms(50, dice))]
        }
        Moment::Prefill => {
            let bytes = raw::long_stream(context, &text.repeat(dice.usize(50..200)), 500);
            vec![Step::Send(bytes.into()), Step::Pause(up_to_ms(60, dice))]
        }
        Moment::Stream => {
            let bytes = raw::long_stream(context, &text, 500);
            let n_bytes = 256 << dice.u32(..6);
            vec![Step::Send(bytes.into()), Step::Read { n_bytes, within: READ_MAX }]
        }
    }
}

fn up_to_ms(most: u64, dice: &mut fastrand::Rng) -> Duration {
    Duration::from_millis(dice.u64(..=most))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{CONTEXT, content_length};
    use super::*;

    fn sent(moment: Moment) -> (Vec<u8>, Vec<Step>) {
        let steps = steps(moment, &CONTEXT, &mut fastrand::Rng::with_seed(3));
        let mut bytes = Vec::new();
        for step in &steps {
            if let Step::Send(part) = step {
                bytes.extend_from_slice(part);
            }
        }
        (bytes, steps)
    }

    #[test]
    fn each_leaves_where_it_says() {
        assert!(sent(Moment::Connect).0.is_empty());
        let (body, _) = sent(Moment::Body);
        let (announced, came) = content_length(&body).unwrap();
        assert!(came > 0 && came < announced, "{came} of {announced}");
        for (moment, least) in [(Moment::Prefill, 1_000), (Moment::Stream, 50)] {
            let (bytes, steps) = sent(moment);
            let (announced, came) = content_length(&bytes).unwrap();
            assert!(came == announced && came > least, "{moment:?}: {came} of {announced}");
            assert_eq!(matches!(steps.last(), Some(Step::Read { .. })), moment == Moment::Stream);
        }
    }
}
