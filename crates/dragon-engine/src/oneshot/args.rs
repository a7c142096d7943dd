//! Arguments `--name value`, checked against the names that a mode knows.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use dragon_ipc::{CacheType, FlashAttention};

/// What is wrong with the arguments.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ArgsError {
    #[error("\"{0}\" is not a mode; it is bench, compare or convert, see dragon-engine --help")]
    Mode(String),
    #[error("\"{0}\" is not an argument of this mode; see dragon-engine --help")]
    Unknown(String),
    #[error("{0} needs a value")]
    NoValue(String),
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("{name} is \"{value}\"; it takes {accepts}")]
    Value { name: &'static str, value: String, accepts: &'static str },
}

/// The arguments of one mode.
#[derive(Debug)]
pub(super) struct Args(BTreeMap<String, OsString>);

// === impl Args ===

impl Args {
    /// Reads what follows the mode; every name has to be one of `names`.
    pub(super) fn read(arguments: &[OsString], names: &[&str]) -> Result<Self, ArgsError> {
        let mut values = BTreeMap::new();
        let mut rest = arguments.iter();
        while let Some(name) = rest.next() {
            let name = name.to_string_lossy().into_owned();
            if !names.contains(&name.as_str()) {
                return Err(ArgsError::Unknown(name));
            }
            let value = rest.next().ok_or_else(|| ArgsError::NoValue(name.clone()))?;
            values.insert(name, value.clone());
        }
        Ok(Self(values))
    }

    /// A file that has to be named.
    pub(super) fn path(&self, name: &'static str) -> Result<PathBuf, ArgsError> {
        self.0.get(name).map(PathBuf::from).ok_or(ArgsError::Missing(name))
    }

    /// A whole number, at least `min`.
    pub(super) fn number(&self, name: &'static str, min: u32, default: u32) -> Result<u32, ArgsError> {
        let parse = |text: &str| text.parse().ok().filter(|number| *number >= min);
        self.parsed(name, "a whole number in its range", parse).map(|number| number.unwrap_or(default))
    }

    /// Whole numbers from 1, separated by commas.
    pub(super) fn numbers(&self, name: &'static str, default: &[u32]) -> Result<Vec<u32>, ArgsError> {
        let parse = |text: &str| {
            let numbers: Option<Vec<u32>> = text.split(',').map(|number| number.parse().ok()).collect();
            numbers.filter(|numbers| numbers.iter().all(|number| *number > 0))
        };
        let numbers = self.parsed(name, "whole numbers from 1, separated by commas", parse)?;
        Ok(numbers.unwrap_or_else(|| default.to_vec()))
    }

    pub(super) fn cache_type(&self, name: &'static str) -> Result<CacheType, ArgsError> {
        let parse = |text: &str| match text {
            "f32" => Some(CacheType::F32),
            "f16" => Some(CacheType::F16),
            "bf16" => Some(CacheType::Bf16),
            "q8_0" => Some(CacheType::Q8_0),
            _ => None,
        };
        Ok(self.parsed(name, "f16, bf16, q8_0 or f32", parse)?.unwrap_or(CacheType::F16))
    }

    pub(super) fn flash_attention(&self, name: &'static str) -> Result<FlashAttention, ArgsError> {
        let parse = |text: &str| match text {
            "auto" => Some(FlashAttention::Auto),
            "on" => Some(FlashAttention::On),
            "off" => Some(FlashAttention::Off),
            _ => None,
        };
        Ok(self.parsed(name, "auto, on or off", parse)?.unwrap_or(FlashAttention::Auto))
    }

    /// A value that `parse` understands, or none.
    pub(super) fn parsed<T>(
        &self,
        name: &'static str,
        accepts: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ArgsError> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        match value.to_str().and_then(parse) {
            Some(parsed) => Ok(Some(parsed)),
            None => Err(ArgsError::Value { name, value: value.to_string_lossy().into_owned(), accepts }),
        }
    }
}

/// Threads where nobody says how many: all that the process may use.
pub(super) fn all_threads() -> u32 {
    let n_threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    u32::try_from(n_threads).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[&str] = &["--model", "--threads", "--batches", "--cache-type"];

    fn read(arguments: &[&str]) -> Result<Args, ArgsError> {
        Args::read(&arguments.iter().map(OsString::from).collect::<Vec<_>>(), NAMES)
    }

    #[test]
    fn values_are_read_and_what_is_left_out_has_its_default() {
        let args = read(&["--model", "a b.gguf", "--batches", "1,16", "--cache-type", "bf16"]).unwrap();
        assert_eq!(args.path("--model"), Ok(PathBuf::from("a b.gguf")));
        assert_eq!(args.numbers("--batches", &[1]), Ok(vec![1, 16]));
        assert_eq!(args.number("--threads", 1, 7), Ok(7));
        assert_eq!(args.cache_type("--cache-type"), Ok(CacheType::Bf16));
    }

    #[test]
    fn each_mistake_is_named() {
        assert_eq!(read(&["--modle", "x"]).unwrap_err(), ArgsError::Unknown("--modle".into()));
        assert_eq!(read(&["--model"]).unwrap_err(), ArgsError::NoValue("--model".into()));
        assert_eq!(read(&[]).unwrap().path("--model"), Err(ArgsError::Missing("--model")));
        let args = read(&["--threads", "0", "--batches", "1,x", "--cache-type", "f64"]).unwrap();
        assert!(args.number("--threads", 1, 1).is_err());
        assert!(args.numbers("--batches", &[]).is_err());
        let message = args.cache_type("--cache-type").unwrap_err().to_string();
        assert_eq!(message, "--cache-type is \"f64\"; it takes f16, bf16, q8_0 or f32");
    }
}
