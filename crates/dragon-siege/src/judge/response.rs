//! What a response is for what was asked: an answer, a refusal, a rejection, or none of these.

use std::time::Duration;

use http::{Method, StatusCode};

use super::answer::{Answer, malformed};
use super::{Class, Fault, Rules, Verdict, content, error_body, honesty, stream, whole};
use crate::ask::{Ask, Expects, Wanted, Way};
use crate::exchange::{BodyEnd, Exchange, Response};

/// With this header and this value a client of Dragon asks for errors instead of fallbacks.
const FALLBACK_HEADER: (&str, &[u8]) = ("x-dragon-fallback", b"error");

/// What a status means for what was asked.
enum Standing<'a> {
    /// The answer to judge.
    Answer(&'a Wanted),
    /// Turned away, because the server is busy or has no engine.
    Refusal,
    /// Turned away, because the request is wrong.
    Rejection,
    /// None of what may come.
    Wrong,
}

pub(super) fn judge(ask: &Ask, exchange: &Exchange, response: &Response, rules: Rules) -> Verdict {
    match &response.end {
        BodyEnd::Hung if response.body.is_empty() => {
            return Verdict::faulty(Fault::Unanswered("a status, and then nothing".to_owned()));
        }
        BodyEnd::TooLong if !asks_without_end(ask, response) => {
            return Verdict::faulty(malformed("longer than any answer to what was asked for"));
        }
        BodyEnd::Whole | BodyEnd::Cut(_) | BodyEnd::Hung | BodyEnd::TooLong => {}
    }
    let mut verdict = match standing(ask, response.status) {
        Standing::Answer(wanted) => return answer(wanted, exchange, response, rules),
        Standing::Refusal => Verdict::of(Class::Refused),
        Standing::Rejection => Verdict::of(Class::Rejected),
        Standing::Wrong => Verdict::faulty(wrong(response)),
    };
    if !response.status.is_success() {
        verdict.faults.extend(broken_off(response));
        // The answer to HEAD has no body, and what goes with other statuses is no error.
        let is_error = response.status.is_client_error() || response.status.is_server_error();
        if is_error && ask.method != Method::HEAD {
            verdict.faults.extend(error_body::check(response));
        }
    }
    verdict
}

/// Whether the answer may be longer than the client reads: it has room for so many tokens, each in a chunk of its own.
fn asks_without_end(ask: &Ask, response: &Response) -> bool {
    const MOST_TOKENS: u64 = 8_192;
    let is_long = |wanted: &Wanted| wanted.max_tokens.is_none_or(|max_tokens| max_tokens > MOST_TOKENS);
    response.status == StatusCode::OK && ask.expects.wanted().is_some_and(is_long)
}

fn standing(ask: &Ask, status: StatusCode) -> Standing<'_> {
    match (&ask.expects, status.as_u16()) {
        (Expects::Answer(wanted) | Expects::Either(wanted), 200) => Standing::Answer(wanted),
        (_, 429 | 503) | (Expects::Answer(_) | Expects::Either(_), 504) => Standing::Refusal,
        (Expects::Answer(_), 422) if asks_for_errors(ask) => Standing::Refusal,
        (Expects::Rejection | Expects::Either(_), 400..=499) => Standing::Rejection,
        _ => Standing::Wrong,
    }
}

fn asks_for_errors(ask: &Ask) -> bool {
    let (name, value) = FALLBACK_HEADER;
    ask.headers.iter().any(|header| header.0 == name && header.1.as_bytes() == value)
}

/// The fault of a response whose status is wrong: perhaps it is an error that only has the wrong status.
fn wrong(response: &Response) -> Fault {
    let status = response.status.as_u16();
    let error = if status == 200 { error_body::find(&response.body) } else { None };
    match error {
        Some(error) => Fault::ErrorAsSuccess(error_body::message(&error)),
        None => Fault::WrongStatus(status),
    }
}

/// The fault of a body that ended too early.
fn broken_off(response: &Response) -> Option<Fault> {
    match &response.end {
        BodyEnd::Cut(why) => Some(Fault::Truncated(format!("the body: {why}"))),
        BodyEnd::Hung => Some(Fault::Truncated("the rest of the body did not come".to_owned())),
        BodyEnd::Whole | BodyEnd::TooLong => None,
    }
}

fn answer(wanted: &Wanted, exchange: &Exchange, response: &Response, rules: Rules) -> Verdict {
    let (answer, fault) = read(wanted, exchange, response);
    let mut verdict = Verdict::of(Class::Served);
    verdict.faults.extend(fault);
    // Of an answer that we have cut nothing is known but that it came.
    if verdict.faults.is_empty() && response.end != BodyEnd::TooLong {
        honesty::check(wanted, &answer, exchange, response, rules, &mut verdict.faults);
    }
    if verdict.faults.is_empty()
        && let Some(check) = &wanted.check
        && content::is_due(&answer)
    {
        verdict.is_checked = true;
        verdict.faults.extend(content::check(check, &answer.text).err().map(Fault::WrongContent));
    }
    verdict.outcome = answer.label.as_ref().map(|label| label.outcome);
    if answer.is_fallback() {
        verdict.class = Class::Refused;
    } else if answer.is_empty() && response.end != BodyEnd::TooLong {
        verdict.class = Class::Refused;
        verdict.is_empty = true;
        verdict.lacks_usage = lacks_usage(wanted, &answer);
    } else {
        verdict.lacks_usage = response.end != BodyEnd::TooLong && lacks_usage(wanted, &answer);
        verdict.n_tokens = n_tokens(&answer);
        verdict.first_text = answer.first_text_at.map(|at| at.saturating_sub(exchange.intended_at));
    }
    verdict
}

/// Labelled answers have it, or a fault.
fn lacks_usage(wanted: &Wanted, answer: &Answer<'_>) -> bool {
    wanted.way == Way::StreamedWithUsage && answer.usage.is_none() && answer.label.is_none()
}

fn read<'a>(wanted: &Wanted, exchange: &Exchange, response: &'a Response) -> (Answer<'a>, Option<Fault>) {
    let of_form = |fault: Fault| (Answer::default(), Some(fault));
    let is_stream = error_body::is_event_stream(&response.headers);
    let is_json = error_body::is_json(&response.headers);
    if response.body.is_empty() && response.end == BodyEnd::Whole {
        return of_form(malformed("the body is empty"));
    }
    if wanted.way.is_streamed() && is_stream {
        return stream::read(wanted, response, exchange);
    }
    if let Some(fault) = broken_off(response) {
        return of_form(fault);
    }
    if response.end == BodyEnd::TooLong && !wanted.way.is_streamed() && is_json {
        return (Answer { first_text_at: Some(arrived_at(exchange, response)), ..Answer::default() }, None);
    }
    if !wanted.way.is_streamed() && is_json {
        return match whole::read(wanted, &response.body, arrived_at(exchange, response)) {
            Ok(answer) => (answer, None),
            Err(fault) => of_form(fault),
        };
    }
    if let Some(error) = error_body::find(&response.body) {
        return of_form(Fault::ErrorAsSuccess(error_body::message(&error)));
    }
    of_form(if is_stream {
        malformed("a stream, where an answer in one piece was asked for")
    } else if is_json {
        malformed("an answer in one piece, where a stream was asked for")
    } else {
        malformed(format!("the content-type is {}", error_body::content_type(&response.headers)))
    })
}

/// When the last of a body had come.
fn arrived_at(exchange: &Exchange, response: &Response) -> Duration {
    response.arrivals.last().map_or(exchange.ended_at, |arrival| arrival.at)
}

fn n_tokens(answer: &Answer<'_>) -> u64 {
    match answer.usage {
        Some(usage) if usage.n_completion > 0 => usage.n_completion,
        _ => answer.n_pieces,
    }
}
