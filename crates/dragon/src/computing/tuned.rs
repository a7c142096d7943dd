//! The result of a tuning run, kept beside the model's file as `FILE.tuned.json`.
//!
//! It names the machine and the model that it was measured on. On another machine, for another file under the same
//! name, or by another version it is not used, and the log says why.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use dragon_ipc::{CacheType, FlashAttention};
use serde_json::{Value, json};

use super::{Computing, Machine, WeightFormat, attention_word, cache_word};

/// What the result of a whole tuning run is kept as.
pub(crate) const TUNED: &str = ".tuned.json";

/// Changes with the meaning of the file, and with the engine's library, whose speed it tells.
const VERSION: &str = concat!("1, dragon ", env!("CARGO_PKG_VERSION"));

/// The longest file that is read: ours is a tenth of it.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// What tells one model file from another without reading all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ModelKey {
    pub(crate) n_bytes: u64,
    /// When it was last changed, in seconds of Unix time.
    pub(crate) modified_s: u64,
}

/// What was found to be fastest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tuned {
    pub(crate) computing: Computing,
    pub(crate) weights: WeightFormat,
}

/// Why a result is not used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TunedError {
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("it is damaged: {0} is missing or wrong")]
    Damaged(&'static str),
    #[error("it was measured with another version")]
    Version,
    #[error("it was measured on another machine ({0})")]
    Machine(String),
    #[error("the model's file has changed since")]
    Model,
}

// === impl ModelKey ===

impl ModelKey {
    /// Of a file.
    pub(crate) fn of(model: &Path) -> io::Result<Self> {
        let metadata = model.metadata()?;
        let modified = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Self { n_bytes: metadata.len(), modified_s: modified.as_secs() })
    }
}

// === impl Tuned ===

impl Tuned {
    /// Where a result for a model lies: beside it, with the suffix that tells what was measured.
    pub(crate) fn path(model: &Path, suffix: &str) -> PathBuf {
        let mut name = model.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    }

    /// The result for this model on this machine; `Ok(None)` where there is none.
    pub(crate) fn read(model: &Path, suffix: &str, machine: &Machine) -> Result<Option<Self>, TunedError> {
        let path = Self::path(model, suffix);
        let text = match path.metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
            Ok(metadata) if metadata.len() > MAX_FILE_BYTES => return Err(TunedError::Damaged("its size")),
            Ok(_) => fs::read_to_string(path)?,
        };
        Self::understand(&text, machine, ModelKey::of(model)?).map(Some)
    }

    fn understand(text: &str, machine: &Machine, key: ModelKey) -> Result<Self, TunedError> {
        let value: Value = serde_json::from_str(text).map_err(|_| TunedError::Damaged("the JSON"))?;
        if word(&value, "/version")? != VERSION {
            return Err(TunedError::Version);
        }
        let measured_on = word(&value, "/machine/cpu")?;
        if machine_json(machine) != value["machine"] {
            return Err(TunedError::Machine(measured_on.to_owned()));
        }
        if model_json(key) != value["model"] {
            return Err(TunedError::Model);
        }
        let computing = Computing {
            cache_type: parse(word(&value, "/settings/cache_type")?, CACHE_TYPES, cache_word)
                .ok_or(TunedError::Damaged("cache_type"))?,
            flash_attention: parse(word(&value, "/settings/flash_attention")?, ATTENTIONS, attention_word)
                .ok_or(TunedError::Damaged("flash_attention"))?,
            threads: number(&value, "/settings/threads").ok_or(TunedError::Damaged("threads"))?,
            prefill_chunk: number(&value, "/settings/prefill_chunk")
                .ok_or(TunedError::Damaged("prefill_chunk"))?,
        };
        let weights = WeightFormat::parse(word(&value, "/settings/weights")?);
        Ok(Self { computing, weights: weights.ok_or(TunedError::Damaged("weights"))? })
    }

    /// Keeps the result: whole under its name, or not at all.
    pub(crate) fn write(&self, model: &Path, suffix: &str, machine: &Machine) -> io::Result<PathBuf> {
        let path = Self::path(model, suffix);
        let mut part = path.as_os_str().to_owned();
        part.push(format!(".part-{}", std::process::id()));
        let part = PathBuf::from(part);
        let mut file = File::create(&part)?;
        file.write_all(format!("{:#}\n", self.json(machine, ModelKey::of(model)?)).as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, &path)?;
        Ok(path)
    }

    fn json(&self, machine: &Machine, key: ModelKey) -> Value {
        json!({
            "version": VERSION,
            "machine": machine_json(machine),
            "model": model_json(key),
            "settings": {
                "cache_type": cache_word(self.computing.cache_type),
                "flash_attention": attention_word(self.computing.flash_attention),
                "threads": self.computing.threads,
                "prefill_chunk": self.computing.prefill_chunk,
                "weights": self.weights.word(),
            },
        })
    }
}

const CACHE_TYPES: &[CacheType] = &[CacheType::F32, CacheType::F16, CacheType::Bf16, CacheType::Q8_0];
const ATTENTIONS: &[FlashAttention] = &[FlashAttention::Auto, FlashAttention::On, FlashAttention::Off];

fn machine_json(machine: &Machine) -> Value {
    json!({"cpu": machine.cpu, "matrix_unit": machine.has_matrix_unit, "threads": machine.n_threads})
}

fn model_json(key: ModelKey) -> Value {
    json!({"bytes": key.n_bytes, "modified_s": key.modified_s})
}

fn parse<T: Copy>(word: &str, all: &[T], word_of: impl Fn(T) -> &'static str) -> Option<T> {
    all.iter().copied().find(|value| word_of(*value) == word)
}

fn word<'a>(value: &'a Value, pointer: &'static str) -> Result<&'a str, TunedError> {
    value.pointer(pointer).and_then(Value::as_str).ok_or(TunedError::Damaged(pointer))
}

/// A number that any setting could have; what is far out of range is damage, not a wish.
fn number(value: &Value, pointer: &str) -> Option<u32> {
    let number = value.pointer(pointer).and_then(Value::as_u64)?;
    u32::try_from(number).ok().filter(|number| (1..=2048).contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> Machine {
        Machine { cpu: "Some CPU".to_owned(), has_matrix_unit: true, n_threads: 2 }
    }

    fn tuned() -> Tuned {
        let computing = Computing {
            cache_type: CacheType::Q8_0,
            flash_attention: FlashAttention::On,
            threads: 2,
            prefill_chunk: 128,
        };
        Tuned { computing, weights: WeightFormat::Q8_0 }
    }

    fn model() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.gguf");
        fs::write(&path, "weights").unwrap();
        (folder, path)
    }

    #[test]
    fn what_is_kept_is_found_again_and_nothing_is_no_error() {
        let (_folder, model) = model();
        assert!(matches!(Tuned::read(&model, TUNED, &machine()), Ok(None)));
        tuned().write(&model, TUNED, &machine()).unwrap();
        assert_eq!(Tuned::read(&model, TUNED, &machine()).unwrap(), Some(tuned()));
    }

    #[test]
    fn another_machine_another_file_or_damage_is_told_apart() {
        let (_folder, model) = model();
        let path = tuned().write(&model, TUNED, &machine()).unwrap();
        let other = Machine { n_threads: 4, ..machine() };
        assert!(
            matches!(Tuned::read(&model, TUNED, &other), Err(TunedError::Machine(cpu)) if cpu == "Some CPU")
        );
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&model, "other weights").unwrap();
        assert!(matches!(Tuned::read(&model, TUNED, &machine()), Err(TunedError::Model)));
        fs::write(&path, &text[..text.len() / 2]).unwrap();
        assert!(matches!(Tuned::read(&model, TUNED, &machine()), Err(TunedError::Damaged(_))));
        fs::write(&path, text.replace(VERSION, "0")).unwrap();
        assert!(matches!(Tuned::read(&model, TUNED, &machine()), Err(TunedError::Version)));
    }

    /// A result of tuning lies beside the model, so it may come from the same stranger.
    mod from_strangers {
        use proptest::prelude::*;

        use super::*;

        /// One that is taken, or an error, never a panic; and a number that is taken is one that a setting allows.
        fn understand(text: &str) -> Result<(), TestCaseError> {
            let key = ModelKey { n_bytes: 7, modified_s: 8 };
            if let Ok(Tuned { computing, .. }) = Tuned::understand(text, &machine(), key) {
                prop_assert!((1..=2048).contains(&computing.threads));
                prop_assert!((1..=2048).contains(&computing.prefill_chunk));
            }
            Ok(())
        }

        fn written() -> String {
            tuned().json(&machine(), ModelKey { n_bytes: 7, modified_s: 8 }).to_string()
        }

        #[test]
        fn what_is_written_is_understood() {
            let key = ModelKey { n_bytes: 7, modified_s: 8 };
            assert_eq!(Tuned::understand(&written(), &machine(), key).unwrap(), tuned());
        }

        proptest! {
            #[test]
            fn a_result_with_one_thing_changed_is_taken_or_refused(
                at in any::<prop::sample::Index>(), with in "[0-9\\-.\"{}\\[\\]a-z]{0,3}",
            ) {
                let mut text = written();
                let at = at.index(text.len());
                // Only ASCII is written.
                text.replace_range(at..=at, &with);
                understand(&text)?;
            }

            #[test]
            fn any_text_is_taken_or_refused(text in "\\PC{0,200}") {
                understand(&text)?;
            }
        }
    }
}
