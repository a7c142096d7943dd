//! Arguments `--name value`, checked against the names that a mode knows.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use dragon_ipc::{CacheType, FlashAttention};

/// What is wrong with the arguments.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ArgsError {
    #[error(
        "\"{0}\" is not a mode; it is bench, compare, convert, tokens or probe, see dragon-engine --help"
    )]
    Mode(String),
    #[error("\"{0}\" is not an argument of this mode; see dragon-engine --help")]
    Unknown(String),
    #[error("{0} needs a value")]
    NoValue(String),
    #[error("{0} is given twice")]
    Twice(String),
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("{name} is \"{value}\"; it takes {accepts}")]
    Value { name: &'static str, value: String, accepts: String },
}

/// Threads that ggml runs at most (`GGML_MAX_N_THREADS`).
const MAX_THREADS: u32 = 512;

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
            if values.insert(name.clone(), value.clone()).is_some() {
                return Err(ArgsError::Twice(name));
            }
        }
        Ok(Self(values))
    }

    /// A file that has to be named.
    pub(super) fn path(&self, name: &'static str) -> Result<PathBuf, ArgsError> {
        self.0.get(name).map(PathBuf::from).ok_or(ArgsError::Missing(name))
    }

    /// A whole number in `range`.
    pub(super) fn number(
        &self,
        name: &'static str,
        range: RangeInclusive<u32>,
        default: u32,
    ) -> Result<u32, ArgsError> {
        let accepts = format!("a whole number from {} to {}", range.start(), range.end());
        let parse = |text: &str| text.parse().ok().filter(|number| range.contains(number));
        self.parsed(name, &accepts, parse).map(|number| number.unwrap_or(default))
    }

    /// Whole numbers in `range`, separated by commas.
    pub(super) fn numbers(
        &self,
        name: &'static str,
        range: RangeInclusive<u32>,
        default: &[u32],
    ) -> Result<Vec<u32>, ArgsError> {
        let accepts = format!("whole numbers from {} to {}, separated by commas", range.start(), range.end());
        let number = |text: &str| text.parse().ok().filter(|number| range.contains(number));
        let numbers = self.parsed(name, &accepts, |text| text.split(',').map(number).collect())?;
        Ok(numbers.unwrap_or_else(|| default.to_vec()))
    }

    /// `--threads`; where nobody says how many, all that the process may use.
    pub(super) fn threads(&self) -> Result<u32, ArgsError> {
        let n_threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let default = u32::try_from(n_threads).unwrap_or(1).min(MAX_THREADS);
        self.number("--threads", 1..=MAX_THREADS, default)
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
        accepts: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ArgsError> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        match value.to_str().and_then(parse) {
            Some(parsed) => Ok(Some(parsed)),
            None => {
                let value = value.to_string_lossy().into_owned();
                Err(ArgsError::Value { name, value, accepts: accepts.to_owned() })
            }
        }
    }
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
        assert_eq!(args.numbers("--batches", 1..=16, &[1]), Ok(vec![1, 16]));
        assert_eq!(args.number("--threads", 1..=9, 7), Ok(7));
        assert_eq!(args.cache_type("--cache-type"), Ok(CacheType::Bf16));
    }

    #[test]
    fn each_mistake_is_named() {
        assert_eq!(read(&["--modle", "x"]).unwrap_err(), ArgsError::Unknown("--modle".into()));
        assert_eq!(read(&["--model"]).unwrap_err(), ArgsError::NoValue("--model".into()));
        assert_eq!(read(&[]).unwrap().path("--model"), Err(ArgsError::Missing("--model")));
        assert_eq!(read(&["--model", "a", "--model", "b"]).unwrap_err(), ArgsError::Twice("--model".into()));
    }

    #[test]
    fn a_value_out_of_range_is_told_the_range() {
        let args = read(&["--threads", "0", "--batches", "1,17", "--cache-type", "f64"]).unwrap();
        let said = |error: ArgsError| error.to_string();
        assert_eq!(
            said(args.threads().unwrap_err()),
            "--threads is \"0\"; it takes a whole number from 1 to 512"
        );
        assert_eq!(
            said(args.numbers("--batches", 1..=16, &[]).unwrap_err()),
            "--batches is \"1,17\"; it takes whole numbers from 1 to 16, separated by commas"
        );
        assert_eq!(
            said(args.cache_type("--cache-type").unwrap_err()),
            "--cache-type is \"f64\"; it takes f16, bf16, q8_0 or f32"
        );
        let huge = read(&["--threads", "99999999999"]).unwrap();
        assert!(huge.threads().is_err());
    }
}
