use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use proptest::prelude::*;

use super::*;
use crate::ask::Expects;

/// What a server saw of one request.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    request_line: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

fn ask(method: Method, path: &str, headers: &[(&str, &[u8])], body: &[u8]) -> Ask {
    let header = |(name, value): &(&str, &[u8])| {
        (HeaderName::try_from(*name).unwrap(), HeaderValue::from_bytes(value).unwrap())
    };
    Ask {
        method,
        path: path.to_owned(),
        headers: headers.iter().map(header).collect(),
        body: Bytes::copy_from_slice(body),
        expects: Expects::Rejection,
    }
}

/// Takes one request, answers it, and tells what it saw.
fn record(listener: &TcpListener) -> Seen {
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut bytes = Vec::new();
    let head_len = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        read_more(&mut stream, &mut bytes);
    };
    let head = bytes[..head_len - 4].to_vec();
    let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let request_line = String::from_utf8(lines.next().unwrap().to_vec()).unwrap();
    let headers: Vec<(String, Vec<u8>)> = lines
        .map(|line| {
            let colon = line.iter().position(|byte| *byte == b':').unwrap();
            let name = String::from_utf8(line[..colon].to_ascii_lowercase()).unwrap();
            (name, line[colon + 1..].trim_ascii().to_vec())
        })
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, value)| std::str::from_utf8(value).unwrap().parse().unwrap());
    while bytes.len() < head_len + length {
        read_more(&mut stream, &mut bytes);
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
    Seen { request_line, headers, body: bytes[head_len..].to_vec() }
}

fn read_more(stream: &mut TcpStream, bytes: &mut Vec<u8>) {
    let mut buffer = [0; 65536];
    let n = stream.read(&mut buffer).unwrap();
    assert!(n > 0, "the connection ended after {} bytes", bytes.len());
    bytes.extend_from_slice(&buffer[..n]);
}

/// What a server sees when a shell runs the command.
fn run(ask: &Ask, has_api_key: bool) -> Seen {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let command = command(ask, &Origin { url, has_api_key, deadline: Duration::from_secs(10) });
    let recording = thread::spawn(move || record(&listener));
    // By a file, as nobody types it: a system takes no single argument of 128 KiB.
    let mut shell = Command::new("sh")
        .env("DRAGON_API_KEY", "a key")
        .env("no_proxy", "*")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    shell.stdin.take().unwrap().write_all(command.as_bytes()).unwrap();
    let output = shell.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}\n{}",
        command.chars().take(500).collect::<String>(),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.stdout.starts_with(b"HTTP/1.1 200 OK"), "it prints what came back");
    recording.join().unwrap()
}

/// Runs the command and compares what arrives with what was asked.
fn check(ask: &Ask) {
    let seen = run(ask, false);
    assert_eq!(seen.request_line, format!("{} {} HTTP/1.1", ask.method, ask.path));
    assert_eq!(seen.body, ask.body.as_ref());
    let of_client = ["host", "content-length", "x-dragon-deadline-ms"];
    let mut arrived: Vec<_> = seen.headers;
    arrived.retain(|(name, _)| !of_client.contains(&name.as_str()));
    let sent: Vec<(String, Vec<u8>)> =
        ask.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    assert_eq!(arrived, sent);
}

const JSON: (&str, &[u8]) = ("content-type", b"application/json");

#[test]
fn an_ordinary_request_reads_as_one_would_write_it() {
    let ask = ask(Method::POST, "/v1/completions", &[JSON], br#"{"prompt":"It's 2 + 2"}"#);
    let origin = Origin {
        url: "http://127.0.0.1:8080".to_owned(),
        has_api_key: true,
        deadline: Duration::from_secs(10),
    };
    assert_eq!(
        command(&ask, &origin),
        "curl -sSiN --http1.1 -X 'POST' 'http://127.0.0.1:8080/v1/completions' -H 'content-type: application/json' \
         -H \"authorization: Bearer $DRAGON_API_KEY\" -H 'x-dragon-deadline-ms: 10000' -H 'accept:' -H 'user-agent:' \
         -H 'expect:' --data-raw '{\"prompt\":\"It'\\''s 2 + 2\"}'"
    );
}

#[test]
fn what_arrives_is_what_was_asked() {
    for body in [
        br#"{"prompt":"It's \"quoted\" $HOME `id` \\ % ! \u00e9"}"#.as_slice(),
        "zażółć gęślą jaźń\nand a second line\n\n".as_bytes(),
        b"@/etc/hostname",
        b"",
        b"\0\x01\xff\xfe not text % \\ ' \" $(id)\r\n",
        b"-d --data",
        b"-u\xff option of printf",
        b"--\0",
    ] {
        check(&ask(Method::POST, "/v1/completions", &[JSON], body));
    }
}

#[test]
fn long_bodies_arrive_whole() {
    check(&ask(Method::POST, "/v1/completions", &[JSON], "long ' text ".repeat(50_000).as_bytes()));
    check(&ask(Method::POST, "/v1/completions", &[JSON], &[0, 255].repeat(50_000)));
}

#[test]
fn odd_methods_paths_and_headers_arrive() {
    check(&ask(Method::GET, "/v1/models", &[], b""));
    check(&ask(Method::HEAD, "/v1/models", &[], b""));
    check(&ask(Method::DELETE, "/v1/chat/completions", &[JSON], b""));
    check(&ask(Method::from_bytes(b"BREW").unwrap(), "/pot", &[], b"coffee"));
    check(&ask(Method::GET, "/v1/../../etc/passwd?a={b}[1-3]&c='d'", &[], b""));
    check(&ask(Method::GET, "//", &[], b""));
    check(&ask(Method::OPTIONS, "*", &[], b""));
    let odd: [(&str, &[u8]); 4] = [
        ("content-type", b""),
        ("accept", b"text/html"),
        ("x-odd", b"\xff'% \\ $HOME"),
        ("user-agent", b"me"),
    ];
    check(&ask(Method::POST, "/", &odd, b"x"));
}

#[test]
fn the_key_is_taken_from_the_environment_and_told_nobody() {
    let ask = ask(Method::GET, "/v1/models", &[], b"");
    let seen = run(&ask, true);
    assert!(seen.headers.contains(&("authorization".to_owned(), b"Bearer a key".to_vec())), "{seen:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_bytes_arrive_as_they_are(body in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&ask(Method::POST, "/v1/completions", &[JSON], &body));
    }

    #[test]
    fn any_text_arrives_as_it_is(body in any::<String>(), path in "/[!-\"$-~]{0,30}") {
        check(&ask(Method::POST, &path, &[JSON], body.as_bytes()));
    }
}
