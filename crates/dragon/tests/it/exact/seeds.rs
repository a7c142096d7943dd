//! A seed fixes a sampled answer, whoever else is in the batch.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use dragon_testkit::harness::{Event, EventStream, Server, ServerOptions};
use serde_json::{Value, json};

use super::answers::{BOTH_WAYS, Endpoint, Way, ask, complete, completion, unfiltered, with};

const N_TOKENS: usize = 200;

fn sampled(seed: u64) -> Value {
    completion("Tell me something new.", N_TOKENS, unfiltered(1.0, seed))
}

/// A long stream of somebody else, already running.
fn neighbour(server: &Server, seed: u64, n_prompt: usize) -> EventStream {
    let more = with(unfiltered(1.5, seed), json!({ "stream": true }));
    let mut stream =
        server.stream(Endpoint::Completions.path(), &completion(&"x".repeat(n_prompt), 3000, more));
    assert!(matches!(stream.next(), Some(Event::Chunk(_))));
    stream
}

#[test]
fn a_seed_repeats_its_text_beside_running_neighbours() {
    let server = Server::start(&ServerOptions::tiny());
    let alone = complete(&server, &sampled(7)).text().to_owned();
    assert_eq!(alone, complete(&server, &sampled(7)).text());
    for n_neighbours in 1..=3 {
        let _neighbours: Vec<EventStream> =
            (0..n_neighbours).map(|index| neighbour(&server, index, 40)).collect();
        for way in BOTH_WAYS {
            let answer = ask(&server, Endpoint::Completions, &sampled(7), way);
            assert_eq!(answer.text(), alone, "with {n_neighbours} neighbours, {way:?}");
        }
    }
}

/// Neighbours start, are prefilled and leave at every stage of the answer.
#[test]
fn a_seed_repeats_its_text_while_neighbours_come_and_go() {
    let server = Server::start(&ServerOptions::tiny());
    let seeds = [1, 2, 3, 4, 5, 6];
    let alone = seeds.map(|seed| complete(&server, &sampled(seed)).text().to_owned());
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for visitor in 0..2 {
            let (server, is_over) = (&server, &is_over);
            scope.spawn(move || {
                let lengths = [30, 127, 700, 224, 9].into_iter().cycle();
                for (round, n_prompt) in (0_u64..).zip(lengths) {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    let mut stream = neighbour(server, round * 2 + visitor, n_prompt);
                    // Some stay for a while, some leave at once.
                    (0..round % 5 * 10).for_each(|_| drop(stream.next()));
                }
            });
        }
        let again: Vec<String> = seeds
            .iter()
            .flat_map(|&seed| [seed, seed])
            .map(|seed| complete(&server, &sampled(seed)).text().to_owned())
            .collect();
        is_over.store(true, Ordering::Relaxed);
        for (index, text) in again.iter().enumerate() {
            assert_eq!(*text, alone[index / 2], "seed {}", seeds[index / 2]);
        }
    });
}

#[test]
fn different_seeds_give_different_texts() {
    let server = Server::start(&ServerOptions::tiny());
    let texts: HashSet<String> =
        (0..12).map(|seed| complete(&server, &sampled(seed)).text().to_owned()).collect();
    assert_eq!(texts.len(), 12);
}

#[test]
fn negative_and_large_seeds_are_seeds_like_others() {
    let server = Server::start(&ServerOptions::tiny());
    let of = |seed: Value| complete(&server, &with(sampled(0), json!({ "seed": seed }))).text().to_owned();
    assert_eq!(of(json!(-1)), of(json!(u64::MAX)));
    assert_ne!(of(json!(-1)), of(json!(1)));
    assert_ne!(of(json!(1_u64 << 53)), of(json!((1_u64 << 53) + 1)), "a seed lost its last bit");
}

#[test]
fn the_seed_that_the_server_drew_repeats_the_answer() {
    let server = Server::start(&ServerOptions::tiny());
    let mut drawn_seeds = HashSet::new();
    for way in BOTH_WAYS {
        let unseeded = with(sampled(0), json!({ "seed": null }));
        let first = ask(&server, Endpoint::Completions, &unseeded, way);
        let drawn = first.label["seed"].as_u64().unwrap();
        assert!(drawn < 1 << 53, "a client whose numbers are doubles cannot send {drawn} back");
        assert!(drawn_seeds.insert(drawn));
        let second = complete(&server, &sampled(drawn));
        assert_eq!(first.text(), second.text());
        assert_eq!(second.label["seed"], drawn);
    }
}

#[test]
fn choices_differ_and_the_first_is_the_one_that_a_single_choice_has() {
    let server = Server::start(&ServerOptions::tiny());
    let single = complete(&server, &sampled(11)).text().to_owned();
    for way in BOTH_WAYS {
        let four = ask(&server, Endpoint::Completions, &with(sampled(11), json!({ "n": 4 })), way);
        let texts: HashSet<&str> = four.texts().into_iter().collect();
        assert_eq!(texts.len(), 4);
        assert_eq!(four.choices[0].text, single);
    }
}

#[test]
fn a_client_that_left_gives_its_place_to_the_next() {
    let server = Server::start(&ServerOptions::tiny().model("slots", "1"));
    let alone = complete(&server, &sampled(3)).text().to_owned();
    drop(neighbour(&server, 1, 40));
    let answer = ask(&server, Endpoint::Completions, &sampled(3), Way::Streamed);
    assert_eq!(answer.text(), alone, "the cells of the one who left are still there");
    let _ = server.wait_for(Duration::from_secs(20), |model| model["busy_slots"] == 0);
}
