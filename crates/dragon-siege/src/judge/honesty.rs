//! Whether status, finish reason, label, usage and text agree.

use std::time::Duration;

use super::answer::{Answer, Finish, Label};
use super::document::Usage;
use super::label::{Outcome, check_ending};
use super::{Fault, Rules};
use crate::ask::{Wanted, Way};
use crate::exchange::{Exchange, Response};

/// The label's times are parts of the time that the client measured; this much for rounding and for scheduling.
const TIMES_SLACK: Duration = Duration::from_millis(50);

/// Prompt and answer together fit into any context that a server is run with, so none of them was ended by it.
const SURELY_IN_CONTEXT_TOKENS: u64 = 256;

/// No server has a limit of its own below this, so who asks for no more gets all of them.
const SURELY_UNLIMITED_TOKENS: u64 = 1_024;

/// A token of text has fewer bytes than this on average, whatever the vocabulary: the longest tokens that there are
/// (rows of spaces) have about as many.
const LONGEST_TOKEN_BYTES: u64 = 128;

/// So many tokens may leave no text: an end token, a stop string, spaces that were trimmed.
const SILENT_TOKENS: u64 = 16;

/// Adds every lie of an answer that is of the documented form.
pub(super) fn check(
    wanted: &Wanted,
    answer: &Answer<'_>,
    exchange: &Exchange,
    response: &Response,
    rules: Rules,
    faults: &mut Vec<Fault>,
) {
    let mut lie = |what: String| faults.push(Fault::Lie(what));
    if let Some(finish) = answer.choices.iter().filter(|choice| !choice.calls).find_map(calling_finish) {
        lie(format!("the finish_reason {}, but nothing is called", finish.as_str()));
    }
    if wanted.way == Way::Whole {
        check_headers(response, answer.label.as_ref(), &mut lie);
    }
    if let Some(label) = &answer.label {
        let took = exchange.ended_at.saturating_sub(exchange.sent_at);
        check_label(wanted, answer, label, took, rules, &mut lie);
    }
    if let Some(usage) = &answer.usage {
        if usage.n_prompt.checked_add(usage.n_completion) != Some(usage.n_total) {
            lie(format!(
                "{} and {} tokens are {} together",
                usage.n_prompt, usage.n_completion, usage.n_total
            ));
        }
        if answer.is_fallback() {
            if (usage.n_prompt, usage.n_completion, usage.n_total) != (0, 0, 0) {
                lie("a fallback with tokens of the model".to_owned());
            }
        } else {
            check_usage(wanted, answer, usage, &mut lie);
        }
    }
}

fn calling_finish(choice: &super::answer::Choice) -> Option<Finish> {
    choice.finish.filter(|finish| matches!(finish, Finish::ToolCalls | Finish::FunctionCall))
}

/// The headers of an answer in one piece repeat the label.
fn check_headers(response: &Response, label: Option<&Label>, lie: &mut impl FnMut(String)) {
    for (name, in_label) in [
        ("x-dragon-outcome", label.map(|label| label.outcome.as_str())),
        ("x-dragon-reason", label.and_then(|label| label.reason.as_deref())),
    ] {
        let header = response.headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
        if header != in_label {
            lie(format!("the header {name} is {header:?}, in the label that is {in_label:?}"));
        }
    }
}

fn check_label(
    wanted: &Wanted,
    answer: &Answer<'_>,
    label: &Label,
    took: Duration,
    rules: Rules,
    lie: &mut impl FnMut(String),
) {
    let outcome = label.outcome.as_str();
    if label.model != wanted.model || !label.is_of_this_model {
        lie(format!("the label's model {:?}", label.model));
    }
    if label.deadline_ms == 0 || u128::from(label.deadline_ms) > rules.deadline.as_millis() {
        lie(format!("a deadline of {} ms, when another was asked for", label.deadline_ms));
    }
    if u128::from(label.spent_ms) > took.saturating_add(TIMES_SLACK).as_millis() {
        lie(format!("{} ms in an answer that took {} ms", label.spent_ms, took.as_millis()));
    }
    if let Some(finish) = answer.finish() {
        if let Err(what) = check_ending(label.outcome, label.reason.as_deref(), finish.as_str()) {
            lie(what);
        }
        if label.outcome == Outcome::Complete && !matches!(finish, Finish::Stop | Finish::Length) {
            lie(format!("complete with the finish_reason {}", finish.as_str()));
        }
        let cut_before = |max_tokens: u64| answer.usage.is_some_and(|usage| usage.n_completion < max_tokens);
        if label.outcome == Outcome::Complete
            && finish == Finish::Length
            && wanted.max_tokens.is_some_and(cut_before)
        {
            lie("complete with the finish_reason length, before max_tokens".to_owned());
        }
    }
    if label.reason.as_deref() == Some("limit") && wanted.max_tokens.is_some() {
        lie("the limit of those who ask for none".to_owned());
    }
    if label.outcome != Outcome::Complete && answer.n_text_bytes() + answer.n_bytes_beside() == 0 {
        lie(format!("{outcome} without a word"));
    }
}

/// The token counts of an answer by the model.
fn check_usage(wanted: &Wanted, answer: &Answer<'_>, usage: &Usage, lie: &mut impl FnMut(String)) {
    let n = usage.n_completion;
    let n_bytes = answer.n_text_bytes() + answer.n_bytes_beside();
    let n_choices = answer.choices.len() as u64;
    if n_bytes > 0 && n_bytes as u64 > n.saturating_mul(LONGEST_TOKEN_BYTES) {
        lie(format!("{n} tokens, and {n_bytes} bytes of text"));
    }
    let is_thinking = usage.n_reasoning() > 0 || answer.n_bytes_beside() > 0;
    let calls = answer.choices.iter().any(|choice| choice.calls);
    if n_bytes == 0 && !is_thinking && !calls && n > SILENT_TOKENS.saturating_mul(n_choices) {
        lie(format!("{n} tokens, and no text"));
    }
    let Some(max_tokens) = wanted.max_tokens else { return };
    // Servers differ in whether thinking counts.
    if !is_thinking && n > max_tokens.saturating_mul(n_choices) {
        lie(format!("{n} tokens, when {max_tokens} were asked for"));
    }
    // A labelled answer may end early for its reason, and says so.
    if answer.label.is_none()
        && answer.finish() == Some(Finish::Length)
        && max_tokens <= SURELY_UNLIMITED_TOKENS
        && n < max_tokens / 2
        && usage.n_total < SURELY_IN_CONTEXT_TOKENS
    {
        lie(format!("the finish_reason length after {n} tokens of {max_tokens}"));
    }
}
