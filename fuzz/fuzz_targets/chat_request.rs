//! Bodies of /v1/chat/completions: a valid request or a 400, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let _ = dragon_api::parse_chat(body);
});
