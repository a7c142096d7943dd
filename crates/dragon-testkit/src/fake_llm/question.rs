//! Requests, checked as OpenAI's API checks them.

use http::{HeaderMap, Method};
use serde_json::{Map, Value};

use super::MODEL;

/// What is asked.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) endpoint: Endpoint,
    pub(super) prompt: String,
    pub(super) max_tokens: Option<u64>,
    pub(super) is_streamed: bool,
    pub(super) wants_usage: bool,
    /// From the header; for the label.
    pub(super) deadline_ms: u64,
}

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    Models,
    Generate(Endpoint),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint {
    Chat,
    Completions,
}

/// Why a request is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) status: u16,
    pub(super) message: String,
    /// What `allow` has to say.
    pub(super) allow: Option<&'static str>,
}

fn wrong(status: u16, message: impl Into<String>) -> Wrong {
    Wrong { status, message: message.into(), allow: None }
}

fn invalid(message: impl Into<String>) -> Wrong {
    wrong(400, message)
}

/// A body has more than so many bytes.
pub(super) fn too_long(max_bytes: usize) -> Wrong {
    wrong(413, format!("the body has more than {max_bytes} bytes"))
}

/// Where a request goes.
pub(super) fn route(method: &Method, path: &str) -> Result<Route, Wrong> {
    let (route, allow) = match path {
        "/v1/models" => (Route::Models, "GET"),
        "/v1/chat/completions" => (Route::Generate(Endpoint::Chat), "POST"),
        "/v1/completions" => (Route::Generate(Endpoint::Completions), "POST"),
        _ => return Err(wrong(404, format!("there is no {path}"))),
    };
    if method.as_str() == allow {
        Ok(route)
    } else {
        Err(Wrong { allow: Some(allow), ..wrong(405, format!("{path} takes {allow}")) })
    }
}

/// Reads a request.
pub(super) fn read(endpoint: Endpoint, headers: &HeaderMap, body: &[u8]) -> Result<Question, Wrong> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if header("content-type").is_some_and(|value| !value.starts_with("application/json")) {
        return Err(wrong(415, "the content-type has to be application/json"));
    }
    let deadline_ms = match header("x-dragon-deadline-ms") {
        None => 10_000,
        Some(value) => value.parse().map_err(|_| invalid("x-dragon-deadline-ms is no number"))?,
    };
    let document: Value =
        serde_json::from_slice(body).map_err(|error| invalid(format!("no JSON: {error}")))?;
    let fields = document.as_object().ok_or_else(|| invalid("the body is no object"))?;
    check_model(fields)?;
    check_sampling(fields)?;
    let max_tokens = max_tokens(fields)?;
    let prompt = match endpoint {
        Endpoint::Chat => last_message(fields)?,
        Endpoint::Completions => text(fields.get("prompt"), "prompt")?,
    };
    let stream_options = fields.get("stream_options").unwrap_or(&Value::Null);
    Ok(Question {
        endpoint,
        prompt,
        max_tokens,
        is_streamed: flag(fields.get("stream"), "stream")?,
        wants_usage: flag(stream_options.get("include_usage"), "stream_options.include_usage")?,
        deadline_ms,
    })
}

fn check_model(fields: &Map<String, Value>) -> Result<(), Wrong> {
    match fields.get("model") {
        Some(Value::String(model)) if model == MODEL => Ok(()),
        Some(Value::String(model)) => Err(wrong(404, format!("there is no model {model:?}, but {MODEL}"))),
        _ => Err(invalid("`model` has to be text")),
    }
}

/// Fields without any effect here, which may not be nonsense all the same.
fn check_sampling(fields: &Map<String, Value>) -> Result<(), Wrong> {
    for (name, from, to) in [
        ("temperature", 0.0, 2.0),
        ("top_p", 0.0, 1.0),
        ("presence_penalty", -2.0, 2.0),
        ("frequency_penalty", -2.0, 2.0),
        ("n", 1.0, 1.0),
    ] {
        let is_right = match fields.get(name) {
            None | Some(Value::Null) => true,
            Some(value) => value.as_f64().is_some_and(|number| (from..=to).contains(&number)),
        };
        if !is_right {
            return Err(invalid(format!("`{name}` has to be a number from {from} to {to}")));
        }
    }
    Ok(())
}

fn max_tokens(fields: &Map<String, Value>) -> Result<Option<u64>, Wrong> {
    let given = ["max_completion_tokens", "max_tokens"].into_iter().find_map(|name| fields.get(name));
    match given {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_u64() {
            Some(0) | None => Err(invalid("`max_tokens` has to be a whole number of at least 1")),
            Some(max_tokens) => Ok(Some(max_tokens)),
        },
    }
}

fn last_message(fields: &Map<String, Value>) -> Result<String, Wrong> {
    let messages = fields.get("messages").and_then(Value::as_array);
    let messages = messages.filter(|messages| !messages.is_empty());
    let messages = messages.ok_or_else(|| invalid("`messages` has to be a list of at least one"))?;
    let mut last = String::new();
    for message in messages {
        match message.get("role").and_then(Value::as_str) {
            Some("system" | "developer" | "user" | "assistant") => {}
            _ => return Err(invalid("`messages[].role` is none that there is")),
        }
        last = text(message.get("content"), "messages[].content")?;
    }
    Ok(last)
}

fn text(value: Option<&Value>, name: &str) -> Result<String, Wrong> {
    let text = value.and_then(Value::as_str).ok_or_else(|| invalid(format!("`{name}` has to be text")))?;
    Ok(text.to_owned())
}

fn flag(value: Option<&Value>, name: &str) -> Result<bool, Wrong> {
    match value {
        None | Some(Value::Null) => Ok(false),
        Some(value) => value.as_bool().ok_or_else(|| invalid(format!("`{name}` has to be true or false"))),
    }
}

// === impl Question ===

impl Question {
    /// For those who answer whatever comes.
    pub(super) fn any(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            prompt: String::new(),
            max_tokens: None,
            is_streamed: false,
            wants_usage: false,
            deadline_ms: 10_000,
        }
    }
}
