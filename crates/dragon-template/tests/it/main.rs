//! Templates as model files carry them, and templates that no model file should carry.

#![expect(clippy::expect_used, reason = "the helpers of tests fail as tests do")]

mod clients_variables;
mod conventions;
mod hostile;
mod styles;

use dragon_template::{ChatTemplate, RenderOptions, SpecialTokens, TemplateError, TemplateMessage};
use serde_json::{Map, Value};

/// 2025-07-06 14:04:05 UTC.
const NOW_S: u64 = 1_751_810_645;

fn template(source: &str) -> ChatTemplate {
    let specials = SpecialTokens { bos: "<s>".to_owned(), eos: "</s>".to_owned() };
    ChatTemplate::new(source, specials).expect("the test's template is valid")
}

fn render(source: &str, messages: &[(&str, &str)]) -> Result<String, TemplateError> {
    render_with(source, messages, &Map::new(), None)
}

fn render_with(
    source: &str,
    messages: &[(&str, &str)],
    kwargs: &Map<String, Value>,
    reasoning_effort: Option<&str>,
) -> Result<String, TemplateError> {
    let messages: Vec<_> = messages.iter().map(|(role, content)| TemplateMessage { role, content }).collect();
    template(source).render(&messages, RenderOptions { kwargs, reasoning_effort, now_s: NOW_S })
}

fn kwargs(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).expect("the test's variables are an object")
}
