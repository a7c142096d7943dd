//! Templates and messages that want more than their share. Each has to end soon, in an error that says why.

use std::time::{Duration, Instant};

use dragon_template::{ChatTemplate, MAX_SOURCE_BYTES, SpecialTokens, TemplateError};
use proptest::prelude::*;

use crate::{render, template};

/// Generous for a busy machine; what is tested for runs for minutes or until memory ends.
const SOON: Duration = Duration::from_secs(5);

fn fails_soon(source: &str) -> TemplateError {
    let started = Instant::now();
    let error = render(source, &[("user", "aaaaaaaa")]).expect_err("it asks for too much");
    assert!(started.elapsed() < SOON, "took {:?}", started.elapsed());
    error
}

#[test]
fn endless_loops_run_out_of_fuel() {
    let nested =
        "{% for a in range(99999) %}{% for b in range(99999) %}{% set c = a * b %}{% endfor %}{% endfor %}";
    assert_eq!(fails_soon(nested), TemplateError::OutOfFuel);
}

#[test]
fn endless_output_meets_its_limit() {
    let source = "{% for a in range(99999) %}{{ 'x' * 1000 }}{% endfor %}";
    assert_eq!(fails_soon(source), TemplateError::OutputTooLong);
}

#[test]
fn a_string_that_doubles_itself_runs_out_of_fuel() {
    let source = "{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}";
    assert_eq!(fails_soon(source), TemplateError::OutOfFuel);
    let product = "{% set a = 'x' * 9999999 %}{{ a.replace('x', a)|length }}";
    assert_eq!(fails_soon(product), TemplateError::OutOfFuel);
}

#[test]
fn documents_that_multiply_run_out_of_fuel() {
    let source =
        "{% set l = range(9999)|list %}{% for i in range(99999) %}{% set t = l|tojson %}{% endfor %}";
    assert_eq!(fails_soon(source), TemplateError::OutOfFuel);
}

#[test]
fn macros_that_call_themselves_end() {
    let error = fails_soon("{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}");
    assert!(matches!(error, TemplateError::Failed { .. }), "{error:?}");
}

#[test]
fn deep_nesting_is_not_a_template() {
    for (open, close) in [("(", ")"), ("[", "]"), ("{% if 1 %}", "{% endif %}")] {
        let (open, close) = (open.repeat(20_000), close.repeat(20_000));
        let source = if open.starts_with('{') { open + &close } else { format!("{{{{ {open}1{close} }}}}") };
        let result = ChatTemplate::new(&source, SpecialTokens::default());
        assert!(matches!(result, Err(TemplateError::Syntax { .. } | TemplateError::SourceTooLong { .. })));
    }
}

#[test]
fn a_source_over_the_limit_is_not_read() {
    let result = ChatTemplate::new(&"x".repeat(MAX_SOURCE_BYTES + 1), SpecialTokens::default());
    assert_eq!(result.map(drop), Err(TemplateError::SourceTooLong { n_bytes: MAX_SOURCE_BYTES + 1 }));
}

#[test]
fn files_and_other_templates_are_out_of_reach() {
    for source in ["{% include '/etc/passwd' %}", "{% extends 'chat' %}", "{% import 'x' as y %}{{ y.z() }}"]
    {
        assert!(render(source, &[]).is_err(), "{source}");
    }
}

#[test]
fn a_raised_message_is_found_below_a_macro_and_cut() {
    let source = "{% macro m() %}{{ raise_exception('no' * 1000) }}{% endmacro %}{{ m() }}";
    let error = fails_soon(source);
    assert!(matches!(&error, TemplateError::Raised { message } if message.len() == 300), "{error:?}");
}

#[test]
fn messages_are_never_read_as_a_template() {
    let text = render("{{ messages[0].content }}", &[("user", "{{ 7 * 7 }}{% raw %}")]).expect("renders");
    assert_eq!(text, "{{ 7 * 7 }}{% raw %}");
}

#[test]
fn a_long_conversation_is_within_the_limits() {
    let messages = vec![("user", "hello there"); 5000];
    let source = "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}";
    assert!(render(source, &messages).is_ok());
}

proptest! {
    #[test]
    fn no_source_makes_it_panic(source in r"(\{\{|\{%|%\}|\}\}|[a-z0-9 |.'\[\]()~*+-]|if|for|in|endfor|set|messages){0,40}") {
        if let Ok(template) = ChatTemplate::new(&source, SpecialTokens::default()) {
            let options = dragon_template::RenderOptions {
                kwargs: &serde_json::Map::new(), reasoning_effort: None, now_s: 0,
            };
            let _ = template.render(&[], options);
        }
    }

    #[test]
    fn contents_arrive_as_they_are(contents in prop::collection::vec(any::<String>(), 0..5)) {
        let messages: Vec<_> = contents
            .iter()
            .map(|content| dragon_template::TemplateMessage { role: "user", content })
            .collect();
        let options = dragon_template::RenderOptions {
            kwargs: &serde_json::Map::new(), reasoning_effort: None, now_s: 0,
        };
        let text = template("{% for m in messages %}{{ m.content }}{% endfor %}").render(&messages, options);
        prop_assert_eq!(text.expect("renders"), contents.concat());
    }
}
