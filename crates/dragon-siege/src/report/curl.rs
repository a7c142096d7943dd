//! A request as a command that sends it once more, to the letter.

use std::fmt::Write as _;
use std::time::Duration;

use http::Method;

use crate::ask::Ask;

/// Where requests go, and what the siege's client adds to each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Such as `http://127.0.0.1:8080`, without a path.
    pub url: String,
    /// Whether a key is sent. The command takes it from the environment: a report must not tell it.
    pub has_api_key: bool,
    /// For `x-dragon-deadline-ms`.
    pub deadline: Duration,
}

/// Systems take no single argument of 128 KiB; shells' own `printf` has no such bound.
const MOST_BYTES_AS_ARGUMENT: usize = 96 * 1024;

/// The command. It prints status line, headers and body of what comes back.
///
/// curl sends a few headers of its own accord; those that the request does not have are taken out.
#[must_use]
pub fn command(ask: &Ask, origin: &Origin) -> String {
    let mut curl = String::new();
    let is_piped = ask.body.len() > MOST_BYTES_AS_ARGUMENT || plain_text(&ask.body).is_none();
    if is_piped {
        match plain_text(&ask.body) {
            Some(text) => add(&mut curl, format_args!("printf '%s' {} | ", quoted(text))),
            None => add(&mut curl, format_args!("printf {} | ", quoted(&as_format(&ask.body)))),
        }
    }
    curl.push_str("curl -sSiN --http1.1");
    // curl waits for a body after `-X HEAD`, and none comes.
    if ask.method == Method::HEAD && ask.body.is_empty() {
        curl.push_str(" --head");
    } else {
        add(&mut curl, format_args!(" -X {}", quoted(ask.method.as_str())));
    }
    if is_ordinary(&ask.path) {
        add(&mut curl, format_args!(" {}", quoted(&format!("{}{}", origin.url, ask.path))));
    } else {
        add(&mut curl, format_args!(" {} --request-target {}", quoted(&origin.url), quoted(&ask.path)));
    }
    for (name, value) in &ask.headers {
        add(&mut curl, format_args!(" -H {}", header(name.as_str(), value.as_bytes())));
    }
    if origin.has_api_key && !has(ask, "authorization") {
        curl.push_str(" -H \"authorization: Bearer $DRAGON_API_KEY\"");
    }
    if !has(ask, "x-dragon-deadline-ms") {
        add(&mut curl, format_args!(" -H 'x-dragon-deadline-ms: {}'", origin.deadline.as_millis()));
    }
    let own_of_curl = ["accept", "user-agent", "content-type", "expect"];
    for name in own_of_curl.into_iter().filter(|name| !has(ask, name)) {
        add(&mut curl, format_args!(" -H '{name}:'"));
    }
    if is_piped {
        curl.push_str(" --data-binary @-");
    } else if let Some(text) = plain_text(&ask.body).filter(|text| !text.is_empty() || sends_a_length(ask)) {
        add(&mut curl, format_args!(" --data-raw {}", quoted(text)));
    }
    curl
}

fn add(to: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = to.write_fmt(what);
}

fn has(ask: &Ask, name: &str) -> bool {
    ask.headers.iter().any(|(known, _)| known.as_str() == name)
}

/// A body of no bytes is announced where one is usual.
fn sends_a_length(ask: &Ask) -> bool {
    [Method::POST, Method::PUT, Method::PATCH].contains(&ask.method)
}

/// Text that a terminal takes as it stands.
fn plain_text(bytes: &[u8]) -> Option<&str> {
    let is_plain = |c: char| c == '\n' || c == '\t' || !c.is_control();
    std::str::from_utf8(bytes).ok().filter(|text| text.chars().all(is_plain))
}

/// Whether curl sends this path as it stands when it is a part of a URL.
fn is_ordinary(path: &str) -> bool {
    let is_ordinary = |c: char| c.is_ascii_alphanumeric() || "/_-.~?=&%+:@,".contains(c);
    path.starts_with('/') && path.chars().all(is_ordinary) && !path.contains("/.")
}

/// One header as a word of the shell. curl sends an empty value only after a semicolon.
fn header(name: &str, value: &[u8]) -> String {
    if value.is_empty() {
        return quoted(&format!("{name};"));
    }
    match plain_text(value) {
        Some(text) => quoted(&format!("{name}: {text}")),
        None => format!("\"$(printf {})\"", quoted(&format!("{name}: {}", as_format(value)))),
    }
}

/// A word of the shell that stands for this text, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The format with which `printf` prints these bytes. It never begins with a dash, which `printf` takes for an option.
fn as_format(bytes: &[u8]) -> String {
    let mut format = String::with_capacity(bytes.len() * 2);
    for &byte in bytes {
        match byte {
            b'-' if format.is_empty() => format.push_str(r"\055"),
            b'%' => format.push_str("%%"),
            b'\\' => format.push_str(r"\\"),
            b' '..=b'~' => format.push(char::from(byte)),
            _ => add(&mut format, format_args!("\\{byte:03o}")),
        }
    }
    format
}

#[cfg(test)]
mod tests;
