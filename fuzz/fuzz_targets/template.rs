//! A template from a model file, and messages from a client: bounded work and output, never a panic, and the
//! same text each time.
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
    let render = || {
        let options = RenderOptions { kwargs: &kwargs, reasoning_effort: Some("low"), now_s: 1_700_000_000 };
        template.render(&messages, options)
    };
    let Ok(prompt) = render() else { return };
    assert!(prompt.len() <= MAX_OUTPUT_BYTES);
    assert_eq!(render().ok().as_ref(), Some(&prompt), "two renderings differ");
});
