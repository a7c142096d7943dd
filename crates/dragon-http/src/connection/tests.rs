//! Heads that do not arrive, or are wrong, in paused time: the clock jumps to the next limit once nothing else can
//! happen. Sockets are real; a client is told apart from the server by nothing but what it sends.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::app::Settings;
use crate::arrival::{HEAD_TIMEOUT, IDLE_TIMEOUT};

const HEALTH: &str = "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n";

fn settings() -> Settings {
    Settings {
        max_connections: 1,
        max_connections_per_address: None,
        tls: None,
        max_body_bytes: 1024,
        cors_origins: Vec::new(),
        allowed_hosts: Vec::new(),
        clients: Vec::new(),
        drain: Duration::ZERO,
    }
}

/// What a client does beside a server that serves no model.
async fn beside_server<T>(client: impl AsyncFnOnce(SocketAddr) -> T) -> T {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Arc::new(App::new(settings(), Vec::new()));
    tokio::select! {
        () = serve(listener, app, Stop::default()) => panic!("nobody asked it to stop"),
        done = client(address) => done,
    }
}

/// What a client reads until the end that sends this and then nothing more, and after how long it ended.
async fn answer_to(sent: &str) -> (String, Duration) {
    beside_server(async |address| {
        let started_at = Instant::now();
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        (answer, started_at.elapsed())
    })
    .await
}

fn statuses(answers: &str) -> Vec<&str> {
    answers.split("HTTP/1.1 ").skip(1).filter_map(|answer| answer.get(..3)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_head_that_stalls_is_a_408_after_its_limit() {
    let (answer, after) = answer_to("GET /health HTTP/1.1\r\nhost: loc").await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("\"code\":\"request_timeout\""), "{answer}");
    assert!(after >= HEAD_TIMEOUT && after < HEAD_TIMEOUT * 2, "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_closed_without_a_word() {
    let (answer, after) = answer_to("").await;
    assert_eq!(answer, "");
    assert!(after >= HEAD_TIMEOUT && after < HEAD_TIMEOUT * 2, "{after:?}");
    let (answer, after) = answer_to(HEALTH).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("{\"status\":\"ok\"}"), "{answer}");
    assert!(after >= IDLE_TIMEOUT && after < IDLE_TIMEOUT + HEAD_TIMEOUT, "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn a_second_head_that_stalls_has_its_own_limit() {
    let (answer, after) = answer_to(&format!("{HEALTH}GET /hea")).await;
    assert_eq!(statuses(&answer), ["200", "408"], "{answer}");
    assert!(after >= HEAD_TIMEOUT && after < HEAD_TIMEOUT * 2, "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn pipelined_requests_are_answered_in_order_whatever_their_bodies() {
    let post = "POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{}";
    let models = "GET /v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let head = "HEAD /health HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let (answers, _) = answer_to(&format!("{HEALTH}{post}{head}\r\n{models}{post}{HEALTH}")).await;
    assert_eq!(statuses(&answers), ["200", "400", "200", "200", "400", "200"], "{answers}");
    assert!(answers.ends_with("{\"status\":\"ok\"}"), "{answers}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_ends_after_chunks_so_that_nothing_can_hide_behind_them() {
    let chunked = "POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
    let (answers, after) = answer_to(&format!("{chunked}{HEALTH}")).await;
    assert_eq!(statuses(&answers), ["400"], "{answers}");
    assert!(answers.contains("\r\nconnection: close\r\n"), "{answers}");
    assert!(after < HEAD_TIMEOUT, "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_a_head_is_said_in_our_format_and_nothing_behind_it_is_answered() {
    for (head, status, said) in [
        ("hello", "400", "This is not a valid request"),
        ("GET / HTTP/1.1\nhost: localhost", "400", "LF instead of CR LF"),
        ("GET / HTTP/1.1\r\nx: a\r\n b", "400", "continued on the next line"),
        (
            "GET / HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked",
            "400",
            "both Content-Length and",
        ),
        ("GET / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2", "400", "more than one Content-Length"),
        ("GET / HTTP/1.1\r\ncontent-length: +1", "400", "This is not a valid request"),
        (
            "GET / HTTP/1.1\r\ntransfer-encoding: chunked\r\ntransfer-encoding: x",
            "400",
            "more than one Transfer",
        ),
        ("GET / HTTP/1.1\r\ntransfer-encoding: gzip", "400", "This is not a valid request"),
        ("GET / HTTP/1.0\r\ntransfer-encoding: chunked", "400", "This is not a valid request"),
        ("GET / HTTP/1.1\r\ncontent-length : 1", "400", "This is not a valid request"),
        ("PRI * HTTP/2.0\r\n\r\nSM", "400", "version"),
        ("GET / HTTP/2.0", "400", "version"),
    ] {
        let (answer, after) = answer_to(&format!("{head}\r\n\r\n{HEALTH}")).await;
        assert_eq!(statuses(&answer), [status], "{head:?}: {answer}");
        assert!(answer.contains("\"code\":\"invalid_http\"") && answer.contains(said), "{head:?}: {answer}");
        assert!(after < HEAD_TIMEOUT, "{head:?}: {after:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_is_not_taken_and_harms_nobody() {
    let upgrade = "GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\n\
                   http2-settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n";
    let (answers, _) = answer_to(&format!("{upgrade}{HEALTH}")).await;
    assert_eq!(statuses(&answers), ["200", "200"], "{answers}");
}

#[tokio::test(start_paused = true)]
async fn whoever_pipelines_and_does_not_read_is_cut() {
    let (n_sent, after) = beside_server(async |address| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let flood = HEALTH.repeat(1000);
        let started_at = Instant::now();
        let mut n_sent = 0;
        // Ends with an error when the server cuts the connection.
        while stream.write_all(flood.as_bytes()).await.is_ok() {
            n_sent += flood.len();
        }
        (n_sent, started_at.elapsed())
    })
    .await;
    // Only what the system's own buffers hold was taken.
    assert!(n_sent < 64 << 20, "{n_sent} bytes");
    assert!(after < HEAD_TIMEOUT * 2, "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn whoever_leaves_behind_a_pipelined_request_is_noticed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    for n_pipelined in [1, 3 * 16 * 1024] {
        let mut client = TcpStream::connect(address).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        client.write_all(HEALTH.as_bytes()).await.unwrap();
        client.write_all(&vec![b'x'; n_pipelined]).await.unwrap();
        let clock = ArrivalClock::default();
        let io = TokioIo::new(ClockedStream::new(Transport::Plain(server), clock.clone()));
        // A request whose answer never comes.
        let never = service_fn(|request: Request<Incoming>| {
            clock.head_read(framing(request.body()));
            std::future::pending::<Result<http::Response<String>, Infallible>>()
        });
        let connection = http1::Builder::new().serve_connection(io, never);
        let leaving = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            drop(client);
            std::future::pending::<()>().await;
        };
        let ended = tokio::select! {
            ended = tokio::time::timeout(Duration::from_secs(5), connection) => ended,
            () = leaving => unreachable!(),
        };
        assert!(ended.is_ok_and(|result| result.is_err()), "it goes on for nobody, {n_pipelined} bytes");
    }
}
