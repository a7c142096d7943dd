//! Identical requests at the same time share one generation.

use std::sync::Arc;
use std::thread;

use dragon_testkit::harness::{Event, Server};
use serde_json::{Value, json};

use super::asking::{COMPLETIONS, SOON, endless, patient, short, with};
use super::engine_death::{kill_engine, ready_again};

/// Long enough for the others to come while it is being made.
fn greedy() -> Value {
    with(with(endless(), "max_tokens", 3000), "prompt", "Hello")
}

fn text(answer: &Value) -> &str {
    answer["choices"][0]["text"].as_str().unwrap()
}

#[test]
fn forty_who_ask_the_same_get_one_generation() {
    let server = Arc::new(Server::start(&patient().model("slots", "1")));
    let ask = |_| {
        let server = Arc::clone(&server);
        thread::spawn(move || server.post(COMPLETIONS, &greedy()).json())
    };
    let asked: Vec<_> = (0..40).map(ask).collect();
    let answers: Vec<Value> = asked.into_iter().map(|answer| answer.join().unwrap()).collect();
    let n_shared = answers.iter().filter(|answer| answer["dragon"]["shared"] == true).count();
    assert_eq!(n_shared, 39);
    for answer in &answers {
        assert_eq!(answer["dragon"]["outcome"], "complete", "{answer}");
        assert_eq!(text(answer), text(&answers[0]));
        assert_eq!(answer["usage"]["completion_tokens"], 3000);
    }
    let made = server.get("/ready").json()["models"][0]["n_decode_tokens"].as_u64().unwrap();
    assert!(made <= 3001, "{made} tokens were made");
}

#[test]
fn whoever_joins_late_gets_all_of_it_and_whoever_began_it_may_leave() {
    let server = Server::start(&patient().model("slots", "1"));
    let mut first = server.stream(COMPLETIONS, &with(greedy(), "stream", true));
    assert!(matches!(first.next(), Some(Event::Chunk(_))));
    let second = thread::scope(|scope| {
        let second = scope.spawn(|| server.post(COMPLETIONS, &greedy()).json());
        // The first is let go only after the second has joined, which nothing shows but time.
        thread::sleep(std::time::Duration::from_millis(100));
        drop(first);
        second.join().unwrap()
    });
    assert_eq!(second["dragon"]["shared"], true, "{}", second["dragon"]);
    assert_eq!(second["dragon"]["outcome"], "complete");
    let alone = server.post(COMPLETIONS, &greedy()).json();
    assert_eq!(text(&second), text(&alone));
    assert_eq!(alone["dragon"]["shared"], false, "what is over is not shared");
}

/// Found by `make chaos`: who joined after a kill was told of engines that had died before it came.
#[test]
fn whoever_joins_late_counts_only_the_engines_that_it_has_lived_through_itself() {
    let server = Server::start(&patient().model("slots", "1"));
    let long = with(greedy(), "max_tokens", 10_000);
    let mut first = server.stream(COMPLETIONS, &with(long.clone(), "stream", true));
    assert!(matches!(first.next(), Some(Event::Chunk(_))));
    let _ = ready_again(&server, kill_engine(&server));
    let (chunks, second) = thread::scope(|scope| {
        let second = scope.spawn(|| server.post(COMPLETIONS, &long).json());
        (first.chunks(), second.join().unwrap())
    });
    let label = &chunks.last().unwrap()["dragon"];
    assert_eq!((&label["replays"], &label["shared"]), (&json!(1), &json!(false)), "{label}");
    let label = &second["dragon"];
    assert_eq!((&label["replays"], &label["shared"]), (&json!(0), &json!(true)), "{label}");
    assert_eq!(label["outcome"], "complete", "{label}");
}

#[test]
fn what_chance_decides_is_not_shared_and_everyone_leaving_ends_it() {
    let server = Server::start(&patient().model("slots", "2"));
    let sampled = with(with(greedy(), "temperature", 1), "max_tokens", 30_000);
    let streams = [(); 2].map(|()| server.stream(COMPLETIONS, &with(sampled.clone(), "stream", true)));
    let _ = server.wait_for(SOON, |model| model["busy_slots"] == 2);
    drop(streams);
    let long = with(with(greedy(), "max_tokens", 30_000), "stream", true);
    let streams = [(); 2].map(|()| server.stream(COMPLETIONS, &long));
    let _ = server.wait_for(SOON, |model| model["busy_slots"] == 1);
    drop(streams);
    let _ = server.wait_for(SOON, |model| model["busy_slots"] == 0);
    assert_eq!(server.post(COMPLETIONS, &short()).status, 200);
}

#[test]
fn an_equal_seed_is_shared_and_another_is_not() {
    let server = Server::start(&patient().model("slots", "2"));
    let seeded = |seed: u64| with(with(greedy(), "temperature", 1), "seed", seed);
    let answers = thread::scope(|scope| {
        let ask = |seed| {
            scope.spawn({
                let server = &server;
                move || server.post(COMPLETIONS, &seeded(seed)).json()
            })
        };
        [7, 7, 8].map(ask).map(|answer| answer.join().unwrap())
    });
    let n_shared = answers.iter().filter(|answer| answer["dragon"]["shared"] == json!(true)).count();
    assert_eq!(n_shared, 1);
    assert_eq!(text(&answers[0]), text(&answers[1]));
    assert_ne!(text(&answers[0]), text(&answers[2]));
}
