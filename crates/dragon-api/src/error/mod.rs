//! Everything that can be answered with an error, and how each looks on the wire.
//!
//! Every variant is one row of the table in `row`: status, `type`, `code`. The message is the
//! variant's `Display` and always says what was wrong and, where there is one, the remedy. The table in
//! `docs/API.md` is compared with this one by a test.

use std::time::Duration;

use dragon_core::label::Reason;

use crate::paths::nearest_endpoint;
use crate::quote::{quote, shorten};

mod limit;
mod row;
mod wire;

pub use limit::Limit;

/// Stands for the field's path in errors that concern the body as a whole; `error.param` is `null` there.
pub const BODY: &str = "The body";

/// An answer with a status other than 200.
///
/// Texts that come from a client are shortened by the constructors; whoever builds a variant directly with
/// such text has to do that, too.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The body is not UTF-8.
    #[error("The body is not valid UTF-8: the byte at offset {offset} cannot stand there.")]
    InvalidUtf8 {
        /// Offset of the first wrong byte.
        offset: usize,
    },
    /// The body is not JSON.
    #[error("The body is not valid JSON: {problem} (line {line}, column {column}).")]
    InvalidJson {
        /// What the parser met, in its words.
        problem: String,
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
    },
    /// A required field is absent or `null`.
    #[error("{param} is required: {expected}.")]
    MissingField {
        /// Path of the field.
        param: String,
        /// What belongs there.
        expected: &'static str,
    },
    /// A value of the wrong JSON type.
    #[error("{param} must be {expected}, not {found}.")]
    InvalidType {
        /// Path of the field, or [`BODY`].
        param: String,
        /// What is allowed.
        expected: &'static str,
        /// The JSON type that was there.
        found: &'static str,
    },
    /// A value of the right type that is not allowed.
    #[error("{param} {problem}.")]
    InvalidValue {
        /// Path of the field, name of a header, or [`BODY`].
        param: String,
        /// What is wrong and what is allowed, as the end of a sentence that begins with the field.
        problem: String,
    },
    /// A field, or a value of it, that asks for what this server cannot do.
    #[error("{param} is not supported: {remedy}.")]
    Unsupported {
        /// Path of the field.
        param: String,
        /// What to do instead.
        remedy: String,
    },
    /// Prompt over the model's context.
    #[error(
        "The prompt has {n_prompt} tokens or more, and the context holds {context}, at least one of which must be left \
         for the answer. Shorten the prompt."
    )]
    ContextTooLong {
        /// Where the prompt came from: `messages` or `prompt`.
        param: &'static str,
        /// Tokens of the prompt, as far as they were counted: a text that is far too long is not.
        n_prompt: u32,
        /// Tokens that one sequence's context holds.
        context: u32,
    },
    /// Chat with a model whose file has no chat template.
    #[error(
        "The file of {model:?} has no chat template. Use /v1/completions, or set `chat_template = FILE` for the \
         model in the server's configuration."
    )]
    NoChatTemplate {
        /// Id of the model.
        model: String,
    },
    /// No served model has this id.
    #[error("The model {model} is not served here. Served: {}.", list(.served))]
    ModelNotFound {
        /// The id that was asked for, quoted and shortened.
        model: String,
        /// Ids of the served models.
        served: Vec<String>,
    },
    /// No endpoint has this path.
    #[error("There is no {path} here. The nearest endpoint is {nearest}.")]
    UnknownPath {
        /// The path that was asked for, quoted and shortened.
        path: String,
        /// The path of the endpoint that was most likely meant.
        nearest: &'static str,
    },
    /// The endpoint exists, the method does not.
    #[error("This endpoint does not take {method}. Allowed: {allow}.")]
    MethodNotAllowed {
        /// The method that was used, shortened.
        method: String,
        /// The `Allow` header.
        allow: &'static str,
    },
    /// What came is no request of HTTP/1.1, or one that two readers could read differently.
    #[error("This is not a valid request of HTTP/1.1: {problem}.")]
    NotHttp {
        /// What is wrong; begins with a small letter and has no full stop.
        problem: String,
    },
    /// Something other than TLS, where only TLS is spoken.
    #[error("This port speaks TLS only. Use https:// in place of http://.")]
    TlsRequired,
    /// A body that comes too slowly.
    #[error(
        "The body came too slowly: {n_bytes} bytes in {} ms. After {} ms it must have come at {floor} bytes a second \
         or more.", .elapsed.as_millis(), .grace.as_millis()
    )]
    BodyTooSlow {
        /// Bytes that came.
        n_bytes: usize,
        /// Since the head was read.
        elapsed: Duration,
        /// From when on the rate counts.
        grace: Duration,
        /// The least rate, in bytes a second.
        floor: u32,
    },
    /// Head or body did not arrive in time.
    #[error("The request did not arrive in full within {} ms.", .limit.as_millis())]
    RequestTimeout {
        /// The limit that passed.
        limit: Duration,
    },
    /// A body without a length.
    #[error("The request has no Content-Length and is not chunked. Send one of the two.")]
    LengthRequired,
    /// A body over the limit.
    #[error("The body is longer than the {limit_bytes} bytes that are accepted (`max_body_bytes`).")]
    BodyTooLarge {
        /// The limit.
        limit_bytes: usize,
    },
    /// A request target over the limit.
    #[error("The request target is longer than the {limit_bytes} bytes that are accepted.")]
    UriTooLong {
        /// The limit.
        limit_bytes: usize,
    },
    /// A body that says it is not plain JSON in UTF-8.
    #[error("The {header} {found} is not supported. Send application/json in UTF-8, not compressed.")]
    UnsupportedMediaType {
        /// The header that says so.
        header: &'static str,
        /// Its value, quoted and shortened.
        found: String,
    },
    /// A `Host` that this server does not answer to.
    #[error(
        "The Host {host} is not served here: a web page must not reach a local model unasked. Use the \
         server's own address, or add the name to `allowed_hosts`."
    )]
    ForbiddenHost {
        /// The host that was given, quoted and shortened.
        host: String,
    },
    /// A web page of a foreign origin.
    #[error("Web pages of {origin} may not use this server. Add the origin to `cors_origins` to allow them.")]
    ForbiddenOrigin {
        /// The origin that was given, quoted and shortened.
        origin: String,
    },
    /// A request head over one of the limits.
    #[error(
        "The request head has more than the {limit_fields} fields or {limit_bytes} bytes that are accepted."
    )]
    HeadersTooLarge {
        /// The limit on all of it.
        limit_bytes: usize,
        /// The limit on its fields.
        limit_fields: usize,
    },
    /// As many connections are open as the server keeps.
    #[error(
        "{limit} connections are open, which is as many as this server keeps (`max_connections`). Try again in a moment."
    )]
    TooManyConnections {
        /// The limit.
        limit: usize,
    },
    /// The process may open no more files, and a connection is one.
    #[error("The server has no file descriptor left for another connection. Try again in a moment.")]
    OutOfDescriptors,
    /// As many connections are open from one address as one may have.
    #[error(
        "{limit} connections from your address are open, which is as many as one address may have \
         (`max_connections_per_address`). Close some, or use them again."
    )]
    TooManyConnectionsFromAddress {
        /// The limit.
        limit: usize,
    },
    /// No key, or one that is not known.
    #[error("A known API key is required. Send it as `Authorization: Bearer KEY`.")]
    Unauthorized,
    /// A limit that was set for this client is used up.
    #[error("{0}.")]
    LimitReached(Limit),
    /// What would have been a fallback, for a client that prefers an error.
    #[error("{}", unanswered_in_words(*.reason, .detail.as_deref()))]
    Unanswered {
        /// The reason that a fallback would name.
        reason: Reason,
        /// The decision in words, with its numbers; begins with a small letter and has no full stop.
        detail: Option<String>,
    },
    /// A defect of the server.
    #[error("The server met a defect of its own and could not answer. Its log says more.")]
    Internal,
}

// === impl ApiError ===

impl ApiError {
    /// A value that is not allowed. `problem` ends a sentence that begins with `param`: "must be ...".
    /// A `param` that a client made long is shortened.
    pub fn invalid(param: impl AsRef<str>, problem: impl Into<String>) -> Self {
        Self::InvalidValue { param: shorten(param.as_ref()), problem: problem.into() }
    }

    /// A field, or a value of it, that this server or this model cannot honour, and what to do instead.
    /// A `param` that a client made long is shortened.
    pub fn unsupported(param: impl AsRef<str>, remedy: impl Into<String>) -> Self {
        Self::Unsupported { param: shorten(param.as_ref()), remedy: remedy.into() }
    }

    /// No served model is called `model`.
    pub fn model_not_found(model: &str, served: Vec<String>) -> Self {
        Self::ModelNotFound { model: quote(model), served }
    }

    /// No endpoint has this path; finds the nearest one that has.
    pub fn unknown_path(path: &str) -> Self {
        Self::UnknownPath { path: quote(path), nearest: nearest_endpoint(path) }
    }

    /// The endpoint does not take `method`.
    pub fn method_not_allowed(method: &str, allow: &'static str) -> Self {
        Self::MethodNotAllowed { method: shorten(method), allow }
    }

    /// The body's declared type is not JSON, or not in UTF-8.
    pub fn unsupported_media_type(found: &str) -> Self {
        Self::UnsupportedMediaType { header: "Content-Type", found: quote(found) }
    }

    /// The body is compressed, or encoded in some other way.
    pub fn unsupported_content_encoding(found: &str) -> Self {
        Self::UnsupportedMediaType { header: "Content-Encoding", found: quote(found) }
    }

    /// The body's chunks hold something encoded.
    pub fn unsupported_transfer_encoding(found: &str) -> Self {
        Self::UnsupportedMediaType { header: "Transfer-Encoding", found: quote(found) }
    }

    /// `Host` is not one of ours.
    pub fn forbidden_host(host: &str) -> Self {
        Self::ForbiddenHost { host: quote(host) }
    }

    /// `Origin` is not one that may use this server.
    pub fn forbidden_origin(origin: &str) -> Self {
        Self::ForbiddenOrigin { origin: quote(origin) }
    }

    /// `error.param`: the field or header at fault, where there is one.
    pub fn param(&self) -> Option<&str> {
        let param = match self {
            Self::MissingField { param, .. }
            | Self::InvalidType { param, .. }
            | Self::InvalidValue { param, .. }
            | Self::Unsupported { param, .. } => param.as_str(),
            Self::ContextTooLong { param, .. } => param,
            Self::ModelNotFound { .. } | Self::NoChatTemplate { .. } => "model",
            _ => return None,
        };
        Some(param).filter(|param| *param != BODY)
    }
}

fn unanswered_in_words(reason: Reason, detail: Option<&str>) -> String {
    detail.map_or_else(
        || reason.sentence().to_owned(),
        |detail| format!("The model gives no answer: {detail}."),
    )
}

fn list(ids: &[String]) -> String {
    if ids.is_empty() { "nothing".to_owned() } else { ids.join(", ") }
}
