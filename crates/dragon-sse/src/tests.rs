use proptest::prelude::*;

use super::*;

/// Decodes bytes that arrive in pieces of `piece` bytes.
fn decode(bytes: &[u8], piece: usize) -> Vec<Event> {
    let mut decoder = Decoder::default();
    let mut events = Vec::new();
    for piece in bytes.chunks(piece) {
        decoder.push(piece, &mut events).unwrap();
    }
    events
}

fn data_of(bytes: &[u8]) -> Vec<String> {
    decode(bytes, usize::MAX).into_iter().map(|event| event.data).collect()
}

/// The standard's words, taken literally over the whole stream: decode, strip, split, interpret.
fn by_the_letter(bytes: &[u8]) -> Vec<Event> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    // What follows the last line end is no line.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let has_lines = text.contains('\n');
    let (mut kind, mut buffer, mut events) = (String::new(), String::new(), Vec::new());
    for line in whole.split('\n').take(if has_lines { usize::MAX } else { 0 }) {
        if line.is_empty() {
            if let Some(data) = buffer.strip_suffix('\n') {
                events.push(Event { kind: kind.clone(), data: data.to_owned() });
            }
            (kind, buffer) = (String::new(), String::new());
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => kind = value.to_owned(),
            "data" => buffer += &format!("{value}\n"),
            _ => {}
        }
    }
    events
}

#[test]
fn data_is_given_out_at_the_empty_line_and_not_before() {
    let mut decoder = Decoder::default();
    let mut events = Vec::new();
    decoder.push(b"data: {\"a\":1}\n", &mut events).unwrap();
    assert!(events.is_empty() && !decoder.is_between_events());
    decoder.push(b"\ndata: [DONE]\r\n\r\n", &mut events).unwrap();
    assert_eq!(events.len(), 2);
    assert_eq!((events[0].data.as_str(), events[0].is_done()), ("{\"a\":1}", false));
    assert!(events[1].is_done() && decoder.is_between_events());
}

#[test]
fn the_examples_of_the_standard_are_read_as_it_says() {
    let stocks = b"data: YHOO\ndata: +2\ndata: 10\n\n";
    assert_eq!(data_of(stocks), ["YHOO\n+2\n10"]);
    let four =
        b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n";
    assert_eq!(data_of(four), ["first event", "second event", " third event"]);
    // Two events; the data of the third is cut off.
    assert_eq!(data_of(b"data\n\ndata\ndata\n\ndata:"), ["", "\n"]);
    assert_eq!(data_of(b"data:test\n\ndata: test\n\n"), ["test", "test"]);
}

#[test]
fn every_kind_of_line_end_ends_a_line_once() {
    for end in ["\n", "\r", "\r\n"] {
        let bytes = format!("data: a{end}data: b{end}{end}data: c{end}{end}");
        for piece in 1..bytes.len() {
            let data: Vec<String> = decode(bytes.as_bytes(), piece).into_iter().map(|it| it.data).collect();
            assert_eq!(data, ["a\nb", "c"], "{end:?} in pieces of {piece}");
        }
    }
    assert_eq!(data_of(b"data: a\r\rdata: b\n\rdata: c\r\n\r\n"), ["a", "b", "c"]);
}

#[test]
fn kinds_belong_to_one_event_and_comments_are_counted() {
    let mut decoder = Decoder::default();
    let mut events = Vec::new();
    decoder
        .push(b":hi\n: there\n\nevent: error\ndata: x\n\nevent: none\n\ndata: y\n\n", &mut events)
        .unwrap();
    let seen: Vec<(&str, &str)> = events.iter().map(|it| (it.kind.as_str(), it.data.as_str())).collect();
    assert_eq!(seen, [("error", "x"), ("", "y")]);
    assert_eq!(decoder.n_comments(), 2);
}

#[test]
fn a_byte_order_mark_is_passed_over_at_the_start_only() {
    let bytes = "\u{feff}data: a\n\n\u{feff}data: b\n\n".as_bytes();
    for piece in [1, 2, usize::MAX] {
        let events = decode(bytes, piece);
        assert_eq!(events.len(), 1, "the second line's name is not `data`");
        assert_eq!(events[0].data, "a");
    }
}

#[test]
fn characters_split_across_reads_are_whole_and_broken_ones_are_replaced() {
    for piece in 1..5 {
        assert_eq!(decode("data: żółw 🐉\n\n".as_bytes(), piece)[0].data, "żółw 🐉");
    }
    assert_eq!(data_of(b"data: a\xff\xc5\n\n"), ["a\u{fffd}\u{fffd}"]);
}

#[test]
fn a_line_over_the_limit_ends_the_stream_and_is_not_collected() {
    let limits = Limits { line_bytes: 10, event_bytes: 100 };
    let mut decoder = Decoder::with_limits(limits);
    let mut events = Vec::new();
    decoder.push(b"data: 4567\n\n", &mut events).unwrap();
    assert_eq!(decoder.push(b"data: a\n\ndata: 45678\n\ndata: b\n\n", &mut events), Err(TooLong::Line(10)));
    // What was complete before is there, what came after is not.
    let data: Vec<&str> = events.iter().map(|it| it.data.as_str()).collect();
    assert_eq!(data, ["4567", "a"]);
    assert_eq!(decoder.push(b"\n\n", &mut events), Err(TooLong::Line(10)), "from then on always");
    assert!(!decoder.is_between_events());
}

#[test]
fn an_event_of_many_short_lines_has_a_limit_too() {
    let limits = Limits { line_bytes: 100, event_bytes: 10 };
    let mut decoder = Decoder::with_limits(limits);
    let mut events = Vec::new();
    decoder.push(b"event: 12\ndata: 456\ndata: 89\n", &mut events).unwrap();
    decoder.push(b"id: 1234567890\n:comments are not kept\n", &mut events).unwrap();
    assert_eq!(decoder.push(b"data: 12\n", &mut events), Err(TooLong::Event(10)));
}

proptest! {
    #[test]
    fn whatever_arrives_in_whatever_pieces_is_read_by_the_letter_of_the_standard(
        parts in prop::collection::vec(
            prop_oneof![
                Just(b"data: ".to_vec()), Just(b"data".to_vec()), Just(b"event:".to_vec()), Just(b":".to_vec()),
                Just(b"\n".to_vec()), Just(b"\r".to_vec()), Just(b"\r\n".to_vec()), Just(b"\n\n".to_vec()),
                Just("\u{feff}".as_bytes().to_vec()), Just("ż🐉".as_bytes().to_vec()),
                prop::collection::vec(any::<u8>(), 0..4),
            ],
            0..40,
        ),
        piece in 1_usize..9,
    ) {
        let bytes = parts.concat();
        prop_assert_eq!(decode(&bytes, piece), by_the_letter(&bytes));
    }

    #[test]
    fn what_is_held_never_exceeds_the_limits(
        bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'd'), any::<u8>()], 0..400),
    ) {
        let limits = Limits { line_bytes: 16, event_bytes: 16 };
        let mut decoder = Decoder::with_limits(limits);
        let mut events = Vec::new();
        let _ = decoder.push(&bytes, &mut events);
        for event in events {
            prop_assert!(event.kind.len() + event.data.len() <= limits.event_bytes);
        }
    }
}
