//! The conversation of `/v1/chat/completions`.

use serde_json::{Map, Value};

use super::field::{Field, Fields};
use super::ignored::Ignored;
use crate::error::ApiError;
use crate::quote::quote;
use crate::request::{Message, Role};

const ROLES: &str = "system, developer, user or assistant";
const CONTENT: &str = "a string or a list of text parts";
const NO_TOOLS: &str =
    "put what the tool was asked and what it said into messages of the user and the assistant";

/// What clients send back of an answer, or OpenAI's API knows, and what no template gets to see.
const WITHOUT_EFFECT: [&str; 4] = ["name", "refusal", "annotations", "reasoning_content"];
/// What belongs to tools and sound. Empty values are what clients send back of an answer without them.
const REFUSED: [&str; 4] = ["tool_calls", "function_call", "tool_call_id", "audio"];

const EFFORTS: [&str; 6] = ["none", "minimal", "low", "medium", "high", "xhigh"];

/// At least one message. Empty content is allowed: a template may have something to say of its own.
pub(super) fn messages(fields: &Fields<'_>, ignored: &mut Ignored) -> Result<Vec<Message>, ApiError> {
    let field = fields.required("messages", "a list of at least one message")?;
    let messages = field.list().ok_or_else(|| field.wrong_type("a list of messages"))?;
    if messages.is_empty() {
        return Err(field.invalid("must have at least one message"));
    }
    messages.iter().map(|field| message(&field.object()?, ignored)).collect()
}

/// `chat_template_kwargs`.
pub(super) fn template_kwargs(fields: &Fields<'_>) -> Result<Map<String, Value>, ApiError> {
    match fields.get("chat_template_kwargs") {
        Some(field) => Ok(field.object()?.entries().clone()),
        None => Ok(Map::new()),
    }
}

/// `reasoning_effort`.
pub(super) fn reasoning_effort(fields: &Fields<'_>) -> Result<Option<String>, ApiError> {
    let Some(field) = fields.get("reasoning_effort") else {
        return Ok(None);
    };
    match field.string()? {
        effort if EFFORTS.contains(&effort) => Ok(Some(effort.to_owned())),
        other => Err(field.invalid(format!("must be one of {}, not {}", EFFORTS.join(", "), quote(other)))),
    }
}

fn message(fields: &Fields<'_>, ignored: &mut Ignored) -> Result<Message, ApiError> {
    let role = role(fields)?;
    for (name, field) in fields.iter() {
        if REFUSED.contains(&name) && !is_empty(field.value()) {
            return Err(field.unsupported(NO_TOOLS));
        }
        let is_known = name == "role" || name == "content" || WITHOUT_EFFECT.contains(&name);
        if !is_known && !REFUSED.contains(&name) {
            ignored.add(field.path());
        }
    }
    Ok(Message { role, content: content(&fields.required("content", CONTENT)?)? })
}

fn role(fields: &Fields<'_>) -> Result<Role, ApiError> {
    let field = fields.required("role", ROLES)?;
    match field.string()? {
        "system" | "developer" => Ok(Role::System),
        "user" => Ok(Role::User),
        "assistant" => Ok(Role::Assistant),
        "tool" | "function" => Err(field.unsupported(NO_TOOLS)),
        other => Err(field.invalid(format!("must be {ROLES}, not {}", quote(other)))),
    }
}

fn content(field: &Field<'_>) -> Result<String, ApiError> {
    match field.list() {
        Some(parts) if parts.is_empty() => Err(field.invalid("must have at least one part")),
        Some(parts) => parts.iter().map(text_part).collect(),
        None => Ok(field.value().as_str().ok_or_else(|| field.wrong_type(CONTENT))?.to_owned()),
    }
}

fn text_part<'a>(part: &Field<'a>) -> Result<&'a str, ApiError> {
    let part = part.object()?;
    let kind = part.required("type", "the kind of the part, \"text\"")?;
    match kind.string()? {
        "text" => part.required("text", "the text of the part")?.string(),
        other => Err(kind.unsupported(&format!("send parts of type \"text\", not {}", quote(other)))),
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}
