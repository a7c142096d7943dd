//! Those who leave before their time.

use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::time::Duration;

use dragon_testkit::rng::SplitMix64;
use serde_json::{Value, json};

use super::wire::{connected, ending, post, reset};
use super::{End, Target};

/// Connections of one storm.
const STORM: usize = 10;

fn wanted(target: &Target<'_>, rng: &mut SplitMix64, n_times: usize) -> Value {
    let prompt = format!("{} is where it begins. ", rng.next_u64()).repeat(n_times);
    json!({
        "model": target.model, "prompt": prompt, "max_tokens": 1_000, "ignore_eos": true, "stream": true,
    })
}

/// Half of the body, and then the end of what is sent.
pub(super) fn half_body(target: &Target<'_>, rng: &mut SplitMix64) -> io::Result<End> {
    let bytes = post(target, "/v1/completions", &wanted(target, rng, 1));
    let mut stream = connected(target)?;
    stream.write_all(&bytes[..bytes.len() - 40])?;
    if rng.below(2) == 0 {
        return Ok(End::Left);
    }
    stream.shutdown(Shutdown::Write)?;
    Ok(ending(&stream))
}

/// Many requests, all reset at once.
pub(super) fn reset_all(target: &Target<'_>, bytes: &[u8]) -> io::Result<()> {
    let streams: Vec<_> = (0..STORM).map(|_| connected(target)).collect::<io::Result<_>>()?;
    for mut stream in streams {
        stream.write_all(bytes)?;
        reset(stream)?;
    }
    Ok(())
}

/// Resets in the middle of heads, of bodies and right after whole requests.
pub(super) fn reset_storm(target: &Target<'_>, rng: &mut SplitMix64) -> io::Result<End> {
    let bytes = post(target, "/v1/completions", &wanted(target, rng, 1));
    reset_all(target, &bytes[..1 + rng.below(bytes.len())])?;
    Ok(End::Left)
}

/// Connects and leaves.
pub(super) fn at_connect(target: &Target<'_>, _: &mut SplitMix64) -> io::Result<End> {
    for _ in 0..STORM {
        drop(connected(target)?);
    }
    Ok(End::Left)
}

/// A long prompt, and gone while it is read.
pub(super) fn mid_prefill(target: &Target<'_>, rng: &mut SplitMix64) -> io::Result<End> {
    let mut stream = connected(target)?;
    stream.write_all(&post(target, "/v1/completions", &wanted(target, rng, 60)))?;
    target.wait(Duration::from_millis(rng.below(40) as u64));
    reset(stream)?;
    Ok(End::Left)
}

/// A stream, and gone after some of it.
pub(super) fn mid_stream(target: &Target<'_>, rng: &mut SplitMix64) -> io::Result<End> {
    let mut stream = connected(target)?;
    stream.write_all(&post(target, "/v1/completions", &wanted(target, rng, 1)))?;
    let mut some = vec![0; 256 << rng.below(6)];
    let _ = stream.read_exact(&mut some);
    Ok(End::Left)
}
