//! Requests as these tests send them, and answers in one form whichever way they came.

use dragon_testkit::harness::{Response, Server};
use serde_json::{Value, json};

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint {
    Chat,
    Completions,
}

/// How the answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Whole,
    Streamed,
}

pub(super) const BOTH_WAYS: [Way; 2] = [Way::Whole, Way::Streamed];

/// An answer with its choices in the order of their indices.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) choices: Vec<Choice>,
    pub(super) usage: Value,
    /// The object `dragon`.
    pub(super) label: Value,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Choice {
    pub(super) text: String,
    pub(super) reasoning: String,
    pub(super) finish: String,
    pub(super) logprobs: Vec<Entry>,
}

/// The log-probability of one token.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) token: String,
    /// Of chat answers; empty for completions, which have none.
    pub(super) bytes: Vec<u8>,
    pub(super) logprob: f64,
    /// As the endpoint writes them.
    pub(super) top: Value,
}

/// A greedy completion by the tiny model that does not end itself.
pub(super) fn completion(prompt: &str, n_tokens: usize, more: Value) -> Value {
    let base = json!({
        "model": "tiny", "prompt": prompt, "max_tokens": n_tokens, "ignore_eos": true, "temperature": 0,
    });
    with(base, more)
}

/// A greedy chat with the tiny model that does not end itself.
pub(super) fn chat(user: &str, n_tokens: usize, more: Value) -> Value {
    let messages = json!([{ "role": "user", "content": user }]);
    let base = json!({
        "model": "tiny", "messages": messages, "max_tokens": n_tokens, "ignore_eos": true, "temperature": 0,
    });
    with(base, more)
}

/// Every token may be drawn with its own probability.
pub(super) fn unfiltered(temperature: f64, seed: u64) -> Value {
    json!({ "temperature": temperature, "top_p": 1, "top_k": 0, "min_p": 0, "seed": seed })
}

/// The fields of `more` beside or in place of those of `base`. A field set to `null` is left out.
pub(super) fn with(mut base: Value, more: Value) -> Value {
    let fields = base.as_object_mut().unwrap();
    for (name, value) in more.as_object().unwrap() {
        fields.insert(name.clone(), value.clone());
    }
    fields.retain(|_, value| !value.is_null());
    base
}

/// An answer with status 200.
pub(super) fn ask(server: &Server, endpoint: Endpoint, body: &Value, way: Way) -> Answer {
    match way {
        Way::Whole => whole(&server.post(endpoint.path(), body)),
        Way::Streamed => {
            let options = json!({ "stream": true, "stream_options": { "include_usage": true } });
            let stream = server.stream(endpoint.path(), &with(body.clone(), options));
            assert_eq!(stream.head.status, 200);
            streamed(&stream.chunks())
        }
    }
}

/// A whole answer to a completion.
pub(super) fn complete(server: &Server, body: &Value) -> Answer {
    ask(server, Endpoint::Completions, body, Way::Whole)
}

/// Reads a whole answer.
pub(super) fn whole(response: &Response) -> Answer {
    let document = response.json();
    assert_eq!(response.status, 200, "{document}");
    let choices = document["choices"].as_array().unwrap().iter().enumerate().map(|(index, choice)| {
        assert_eq!(choice["index"], index);
        let mut read = Choice::default();
        read.extend(choice, &choice["message"]);
        read
    });
    Answer { choices: choices.collect(), usage: document["usage"].clone(), label: document["dragon"].clone() }
}

/// Joins the chunks of a stream whose last chunk carries the usage.
pub(super) fn streamed(chunks: &[Value]) -> Answer {
    let mut choices: Vec<Choice> = Vec::new();
    for choice in chunks.iter().flat_map(|chunk| chunk["choices"].as_array().unwrap()) {
        let index = usize::try_from(choice["index"].as_u64().unwrap()).unwrap();
        if index >= choices.len() {
            choices.resize(index + 1, Choice::default());
        }
        assert_eq!(choices[index].finish, "", "choice {index} goes on after its end");
        choices[index].extend(choice, &choice["delta"]);
    }
    let last = chunks.last().unwrap();
    Answer { choices, usage: last["usage"].clone(), label: last["dragon"].clone() }
}

/// The error of a response with this status.
pub(super) fn refused(response: &Response, status: u16) -> Value {
    let document = response.json();
    assert_eq!(response.status, status, "{document}");
    document["error"].clone()
}

// === impl Endpoint ===

impl Endpoint {
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Chat => "/v1/chat/completions",
            Self::Completions => "/v1/completions",
        }
    }
}

// === impl Answer ===

impl Answer {
    /// The text of the only choice.
    pub(super) fn text(&self) -> &str {
        assert_eq!(self.choices.len(), 1);
        &self.choices[0].text
    }

    pub(super) fn texts(&self) -> Vec<&str> {
        self.choices.iter().map(|choice| choice.text.as_str()).collect()
    }

    pub(super) fn n_completion(&self) -> usize {
        count(&self.usage["completion_tokens"])
    }

    pub(super) fn n_prompt(&self) -> usize {
        count(&self.usage["prompt_tokens"])
    }

    pub(super) fn n_cached(&self) -> usize {
        count(&self.usage["prompt_tokens_details"]["cached_tokens"])
    }

    /// Asserts how it ended.
    pub(super) fn assert_ended(&self, outcome: &str, reason: Option<&str>, finish: &str) {
        assert_eq!((&self.label["outcome"], &self.label["reason"]), (&json!(outcome), &json!(reason)));
        for choice in &self.choices {
            assert_eq!(choice.finish, finish, "{self:?}");
        }
    }
}

fn count(number: &Value) -> usize {
    usize::try_from(number.as_u64().unwrap()).unwrap()
}

// === impl Choice ===

impl Choice {
    /// Adds what one `choice` object brings; chat keeps its text in `inner`.
    fn extend(&mut self, choice: &Value, inner: &Value) {
        let text = choice["text"].as_str().or(inner["content"].as_str());
        self.text += text.unwrap_or_default();
        self.reasoning += inner["reasoning_content"].as_str().unwrap_or_default();
        self.finish += choice["finish_reason"].as_str().unwrap_or_default();
        self.logprobs.extend(entries(&choice["logprobs"]));
    }
}

fn entries(logprobs: &Value) -> Vec<Entry> {
    if let Some(content) = logprobs["content"].as_array() {
        return content.iter().map(chat_entry).collect();
    }
    let list = |name: &str| logprobs[name].as_array().cloned().unwrap_or_default();
    let (tokens, numbers, tops) = (list("tokens"), list("token_logprobs"), list("top_logprobs"));
    assert_eq!((tokens.len(), tokens.len()), (numbers.len(), tops.len()), "{logprobs}");
    let rows = tokens.iter().zip(&numbers).zip(&tops);
    rows.map(|((token, logprob), top)| Entry {
        token: token.as_str().unwrap().to_owned(),
        bytes: Vec::new(),
        logprob: logprob.as_f64().unwrap(),
        top: top.clone(),
    })
    .collect()
}

pub(super) fn chat_entry(entry: &Value) -> Entry {
    let bytes = entry["bytes"].as_array().unwrap().iter();
    Entry {
        token: entry["token"].as_str().unwrap().to_owned(),
        bytes: bytes.map(|byte| u8::try_from(byte.as_u64().unwrap()).unwrap()).collect(),
        logprob: entry["logprob"].as_f64().unwrap(),
        top: entry["top_logprobs"].clone(),
    }
}
