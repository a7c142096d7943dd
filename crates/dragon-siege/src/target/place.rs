//! Where a target is, as users write it.

use std::fmt;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};

use http::Uri;
use thiserror::Error;

/// A server's scheme, name and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Whether it speaks TLS.
    pub is_https: bool,
    /// Name or address, without brackets.
    pub name: String,
    /// Its port.
    pub port: u16,
}

/// What is wrong with a target.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum PlaceError {
    /// It is no URL at all.
    #[error("{0:?} is no URL: give one such as http://127.0.0.1:8080")]
    NotAUrl(String),
    /// Only these two are spoken.
    #[error("{0:?} begins neither with http:// nor with https://")]
    Scheme(String),
    /// A siege sends to fixed paths.
    #[error(
        "{0:?} has the path {1:?}: a siege asks for /v1/... at the root of a server, so give scheme, host and port only"
    )]
    Path(String, String),
    /// Keys have an option of their own.
    #[error("the target holds a user name or a password: give the key with --api-key")]
    Credentials,
    /// No address is known for the name.
    #[error("the host {name:?} has no address: {why}")]
    Unresolved {
        /// As the user wrote it.
        name: String,
        /// As the system says it.
        why: String,
    },
}

// === impl Place ===

impl Place {
    /// Reads a URL such as `http://127.0.0.1:8080`. A path of `/v1`, as OpenAI's clients want it, is left out.
    ///
    /// # Errors
    /// Where it is no URL of HTTP, has another path, or holds credentials.
    pub fn parse(url: &str) -> Result<Self, PlaceError> {
        let url = url.trim();
        let not_a_url = || PlaceError::NotAUrl(url.to_owned());
        if !url.contains("://") {
            return Err(PlaceError::Scheme(url.to_owned()));
        }
        let uri: Uri = url.parse().map_err(|_| not_a_url())?;
        let is_https = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(PlaceError::Scheme(url.to_owned())),
        };
        let authority = uri.authority().ok_or_else(not_a_url)?;
        if authority.as_str().contains('@') {
            return Err(PlaceError::Credentials);
        }
        let path = uri.path_and_query().map_or("", |path| path.as_str());
        if !matches!(path.trim_end_matches('/'), "" | "/v1") {
            return Err(PlaceError::Path(url.to_owned(), path.to_owned()));
        }
        let name = authority.host().trim_start_matches('[').trim_end_matches(']');
        if name.is_empty() {
            return Err(not_a_url());
        }
        // The authority's own `port` passes over what is no number of a port.
        let port = match authority.as_str().strip_prefix(authority.host()) {
            None | Some("") if is_https => 443,
            None | Some("") => 80,
            Some(rest) => {
                let port = rest.strip_prefix(':').and_then(|port| port.parse().ok());
                port.filter(|port| *port != 0).ok_or_else(not_a_url)?
            }
        };
        Ok(Self { is_https, name: name.to_owned(), port })
    }

    /// For the `host` header: without the port where it is the scheme's own.
    #[must_use]
    pub fn host(&self) -> String {
        let name = if self.name.contains(':') { format!("[{}]", self.name) } else { self.name.clone() };
        match (self.is_https, self.port) {
            (false, 80) | (true, 443) => name,
            _ => format!("{name}:{}", self.port),
        }
    }

    /// All addresses of it. Asks the system, which may ask the network.
    ///
    /// # Errors
    /// Where there is none.
    pub fn resolve(&self) -> Result<Vec<SocketAddr>, PlaceError> {
        let unresolved = |why: String| PlaceError::Unresolved { name: self.name.clone(), why };
        let found = (self.name.as_str(), self.port).to_socket_addrs();
        let addresses: Vec<_> = found.map_err(|error| unresolved(error.to_string()))?.collect();
        if addresses.is_empty() { Err(unresolved("nobody knows it".to_owned())) } else { Ok(addresses) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.is_https { "https" } else { "http" }, self.host())
    }
}

/// Whether all of them, and at least one, are on this machine.
#[must_use]
pub fn is_loopback(addresses: &[SocketAddr]) -> bool {
    !addresses.is_empty() && addresses.iter().all(|address| is_own(address.ip()))
}

/// IPv4 within IPv6 is what it stands for.
fn is_own(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(url: &str) -> (bool, String, u16, String) {
        let place = Place::parse(url).unwrap();
        (place.is_https, place.name.clone(), place.port, place.host())
    }

    fn owned(is_https: bool, name: &str, port: u16, host: &str) -> (bool, String, u16, String) {
        (is_https, name.to_owned(), port, host.to_owned())
    }

    #[test]
    fn scheme_host_and_port_are_read() {
        assert_eq!(place("http://127.0.0.1:8080"), owned(false, "127.0.0.1", 8080, "127.0.0.1:8080"));
        assert_eq!(place(" http://localhost/ "), owned(false, "localhost", 80, "localhost"));
        assert_eq!(place("https://llm.example"), owned(true, "llm.example", 443, "llm.example"));
        assert_eq!(
            place("https://llm.example:8443/v1"),
            owned(true, "llm.example", 8443, "llm.example:8443")
        );
        assert_eq!(place("http://localhost:11434/v1/"), owned(false, "localhost", 11434, "localhost:11434"));
        assert_eq!(place("http://[::1]:8080"), owned(false, "::1", 8080, "[::1]:8080"));
        assert_eq!(Place::parse("http://[::1]:8080/v1").unwrap().to_string(), "http://[::1]:8080");
    }

    #[test]
    fn every_mistake_is_named() {
        let error = |url: &str| Place::parse(url).unwrap_err();
        assert_eq!(error("127.0.0.1:8080"), PlaceError::Scheme("127.0.0.1:8080".to_owned()));
        assert_eq!(error("ftp://x"), PlaceError::Scheme("ftp://x".to_owned()));
        assert_eq!(error("http://"), PlaceError::NotAUrl("http://".to_owned()));
        assert_eq!(error("http://x:0"), PlaceError::NotAUrl("http://x:0".to_owned()));
        assert_eq!(error("http://x:99999"), PlaceError::NotAUrl("http://x:99999".to_owned()));
        assert_eq!(error("http://me:secret@x"), PlaceError::Credentials);
        let path = error("http://x/api/v1");
        assert!(path.to_string().contains("\"/api/v1\""), "{path}");
        assert!(matches!(error("http://x/v1?a=b"), PlaceError::Path(..)));
    }

    #[test]
    fn loopback_means_all_of_them() {
        let at = |address: &str| -> SocketAddr { address.parse().unwrap() };
        assert!(is_loopback(&[
            at("127.0.0.1:1"),
            at("[::1]:1"),
            at("127.9.9.9:1"),
            at("[::ffff:127.0.0.1]:1")
        ]));
        assert!(!is_loopback(&[at("127.0.0.1:1"), at("192.168.1.2:1")]));
        assert!(!is_loopback(&[at("0.0.0.0:1")]));
        assert!(!is_loopback(&[at("[::ffff:10.0.0.1]:1")]));
        assert!(!is_loopback(&[]));
    }

    #[test]
    fn the_name_of_this_machine_has_an_address() {
        let addresses = Place::parse("http://localhost:8080").unwrap().resolve().unwrap();
        assert!(is_loopback(&addresses), "{addresses:?}");
    }
}
