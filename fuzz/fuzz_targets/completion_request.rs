//! Bodies of /v1/completions: a request within all bounds, or a 400 that is JSON and repeats little of the
//! body; never a panic.
#![no_main]

use dragon_api::Input;
use libfuzzer_sys::fuzz_target;

#[path = "../src/request.rs"]
mod request;

fuzz_target!(|body: &[u8]| {
    let Some(request) = request::check(body, dragon_api::parse_completion) else { return };
    let Input::Prompts(prompts) = request.input else { panic!("not prompts") };
    assert!(!prompts.is_empty() && prompts.iter().all(|prompt| !prompt.is_empty()));
    assert!(prompts.len() * request.n as usize <= dragon_api::MAX_CHOICES as usize);
});
