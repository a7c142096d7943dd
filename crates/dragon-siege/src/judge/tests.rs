//! A right answer passes in every form; then each mistake is planted, one at a time, and has to be named.

mod content;
mod forms;
mod lies;
mod properties;
mod statuses;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

use super::*;
use crate::ask::{Check, Endpoint, Expects, Wanted, Way};
use crate::exchange::{Arrival, BodyEnd, Response};

const TEXT: &str = "The capital of France is Paris.";
const RULES: Rules = Rules { deadline: Duration::from_secs(10), grace: Duration::from_millis(250) };

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// An answer as it is planned, before it becomes bytes.
#[derive(Clone)]
struct Plan {
    wanted: Wanted,
    pieces: Vec<&'static str>,
    finish: &'static str,
    usage: Value,
    /// Null: a server without labels.
    label: Value,
}

/// What a test changes about the finished exchange.
#[derive(Clone)]
struct Case {
    ask: Ask,
    exchange: Exchange,
}

fn label(outcome: &str, reason: Option<&str>) -> Value {
    json!({
        "outcome": outcome, "reason": reason, "model": "tiny", "deadline_ms": 10_000, "queue_ms": 1,
        "prefill_ms": 2, "decode_ms": 300, "seed": 7, "shared": false, "replays": 0, "ignored": [],
    })
}

fn usage(n_prompt: u64, n_completion: u64) -> Value {
    json!({
        "prompt_tokens": n_prompt, "completion_tokens": n_completion, "total_tokens": n_prompt + n_completion,
    })
}

fn plan(endpoint: Endpoint, way: Way) -> Plan {
    let check = Some(Check::OneOf(vec!["Paris".to_owned()]));
    Plan {
        wanted: Wanted { endpoint, way, model: "tiny".to_owned(), max_tokens: Some(64), check },
        pieces: TEXT.split_inclusive(' ').collect(),
        finish: "stop",
        usage: usage(12, 7),
        label: Value::Null,
    }
}

fn labelled(endpoint: Endpoint, way: Way) -> Plan {
    Plan { label: label("complete", None), ..plan(endpoint, way) }
}

/// Each form, without a label and with one.
fn every_form() -> Vec<Plan> {
    let mut all = Vec::new();
    for endpoint in [Endpoint::Chat, Endpoint::Completions] {
        for way in [Way::Whole, Way::Streamed, Way::StreamedWithUsage] {
            all.extend([plan(endpoint, way), labelled(endpoint, way)]);
        }
    }
    all
}

fn ask(expects: Expects) -> Ask {
    Ask {
        method: Method::POST,
        path: "/v1/chat/completions".to_owned(),
        headers: Vec::new(),
        body: "{}".into(),
        expects,
    }
}

/// Anything that is no stream.
fn response(status: u16, content_type: Option<&str>, body: impl Into<bytes::Bytes>) -> Exchange {
    let mut headers = HeaderMap::new();
    if let Some(content_type) = content_type {
        headers.insert("content-type", HeaderValue::from_str(content_type).unwrap());
    }
    let body = body.into();
    let arrivals = vec![Arrival { at: ms(1_400), body_len: body.len() }];
    let status = StatusCode::from_u16(status).unwrap();
    let end = BodyEnd::Whole;
    exchange(Reply::Response(Response { status, headers, body, arrivals, end }))
}

fn exchange(reply: Reply) -> Exchange {
    Exchange { intended_at: ms(1_000), sent_at: ms(1_010), ended_at: ms(1_500), reply }
}

/// An error of OpenAI's form.
fn error(status: u16) -> Exchange {
    let body = json!({"error": {"message": "no", "type": "server_error", "param": null, "code": null}});
    response(status, Some("application/json"), body.to_string())
}

fn kinds(verdict: &Verdict) -> Vec<&'static str> {
    verdict.faults.iter().map(Fault::kind).collect()
}

// === impl Plan ===

impl Plan {
    fn frame(&self, object: &str) -> Value {
        let object = if self.wanted.endpoint == Endpoint::Chat { object } else { "text_completion" };
        json!({"id": "cmpl-1", "object": object, "created": 17, "model": "tiny", "choices": []})
    }

    fn chunk(&self, text: &str, finish: Option<&str>) -> Value {
        let mut chunk = self.frame("chat.completion.chunk");
        let mut choice = json!({"index": 0, "logprobs": null, "finish_reason": finish});
        match self.wanted.endpoint {
            Endpoint::Chat if text.is_empty() => choice["delta"] = json!({}),
            Endpoint::Chat => choice["delta"] = json!({"content": text}),
            Endpoint::Completions => choice["text"] = json!(text),
        }
        chunk["choices"] = json!([choice]);
        chunk
    }

    fn chunks(&self) -> Vec<Value> {
        let mut chunks = Vec::new();
        if self.wanted.endpoint == Endpoint::Chat {
            let mut opening = self.chunk("", None);
            opening["choices"][0]["delta"] = json!({"role": "assistant", "content": null});
            chunks.push(opening);
        }
        chunks.extend(self.pieces.iter().map(|piece| self.chunk(piece, None)));
        chunks.push(self.chunk("", Some(self.finish)));
        if self.wanted.way == Way::StreamedWithUsage {
            let mut last = self.frame("chat.completion.chunk");
            last["usage"] = self.usage.clone();
            chunks.push(last);
        }
        if !self.label.is_null() {
            chunks.last_mut().unwrap()["dragon"] = self.label.clone();
        }
        chunks
    }

    fn document(&self) -> Value {
        let mut document = self.frame("chat.completion");
        let mut choice = json!({"index": 0, "logprobs": null, "finish_reason": self.finish});
        match self.wanted.endpoint {
            Endpoint::Chat => {
                choice["message"] =
                    json!({"role": "assistant", "content": self.pieces.concat(), "refusal": null});
            }
            Endpoint::Completions => choice["text"] = json!(self.pieces.concat()),
        }
        document["choices"] = json!([choice]);
        document["usage"] = self.usage.clone();
        if !self.label.is_null() {
            document["dragon"] = self.label.clone();
        }
        document
    }

    /// The documents that make up the answer, before they become bytes.
    fn documents(&self) -> Vec<Value> {
        if self.wanted.way == Way::Whole { vec![self.document()] } else { self.chunks() }
    }

    fn case(&self) -> Case {
        self.case_of(&self.documents())
    }

    /// The same answer of other documents.
    fn case_of(&self, documents: &[Value]) -> Case {
        let exchange = match self.wanted.way {
            Way::Whole => whole(&documents[0]),
            Way::Streamed | Way::StreamedWithUsage => {
                let mut events: Vec<String> =
                    documents.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
                events.push("data: [DONE]\n\n".to_owned());
                stream(&events)
            }
        };
        Case { ask: ask(Expects::Answer(self.wanted.clone())), exchange }
    }

    fn judge(&self) -> Verdict {
        self.case().judge()
    }

    /// With each of its documents changed in turn.
    fn each_changed(&self, change: impl Fn(&mut Value)) -> Vec<Verdict> {
        let documents = self.documents();
        let changed = |index: usize| {
            let mut documents = documents.clone();
            change(&mut documents[index]);
            self.case_of(&documents).judge()
        };
        (0..documents.len()).map(changed).collect()
    }
}

fn whole(document: &Value) -> Exchange {
    let mut exchange = response(200, Some("application/json; charset=utf-8"), document.to_string());
    let Reply::Response(response) = &mut exchange.reply else { unreachable!() };
    for (name, field) in [("x-dragon-outcome", "outcome"), ("x-dragon-reason", "reason")] {
        if let Some(value) = document["dragon"][field].as_str() {
            response.headers.insert(HeaderName::from_static(name), value.parse().unwrap());
        }
    }
    exchange
}

/// One event every 10 ms.
fn stream(events: &[String]) -> Exchange {
    let mut exchange = response(200, Some("text/event-stream"), events.concat());
    let Reply::Response(response) = &mut exchange.reply else { unreachable!() };
    response.arrivals.clear();
    let (mut at, mut body_len) = (ms(1_100), 0);
    for event in events {
        body_len += event.len();
        response.arrivals.push(Arrival { at, body_len });
        at += ms(10);
    }
    exchange
}

// === impl Case ===

impl Case {
    fn judge(&self) -> Verdict {
        judge(&self.ask, &self.exchange, RULES)
    }

    fn response(&mut self) -> &mut Response {
        match &mut self.exchange.reply {
            Reply::Response(response) => response,
            Reply::None(_) => panic!("there is no response"),
        }
    }

    /// The first bytes only, ended like this.
    fn cut(mut self, n_bytes: usize, end: BodyEnd) -> Self {
        let response = self.response();
        response.body.truncate(n_bytes);
        response.arrivals.retain(|arrival| arrival.body_len < n_bytes);
        response.arrivals.push(Arrival { at: ms(1_450), body_len: n_bytes });
        response.end = end;
        self
    }
}
