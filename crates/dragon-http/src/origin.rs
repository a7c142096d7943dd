//! Who may reach a local server through a browser.
//!
//! A web page that a user visits can make the browser send requests to the user's own machine. Two checks
//! stop it: on a loopback address the `Host` must be a loopback name (so that a foreign name which resolves
//! to 127.0.0.1 does not pass), and everywhere an `Origin` must be one of those configured.

use std::net::IpAddr;

use http::header::{HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue};

use crate::app::Settings;

/// Why a request is turned away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// The `Host` is no loopback name and not among `allowed_hosts`.
    Host(String),
    /// The `Origin` is not among `cors_origins`.
    Origin(String),
}

/// Checks `Host` and `Origin` of a request that arrived at `local`.
pub(crate) fn check(settings: &Settings, local: IpAddr, headers: &HeaderMap) -> Result<(), Foreign> {
    if local.to_canonical().is_loopback() {
        // HTTP/1.0 clients send none, and a browser always does.
        headers.get_all(HOST).iter().try_for_each(|host| check_host(settings, host))?;
    }
    // All lines of a name are looked at: whoever repeats it would otherwise choose which one counts.
    match headers.get_all(ORIGIN).iter().find(|origin| !is_listed(&settings.cors_origins, origin.as_bytes()))
    {
        Some(foreign) => Err(Foreign::Origin(String::from_utf8_lossy(foreign.as_bytes()).into_owned())),
        None => Ok(()),
    }
}

/// The `Origin` to allow in the answer: the request's own, where it is one of those configured.
pub(crate) fn allowed_origin<'a>(settings: &'a Settings, headers: &HeaderMap) -> Option<&'a str> {
    let origin = headers.get(ORIGIN)?;
    settings.cors_origins.iter().map(String::as_str).find(|allowed| allowed.as_bytes() == origin.as_bytes())
}

fn check_host(settings: &Settings, host: &HeaderValue) -> Result<(), Foreign> {
    let text = String::from_utf8_lossy(host.as_bytes()).into_owned();
    let Ok(authority) = text.parse::<Authority>() else { return Err(Foreign::Host(text)) };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    let is_loopback = name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
    let is_allowed = settings.allowed_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(name));
    if is_loopback || is_allowed { Ok(()) } else { Err(Foreign::Host(text)) }
}

fn is_listed(listed: &[String], value: &[u8]) -> bool {
    listed.iter().any(|entry| entry.as_bytes() == value)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn settings() -> Settings {
        Settings {
            max_connections: 1,
            max_body_bytes: 1,
            cors_origins: vec!["https://ui.example".into()],
            allowed_hosts: vec!["box.lan".into()],
        }
    }

    fn verdict(local: [u8; 4], headers: &[(http::HeaderName, &str)]) -> Result<(), Foreign> {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        check(&settings(), IpAddr::V4(Ipv4Addr::from(local)), &headers)
    }

    #[test]
    fn loopback_names_pass_on_loopback() {
        for host in ["127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]:8080", "127.3.2.1", "box.lan:80"] {
            assert_eq!(verdict([127, 0, 0, 1], &[(HOST, host)]), Ok(()), "{host}");
        }
        assert_eq!(verdict([127, 0, 0, 1], &[]), Ok(()));
    }

    #[test]
    fn a_foreign_name_on_loopback_is_turned_away_but_not_on_a_public_address() {
        for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "a b"] {
            let foreign = verdict([127, 0, 0, 1], &[(HOST, host)]);
            assert_eq!(foreign, Err(Foreign::Host(host.into())), "{host}");
        }
        assert_eq!(verdict([192, 0, 2, 1], &[(HOST, "evil.example")]), Ok(()));
    }

    #[test]
    fn every_line_of_a_repeated_name_must_pass() {
        let verdict = |name: &http::HeaderName, values: [&str; 2]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(name, value.parse().unwrap());
            }
            check(&settings(), IpAddr::V4(Ipv4Addr::LOCALHOST), &headers)
        };
        assert_eq!(verdict(&HOST, ["localhost", "box.lan"]), Ok(()));
        for hosts in [["localhost", "evil.example"], ["evil.example", "localhost"]] {
            assert_eq!(verdict(&HOST, hosts), Err(Foreign::Host("evil.example".into())));
        }
        let origins = ["https://ui.example", "https://evil.example"];
        assert_eq!(verdict(&ORIGIN, origins), Err(Foreign::Origin("https://evil.example".into())));
    }

    #[test]
    fn an_origin_passes_only_when_configured() {
        assert_eq!(verdict([192, 0, 2, 1], &[(ORIGIN, "https://ui.example")]), Ok(()));
        for origin in ["https://evil.example", "null", "https://ui.example.evil", "http://ui.example"] {
            let foreign = verdict([127, 0, 0, 1], &[(HOST, "localhost"), (ORIGIN, origin)]);
            assert_eq!(foreign, Err(Foreign::Origin(origin.into())), "{origin}");
        }
    }
}
