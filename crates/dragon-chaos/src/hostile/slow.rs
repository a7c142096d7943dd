//! Those who take their time.

use std::io::{self, Read as _, Write as _};
use std::time::Duration;

use dragon_testkit::rng::SplitMix64;
use serde_json::json;

use super::wire::{connected, connected_with_small_window, ending, post};
use super::{End, Target};

/// A byte of a header or a body now and then: whole minutes for a request of a hundred bytes.
const DRIP: Duration = Duration::from_millis(400);

/// Bytes that are dripped at most: the server should have lost patience long before.
const DRIPS_MAX: usize = 60;

/// Connections that one idle client holds.
const N_IDLE: usize = 12;

/// How long it holds them.
const IDLE: Duration = Duration::from_secs(5);

/// A header that never ends.
pub(super) fn header(target: &Target<'_>, _: &mut SplitMix64) -> io::Result<End> {
    drip(target, b"POST /v1/completions HTTP/1.1\r\nhost: localhost\r\nx-slow: ", b'a')
}

/// A body that never ends.
pub(super) fn body(target: &Target<'_>, _: &mut SplitMix64) -> io::Result<End> {
    let head = b"POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                 content-length: 5000\r\n\r\n{\"model\": \"";
    drip(target, head, b'm')
}

fn drip(target: &Target<'_>, start: &[u8], drop: u8) -> io::Result<End> {
    let mut stream = connected(target)?;
    stream.write_all(start)?;
    for _ in 0..DRIPS_MAX {
        if target.is_over() {
            return Ok(End::Left);
        }
        target.wait(DRIP);
        if stream.write_all(&[drop]).is_err() {
            break;
        }
    }
    Ok(ending(&stream))
}

/// Asks for a long stream with much in it and does not read it.
pub(super) fn reader(target: &Target<'_>, rng: &mut SplitMix64) -> io::Result<End> {
    let mut stream = connected_with_small_window(target)?;
    let body = json!({
        "model": target.model, "prompt": format!("{} slow readers", rng.next_u64()), "max_tokens": 3_000,
        "ignore_eos": true, "stream": true, "logprobs": 5, "temperature": 1,
    });
    stream.write_all(&post(target, "/v1/completions", &body))?;
    target.wait(target.deadline + Duration::from_millis(500));
    // What it held back comes now, or the connection is gone.
    let mut rest = Vec::new();
    let _ = (&stream).take(1 << 20).read_to_end(&mut rest);
    Ok(if rest.starts_with(b"HTTP/1.1 200") { End::Answered(200) } else { End::Closed })
}

/// Opens connections and says nothing.
pub(super) fn idle(target: &Target<'_>, _: &mut SplitMix64) -> io::Result<End> {
    let held: Vec<_> = (0..N_IDLE).map(|_| connected(target)).collect();
    target.wait(IDLE);
    held.into_iter().collect::<io::Result<Vec<_>>>()?;
    Ok(End::Left)
}
