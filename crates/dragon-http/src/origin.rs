//! Who may reach a local server through a browser.
//!
//! A web page that a user visits can make the browser send requests to the user's own machine. Two checks
//! stop it: on a loopback address the `Host` must be a loopback name (so that a foreign name which resolves
//! to 127.0.0.1 does not pass), and everywhere an `Origin` must be one of those configured.

use std::net::IpAddr;

use http::header::{HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, Uri, Version};

use crate::app::Settings;

/// Why a request is turned away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// There is no `Host`, and the version of HTTP requires one.
    NoHost,
    /// The `Host`, or the target's authority, is no loopback name and not among `allowed_hosts`.
    Host(String),
    /// The `Origin` is not among `cors_origins`.
    Origin(String),
}

/// What of a request's head says whom it asks and who asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) version: Version,
    pub(crate) uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
}

/// Checks `Host`, `Origin` and the authority of the target (`GET http://name/path`), where it has one, of a
/// request that arrived at `local`.
pub(crate) fn check(settings: &Settings, local: IpAddr, asked: Asked<'_>) -> Result<(), Foreign> {
    let Asked { version, uri, headers } = asked;
    // RFC 9112, section 3.2. HTTP/1.0 clients need not send one, and a browser always does.
    if version > Version::HTTP_10 && !headers.contains_key(HOST) {
        return Err(Foreign::NoHost);
    }
    if local.to_canonical().is_loopback() {
        headers.get_all(HOST).iter().try_for_each(|host| check_host(settings, host.as_bytes()))?;
        uri.authority().map_or(Ok(()), |authority| check_host(settings, authority.as_str().as_bytes()))?;
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

fn check_host(settings: &Settings, host: &[u8]) -> Result<(), Foreign> {
    let text = String::from_utf8_lossy(host).into_owned();
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
    use std::time::Duration;

    use super::*;

    fn settings() -> Settings {
        Settings {
            max_connections: 1,
            max_connections_per_address: None,
            tls: None,
            max_body_bytes: 1,
            cors_origins: vec!["https://ui.example".into()],
            allowed_hosts: vec!["box.lan".into()],
            clients: Vec::new(),
            drain: Duration::ZERO,
        }
    }

    fn verdict(local: [u8; 4], headers: &[(http::HeaderName, &str)]) -> Result<(), Foreign> {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        verdict_on(local, Version::HTTP_11, "/health", &headers)
    }

    fn verdict_on(local: [u8; 4], version: Version, uri: &str, headers: &HeaderMap) -> Result<(), Foreign> {
        let uri: Uri = uri.parse().unwrap();
        check(&settings(), IpAddr::V4(Ipv4Addr::from(local)), Asked { version, uri: &uri, headers })
    }

    #[test]
    fn loopback_names_pass_on_loopback() {
        for host in ["127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]:8080", "127.3.2.1", "box.lan:80"] {
            assert_eq!(verdict([127, 0, 0, 1], &[(HOST, host)]), Ok(()), "{host}");
        }
    }

    #[test]
    fn only_old_clients_may_leave_out_the_host() {
        for local in [[127, 0, 0, 1], [192, 0, 2, 1]] {
            let without = |version| verdict_on(local, version, "/health", &HeaderMap::new());
            assert_eq!(without(Version::HTTP_10), Ok(()));
            assert_eq!(without(Version::HTTP_11), Err(Foreign::NoHost));
        }
    }

    #[test]
    fn the_authority_of_the_target_has_to_pass_beside_the_host() {
        let target = |local, host: &str, uri| {
            let headers = [(HOST, host.parse().unwrap())].into_iter().collect();
            verdict_on(local, Version::HTTP_11, uri, &headers)
        };
        let (here, public) = ([127, 0, 0, 1], [192, 0, 2, 1]);
        let foreign = Err(Foreign::Host("evil.example".into()));
        assert_eq!(target(here, "localhost", "http://127.0.0.1:8080/health"), Ok(()));
        assert_eq!(target(here, "localhost", "http://box.lan/health"), Ok(()));
        assert_eq!(target(here, "localhost", "http://evil.example/health"), foreign);
        assert_eq!(target(here, "evil.example", "http://localhost/health"), foreign);
        assert_eq!(target(public, "localhost", "http://evil.example/health"), Ok(()));
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
            headers.entry(HOST).or_insert_with(|| "localhost".parse().unwrap());
            verdict_on([127, 0, 0, 1], Version::HTTP_11, "/health", &headers)
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
        assert_eq!(verdict([192, 0, 2, 1], &[(HOST, "box.lan"), (ORIGIN, "https://ui.example")]), Ok(()));
        for origin in ["https://evil.example", "null", "https://ui.example.evil", "http://ui.example"] {
            let foreign = verdict([127, 0, 0, 1], &[(HOST, "localhost"), (ORIGIN, origin)]);
            assert_eq!(foreign, Err(Foreign::Origin(origin.into())), "{origin}");
        }
    }
}
