//! Frames from an engine that lies, arriving in two portions: never a panic, and what decodes can be
//! encoded again.
#![no_main]

use dragon_ipc::{Decoder, FromEngine, ToEngine, encode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (usize, &[u8])| {
    let (cut, bytes) = input;
    let (first, second) = bytes.split_at(cut % (bytes.len() + 1));
    let mut decoder = Decoder::default();
    for portion in [first, second] {
        decoder.push(portion);
        while let Ok(Some(message)) = decoder.next_message::<FromEngine>() {
            encode(&message).expect("what came in a frame fits into one");
        }
    }
    let mut decoder = Decoder::default();
    decoder.push(bytes);
    while let Ok(Some(_)) = decoder.next_message::<ToEngine>() {}
});
