//! Clients that leave, at every stage, beside one that stays. `cancel` looks at what a single leaving frees; here many
//! leave at once.

use std::net::TcpStream;

use dragon_testkit::harness::{Server, ServerOptions};
use serde_json::json;

use super::asking::{COMPLETIONS, LONG_CTX, SOON, endless, with};
use super::bystander::{assert_nothing_is_left, beside_a_bystander};
use super::raw::{ByteByByte, post, sent};

/// More than come at once, so that none of them takes the bystander's place.
const N_PLACES: usize = 450;

fn server() -> Server {
    let options = ServerOptions::tiny().model("ctx", LONG_CTX).model("prefill_chunk", "8");
    Server::start(&options.server("max_connections", &N_PLACES.to_string()))
}

#[test]
fn disconnect_at_connect() {
    let server = server();
    beside_a_bystander(&server, || (0..400).for_each(|_| drop(server.connect())));
    assert_nothing_is_left(&server, N_PLACES);
}

#[test]
fn disconnect_mid_body() {
    let server = server();
    let whole = post(COMPLETIONS, &endless().to_string());
    beside_a_bystander(&server, || {
        for number in 0..200 {
            drop(sent(&server, &whole[..whole.len() - 1 - number % 40]));
        }
    });
    assert_nothing_is_left(&server, N_PLACES);
}

#[test]
fn disconnect_mid_prefill() {
    let server = server();
    let long = |number: usize| {
        let prompt = format!("{number}. {}", "The dragon sleeps. ".repeat(1500));
        post(COMPLETIONS, &json!({"model": "tiny", "prompt": prompt, "max_tokens": 4}).to_string())
    };
    let n_prefilled = |server: &Server| server.first_model()["n_prefill_tokens"].as_u64().unwrap();
    beside_a_bystander(&server, || {
        for number in 0..6 {
            let before = n_prefilled(&server);
            let stream = sent(&server, &long(number));
            let _ = server.wait_for(SOON, |model| model["n_prefill_tokens"].as_u64() > Some(before + 200));
            drop(stream);
        }
    });
    assert_nothing_is_left(&server, N_PLACES);
}

#[test]
fn disconnect_mid_stream() {
    let server = server();
    beside_a_bystander(&server, || {
        for _ in 0..5 {
            let streams: Vec<TcpStream> = (0..3)
                .map(|_| sent(&server, &post(COMPLETIONS, &with(endless(), "stream", true).to_string())))
                .collect();
            for stream in &streams {
                let mut begun = [0; 400];
                std::io::Read::read_exact(&mut ByteByByte(stream), &mut begun).unwrap();
                assert!(begun.starts_with(b"HTTP/1.1 200 "));
            }
        }
    });
    assert_nothing_is_left(&server, N_PLACES);
}

#[test]
fn disconnect_behind_a_pipelined_request() {
    let server = server();
    // The bytes behind it must not hide that the client is gone: few, and more than the server takes.
    for n_behind in [1, 40_000] {
        let mut bytes = post(COMPLETIONS, &endless().to_string());
        bytes.extend(vec![b'x'; n_behind]);
        let stream = sent(&server, &bytes);
        let _ = server.wait_for(SOON, |model| model["busy_slots"] == 1);
        drop(stream);
        let _ = server.wait_for(SOON, |model| model["busy_slots"] == 0);
    }
    assert_nothing_is_left(&server, N_PLACES);
}
