//! TLS: a real server, a client of rustls, and curl where there is one.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dragon_testkit::harness::{Response, Server, ServerOptions, read_response};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion};
use serde_json::Value;

use super::asking::{COMPLETIONS, SOON, assert_error, short};
use super::raw::{next_response, post, rest, sent};

/// The time that a handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// A server that speaks TLS.
struct Encrypted {
    server: Server,
    certificate: CertificateDer<'static>,
    certificate_file: PathBuf,
    _directory: tempfile::TempDir,
}

type Stream = StreamOwned<ClientConnection, TcpStream>;

impl Encrypted {
    fn start(options: ServerOptions) -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, pem: String| {
            let path = directory.path().join(name);
            fs::write(&path, pem).unwrap();
            path
        };
        let certificate_file = write("certificate.pem", cert.pem());
        let key_file = write("key.pem", signing_key.serialize_pem());
        let quoted = |path: &Path| format!("{:?}", path.to_str().unwrap());
        let options = options
            .server("tls_certificate", &quoted(&certificate_file))
            .server("tls_key", &quoted(&key_file));
        let server = Server::start_without_waiting(&options);
        let certificate = cert.der().clone();
        Self { server, certificate, certificate_file, _directory: directory }
    }

    fn connect(&self, version: &'static SupportedProtocolVersion, protocols: &[&str]) -> Stream {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let name = ServerName::try_from("localhost").unwrap();
        StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), self.server.connect())
    }

    fn ask(&self, version: &'static SupportedProtocolVersion, bytes: &[u8]) -> Response {
        let mut stream = self.connect(version, &["http/1.1"]);
        stream.write_all(bytes).unwrap();
        read_response(&mut stream).unwrap()
    }
}

fn closing(bytes: Vec<u8>) -> Vec<u8> {
    String::from_utf8(bytes).unwrap().replacen("\r\n", "\r\nconnection: close\r\n", 1).into_bytes()
}

#[test]
fn answers_come_over_both_versions_of_tls() {
    let encrypted = Encrypted::start(ServerOptions::tiny());
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let answer = encrypted.ask(version, &post(COMPLETIONS, &short().to_string()));
        assert_eq!(answer.json()["dragon"]["outcome"], "complete", "{version:?}: {}", answer.text());
        let answer = encrypted.ask(version, b"nonsense\r\n\r\n");
        assert_error("nonsense inside", &answer, 400, "invalid_http", None);
    }
    let mut stream = encrypted.connect(&rustls::version::TLS13, &["h2", "http/1.1"]);
    let streamed = super::asking::with(short(), "stream", true).to_string();
    stream.write_all(&closing(post(COMPLETIONS, &streamed))).unwrap();
    let mut text = String::new();
    // To the end, which TLS marks: nobody can have cut it.
    stream.read_to_string(&mut text).unwrap();
    assert!(text.contains("data: [DONE]\n\n"), "{text}");
    assert_eq!(stream.conn.alpn_protocol(), Some(b"http/1.1".as_slice()));
}

#[test]
fn a_client_that_offers_only_http_2_is_refused_in_the_handshake() {
    let encrypted = Encrypted::start(ServerOptions::tiny());
    let mut stream = encrypted.connect(&rustls::version::TLS13, &["h2"]);
    let error = stream.write_all(b"x").and_then(|()| stream.read(&mut [0]).map(|_| ())).unwrap_err();
    assert!(error.to_string().contains("NoApplicationProtocol"), "{error}");
}

#[test]
fn plain_http_on_the_port_of_tls_is_told_so() {
    let encrypted = Encrypted::start(ServerOptions::tiny());
    let answer = encrypted.server.get("/health");
    assert_error("plain HTTP", &answer, 400, "tls_required", None);
    assert!(answer.text().contains("https://"), "{}", answer.text());
    let answer = encrypted.ask(&rustls::version::TLS13, b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n");
    assert_eq!(answer.status, 200);
}

#[test]
fn a_handshake_that_stalls_or_breaks_frees_its_place() {
    let encrypted = Encrypted::start(ServerOptions::tiny().server("max_connections", "4"));
    let started_at = Instant::now();
    // Nothing, the first byte of a hello, and a hello that is none.
    let silent = encrypted.server.connect();
    let begun = sent(&encrypted.server, b"\x16");
    let broken = sent(&encrypted.server, &[&b"\x16\x03\x01\x00\x40"[..], &[0xff; 64]].concat());
    assert!(!rest(&broken).starts_with(b"HTTP/"), "an alert, not HTTP");
    let answer = encrypted.ask(&rustls::version::TLS13, b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n");
    assert_eq!(answer.status, 200, "a polite client beside them");
    for stream in [&silent, &begun] {
        assert_eq!(rest(stream), b"");
    }
    let waited = started_at.elapsed();
    assert!(waited > HANDSHAKE_TIMEOUT - Duration::from_secs(1) && waited < SOON, "{waited:?}");
    let open: Vec<_> = (0..4).map(|_| encrypted.server.connect()).collect();
    let answer = next_response(&sent(&encrypted.server, b"\x16"));
    assert_error("over the limit", &answer, 503, "too_many_connections", None);
    drop(open);
}

#[test]
fn curl_gets_its_answer() {
    let encrypted = Encrypted::start(ServerOptions::tiny());
    let url = format!("https://localhost:{}{COMPLETIONS}", encrypted.server.address().port());
    let curl = Command::new("curl")
        .args(["--silent", "--show-error", "--noproxy", "*", "--max-time", "30", "--cacert"])
        .arg(&encrypted.certificate_file)
        .args(["--resolve", &format!("localhost:{}:127.0.0.1", encrypted.server.address().port())])
        .args(["-H", "content-type: application/json", "-d", &short().to_string(), &url])
        .output();
    // A machine without curl has the other tests.
    let Ok(output) = curl else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["dragon"]["outcome"], "complete", "{answer}");
}
