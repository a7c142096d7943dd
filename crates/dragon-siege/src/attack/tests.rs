use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use serde_json::Value;

use super::*;
use crate::ask::{Ask, Expects, Leave, Script, Step};
use crate::load::dice::Dice;
use crate::observation::Stage;

pub(super) const MODEL: &str = "model-of-the-target";

pub(super) const CONTEXT: Context<'static> =
    Context { model: MODEL, host: "target.example:8080", api_key: Some("sk-of-the-user") };

/// No shot holds more than this.
const BYTES_MAX: usize = 600 << 10;

/// No hostile connection lasts longer by its own will.
const LASTS_MAX: Duration = Duration::from_secs(70);

/// The first shots of an attack.
pub(super) fn shots(attack: &dyn Attack, n: u64) -> Vec<Shot> {
    let dice = Dice::of(20_260_101, Stage::Phase(0));
    (0..n).map(|number| attack.shot(&CONTEXT, &mut dice.of_shot(number))).collect()
}

pub(super) fn asks(attack: &dyn Attack, n: u64) -> Vec<Ask> {
    let ask = |shot| match shot {
        Shot::Ask(ask) => Arc::unwrap_or_clone(ask),
        other => panic!("{other:?}"),
    };
    shots(attack, n).into_iter().map(ask).collect()
}

pub(super) fn hostile(attack: &dyn Attack, n: u64) -> Vec<Script> {
    let script = |shot| match shot {
        Shot::Hostile(script) => script,
        other => panic!("{other:?}"),
    };
    shots(attack, n).into_iter().map(script).collect()
}

/// Everything that a script sends.
pub(super) fn wire_bytes(script: &Script) -> Vec<u8> {
    let bytes = script.steps.iter().map(|step| match step {
        Step::Send(bytes) | Step::Drip { bytes, .. } => bytes.to_vec(),
        Step::Pause(_) | Step::Read { .. } | Step::Sip { .. } | Step::HalfClose => Vec::new(),
    });
    bytes.collect::<Vec<_>>().concat()
}

/// The announced length of a body and how much of it is there; `None` where the head has not ended.
pub(crate) fn content_length(bytes: &[u8]) -> Option<(usize, usize)> {
    let at = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..at]).unwrap();
    let announced = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    Some((announced.parse().unwrap(), bytes.len() - at - 4))
}

fn lasts(script: &Script) -> Duration {
    let steps = script.steps.iter().map(|step| match step {
        Step::Send(_) | Step::HalfClose => Duration::ZERO,
        Step::Drip { bytes, n_at_once, pause } => {
            *pause * u32::try_from(bytes.len().div_ceil(*n_at_once)).unwrap()
        }
        Step::Pause(pause) => *pause,
        Step::Read { within, .. } | Step::Sip { within, .. } => *within,
    });
    let leave = match script.leave {
        Leave::Await(at_most) => at_most,
        Leave::Close | Leave::Reset => Duration::ZERO,
    };
    steps.sum::<Duration>() + leave
}

#[test]
fn every_attack_has_a_name_of_its_own_by_which_it_is_found() {
    let attacks = all();
    let names: HashSet<&str> = attacks.iter().map(|attack| attack.name()).collect();
    assert_eq!(names.len(), attacks.len());
    for attack in &attacks {
        let name = attack.name();
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || "-:".contains(c)), "{name}");
        assert_eq!(by_name(name).unwrap().name(), name);
        assert!(attack.description().len() > 20, "{name}");
    }
    assert!(by_name("no-such-attack").is_none());
}

#[test]
fn a_seed_repeats_every_shot_and_another_does_not() {
    for attack in all() {
        let row = |seed| -> Vec<String> {
            let dice = Dice::of(seed, Stage::Phase(1));
            (0..40).map(|n| format!("{:?}", attack.shot(&CONTEXT, &mut dice.of_shot(n)))).collect()
        };
        assert_eq!(row(1), row(1), "{}", attack.name());
        if attack.name() != "overload:identical" {
            assert_ne!(row(1), row(2), "{}", attack.name());
        }
    }
}

#[test]
fn every_request_can_be_sent_and_is_bounded() {
    for attack in all() {
        for shot in shots(&*attack, 300) {
            let Shot::Ask(ask) = shot else { continue };
            let uri: Uri = ask.path.parse().unwrap();
            assert_eq!(uri.path_and_query().map(|path| path.as_str()), Some(ask.path.as_str()));
            assert!(ask.body.len() < BYTES_MAX, "{}: {}", attack.name(), ask.body.len());
        }
    }
}

#[test]
fn whoever_is_owed_an_answer_has_asked_properly() {
    for attack in all() {
        for shot in shots(&*attack, 300) {
            let Shot::Ask(ask) = shot else { continue };
            let (Expects::Answer(wanted) | Expects::Either(wanted)) = &ask.expects else { continue };
            let document: Value = serde_json::from_slice(&ask.body).unwrap();
            assert_eq!(ask.path, wanted.endpoint.path());
            assert_eq!((wanted.model.as_str(), document["model"].as_str()), (MODEL, Some(MODEL)));
            assert_eq!(document["max_tokens"].as_u64(), wanted.max_tokens);
            assert_eq!(document["stream"].as_bool().unwrap_or(false), wanted.way.is_streamed());
            assert!(document["messages"].is_array() ^ document["prompt"].is_string());
        }
    }
}

#[test]
fn hostile_connections_are_bounded_in_bytes_and_time() {
    for attack in all() {
        for shot in shots(&*attack, 300) {
            let Shot::Hostile(script) = shot else { continue };
            assert!(wire_bytes(&script).len() < BYTES_MAX, "{}", attack.name());
            assert!(lasts(&script) < LASTS_MAX, "{}: {:?}", attack.name(), lasts(&script));
        }
    }
}
