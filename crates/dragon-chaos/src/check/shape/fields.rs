//! Fields of JSON objects, by name and type.

use serde_json::{Map, Value};

use super::malformed;
use crate::check::Fault;

/// Checks that an object has all of the required fields and no others than the optional ones.
pub(super) fn only(object: &Map<String, Value>, required: &[&str], optional: &[&str]) -> Result<(), Fault> {
    if let Some(missing) = required.iter().find(|name| !object.contains_key(**name)) {
        return Err(malformed(format!("`{missing}` is missing")));
    }
    let is_known = |name: &str| required.contains(&name) || optional.contains(&name);
    match object.keys().find(|name| !is_known(name)) {
        Some(unknown) => Err(malformed(format!("`{unknown}` is not documented"))),
        None => Ok(()),
    }
}

pub(super) fn object<'a>(value: &'a Value, what: &str) -> Result<&'a Map<String, Value>, Fault> {
    value.as_object().ok_or_else(|| malformed(format!("{what} is no object")))
}

pub(super) fn field<'a>(object: &'a Map<String, Value>, name: &str) -> Result<&'a Value, Fault> {
    object.get(name).ok_or_else(|| malformed(format!("`{name}` is missing")))
}

pub(super) fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Result<&'a str, Fault> {
    field(object, name)?.as_str().ok_or_else(|| malformed(format!("`{name}` is no text")))
}

pub(super) fn number(object: &Map<String, Value>, name: &str) -> Result<u64, Fault> {
    field(object, name)?.as_u64().ok_or_else(|| malformed(format!("`{name}` is no whole number")))
}

pub(super) fn list<'a>(object: &'a Map<String, Value>, name: &str) -> Result<&'a [Value], Fault> {
    let list = field(object, name)?.as_array();
    list.map(Vec::as_slice).ok_or_else(|| malformed(format!("`{name}` is no list")))
}
