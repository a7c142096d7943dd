//! The rule of `--fail-under`: other thresholds than the strict ones.

use std::fmt;
use std::str::FromStr;

use super::Key;

/// Thresholds in percent, such as `answered=100,in_deadline=99.5,bystander=95,served=50`. Keys that are not named keep
/// the strict threshold. The keys are those of [`Key`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FailUnder {
    /// As it was written; shown in reports.
    text: Option<String>,
    rules: Vec<(Key, f64)>,
}

/// What is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FailUnderError {
    /// There is none.
    #[error("the rule is empty; write for example in_deadline=99.5,bystander=95")]
    Empty,
    /// A part that has not the form `key=percent`.
    #[error("`{0}` is not of the form key=percent, such as in_deadline=99.5")]
    NoThreshold(String),
    /// A key that does not exist.
    #[error("`{0}` is no criterion; those are {keys}", keys = keys())]
    UnknownKey(String),
    /// A threshold that is none.
    #[error("`{text}` is no percentage for `{key}`: write a number from 0 to 100")]
    NotPercent {
        /// The criterion.
        key: &'static str,
        /// What is written.
        text: String,
    },
    /// A key that comes twice.
    #[error("`{0}` is given twice")]
    Twice(&'static str),
}

fn keys() -> String {
    Key::ALL.map(Key::word).join(", ")
}

// === impl FailUnder ===

impl FailUnder {
    /// Percent that are demanded; `None`: nothing is.
    #[must_use]
    pub fn percent(&self, key: Key) -> Option<f64> {
        let rule = self.rules.iter().find(|(known, _)| *known == key);
        rule.map(|(_, percent)| *percent).or(key.default_percent())
    }

    /// As it was written, where there is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

impl FromStr for FailUnder {
    type Err = FailUnderError;

    fn from_str(text: &str) -> Result<Self, FailUnderError> {
        if text.trim().is_empty() {
            return Err(FailUnderError::Empty);
        }
        let mut rules: Vec<(Key, f64)> = Vec::new();
        for part in text.split(',').map(str::trim) {
            let no_threshold = || FailUnderError::NoThreshold(part.to_owned());
            let (word, threshold) = part.split_once('=').ok_or_else(no_threshold)?;
            let (word, threshold) = (word.trim(), threshold.trim());
            let key = Key::ALL.into_iter().find(|key| key.word() == word);
            let key = key.ok_or_else(|| FailUnderError::UnknownKey(word.to_owned()))?;
            let percent: f64 = threshold.trim_end_matches('%').trim_end().parse().unwrap_or(f64::NAN);
            if !(0.0..=100.0).contains(&percent) {
                return Err(FailUnderError::NotPercent { key: key.word(), text: threshold.to_owned() });
            }
            if rules.iter().any(|(known, _)| *known == key) {
                return Err(FailUnderError::Twice(key.word()));
            }
            rules.push((key, percent));
        }
        Ok(Self { text: Some(text.trim().to_owned()), rules })
    }
}

impl fmt::Display for FailUnder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().unwrap_or("everything strict"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_rule_replaces_what_it_names_and_nothing_else() {
        let rule: FailUnder = "answered=100, in_deadline=99.5%,served=50".parse().unwrap();
        assert_eq!(rule.percent(Key::InDeadline), Some(99.5));
        assert_eq!(rule.percent(Key::Served), Some(50.0));
        assert_eq!(rule.percent(Key::Whole), Some(100.0));
        assert_eq!(rule.percent(Key::Throughput), Some(50.0));
        assert_eq!(FailUnder::default().percent(Key::Served), None);
    }

    #[test]
    fn mistakes_are_named() {
        let error = |text: &str| text.parse::<FailUnder>().unwrap_err().to_string();
        assert!(error(" ").contains("empty"));
        assert!(error("answered").contains("`answered` is not of the form key=percent"));
        assert!(error("answerd=3").contains("`answerd` is no criterion; those are answered, whole,"));
        assert!(error("answered=all").contains("`all` is no percentage for `answered`"));
        assert!(error("answered=101").contains("from 0 to 100"));
        assert!(error("answered=NaN").contains("from 0 to 100"));
        assert!(error("answered=1,answered=2").contains("given twice"));
        assert!(error("answered=1,").contains("`` is not of the form"));
    }

    proptest! {
        #[test]
        fn no_text_makes_a_threshold_out_of_range(text in "[a-z_=,.0-9 %-]{0,40}") {
            if let Ok(rule) = text.parse::<FailUnder>() {
                for key in Key::ALL {
                    prop_assert!(rule.percent(key).is_none_or(|percent| (0.0..=100.0).contains(&percent)));
                }
            }
        }
    }
}
