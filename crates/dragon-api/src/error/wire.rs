//! Errors as bytes: the body and the headers that belong to it.

use serde_json::{Value, json};

use super::ApiError;

// === impl ApiError ===

impl ApiError {
    /// Headers that this error carries besides those of every answer; names in lower case.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = Vec::new();
        if let Some(wait) = self.retry_after() {
            headers.push(("retry-after", wait.as_secs().to_string()));
        }
        match self {
            Self::MethodNotAllowed { allow, .. } => headers.push(("allow", (*allow).to_owned())),
            Self::Unauthorized => headers.push(("www-authenticate", "Bearer".to_owned())),
            Self::LimitReached(limit) => headers.push(("x-dragon-limit", limit.name().to_owned())),
            _ => {}
        }
        headers
    }

    /// The body, in OpenAI's format.
    pub fn body(&self) -> Vec<u8> {
        self.document().to_string().into_bytes()
    }

    pub(crate) fn document(&self) -> Value {
        json!({
            "error": {
                "message": self.to_string(),
                "type": self.kind(),
                "param": self.param(),
                "code": self.code(),
            }
        })
    }
}
