//! Connections that end in a reset, wherever they are.

use std::time::Duration;

use super::raw;
use super::{Attack, Context, Criterion};
use crate::ask::{Leave, Script, Shot, Step};

/// Until the reset: the server has begun with it, or not.
const PAUSE_MAX_MS: u64 = 20;

/// Resets.
#[derive(Debug)]
pub(super) struct ResetStorm;

impl Attack for ResetStorm {
    fn name(&self) -> &'static str {
        "reset-storm"
    }

    fn description(&self) -> &'static str {
        "connections that are reset in mid-head, in mid-body or right after a whole request, as many as get through"
    }

    fn criterion(&self) -> Criterion {
        Criterion::BystanderThroughput
    }

    fn shot(&self, context: &Context<'_>, dice: &mut fastrand::Rng) -> Shot {
        let text = format!("Storm {}: once upon a time", dice.u32(..));
        let mut bytes = raw::long_stream(context, &text, 500);
        bytes.truncate(dice.usize(1..=bytes.len()));
        let pause = Step::Pause(Duration::from_millis(dice.u64(1..=PAUSE_MAX_MS)));
        Shot::Hostile(Script { steps: vec![Step::Send(bytes.into()), pause], leave: Leave::Reset })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{content_length, hostile, wire_bytes};
    use super::*;

    #[test]
    fn heads_and_bodies_are_cut_anywhere_and_always_reset() {
        let scripts = hostile(&ResetStorm, 400);
        assert!(scripts.iter().all(|script| script.leave == Leave::Reset));
        let cut_in_head =
            scripts.iter().filter(|script| content_length(&wire_bytes(script)).is_none()).count();
        assert!((100..300).contains(&cut_in_head), "{cut_in_head}");
    }
}
