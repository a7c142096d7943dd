//! Wire formats of the HTTP API: parsing, validation, responses, the error table.
//!
//! This is the only crate that knows wire JSON. It takes the bytes of a body and gives back a
//! [`GenerateRequest`] in which everything is valid on its own, or an [`ApiError`] that names the field, what
//! is wrong with it and what is allowed. In the other direction it turns answers, labels and errors into
//! bytes. It does no I/O and knows no model: what needs a model's facts (context, slots, template) is
//! checked by its callers, with the errors of this crate.
//!
//! Which fields have an effect, which are accepted without one and which are refused stands in three tables
//! ([`HONOURED`], [`WITHOUT_EFFECT`], [`REFUSED`]); `docs/API.md` is held to them by a test.

mod documents;
mod error;
mod fields;
mod headers;
mod label;
mod limits;
mod logprobs;
mod metrics;
mod parse;
mod paths;
mod quote;
mod request;
mod response;
mod stream;
mod whole;

pub use documents::{
    ModelCard, ModelReadiness, ModelState, all_ready, health, model, models_list, ready_document,
};
pub use error::{ApiError, BODY, Limit};
pub use fields::{
    FieldKind, HONOURED, HonouredField, NeutralField, REFUSED, TakenBy, WITHOUT_EFFECT, WithoutEffectField,
};
pub use headers::{
    FallbackMode, GuardMode, parse_deadline_header, parse_fallback_header, parse_guard_header,
};
pub use label::label_headers;
pub use limits::*;
pub use metrics::{METRICS_TYPE, Metrics, ModelMetrics};
pub use parse::{parse_chat, parse_completion};
pub use paths::{ENDPOINTS, EndpointPath, nearest_endpoint};
pub use request::*;
pub use response::*;
pub use stream::{DONE, StreamEncoder, error_event};
