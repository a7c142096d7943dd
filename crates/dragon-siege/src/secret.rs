//! The API key, wherever a target repeats it: in an error page, in a fault, in a header.

use std::fmt;

/// What must not be shown or kept.
#[derive(Clone, Default)]
pub struct Secret {
    /// As it is, and as JSON, URLs, HTML and this tool's own messages write it; none is empty.
    forms: Vec<Vec<u8>>,
}

/// What stands in its place.
const INSTEAD: &str = "[API key]";

/// So much of a key is hidden as well where the rest is cut off. Less of it tells nothing.
const N_BYTES_OF_A_PART: usize = 8;

// === impl Secret ===

impl Secret {
    /// This key.
    #[must_use]
    pub fn new(key: Option<&str>) -> Self {
        let Some(key) = key.filter(|key| !key.is_empty()) else { return Self::default() };
        let json = in_json(key);
        let percent = |format: fn(u8) -> String| -> String {
            let byte = |byte: u8| {
                let is_plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
                if is_plain { char::from(byte).to_string() } else { format(byte) }
            };
            key.bytes().map(byte).collect()
        };
        let html = key.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let texts = [
            key.to_owned(),
            json.replace('/', "\\/"),
            in_json(&json),
            json,
            percent(|byte| format!("%{byte:02X}")),
            percent(|byte| format!("%{byte:02x}")),
            html.replace('"', "&quot;").replace('\'', "&#39;"),
            html.replace('"', "&#34;").replace('\'', "&#x27;").replace('/', "&#x2F;"),
            html,
        ];
        let mut forms: Vec<Vec<u8>> = Vec::new();
        for text in texts.map(String::into_bytes) {
            if !forms.contains(&text) {
                forms.push(text);
            }
        }
        // Where one begins like another, the longer is looked for first.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        Self { forms }
    }

    /// The text without it.
    #[must_use]
    pub fn hidden_in(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.hidden_in_bytes(text.as_bytes())).into_owned()
    }

    /// The bytes without it.
    #[must_use]
    pub fn hidden_in_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        if self.forms.is_empty() {
            return bytes.to_vec();
        }
        let mut hidden = Vec::with_capacity(bytes.len());
        let mut rest = bytes;
        while let Some((first, after)) = rest.split_first() {
            match self.len_at(rest) {
                0 => {
                    hidden.push(*first);
                    rest = after;
                }
                n => {
                    hidden.extend_from_slice(INSTEAD.as_bytes());
                    rest = rest.get(n..).unwrap_or_default();
                }
            }
        }
        hidden
    }

    /// How many bytes of it these begin with: all, or a part that is long enough.
    fn len_at(&self, bytes: &[u8]) -> usize {
        let alike = |form: &Vec<u8>| {
            let n = form.iter().zip(bytes).take_while(|(wanted, is)| wanted == is).count();
            if n >= form.len().min(N_BYTES_OF_A_PART) { n } else { 0 }
        };
        self.forms.iter().map(alike).max().unwrap_or(0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.forms.is_empty() { "no key" } else { INSTEAD })
    }
}

/// As it stands between the quotes of JSON.
fn in_json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_hidden_in_every_form_and_where_it_is_cut() {
        let key = "sk-se/kr\"et+&<1>\\23'x";
        let secret = Secret::new(Some(key));
        let json =
            serde_json::json!({ "error": { "message": format!("bad key Bearer {key}.") } }).to_string();
        let excerpt = format!("{json:?}");
        for text in [
            format!("bad key {key}"),
            json.clone(),
            json.replace('/', "\\/"),
            excerpt,
            "?key=sk-se%2Fkr%22et%2B%26%3C1%3E%5C23%27x".to_owned(),
            "?key=sk-se%2fkr%22et%2b%26%3c1%3e%5c23%27x".to_owned(),
            "<p>sk-se/kr&quot;et+&amp;&lt;1&gt;\\23&#39;x</p>".to_owned(),
            "cut: sk-se/kr".to_owned(),
            format!("{key}{key}"),
        ] {
            let hidden = secret.hidden_in(&text);
            assert!(!hidden.contains("sk-se") && hidden.contains(INSTEAD), "{text} -> {hidden}");
            assert!(!hidden.contains("23"), "{text} -> {hidden}");
        }
        assert_eq!(secret.hidden_in("sk-test of another, 23"), "sk-test of another, 23");
        assert_eq!(secret.hidden_in_bytes(b"\xff\0 sk-se/kr\xff"), b"\xff\0 [API key]\xff");
        assert!(!format!("{secret:?}").contains("sk-"));
    }

    #[test]
    fn without_a_key_nothing_is_hidden() {
        for key in [None, Some("")] {
            assert_eq!(Secret::new(key).hidden_in("sk-sekret"), "sk-sekret");
        }
        assert_eq!(Secret::new(Some("k1")).hidden_in("k1 k2"), "[API key] k2");
    }
}
