//! Values that ask for nothing. `null` never gets here: it is the same as an absent field.

use serde_json::Value;

pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    }
}

pub(super) fn is_no_tool(value: &Value) -> bool {
    matches!(value.as_str(), Some("none" | "auto"))
}

pub(super) fn is_text_format(value: &Value) -> bool {
    value.get("type").and_then(Value::as_str) == Some("text")
}

pub(super) fn is_text_only(value: &Value) -> bool {
    value.as_array().is_some_and(|kinds| kinds.len() == 1 && kinds[0] == "text")
}

pub(super) fn is_one(value: &Value) -> bool {
    value.as_u64() == Some(1)
}

pub(super) fn is_false(value: &Value) -> bool {
    value.as_bool() == Some(false)
}

pub(super) fn never(_: &Value) -> bool {
    false
}
