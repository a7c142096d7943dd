//! Ordinary requests for words of the model: what most attacks send much of, and the bystander a little.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Map, Value, json};

use crate::ask::{Ask, Check, Endpoint, Expects, Wanted, Way};

/// What bodies are.
pub(crate) const JSON: (HeaderName, HeaderValue) =
    (CONTENT_TYPE, HeaderValue::from_static("application/json"));

/// A request for words of the model.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'a> {
    pub(crate) endpoint: Endpoint,
    pub(crate) way: Way,
    pub(crate) model: &'a str,
    /// What the user says, or how the text begins.
    pub(crate) text: &'a str,
    pub(crate) max_tokens: u64,
    /// The server's own where there is none.
    pub(crate) temperature: Option<f64>,
}

// === impl Wish ===

impl Wish<'_> {
    /// The body as a document, to which more can be added.
    pub(crate) fn document(&self) -> Map<String, Value> {
        let mut document = Map::new();
        document.insert("model".to_owned(), self.model.into());
        match self.endpoint {
            Endpoint::Chat => {
                document.insert("messages".to_owned(), json!([{ "role": "user", "content": self.text }]));
            }
            Endpoint::Completions => {
                document.insert("prompt".to_owned(), self.text.into());
            }
        }
        document.insert("max_tokens".to_owned(), self.max_tokens.into());
        if let Some(temperature) = self.temperature {
            document.insert("temperature".to_owned(), temperature.into());
        }
        if self.way.is_streamed() {
            document.insert("stream".to_owned(), true.into());
        }
        if self.way == Way::StreamedWithUsage {
            document.insert("stream_options".to_owned(), json!({ "include_usage": true }));
        }
        document
    }

    /// The body in bytes.
    pub(crate) fn body(&self) -> Vec<u8> {
        Value::Object(self.document()).to_string().into_bytes()
    }

    pub(crate) fn wanted(&self) -> Wanted {
        Wanted {
            endpoint: self.endpoint,
            way: self.way,
            model: self.model.to_owned(),
            max_tokens: Some(self.max_tokens),
            check: None,
        }
    }

    /// An answer is owed for it.
    pub(crate) fn ask(&self) -> Ask {
        post(self.endpoint.path(), self.body(), Expects::Answer(self.wanted()))
    }

    /// An answer is owed for it, with this in it.
    pub(crate) fn ask_with(&self, check: Check) -> Ask {
        let wanted = Wanted { check: Some(check), ..self.wanted() };
        post(self.endpoint.path(), self.body(), Expects::Answer(wanted))
    }
}

/// A POST of JSON, or of what is said to be.
pub(crate) fn post(path: &str, body: impl Into<Bytes>, expects: Expects) -> Ask {
    Ask { method: Method::POST, path: path.to_owned(), headers: vec![JSON], body: body.into(), expects }
}

/// One of the three ways.
pub(crate) fn any_way(dice: &mut fastrand::Rng) -> Way {
    one_of(&[Way::Whole, Way::StreamedWithUsage, Way::Streamed], dice)
}

/// One of the two endpoints; chats are asked for more often, as everywhere.
pub(crate) fn any_endpoint(dice: &mut fastrand::Rng) -> Endpoint {
    if dice.u32(..4) == 0 { Endpoint::Completions } else { Endpoint::Chat }
}

/// One of these.
pub(crate) fn one_of<T: Copy, const N: usize>(these: &[T; N], dice: &mut fastrand::Rng) -> T {
    const { assert!(N > 0, "one of none") };
    #[expect(clippy::indexing_slicing, reason = "below the length, which is not zero")]
    these[dice.usize(..N)]
}
