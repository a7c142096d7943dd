//! Heads that do not arrive, in paused time: the clock jumps to the next limit once nothing else can happen.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::app::Settings;

/// What a client reads until the end that sends this and then nothing more, and after how long it ended.
async fn answer_to(sent: &str) -> (String, Duration) {
    let settings = Settings {
        max_connections: 1,
        max_body_bytes: 1024,
        cors_origins: Vec::new(),
        allowed_hosts: Vec::new(),
        clients: Vec::new(),
        drain: Duration::ZERO,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Arc::new(App::new(settings, Vec::new()));
    let serving = serve(listener, app, Stop::default());
    let client = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let started_at = tokio::time::Instant::now();
    let answer = tokio::select! {
        () = serving => panic!("nobody asked it to stop"),
        answer = client => answer,
    };
    (answer, started_at.elapsed())
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
    let (answer, _) = answer_to("").await;
    assert_eq!(answer, "");
    let (answer, after) = answer_to("GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("{\"status\":\"ok\"}"), "{answer}");
    assert!(after >= HEAD_TIMEOUT && after < HEAD_TIMEOUT * 2, "{after:?}");
}
