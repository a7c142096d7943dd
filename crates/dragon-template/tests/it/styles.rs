//! The styles of four model families, written anew and short.

use dragon_template::{ChatTemplate, Fault, SpecialTokens, TemplateError, Thinking, opens_thinking};

use crate::{kwargs, render, render_with, template};

const CHATML: &str = include_str!("templates/chatml.jinja");
const LLAMA: &str = include_str!("templates/llama.jinja");
const GEMMA: &str = include_str!("templates/gemma.jinja");
const QWEN: &str = include_str!("templates/qwen.jinja");

#[test]
fn chatml_with_a_system_message_of_its_own() {
    let text = render(CHATML, &[("user", "Hi")]).expect("renders");
    let expected = "<|im_start|>system\nYou help.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n\
                    <|im_start|>assistant\n";
    assert_eq!(text, expected);
}

#[test]
fn chatml_with_the_clients_system_message() {
    let text = render(CHATML, &[("system", "S"), ("user", "Hi"), ("assistant", "Ho"), ("user", "?")]);
    let expected = "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n\
                    <|im_start|>assistant\nHo<|im_end|>\n<|im_start|>user\n?<|im_end|>\n\
                    <|im_start|>assistant\n";
    assert_eq!(text.expect("renders"), expected);
}

#[test]
fn llama_with_the_date() {
    let text = render(LLAMA, &[("system", " S "), ("user", " Hi\n")]).expect("renders");
    let expected = "<s><|start_header_id|>system<|end_header_id|>\n\nToday: 06 Jul 2025\n\nS<|eot_id|>\
                    <|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>\
                    <|start_header_id|>assistant<|end_header_id|>\n\n";
    assert_eq!(text, expected);
}

#[test]
fn gemma_names_the_assistant_model() {
    let text = render(GEMMA, &[("user", "a"), ("assistant", "b"), ("user", "c")]).expect("renders");
    let expected = "<s><start_of_turn>user\na<end_of_turn>\n<start_of_turn>model\nb<end_of_turn>\n\
                    <start_of_turn>user\nc<end_of_turn>\n<start_of_turn>model\n";
    assert_eq!(text, expected);
}

#[test]
fn gemma_says_itself_what_is_wrong_with_the_messages() {
    let error = render(GEMMA, &[("user", "a"), ("user", "b")]).expect_err("roles do not alternate");
    let message = "Conversation roles must alternate user/assistant/user/assistant/...".to_owned();
    assert_eq!(error, TemplateError::Raised { message });
    assert_eq!(error.fault(), Fault::Request);
}

#[test]
fn qwen_thinks_unless_told_otherwise() {
    let messages = [("user", "a"), ("assistant", "<think>x</think>\n\nb"), ("user", "c")];
    let shared = "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n\
                  <|im_start|>user\nc<|im_end|>\n<|im_start|>assistant\n";
    assert_eq!(render(QWEN, &messages).expect("renders"), shared);
    let silent = render_with(QWEN, &messages, &kwargs(r#"{"enable_thinking": false}"#), None);
    assert_eq!(silent.expect("renders"), format!("{shared}<think>\n\n</think>\n\n"));
}

#[test]
fn what_a_template_knows_is_what_it_looks_up() {
    assert!(template(QWEN).knows("enable_thinking"));
    assert!(!template(QWEN).knows("reasoning_effort"));
    assert!(!template(CHATML).knows("enable_thinking"));
    // A template that gives the variable a default of its own.
    let with_default =
        "{% if reasoning_effort is not defined %}{% set reasoning_effort = 'low' %}{% endif %}";
    assert!(template(with_default).knows("reasoning_effort"));
    assert!(template("{% set enable_thinking = enable_thinking | default(true) %}").knows("enable_thinking"));
}

#[test]
fn thinking_is_seen_in_the_template_and_in_the_prompt() {
    assert_eq!(template(QWEN).thinking(), Thinking::Tags);
    assert_eq!(template(CHATML).thinking(), Thinking::Unknown);
    assert!(opens_thinking("<|im_start|>assistant\n<think>\n"));
    assert!(!opens_thinking("<|im_start|>assistant\n<think>\n\n</think>\n\n"));
}

#[test]
fn what_is_not_a_template_names_its_line() {
    let error = ChatTemplate::new("a\nb{% if %}", SpecialTokens::default()).expect_err("not a template");
    assert!(matches!(error, TemplateError::Syntax { line: 2, .. }), "{error:?}");
}
