//! Typed looks at JSON values that know where they are.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::child_path;
use crate::error::ApiError;
use crate::quote::shorten;

/// An object and its path in the body.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    path: String,
    entries: &'a Map<String, Value>,
}

/// A value that is not `null`, and its path in the body.
#[derive(Debug)]
pub(super) struct Field<'a> {
    path: String,
    value: &'a Value,
}

/// The numbers that a field may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    low: f32,
    high: f32,
    low_end: LowEnd,
}

/// Whether the low end of a range belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LowEnd {
    Included,
    Excluded,
}

/// JSON's name for the type of a value, for error messages.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) if is_beyond_64_bits(value) => "a number",
        Value::Number(number) if number.is_f64() => "a fraction",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Whether this is a number that no 64-bit integer can hold. The parser turns integers of that size into
/// floating-point numbers, and where those are so large they have no fraction.
fn is_beyond_64_bits(value: &Value) -> bool {
    /// 2^64, the first integer over `u64`.
    const OVER: f64 = 18_446_744_073_709_551_616.0;
    /// -2^63, to which the first integers under `i64` are rounded.
    const UNDER: f64 = -9_223_372_036_854_775_808.0;
    let is_integer = value.is_u64() || value.is_i64();
    !is_integer && value.as_f64().is_some_and(|number| number >= OVER || number <= UNDER)
}

// === impl Fields ===

impl<'a> Fields<'a> {
    /// The body itself.
    pub(super) fn root(entries: &'a Map<String, Value>) -> Self {
        Self { path: String::new(), entries }
    }

    /// The field `name`, unless it is absent or `null`.
    pub(super) fn get(&self, name: &str) -> Option<Field<'a>> {
        match self.entries.get(name)? {
            Value::Null => None,
            value => Some(Field { path: child_path(&self.path, name), value }),
        }
    }

    /// The field `name`, which must be there; `expected` says what belongs there.
    pub(super) fn required(&self, name: &str, expected: &'static str) -> Result<Field<'a>, ApiError> {
        self.get(name).ok_or_else(|| ApiError::MissingField { param: child_path(&self.path, name), expected })
    }

    /// Every field that is not `null`, with its name, in the order of the body.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'a str, Field<'a>)> {
        let present = self.entries.iter().filter(|(_, value)| !value.is_null());
        present.map(|(name, value)| (name.as_str(), Field { path: child_path(&self.path, name), value }))
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The raw entries.
    pub(super) fn entries(&self) -> &'a Map<String, Value> {
        self.entries
    }
}

// === impl Field ===

impl<'a> Field<'a> {
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn value(&self) -> &'a Value {
        self.value
    }

    pub(super) fn string(&self) -> Result<&'a str, ApiError> {
        self.value.as_str().ok_or_else(|| self.wrong_type("a string"))
    }

    pub(super) fn boolean(&self) -> Result<bool, ApiError> {
        self.value.as_bool().ok_or_else(|| self.wrong_type("true or false"))
    }

    pub(super) fn object(&self) -> Result<Fields<'a>, ApiError> {
        match self.value.as_object() {
            Some(entries) => Ok(Fields { path: self.path.clone(), entries }),
            None => Err(self.wrong_type("an object")),
        }
    }

    /// The elements, where this is a list. An element that is `null` is kept: a list has no absent elements.
    pub(super) fn list(&self) -> Option<Vec<Field<'a>>> {
        let element = |(index, value)| Field { path: format!("{}[{index}]", self.path), value };
        self.value.as_array().map(|elements| elements.iter().enumerate().map(element).collect())
    }

    /// An integer of `range`.
    pub(super) fn integer_in(&self, range: RangeInclusive<u32>) -> Result<u32, ApiError> {
        let integer = self.integer()?;
        let fitting =
            integer.and_then(|value| u32::try_from(value).ok()).filter(|value| range.contains(value));
        fitting.ok_or_else(|| {
            self.out_of_range(&format!("must be an integer from {} to {}", range.start(), range.end()))
        })
    }

    /// A number of tokens, 1 or more. More than a `u32` holds is more than any context, so it saturates; what
    /// is no 64-bit integer is a mistake.
    pub(super) fn count(&self) -> Result<u32, ApiError> {
        match self.integer()? {
            None | Some(0) => Err(self.out_of_range(&format!("must be an integer from 1 to {}", u64::MAX))),
            Some(count) => Ok(u32::try_from(count).unwrap_or(u32::MAX)),
        }
    }

    /// Any 64-bit integer; a negative one as its two's complement.
    pub(super) fn bits(&self) -> Result<u64, ApiError> {
        if let Some(negative) = self.value.as_i64().filter(|value| *value < 0) {
            return Ok(negative.cast_unsigned());
        }
        let value = self.integer()?;
        value.ok_or_else(|| {
            self.out_of_range(&format!("must be an integer from {} to {}", i64::MIN, u64::MAX))
        })
    }

    /// The integer here, `None` where it is negative or has more than 64 bits.
    fn integer(&self) -> Result<Option<u64>, ApiError> {
        if self.value.is_u64() || self.value.is_i64() || is_beyond_64_bits(self.value) {
            Ok(self.value.as_u64())
        } else {
            Err(self.wrong_type("an integer"))
        }
    }

    /// A number of `range`, as the engine will see it: the range holds after rounding to `f32`.
    pub(super) fn number_in(&self, range: Range) -> Result<f32, ApiError> {
        let number = self.value.as_f64().ok_or_else(|| self.wrong_type("a number"))?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "rounding to the engine's precision is the purpose"
        )]
        let number = number as f32;
        if range.contains(number) {
            return Ok(number);
        }
        let low_end = if range.low_end == LowEnd::Excluded { "above" } else { "at least" };
        Err(self.out_of_range(&format!("must be {low_end} {} and at most {}", range.low, range.high)))
    }

    /// This value is not allowed; `problem` ends the sentence.
    pub(super) fn invalid(&self, problem: impl Into<String>) -> ApiError {
        ApiError::invalid(&self.path, problem)
    }

    pub(super) fn unsupported(&self, remedy: &str) -> ApiError {
        ApiError::unsupported(&self.path, remedy)
    }

    pub(super) fn wrong_type(&self, expected: &'static str) -> ApiError {
        ApiError::InvalidType { param: self.path.clone(), expected, found: type_name(self.value) }
    }

    fn out_of_range(&self, allowed: &str) -> ApiError {
        self.invalid(format!("{allowed}, not {}", shorten(&self.value.to_string())))
    }
}

// === impl Range ===

impl Range {
    /// Both ends belong to it.
    pub(super) const fn closed(low: f32, high: f32) -> Self {
        Self { low, high, low_end: LowEnd::Included }
    }

    /// All but the low end.
    pub(super) const fn above(low: f32, high: f32) -> Self {
        Self { low, high, low_end: LowEnd::Excluded }
    }

    fn contains(self, number: f32) -> bool {
        let above_low = match self.low_end {
            LowEnd::Included => number >= self.low,
            LowEnd::Excluded => number > self.low,
        };
        above_low && number <= self.high
    }
}
