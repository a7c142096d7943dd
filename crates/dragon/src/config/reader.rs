//! Typed extraction from one TOML table: a value of the right kind and range, or a noted problem.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::settings::{Choice, Integer, Number, Setting, Text};
use super::source::Source;
use super::{Located, Place, Problems};

/// Reads one table of the file. Nothing here stops at an error: it is noted, and the value is absent.
pub(crate) struct Reader<'a> {
    /// The table's name, as messages show it.
    section: &'static str,
    table: &'a DeTable<'a>,
    source: &'a Source,
    problems: &'a mut Problems,
}

// === impl Reader ===

impl<'a> Reader<'a> {
    pub(crate) fn new(
        section: &'static str,
        table: &'a DeTable<'a>,
        source: &'a Source,
        problems: &'a mut Problems,
    ) -> Self {
        Self { section, table, source, problems }
    }

    /// Notes every key that is not a setting, with the nearest one that is.
    pub(crate) fn refuse_unknown(&mut self, known: &[&dyn Setting]) {
        let names: Vec<&str> = known.iter().map(|setting| setting.name()).collect();
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if names.contains(&name) {
                continue;
            }
            let place = self.source.place(key.span().start);
            let wrong = format!("is not a setting of {}", self.section);
            self.note(place, name, wrong, did_you_mean(name, &names));
        }
    }

    /// Whether the table sets this at all, rightly or wrongly.
    pub(crate) fn has(&self, setting: &dyn Setting) -> bool {
        self.table.contains_key(setting.name())
    }

    /// A whole number in its range.
    pub(crate) fn integer(&mut self, setting: &Integer) -> Option<Located<u32>> {
        let (value, place) = self.find(setting.name)?;
        let DeValue::Integer(written) = value else {
            self.wrong_kind(setting, "a whole number", value, place);
            return None;
        };
        let number = u32::from_str_radix(written.as_str(), written.radix()).ok();
        match number.filter(|number| setting.allows(*number)) {
            Some(value) => Some(Located { value, place }),
            None => {
                self.out_of_range(setting, &written.to_string(), place);
                None
            }
        }
    }

    /// A fraction in its range; `1` is as good as `1.0`.
    pub(crate) fn number(&mut self, setting: &Number) -> Option<Located<f32>> {
        let (value, place) = self.find(setting.name)?;
        let written = match value {
            DeValue::Integer(written) if written.radix() == 10 => written.as_str(),
            DeValue::Float(written) => written.as_str(),
            other => {
                self.wrong_kind(setting, "a number", other, place);
                return None;
            }
        };
        match written.parse().ok().filter(|number| setting.allows(*number)) {
            Some(value) => Some(Located { value, place }),
            None => {
                self.out_of_range(setting, written, place);
                None
            }
        }
    }

    /// A string that is not empty.
    pub(crate) fn text(&mut self, setting: &Text) -> Option<Located<String>> {
        let (value, place) = self.find(setting.name)?;
        match value.as_str() {
            Some("") => {
                self.note(place, setting.name, "is empty".to_owned(), give(setting));
                None
            }
            Some(text) => Some(Located { value: text.to_owned(), place }),
            None => {
                self.wrong_kind(setting, "a string", value, place);
                None
            }
        }
    }

    /// The meaning of one of the setting's words.
    pub(crate) fn choice<T: Copy + Sync>(&mut self, setting: &Choice<T>) -> Option<Located<T>> {
        let (value, place) = self.find(setting.name)?;
        let Some(text) = value.as_str() else {
            self.wrong_kind(setting, "a string", value, place);
            return None;
        };
        match setting.words.iter().find(|(word, _)| *word == text) {
            Some((_, meaning)) => Some(Located { value: *meaning, place }),
            None => {
                let wrong = format!("\"{text}\" is not one of {}", setting.range());
                self.note(place, setting.name, wrong, did_you_mean(text, &setting.words()));
                None
            }
        }
    }

    /// A list of strings, each at its own line; entries of another kind are noted and left out.
    pub(crate) fn texts(&mut self, setting: &Text) -> Option<Vec<Located<String>>> {
        let (value, place) = self.find(setting.name)?;
        let Some(entries) = value.as_array() else {
            self.wrong_kind(setting, "a list of strings", value, place);
            return None;
        };
        let mut texts = Vec::new();
        for entry in entries.iter() {
            let place = self.source.place(entry.span().start);
            match entry.get_ref().as_str() {
                Some(text) => texts.push(Located { value: text.to_owned(), place }),
                None => self.wrong_kind(setting, "a list of strings", entry.get_ref(), place),
            }
        }
        Some(texts)
    }

    /// Notes a problem with one setting of this table.
    pub(crate) fn note(&mut self, place: Place, name: &str, wrong: String, remedy: String) {
        self.problems.configuration(place, format!("{}.{name}", self.section), wrong, remedy);
    }

    fn find(&self, name: &str) -> Option<(&'a DeValue<'a>, Place)> {
        let (key, value): (_, &'a Spanned<DeValue<'a>>) = self.table.get_key_value(name)?;
        Some((value.get_ref(), self.source.place(key.span().start)))
    }

    fn wrong_kind(&mut self, setting: &dyn Setting, wanted: &str, found: &DeValue<'_>, place: Place) {
        let wrong = format!("has to be {wanted}, not {}", kind_in_words(found));
        self.note(place, setting.name(), wrong, give(setting));
    }

    fn out_of_range(&mut self, setting: &dyn Setting, written: &str, place: Place) {
        self.note(place, setting.name(), format!("{written} is out of range"), give(setting));
    }
}

/// What to do about a value that cannot be used.
pub(crate) fn give(setting: &dyn Setting) -> String {
    match setting.default_text() {
        Some(default) => format!("give {}, or leave it out for {default}", setting.range()),
        None => format!("give {}", setting.range()),
    }
}

/// Proposes the nearest of the known names, or lists them all where none is near.
pub(crate) fn did_you_mean(written: &str, known: &[&str]) -> String {
    /// Names further apart than this many edits are no misspelling of one another.
    const MAX_EDITS: usize = 3;
    let nearest = known.iter().map(|name| (strsim::damerau_levenshtein(written, name), *name)).min();
    match nearest {
        Some((n_edits, name)) if n_edits <= MAX_EDITS && n_edits < name.len() => {
            format!("did you mean {name}?")
        }
        _ => format!("known are {}", known.join(", ")),
    }
}

fn kind_in_words(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
