//! The right server is right, and each fault is there. (That each is also found is for those who judge servers.)

use std::{
    io::{self, Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::*;
use crate::harness::{Response, read_response, request};

fn send(address: std::net::SocketAddr, path: &str, body: &[u8]) -> io::Result<Response> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_millis(500)))?;
    let method = if body.is_empty() { "GET" } else { "POST" };
    let headers = [("content-type", "application/json")];
    stream.write_all(&request(address, method, path, &headers, body))?;
    read_response(stream)
}

fn ask(llm: &FakeLlm, question: &str, more: &Value) -> io::Result<Response> {
    let mut body = json!({"model": MODEL, "messages": [{"role": "user", "content": question}]});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    send(llm.address(), "/v1/chat/completions", body.to_string().as_bytes())
}

const FRANCE: &str = "What is the capital of France?";

fn streamed() -> Value {
    json!({"stream": true, "stream_options": {"include_usage": true}})
}

#[test]
fn the_right_server_answers_in_both_ways() {
    let llm = FakeLlm::start(Behaviour::Correct);
    let models = send(llm.address(), "/v1/models", b"").unwrap().json();
    assert_eq!(models["data"][0]["id"], MODEL);
    let whole = ask(&llm, FRANCE, &json!({})).unwrap();
    assert_eq!(whole.json()["choices"][0]["message"]["content"], "Paris.");
    assert_eq!(whole.json()["choices"][0]["finish_reason"], "stop");
    let long = ask(&llm, "Tell me a story", &json!({"max_tokens": 5})).unwrap().json();
    assert_eq!(long["choices"][0]["finish_reason"], "length");
    assert_eq!(long["usage"]["completion_tokens"], 5);
    let stream = ask(&llm, FRANCE, &streamed()).unwrap();
    let text = stream.text();
    assert!(text.contains("Paris.") && text.ends_with("data: [DONE]\n\n"), "{text}");
    assert!(text.contains("\"finish_reason\":\"stop\"") && text.contains("total_tokens"), "{text}");
}

#[test]
fn the_right_server_names_what_is_wrong_with_a_request() {
    let llm = FakeLlm::start(Behaviour::Correct);
    for (path, body, status) in [
        ("/v1/nothing", "{}", 404),
        ("/v1/models", "{}", 405),
        ("/v1/chat/completions", "", 405),
        ("/v1/chat/completions", "{", 400),
        ("/v1/chat/completions", "{}", 400),
        ("/v1/chat/completions", r#"{"model":"gpt","messages":[]}"#, 404),
        ("/v1/chat/completions", r#"{"model":"fake-1","messages":[]}"#, 400),
        ("/v1/completions", r#"{"model":"fake-1","prompt":"a","max_tokens":-1}"#, 400),
        ("/v1/completions", r#"{"model":"fake-1","prompt":"a","temperature":1e9}"#, 400),
        ("/v1/completions", r#"{"model":"fake-1","prompt":"a"}"#, 200),
    ] {
        let response = send(llm.address(), path, body.as_bytes()).unwrap();
        assert_eq!(response.status, status, "{path} {body}");
        if status != 200 {
            assert!(!response.json()["error"]["message"].as_str().unwrap().is_empty());
        }
        assert_eq!(response.header("allow").is_some(), status == 405);
    }
}

#[test]
fn more_than_it_can_answer_are_refused() {
    let settings = Settings {
        n_answered_max: 1,
        token_pause: Duration::from_millis(300),
        ..Settings::of(Behaviour::Correct)
    };
    let llm = FakeLlm::start_with(settings).unwrap();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| ask(&llm, FRANCE, &json!({})).unwrap().status);
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(ask(&llm, FRANCE, &json!({})).unwrap().status, 503);
        assert_eq!(first.join().unwrap(), 200);
    });
    assert_eq!(ask(&llm, FRANCE, &json!({})).unwrap().status, 200, "the place is free again");
}

#[test]
fn a_fault_under_load_is_not_there_in_quiet() {
    let settings = Settings {
        when: When::Beside(0),
        token_pause: Duration::from_millis(300),
        ..Settings::of(Behaviour::WrongContent)
    };
    let llm = FakeLlm::start_with(settings).unwrap();
    let text = |question: &str| {
        ask(&llm, question, &json!({})).unwrap().json()["choices"][0]["message"]["content"].clone()
    };
    std::thread::scope(|scope| {
        let first = scope.spawn(|| text("What is the capital of Poland?"));
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(text(FRANCE), "Warsaw.", "another client's answer");
        assert_eq!(first.join().unwrap(), "Warsaw.");
    });
    assert_eq!(text(FRANCE), "Paris.");
}

#[test]
fn streams_keep_their_pace() {
    let settings =
        Settings { token_pause: Duration::from_millis(10), n_filler: 30, ..Settings::of(Behaviour::Correct) };
    let llm = FakeLlm::start_with(settings).unwrap();
    let began_at = Instant::now();
    assert!(ask(&llm, "Tell me a story", &streamed()).unwrap().text().contains("dragon"));
    let took = began_at.elapsed();
    assert!(took >= Duration::from_millis(300), "{took:?}");
}

#[test]
fn connections_break_in_the_way_that_was_asked_for() {
    for more in [json!({}), streamed()] {
        let reset = ask(&FakeLlm::start(Behaviour::Reset), FRANCE, &more).unwrap_err();
        assert_eq!(reset.kind(), io::ErrorKind::ConnectionReset, "{more}");
        let hung = ask(&FakeLlm::start(Behaviour::Hang), FRANCE, &more).unwrap_err();
        assert_eq!(hung.kind(), io::ErrorKind::WouldBlock, "{more}");
        assert!(ask(&FakeLlm::start(Behaviour::TruncatedBody), FRANCE, &more).is_err(), "{more}");
    }
    assert!(ask(&FakeLlm::start(Behaviour::StuckStream), FRANCE, &streamed()).is_err());
    let cut = ask(&FakeLlm::start(Behaviour::TruncatedStream), FRANCE, &streamed()).unwrap();
    assert!(cut.text().contains("Paris.") && !cut.text().contains("\"stop\""));
}

#[test]
fn names_and_behaviours_are_the_same() {
    for (name, behaviour) in Behaviour::ALL {
        assert_eq!(Behaviour::named(name), Some(behaviour));
    }
    assert_eq!(Behaviour::named("perfect"), None);
}

#[test]
fn a_static_server_answers_many_at_once_in_every_form() {
    let llm = StaticLlm::start(0).unwrap();
    let whole = send(llm.address(), "/v1/chat/completions", br#"{"a":1}"#).unwrap();
    assert_eq!(whole.json()["choices"][0]["message"]["content"], "Paris.");
    let text = send(llm.address(), "/v1/completions", br#"{"stream": true}"#).unwrap();
    assert!(text.text().ends_with("data: [DONE]\n\n") && !text.text().contains("usage"));
    let usage = br#"{"stream":true,"stream_options":{"include_usage":true}}"#;
    assert!(send(llm.address(), "/v1/chat/completions", usage).unwrap().text().contains("usage"));
    assert_eq!(send(llm.address(), "/v1/models", b"").unwrap().json()["data"][0]["id"], MODEL);

    // Ten requests in two writes, the first of which ends within a body.
    let mut stream = TcpStream::connect(llm.address()).unwrap();
    let one = b"POST /v1/completions HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}";
    let all = one.repeat(10);
    stream.write_all(&all[..one.len() - 1]).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    stream.write_all(&all[one.len() - 1..]).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut read = String::new();
    stream.read_to_string(&mut read).unwrap();
    assert_eq!(read.matches("HTTP/1.1 200 OK").count(), 10);
}
