//! `[[client]]`: who may ask, and how much.

use std::num::NonZeroU32;
use std::time::Duration;

use dragon_core::admission::Weight;
use dragon_http::{ClientSettings, KeyHash};

use super::file::checks;
use super::reader::{Reader, give};
use super::settings::{Setting, client};
use super::{Located, Place, Problems, twins};
use crate::size::as_usize;

/// One `[[client]]`, as the file has it.
#[derive(Debug, Default)]
pub(crate) struct ClientSection {
    name: Option<Located<String>>,
    key_sha256: Option<Located<String>>,
    weight: Option<f32>,
    max_waiting: Option<u32>,
    requests_per_min: Option<u32>,
    tokens_per_min: Option<u32>,
    deadline_ms: Option<u32>,
}

// === impl ClientSection ===

impl ClientSection {
    pub(super) fn read(mut reader: Reader<'_>, section: &Place) -> Self {
        reader.refuse_unknown(client::ALL);
        for required in [&client::NAME, &client::KEY_SHA256] {
            if !reader.has(required) {
                reader.note(section.clone(), required.name(), "is missing".to_owned(), give(required));
            }
        }
        Self {
            name: checks::name(&mut reader, &client::NAME),
            key_sha256: checks::sha256(&mut reader, &client::KEY_SHA256),
            weight: reader.number(&client::WEIGHT).map(|weight| weight.value),
            max_waiting: reader.integer(&client::MAX_WAITING).map(|number| number.value),
            requests_per_min: reader.integer(&client::REQUESTS_PER_MIN).map(|number| number.value),
            tokens_per_min: reader.integer(&client::TOKENS_PER_MIN).map(|number| number.value),
            deadline_ms: reader.integer(&client::DEADLINE_MS).map(|number| number.value),
        }
    }

    /// `None` where it lacks what it needs, which has been noted.
    fn resolve(&self) -> Option<ClientSettings> {
        Some(ClientSettings {
            name: self.name.as_ref()?.value.clone(),
            key_sha256: key_hash(&self.key_sha256.as_ref()?.value)?,
            weight: weight(self.weight.unwrap_or(client::WEIGHT.default)),
            max_waiting: self.max_waiting.map(as_usize),
            requests_per_min: self.requests_per_min,
            tokens_per_min: self.tokens_per_min,
            deadline: self.deadline_ms.map(|deadline_ms| Duration::from_millis(deadline_ms.into())),
        })
    }
}

/// All clients; two that could not be told apart are a mistake.
pub(super) fn resolve(sections: &[ClientSection], problems: &mut Problems) -> Vec<ClientSettings> {
    refuse_twins(sections, "client.name", |section| section.name.as_ref(), problems);
    refuse_twins(sections, "client.key_sha256", |section| section.key_sha256.as_ref(), problems);
    sections.iter().filter_map(ClientSection::resolve).collect()
}

fn refuse_twins(
    sections: &[ClientSection],
    setting: &'static str,
    value: impl Fn(&ClientSection) -> Option<&Located<String>>,
    problems: &mut Problems,
) {
    let values: Vec<&Located<String>> = sections.iter().filter_map(value).collect();
    for (twin, earlier) in twins(&values) {
        let wrong = format!("is that of another client already ({earlier})");
        problems.configuration(twin.place.clone(), setting, wrong, "give every client its own");
    }
}

fn key_hash(digits: &str) -> Option<KeyHash> {
    let mut hash = KeyHash::default();
    for (byte, pair) in hash.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is 0.001 to 1000")]
fn weight(weight: f32) -> Weight {
    let thousandths = (f64::from(weight) * 1000.0).round() as u32;
    NonZeroU32::new(thousandths).map_or(Weight::NORMAL, Weight::from_thousandths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_become_the_hash_and_weights_thousandths() {
        assert_eq!(key_hash(&"0f".repeat(32)), Some([15; 32]));
        assert_eq!(weight(1.0), Weight::NORMAL);
        assert_eq!(weight(0.001).thousandths().get(), 1);
        assert_eq!(weight(2.5).thousandths().get(), 2500);
    }
}
