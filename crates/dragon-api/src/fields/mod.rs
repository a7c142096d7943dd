//! The three lists of request fields. The documentation's tables are these tables; a test compares them.

use serde_json::Value;

mod lists;
mod neutral;

pub use lists::{HONOURED, REFUSED, WITHOUT_EFFECT};

/// Which endpoints take a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakenBy {
    /// `/v1/chat/completions`.
    Chat,
    /// `/v1/completions`.
    Completions,
    /// Both.
    Both,
}

/// A field that acts.
#[derive(Debug, Clone, Copy)]
pub struct HonouredField {
    /// Its name in the body.
    pub name: &'static str,
    /// Where it is known; elsewhere it counts as unknown.
    pub taken_by: TakenBy,
    /// What it does and what is allowed.
    pub meaning: &'static str,
}

/// A field that is checked for its kind and otherwise has no effect.
#[derive(Debug, Clone, Copy)]
pub struct WithoutEffectField {
    /// Its name in the body.
    pub name: &'static str,
    /// What its value must be.
    pub kind: FieldKind,
    /// Why nothing follows from it.
    pub meaning: &'static str,
}

/// The kinds of JSON values that fields without effect may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// `"..."`.
    Text,
    /// `true` or `false`.
    Boolean,
    /// `{...}`.
    Object,
}

/// A field that asks for what this server cannot do, unless its value asks for nothing.
#[derive(Debug, Clone, Copy)]
pub struct NeutralField {
    /// Its name in the body.
    pub name: &'static str,
    /// The values, besides `null`, that ask for nothing, in the documentation's words.
    pub neutral: &'static str,
    /// Whether a value is one of them.
    pub is_neutral: fn(&Value) -> bool,
    /// What to do instead.
    pub remedy: &'static str,
}

/// Whether `name` stands in one of the lists for that endpoint (`endpoint` is not [`TakenBy::Both`]).
pub(crate) fn is_known(name: &str, endpoint: TakenBy) -> bool {
    let honoured = HONOURED
        .iter()
        .any(|field| field.name == name && (field.taken_by == endpoint || field.taken_by == TakenBy::Both));
    honoured
        || WITHOUT_EFFECT.iter().any(|field| field.name == name)
        || REFUSED.iter().any(|field| field.name == name)
}

// === impl FieldKind ===

impl FieldKind {
    /// The kind in words, for messages and documentation.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Boolean => "true or false",
            Self::Object => "an object",
        }
    }

    pub(crate) fn fits(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Boolean => value.is_boolean(),
            Self::Object => value.is_object(),
        }
    }
}

// === impl TakenBy ===

impl TakenBy {
    /// The endpoints in the documentation's words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Completions => "completions",
            Self::Both => "both",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_stands_in_two_lists() {
        for field in HONOURED {
            assert!(!WITHOUT_EFFECT.iter().any(|other| other.name == field.name), "{}", field.name);
            assert!(!REFUSED.iter().any(|other| other.name == field.name), "{}", field.name);
        }
        for field in WITHOUT_EFFECT {
            assert!(!REFUSED.iter().any(|other| other.name == field.name), "{}", field.name);
        }
    }

    #[test]
    fn a_field_of_the_other_endpoint_is_unknown() {
        assert!(is_known("prompt", TakenBy::Completions));
        assert!(!is_known("prompt", TakenBy::Chat));
        assert!(is_known("logprobs", TakenBy::Chat) && is_known("logprobs", TakenBy::Completions));
    }
}
