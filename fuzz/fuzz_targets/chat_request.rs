//! Bodies of /v1/chat/completions: a request within all bounds, or a 400 that is JSON and repeats little of
//! the body; never a panic.
#![no_main]

use dragon_api::Input;
use libfuzzer_sys::fuzz_target;

#[path = "../src/request.rs"]
mod request;

fuzz_target!(|body: &[u8]| {
    let Some(request) = request::check(body, dragon_api::parse_chat) else { return };
    let Input::Chat(chat) = request.input else { panic!("not a chat") };
    assert!(!chat.messages.is_empty());
    assert!(request.n <= dragon_api::MAX_CHOICES);
});
