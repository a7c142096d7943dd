//! A template from a model file, and a message from a client: bounded work and output, never a panic.
#![no_main]

use dragon_template::{ChatTemplate, MAX_OUTPUT_BYTES, RenderOptions, SpecialTokens, TemplateMessage};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| {
    let (content, source) = input;
    let specials = SpecialTokens { bos: "<s>".to_owned(), eos: "</s>".to_owned() };
    let Ok(template) = ChatTemplate::new(source, specials) else { return };
    let messages =
        [TemplateMessage { role: "system", content: "Be brief." }, TemplateMessage { role: "user", content }];
    let kwargs = serde_json::Map::new();
    let options = RenderOptions { kwargs: &kwargs, reasoning_effort: Some("low"), now_s: 1_700_000_000 };
    if let Ok(prompt) = template.render(&messages, options) {
        assert!(prompt.len() <= MAX_OUTPUT_BYTES);
    }
});
