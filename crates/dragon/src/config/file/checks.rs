//! Settings whose strings have a form of their own.

use std::net::SocketAddr;

use super::super::reader::{Reader, give};
use super::super::settings::{Setting, Text, server};
use super::super::{Located, Place};

/// Ids appear in paths (`/v1/models/{id}`), labels and metrics: so they are short and plain.
const MAX_ID_CHARS: usize = 128;

/// Hexadecimal digits of a SHA-256.
const SHA256_HEX_DIGITS: usize = 64;

/// `ADDRESS:PORT`.
pub(super) fn listen(reader: &mut Reader<'_>) -> Option<Located<SocketAddr>> {
    let Located { value, place } = reader.text(&server::LISTEN)?;
    let address = accept(reader, &server::LISTEN, place.clone(), parse_listen(&value))?;
    Some(Located { value: address, place })
}

/// A name of a model or a client.
pub(in super::super) fn name(reader: &mut Reader<'_>, setting: &Text) -> Option<Located<String>> {
    let Located { value, place } = reader.text(setting)?;
    let id = accept(reader, setting, place.clone(), check_id(&value))?;
    Some(Located { value: id, place })
}

/// A digest, in lower case afterwards.
pub(in super::super) fn sha256(reader: &mut Reader<'_>, setting: &Text) -> Option<Located<String>> {
    let Located { value, place } = reader.text(setting)?;
    let is_digest = value.len() == SHA256_HEX_DIGITS && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    let digest = if is_digest {
        Ok(value.to_ascii_lowercase())
    } else {
        Err(format!("has {} characters and is not a SHA-256 in hexadecimal", value.chars().count()))
    };
    let digest = accept(reader, setting, place.clone(), digest)?;
    Some(Located { value: digest, place })
}

/// Web origins, compared as browsers send them: scheme, host, port, nothing after.
pub(super) fn cors_origins(reader: &mut Reader<'_>) -> Option<Vec<String>> {
    strings(reader, &server::CORS_ORIGINS, |origin| {
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        match host {
            Some(host) if is_host(host) => Ok(()),
            _ => Err(format!("\"{origin}\" is not an origin such as https://chat.example.org")),
        }
    })
}

/// Host names that a `Host` header may carry, with or without a port.
pub(super) fn allowed_hosts(reader: &mut Reader<'_>) -> Option<Vec<String>> {
    strings(reader, &server::ALLOWED_HOSTS, |host| {
        if is_host(host) {
            Ok(())
        } else {
            Err(format!("\"{host}\" is not a host name such as box.example.org"))
        }
    })
}

/// Parses what `listen` and `--listen` hold.
pub(crate) fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("\"{text}\" is not an IP address with a port, such as 127.0.0.1:8080"))
}

/// Checks what `id` and `--model ID=PATH` hold.
pub(crate) fn check_id(text: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/-".contains(&byte);
    if text.is_empty() {
        Err("is empty".to_owned())
    } else if text.len() > MAX_ID_CHARS {
        Err(format!("is {} bytes long", text.len()))
    } else if let Some(odd) = text.chars().find(|odd| !u8::try_from(*odd).is_ok_and(is_plain)) {
        Err(format!("holds the character {odd:?}"))
    } else {
        Ok(text.to_owned())
    }
}

fn strings(
    reader: &mut Reader<'_>,
    setting: &Text,
    check: impl Fn(&str) -> Result<(), String>,
) -> Option<Vec<String>> {
    let mut kept = Vec::new();
    for Located { value, place } in reader.texts(setting)? {
        let checked = check(&value).map(|()| value);
        kept.extend(accept(reader, setting, place, checked));
    }
    Some(kept)
}

fn accept<T>(reader: &mut Reader<'_>, setting: &Text, place: Place, value: Result<T, String>) -> Option<T> {
    match value {
        Ok(value) => Some(value),
        Err(wrong) => {
            reader.note(place, setting.name(), wrong, give(setting));
            None
        }
    }
}

/// A name or address with an optional port: whatever could stand in a `Host` header.
fn is_host(text: &str) -> bool {
    let is_host_byte = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    !text.is_empty() && text.bytes().all(is_host_byte)
}
