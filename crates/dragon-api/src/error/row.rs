//! The error table: status, `type` and `code` of every variant.

use std::time::Duration;

use dragon_core::label::Reason;

use super::ApiError;

/// What an error is on the wire, besides its words.
struct Row {
    status: u16,
    kind: &'static str,
    code: &'static str,
}

/// OpenAI's `type` for what the client has to change.
const INVALID: &str = "invalid_request_error";
/// OpenAI's `type` for what may succeed later without a change.
const LIMITED: &str = "rate_limit_error";
/// OpenAI's `type` for what is not the client's doing.
const SERVER: &str = "server_error";

/// When asking again makes sense after a full queue: it moves by whole answers, which take about this long.
const BUSY_RETRY: Duration = Duration::from_secs(1);
/// An engine is started again within this, unless it fails repeatedly.
const RESTART_RETRY: Duration = Duration::from_secs(2);
/// A stopping server is replaced or restarted in about this time.
const SHUTDOWN_RETRY: Duration = Duration::from_secs(10);
/// A quarantined request stays refused for a while, so that a loop of retries does not wear the engine down.
const QUARANTINE_RETRY: Duration = Duration::from_secs(60);

// === impl ApiError ===

impl ApiError {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.row().status
    }

    /// `error.type`.
    pub fn kind(&self) -> &'static str {
        self.row().kind
    }

    /// `error.code`.
    pub fn code(&self) -> &'static str {
        self.row().code
    }

    /// For what may succeed later unchanged: after how long.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unanswered { reason, .. } => Some(retry_after(*reason)),
            Self::LimitReached(limit) => Some(limit.retry_after()),
            Self::TooManyConnections { .. }
            | Self::TooManyConnectionsFromAddress { .. }
            | Self::OutOfDescriptors => Some(BUSY_RETRY),
            _ => None,
        }
    }

    fn row(&self) -> Row {
        match self {
            Self::InvalidUtf8 { .. } => row(400, INVALID, "invalid_utf8"),
            Self::InvalidJson { .. } => row(400, INVALID, "invalid_json"),
            Self::MissingField { .. } => row(400, INVALID, "missing_required_parameter"),
            Self::InvalidType { .. } => row(400, INVALID, "invalid_type"),
            Self::InvalidValue { .. } => row(400, INVALID, "invalid_value"),
            Self::Unsupported { .. } => row(400, INVALID, "unsupported_parameter"),
            Self::ContextTooLong { .. } => row(400, INVALID, "context_length_exceeded"),
            Self::NoChatTemplate { .. } => row(400, INVALID, "no_chat_template"),
            Self::NotHttp { .. } => row(400, INVALID, "invalid_http"),
            Self::TlsRequired => row(400, INVALID, "tls_required"),
            Self::Unauthorized => row(401, INVALID, "invalid_api_key"),
            Self::ForbiddenHost { .. } => row(403, INVALID, "forbidden_host"),
            Self::ForbiddenOrigin { .. } => row(403, INVALID, "forbidden_origin"),
            Self::ModelNotFound { .. } => row(404, INVALID, "model_not_found"),
            Self::UnknownPath { .. } => row(404, INVALID, "unknown_url"),
            Self::MethodNotAllowed { .. } => row(405, INVALID, "method_not_supported"),
            Self::RequestTimeout { .. } => row(408, INVALID, "request_timeout"),
            Self::BodyTooSlow { .. } => row(408, INVALID, "body_too_slow"),
            Self::LengthRequired => row(411, INVALID, "length_required"),
            Self::BodyTooLarge { .. } => row(413, INVALID, "body_too_large"),
            Self::UriTooLong { .. } => row(414, INVALID, "uri_too_long"),
            Self::UnsupportedMediaType { .. } => row(415, INVALID, "unsupported_media_type"),
            Self::HeadersTooLarge { .. } => row(431, INVALID, "headers_too_large"),
            Self::TooManyConnectionsFromAddress { .. } => {
                row(429, LIMITED, "too_many_connections_from_address")
            }
            Self::LimitReached(_) => row(429, LIMITED, "rate_limit_exceeded"),
            Self::Unanswered { reason, .. } => unanswered(*reason),
            Self::TooManyConnections { .. } => row(503, SERVER, "too_many_connections"),
            Self::OutOfDescriptors => row(503, SERVER, "out_of_descriptors"),
            Self::Internal => row(500, SERVER, "internal_error"),
        }
    }
}

const fn row(status: u16, kind: &'static str, code: &'static str) -> Row {
    Row { status, kind, code }
}

/// The code of an answer that was asked for as an error is its reason's word.
const fn unanswered(reason: Reason) -> Row {
    match reason {
        Reason::Ambiguous | Reason::Loop | Reason::Context | Reason::Limit => {
            row(422, INVALID, reason.as_str())
        }
        Reason::Busy => row(429, LIMITED, reason.as_str()),
        Reason::EngineDown | Reason::Quarantined | Reason::Shutdown | Reason::Load => {
            row(503, SERVER, reason.as_str())
        }
        Reason::Deadline => row(504, SERVER, reason.as_str()),
    }
}

const fn retry_after(reason: Reason) -> Duration {
    match reason {
        Reason::EngineDown => RESTART_RETRY,
        Reason::Shutdown => SHUTDOWN_RETRY,
        Reason::Quarantined => QUARANTINE_RETRY,
        _ => BUSY_RETRY,
    }
}
