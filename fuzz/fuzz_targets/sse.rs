//! A stream of server-sent events from a hostile server, cut anywhere: never a panic, what is held is
//! bounded, and within the limits the events are those that the standard gives for the stream as a whole.
#![no_main]

use dragon_sse::{Decoder, Event, Limits};
use libfuzzer_sys::fuzz_target;

const TIGHT: Limits = Limits { line_bytes: 64, event_bytes: 96 };

fuzz_target!(|input: (u8, &[u8])| {
    let (piece, bytes) = input;
    let piece = usize::from(piece) + 1;
    let (events, is_between, within_limits) = decode(Decoder::default(), bytes, piece);
    assert!(within_limits || bytes.len() > TIGHT.line_bytes);
    if within_limits {
        assert_eq!((events, is_between), by_the_letter(bytes));
    }
    let (tight, _, within_limits) = decode(Decoder::with_limits(TIGHT), bytes, piece);
    assert!(tight.iter().all(|event| event.kind.len() + event.data.len() <= TIGHT.event_bytes));
    let (whole, ..) = decode(Decoder::default(), bytes, usize::MAX);
    // Up to where the limit was passed, they are the same.
    assert_eq!(tight, whole[..tight.len()]);
    assert!(!within_limits || tight.len() == whole.len());
});

fn decode(mut decoder: Decoder, bytes: &[u8], piece: usize) -> (Vec<Event>, bool, bool) {
    let mut events = Vec::new();
    let within_limits = bytes.chunks(piece).all(|piece| decoder.push(piece, &mut events).is_ok());
    (events, decoder.is_between_events(), within_limits)
}

/// WHATWG HTML, section 9.2.6, word by word over the whole stream; and whether an event was left open.
fn by_the_letter(bytes: &[u8]) -> (Vec<Event>, bool) {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines: Vec<&str> = text.split('\n').collect();
    let unfinished = lines.pop().unwrap_or_default();
    let (mut kind, mut buffer, mut events, mut is_open) = (String::new(), String::new(), Vec::new(), false);
    for line in lines {
        if line.is_empty() {
            if let Some(data) = buffer.strip_suffix('\n') {
                events.push(Event { kind: kind.clone(), data: data.to_owned() });
            }
            (kind, buffer, is_open) = (String::new(), String::new(), false);
            continue;
        }
        is_open = true;
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => kind = value.to_owned(),
            "data" => buffer += &format!("{value}\n"),
            _ => {}
        }
    }
    // A byte order mark alone is the beginning of a first line.
    let has_mark_only = unfinished.is_empty() && events.is_empty() && bytes == "\u{feff}".as_bytes();
    (events, !is_open && unfinished.is_empty() && !has_mark_only)
}
