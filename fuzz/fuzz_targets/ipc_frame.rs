//! Frames in both directions, arriving in two portions: never a panic; how they are cut does not matter; what
//! decodes can be encoded again and means the same.
#![no_main]

use dragon_ipc::{Decoder, FromEngine, MAX_FRAME_BYTES, ToEngine, encode};
use libfuzzer_sys::fuzz_target;
use serde::{Serialize, de::DeserializeOwned};

fuzz_target!(|input: (usize, &[u8])| {
    let (cut, bytes) = input;
    let (first, second) = bytes.split_at(cut % (bytes.len() + 1));
    check::<FromEngine>(bytes, [first, second]);
    check::<ToEngine>(bytes, [first, second]);
});

fn check<T: Serialize + DeserializeOwned>(bytes: &[u8], portions: [&[u8]; 2]) {
    let whole = decode_all::<T>(&[bytes]);
    assert_eq!(whole, decode_all::<T>(&portions), "the cut at {} matters", portions[0].len());
    for frame in whole.0 {
        assert!(frame.len() <= 4 + MAX_FRAME_BYTES);
        // What was sent may be a longer way of writing the same; what we write comes back byte for byte.
        assert_eq!(decode_all::<T>(&[&frame]), (vec![frame.clone()], false));
    }
}

/// Every message, encoded again, and whether the stream was lost after them.
fn decode_all<T: Serialize + DeserializeOwned>(portions: &[&[u8]]) -> (Vec<Vec<u8>>, bool) {
    let mut decoder = Decoder::default();
    let mut frames = Vec::new();
    for portion in portions {
        decoder.push(portion);
        loop {
            match decoder.next_message::<T>() {
                Ok(Some(message)) => {
                    frames.push(encode(&message).expect("what came in a frame fits into one"))
                }
                Ok(None) => break,
                Err(_) => return (frames, true),
            }
        }
    }
    (frames, false)
}
