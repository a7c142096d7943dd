//! Against small servers that send what they are told to, byte for byte.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::StatusCode;
use rustls::RootCertStore;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::tls::Tls;
use super::*;
use crate::ask::{Expects, Leave, Script, Step};
use crate::attack::wish::post;
use crate::exchange::{HostileEnd, Response};
use crate::target::Place;

const PATIENCE: Duration = Duration::from_millis(400);

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

/// A server whose every connection is served by this function, which gets its number.
async fn server<F, S>(serve: S) -> SocketAddr
where
    S: Fn(usize, TcpStream) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for number in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(number, stream));
        }
    });
    address
}

/// Reads one request of the form that these tests send: a head, and a body of its length.
pub(crate) async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        if let Some((announced, came)) = crate::attack::tests::content_length(&bytes)
            && came >= announced
        {
            return Some(String::from_utf8_lossy(&bytes).into_owned());
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// A server that reads one request and sends these bytes, and then waits for the client to leave or not.
async fn server_that_sends(bytes: &'static [u8], stays: bool) -> SocketAddr {
    server(move |_, mut stream| async move {
        request(&mut stream).await;
        stream.write_all(bytes).await.unwrap();
        if stays {
            let _ = stream.read(&mut [0; 16]).await;
        }
    })
    .await
}

fn caller(address: SocketAddr, patience: Duration) -> Arc<Caller> {
    let place = Place::parse(&format!("http://{address}")).unwrap();
    let connector = Arc::new(Connector::new(&place, address).unwrap());
    let caller =
        Caller::new(connector, Clock::start(), &place.host(), Some("sk-1"), Duration::from_secs(7), patience);
    Arc::new(caller.unwrap())
}

fn hello() -> Ask {
    post("/v1/completions?a=b", "{\"a\":1}", Expects::Rejection)
}

async fn ask(address: SocketAddr) -> Exchange {
    Client::new(caller(address, PATIENCE)).ask(&hello(), Duration::ZERO).await
}

fn response(exchange: Exchange) -> Response {
    match exchange.reply {
        Reply::Response(response) => response,
        Reply::None(silence) => panic!("{silence:?}"),
    }
}

fn silence(exchange: Exchange) -> Silence {
    match exchange.reply {
        Reply::None(silence) => silence,
        Reply::Response(response) => panic!("{response:?}"),
    }
}

#[tokio::test]
async fn the_request_arrives_as_it_was_asked_with_what_every_client_adds() {
    let (tell, mut told) = tokio::sync::mpsc::channel(1);
    let address = server(move |_, mut stream| {
        let tell = tell.clone();
        async move {
            tell.send(request(&mut stream).await.unwrap()).await.unwrap();
            stream.write_all(OK).await.unwrap();
        }
    })
    .await;
    let answer = response(ask(address).await);
    assert_eq!(
        (answer.status, &answer.body[..], answer.end),
        (StatusCode::OK, &b"hello"[..], BodyEnd::Whole)
    );
    let request = told.recv().await.unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<&str> = head.lines().collect();
    assert_eq!((lines.remove(0), body), ("POST /v1/completions?a=b HTTP/1.1", "{\"a\":1}"));
    lines.sort_unstable();
    let host = format!("host: {address}");
    let expected = [
        "authorization: Bearer sk-1",
        "content-length: 7",
        "content-type: application/json",
        host.as_str(),
        "x-dragon-deadline-ms: 7000",
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn every_part_of_a_stream_is_kept_with_its_time() {
    let address = server(|_, mut stream| async move {
        request(&mut stream).await;
        let head =
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-type: text/event-stream\r\n\r\n";
        stream.write_all(head).await.unwrap();
        for chunk in ["3\r\none\r\n", "3\r\ntwo\r\n", "0\r\n\r\n"] {
            tokio::time::sleep(Duration::from_millis(60)).await;
            stream.write_all(chunk.as_bytes()).await.unwrap();
        }
    })
    .await;
    let exchange = ask(address).await;
    let ended_at = exchange.ended_at;
    let answer = response(exchange);
    assert_eq!((&answer.body[..], answer.end), (&b"onetwo"[..], BodyEnd::Whole));
    let lens: Vec<usize> = answer.arrivals.iter().map(|arrival| arrival.body_len).collect();
    assert_eq!(lens, [3, 6]);
    let pause = answer.arrivals[1].at - answer.arrivals[0].at;
    assert!(pause > Duration::from_millis(40), "{pause:?}");
    assert!(ended_at > answer.arrivals[1].at + Duration::from_millis(40));
}

#[tokio::test]
async fn what_ends_too_early_is_cut() {
    let by_length = server_that_sends(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello", false).await;
    let answer = response(ask(by_length).await);
    assert!(matches!(answer.end, BodyEnd::Cut(_)), "{:?}", answer.end);
    assert_eq!(&answer.body[..], b"hello");
    let by_chunks =
        server_that_sends(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", false)
            .await;
    let answer = response(ask(by_chunks).await);
    assert!(matches!(answer.end, BodyEnd::Cut(_)), "{:?}", answer.end);
    assert_eq!(&answer.body[..], b"hello");
}

#[tokio::test]
async fn whoever_hangs_is_left_when_patience_is_over() {
    let silent = server_that_sends(b"", true).await;
    let exchange = ask(silent).await;
    assert!(exchange.ended_at >= PATIENCE && exchange.ended_at < 3 * PATIENCE, "{:?}", exchange.ended_at);
    assert_eq!(silence(exchange), Silence::Hung);
    let halfway = server_that_sends(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello", true).await;
    let answer = response(ask(halfway).await);
    assert_eq!((&answer.body[..], answer.end), (&b"hello"[..], BodyEnd::Hung));
}

#[tokio::test]
async fn silences_are_told_apart() {
    let closed = server_that_sends(b"", false).await;
    assert!(matches!(silence(ask(closed).await), Silence::Closed(_)));
    let reset = server(|_, mut stream| async move {
        request(&mut stream).await;
        stream.set_zero_linger().unwrap();
    })
    .await;
    let why = silence(ask(reset).await);
    assert!(matches!(&why, Silence::Closed(why) if why.contains("reset")), "{why:?}");
    let not_http = server_that_sends(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", true).await;
    assert!(matches!(silence(ask(not_http).await), Silence::NotHttp(_)));
    let cut_head = server_that_sends(b"HTTP/1.1 200 OK\r\ncontent-le", false).await;
    assert!(matches!(silence(ask(cut_head).await), Silence::Closed(_)));
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let why = silence(ask(nobody).await);
    assert!(matches!(&why, Silence::Unreachable(why) if why.contains("refused")), "{why:?}");
}

#[tokio::test]
async fn bodies_without_end_are_left() {
    let address = server(|_, mut stream| async move {
        request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n").await.unwrap();
        while stream.write_all(&[b'x'; 1 << 16]).await.is_ok() {}
    })
    .await;
    let caller = caller(address, Duration::from_secs(20));
    let answer = response(Client::new(caller).ask(&hello(), Duration::ZERO).await);
    assert_eq!((answer.end, answer.body.len()), (BodyEnd::TooLong, 4 << 20));
}

/// Answers each connection's requests so often, and then closes it without a word.
async fn server_that_answers(n_times: usize, n_connections: Arc<AtomicUsize>) -> SocketAddr {
    server(move |_, mut stream| {
        n_connections.fetch_add(1, Ordering::Relaxed);
        async move {
            for _ in 0..n_times {
                if request(&mut stream).await.is_none() {
                    return;
                }
                stream.write_all(OK).await.unwrap();
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_connection_is_kept_as_long_as_the_server_keeps_it() {
    let n_connections = Arc::new(AtomicUsize::new(0));
    let address = server_that_answers(10, Arc::clone(&n_connections)).await;
    let mut client = Client::new(caller(address, PATIENCE));
    for _ in 0..20 {
        assert_eq!(response(client.ask(&hello(), Duration::ZERO).await).end, BodyEnd::Whole);
        // The end of a connection arrives.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(n_connections.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_request_that_met_a_closed_connection_is_sent_once_more() {
    // Closes the first connection when the second request is there already.
    let address = server(|number, mut stream| async move {
        while request(&mut stream).await.is_some() {
            stream.write_all(OK).await.unwrap();
            if number == 0 {
                stream.readable().await.unwrap();
                stream.set_zero_linger().unwrap();
                return;
            }
        }
    })
    .await;
    let mut client = Client::new(caller(address, PATIENCE));
    for _ in 0..3 {
        assert_eq!(response(client.ask(&hello(), Duration::ZERO).await).status, StatusCode::OK);
    }
    assert_eq!(client.n_resent(), 1);
}

#[tokio::test]
async fn a_request_that_the_server_dropped_after_work_is_not_sent_again() {
    let address = server(|_, mut stream| async move {
        request(&mut stream).await;
        stream.write_all(OK).await.unwrap();
        request(&mut stream).await;
        tokio::time::sleep(CROSSED_WITHIN * 3).await;
    })
    .await;
    let mut client = Client::new(caller(address, PATIENCE));
    assert_eq!(response(client.ask(&hello(), Duration::ZERO).await).status, StatusCode::OK);
    let dropped = silence(client.ask(&hello(), Duration::ZERO).await);
    assert!(matches!(dropped, Silence::Closed(_)), "{dropped:?}");
    assert_eq!(client.n_resent(), 0);
}

#[tokio::test]
async fn a_request_is_not_sent_again_once_a_byte_has_come() {
    let address = server(|_, mut stream| async move {
        request(&mut stream).await;
        stream.write_all(OK).await.unwrap();
        request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 ").await.unwrap();
    })
    .await;
    let mut client = Client::new(caller(address, PATIENCE));
    assert_eq!(response(client.ask(&hello(), Duration::ZERO).await).status, StatusCode::OK);
    let second = client.ask(&hello(), Duration::ZERO).await;
    assert!(matches!(silence(second), Silence::Closed(_)));
    assert_eq!(client.n_resent(), 0);
}

#[tokio::test]
async fn whoever_answers_before_it_has_read_all_is_heard() {
    let address = server(|_, mut stream| async move {
        let mut some = [0; 1024];
        stream.read_exact(&mut some).await.unwrap();
        let refusal = b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 3\r\nconnection: close\r\n\r\nbig";
        stream.write_all(refusal).await.unwrap();
        stream.shutdown().await.unwrap();
        // It reads on for a while, as servers do that want to be heard, and gives up then.
        tokio::time::sleep(Duration::from_millis(100)).await;
    })
    .await;
    let body = "x".repeat(8 << 20);
    let ask = post("/v1/completions", body, Expects::Rejection);
    let answer = response(Client::new(caller(address, PATIENCE)).ask(&ask, Duration::ZERO).await);
    assert_eq!((answer.status.as_u16(), &answer.body[..]), (413, &b"big"[..]));
}

#[test]
fn keys_and_hosts_that_cannot_be_sent_are_refused() {
    let place = Place::parse("http://127.0.0.1:1").unwrap();
    let connector = Arc::new(Connector::new(&place, "127.0.0.1:1".parse().unwrap()).unwrap());
    let second = Duration::from_secs(1);
    let new = |host: &str, key: &str| {
        Caller::new(Arc::clone(&connector), Clock::start(), host, Some(key), second, second).err()
    };
    assert_eq!(new("a", "b"), None);
    assert_eq!(new("a\nb", "b"), Some(Unusable::Host("a\nb".to_owned())));
    assert_eq!(new("a", "b\r\nx: y"), Some(Unusable::ApiKey));
}

// --- TLS

struct Identity {
    acceptor: tokio_rustls::TlsAcceptor,
    roots: RootCertStore,
}

fn identity() -> Identity {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["llm.example".to_owned()]).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = rustls::pki_types::PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    Identity { acceptor: Arc::new(config).into(), roots }
}

async fn ask_over_tls(name: &str, acceptor: tokio_rustls::TlsAcceptor, roots: RootCertStore) -> Exchange {
    let address = server(move |_, stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let mut some = [0; 4096];
            let n_read = stream.read(&mut some).await.unwrap();
            assert!(some[..n_read].starts_with(b"POST /v1/completions?a=b HTTP/1.1\r\n"));
            stream.write_all(OK).await.unwrap();
            stream.flush().await.unwrap();
            let _ = stream.read(&mut some).await;
        }
    })
    .await;
    let connector = Arc::new(Connector::trusting(address, Tls::trusting(name, roots).unwrap()));
    let caller =
        Caller::new(connector, Clock::start(), name, None, Duration::from_secs(7), Duration::from_secs(5));
    Client::new(Arc::new(caller.unwrap())).ask(&hello(), Duration::ZERO).await
}

#[tokio::test]
async fn tls_is_spoken_to_whom_the_roots_vouch_for() {
    let Identity { acceptor, roots } = identity();
    let answer = response(ask_over_tls("llm.example", acceptor, roots).await);
    assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &b"hello"[..]));
}

#[tokio::test]
async fn others_are_not_spoken_to() {
    let Identity { acceptor, roots } = identity();
    let other_name = ask_over_tls("other.example", acceptor.clone(), roots).await;
    let why = silence(other_name);
    assert!(matches!(&why, Silence::Unreachable(why) if why.contains("certificate")), "{why:?}");
    let other_roots = ask_over_tls("llm.example", acceptor, identity().roots).await;
    let why = silence(other_roots);
    assert!(matches!(&why, Silence::Unreachable(why) if why.contains("certificate")), "{why:?}");
}

// --- scripts

async fn played(address: SocketAddr, steps: Vec<Step>, leave: Leave) -> HostileEnd {
    let place = Place::parse(&format!("http://{address}")).unwrap();
    play(&Connector::new(&place, address).unwrap(), &Script { steps, leave }).await
}

fn send(bytes: &'static [u8]) -> Step {
    Step::Send(bytes::Bytes::from_static(bytes))
}

/// A server that tells how each connection ended for it: what it read, and the error that ended it.
async fn server_that_watches() -> (SocketAddr, tokio::sync::mpsc::Receiver<(String, Option<String>)>) {
    let (tell, told) = tokio::sync::mpsc::channel(8);
    let address = server(move |_, mut stream| {
        let tell = tell.clone();
        async move {
            let mut bytes = Vec::new();
            let end = stream.read_to_end(&mut bytes).await.err().map(|error| error.kind().to_string());
            tell.send((String::from_utf8(bytes).unwrap(), end)).await.unwrap();
        }
    })
    .await;
    (address, told)
}

#[tokio::test]
async fn scripts_leave_politely_or_with_a_reset() {
    let (address, mut told) = server_that_watches().await;
    assert_eq!(played(address, vec![send(b"hello")], Leave::Close).await, HostileEnd::Left);
    assert_eq!(told.recv().await.unwrap(), ("hello".to_owned(), None));
    // The reset comes after the server has read what was sent before it.
    let steps = vec![send(b"hello"), Step::Pause(Duration::from_millis(50))];
    assert_eq!(played(address, steps, Leave::Reset).await, HostileEnd::Left);
    assert_eq!(told.recv().await.unwrap(), ("hello".to_owned(), Some("connection reset".to_owned())));
}

#[tokio::test]
async fn a_half_close_is_seen_and_answered() {
    let address = server(|_, mut stream| async move {
        stream.read_to_end(&mut Vec::new()).await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    })
    .await;
    let steps = vec![send(b"GET"), Step::HalfClose];
    assert_eq!(played(address, steps, Leave::Await(Duration::from_secs(5))).await, HostileEnd::Answered(400));
}

#[tokio::test]
async fn a_drip_ends_when_the_server_has_had_enough() {
    let drip =
        || Step::Drip { bytes: vec![b'a'; 10_000].into(), n_at_once: 1, pause: Duration::from_millis(5) };
    let tells = server(|_, mut stream| async move {
        stream.read_exact(&mut [0; 20]).await.unwrap();
        stream.write_all(b"HTTP/1.1 408 Request Timeout\r\n\r\n").await.unwrap();
    })
    .await;
    let end = played(tells, vec![send(b"POST "), drip()], Leave::Close).await;
    assert_eq!(end, HostileEnd::Answered(408));
    let closes = server(|_, mut stream| async move {
        stream.read_exact(&mut [0; 20]).await.unwrap();
    })
    .await;
    assert_eq!(played(closes, vec![send(b"POST "), drip()], Leave::Close).await, HostileEnd::Closed);
    let (patient, mut told) = server_that_watches().await;
    let short = Step::Drip { bytes: b"abcde"[..].into(), n_at_once: 2, pause: Duration::from_millis(5) };
    assert_eq!(played(patient, vec![short], Leave::Close).await, HostileEnd::Left);
    assert_eq!(told.recv().await.unwrap().0, "abcde");
}

#[tokio::test]
async fn a_slow_reader_makes_the_server_wait() {
    let (tell, mut told) = tokio::sync::mpsc::channel(1);
    let address = server(move |_, mut stream| {
        let tell = tell.clone();
        async move {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            // Far more than what fits into the sender's buffers alone.
            let sent = tokio::time::timeout(Duration::from_millis(500), async {
                for _ in 0..256 {
                    stream.write_all(&[b'x'; 1 << 16]).await.unwrap();
                }
            });
            tell.send(sent.await.is_ok()).await.unwrap();
        }
    })
    .await;
    let sip =
        Step::Sip { n_at_once: 64, pause: Duration::from_millis(20), within: Duration::from_millis(900) };
    let end = played(address, vec![sip], Leave::Close).await;
    assert!(!told.recv().await.unwrap(), "the server could send all of it");
    assert!(matches!(end, HostileEnd::Left | HostileEnd::Answered(200)), "{end:?}");
}

#[tokio::test]
async fn reading_stops_at_its_count_or_its_time() {
    let address = server(|_, mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n0123456789").await.unwrap();
        let _ = stream.read(&mut [0; 16]).await;
    })
    .await;
    let read = |n_bytes| Step::Read { n_bytes, within: Duration::from_millis(100) };
    let began = tokio::time::Instant::now();
    assert_eq!(played(address, vec![read(20)], Leave::Close).await, HostileEnd::Left);
    assert!(began.elapsed() < Duration::from_millis(90), "{:?}", began.elapsed());
    assert_eq!(played(address, vec![read(500)], Leave::Close).await, HostileEnd::Left);
    assert!(began.elapsed() >= Duration::from_millis(100));
}

#[tokio::test]
async fn whoever_cannot_be_reached_is_named_so() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let end = played(nobody, vec![send(b"hello")], Leave::Close).await;
    assert!(matches!(end, HostileEnd::Unreachable(_)), "{end:?}");
}
