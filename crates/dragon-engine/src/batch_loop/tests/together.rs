//! Whatever runs beside it, an answer is the one that the generation would get alone.

use std::collections::{BTreeMap, BTreeSet};

use dragon_ipc::{Choice, Ration, Replay, Sampling, Start, ToEngine};
use proptest::prelude::*;

use super::harness::{Answer, Harness, greedy, start};

#[derive(Debug, Clone)]
struct Request {
    prompt: Vec<u32>,
    n_choices: u32,
    n_max_tokens: u32,
    sampling: Sampling,
}

/// What happens to the loop.
#[derive(Debug, Clone, Copy)]
enum Event {
    Begin(usize),
    Cancel(usize),
    CancelChoice(usize, u32),
    Ration(usize),
    Decode,
    Prefill,
}

fn requests() -> impl Strategy<Value = Vec<Request>> {
    let sampling = (0..3_u8, any::<u64>(), any::<bool>()).prop_map(|(heat, seed, ignore_eos)| Sampling {
        temperature: f32::from(heat) * 0.8,
        top_k: 20,
        top_p: 0.95,
        frequency_penalty: 0.3,
        seed,
        ignore_eos,
        ..greedy()
    });
    // Many begin alike, so that some start from what others left.
    let prompt = (0..28_usize, prop::collection::vec(2_u32..40, 1..20))
        .prop_map(|(n_shared, own)| (2_u32..30).take(n_shared).chain(own).collect::<Vec<_>>());
    let request =
        (prompt, 1_u32..4, 1_u32..30, sampling).prop_map(|(prompt, n_choices, n_max_tokens, sampling)| {
            Request { prompt, n_choices, n_max_tokens, sampling }
        });
    prop::collection::vec(request, 1..6)
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        2 => (0..6_usize).prop_map(Event::Begin),
        1 => (0..6_usize).prop_map(Event::Cancel),
        2 => (0..6_usize, 0..3_u32).prop_map(|(nth, choice)| Event::CancelChoice(nth, choice)),
        1 => (0..8_usize).prop_map(Event::Ration),
        3 => Just(Event::Decode),
        2 => Just(Event::Prefill),
    ];
    prop::collection::vec(event, 0..60)
}

fn start_of(request: &Request, generation: u64) -> Start {
    start(generation, request.n_choices, request.n_max_tokens, request.sampling.clone())
}

fn alone(request: &Request) -> BTreeMap<u32, Answer> {
    let mut harness = Harness::new();
    harness.begin(&request.prompt, start_of(request, 7));
    harness.finish();
    harness.answers().into_iter().map(|((_, choice), answer)| (choice, answer)).collect()
}

proptest! {
    /// Starts, cancels, rations and calls in any order. What was cancelled is a prefix of its answer.
    #[test]
    fn answers_do_not_depend_on_the_company(requests in requests(), events in events()) {
        let mut harness = Harness::new();
        let mut generations = BTreeMap::new();
        let mut cancelled = BTreeSet::new();
        for (generation, event) in (0..).zip(events) {
            match event {
                Event::Begin(index) => {
                    let Some(request) = requests.get(index) else { continue };
                    let n_free = harness.batch_loop.sequences.n_free();
                    if request.n_choices as usize <= n_free {
                        harness.begin(&request.prompt, start_of(request, generation));
                        generations.insert(generation, index);
                    }
                }
                Event::Cancel(nth) => {
                    if let Some(generation) = generations.keys().nth(nth).copied() {
                        harness.send(ToEngine::Cancel { generation, choice: None });
                        cancelled.extend((0..3).map(|choice| (generation, choice)));
                    }
                }
                Event::CancelChoice(nth, choice) => {
                    if let Some(generation) = generations.keys().nth(nth).copied() {
                        let n_busy = harness.batch_loop.sequences.n_busy();
                        let has_run = harness.holds(generation, choice);
                        harness.send(ToEngine::Cancel { generation, choice: Some(choice) });
                        prop_assert!(!harness.holds(generation, choice));
                        let n_freed = n_busy - harness.batch_loop.sequences.n_busy();
                        prop_assert_eq!(n_freed, usize::from(has_run));
                        cancelled.insert((generation, choice));
                    }
                }
                Event::Ration(nth) => {
                    let favoured = generations.keys().nth(nth).copied().into_iter().collect();
                    harness.send(ToEngine::Ration(Ration { favoured }));
                }
                Event::Decode => harness.decode(),
                Event::Prefill => harness.prefill(),
            }
        }
        harness.finish();
        prop_assert!(harness.aborted.is_empty(), "{:?}", harness.aborted);
        let answers = harness.answers();
        for (generation, index) in generations {
            for (choice, (tokens, end)) in alone(&requests[index]) {
                let together = answers.get(&(generation, choice)).cloned().unwrap_or_default();
                if cancelled.contains(&(generation, choice)) {
                    prop_assert!(tokens.starts_with(&together.0));
                } else {
                    prop_assert_eq!(together, (tokens, end));
                }
            }
        }
    }

    /// Cut anywhere, a generation that goes on from what it had produced gives the same rest.
    #[test]
    fn a_resumed_answer_goes_on_where_it_stopped(
        requests in requests(),
        cuts in prop::array::uniform3(0_usize..30),
        in_chunks: bool,
    ) {
        let replay = if in_chunks { Replay::Chunks } else { Replay::Steps };
        for request in requests {
            let whole = alone(&request);
            // A choice that has ended is not resumed.
            let produced: BTreeMap<u32, Vec<u32>> = whole
                .iter()
                .map(|(index, (tokens, _))| {
                    let n_produced = cuts[*index as usize].min(tokens.len().saturating_sub(1));
                    (*index, tokens[..n_produced].to_vec())
                })
                .collect();
            let choices = produced.keys().map(|index| Choice { replay, ..Choice::new(*index, request.n_max_tokens) });
            let start = Start { choices: choices.collect(), ..start_of(&request, 7) };
            let mut harness = Harness::new();
            harness.resume(&request.prompt, &produced, start);
            harness.finish();
            let answers = harness.answers();
            for (index, produced) in &produced {
                let (rest, end) = &answers[&(7, *index)];
                let (tokens, expected_end) = &whole[index];
                prop_assert_eq!(rest.as_slice(), &tokens[produced.len()..]);
                prop_assert_eq!(end, expected_end);
            }
            let n_prompt = request.prompt.len() as u64;
            prop_assert_eq!(harness.heartbeat().n_prefill_tokens > n_prompt, in_chunks && produced.values().any(|tokens| tokens.len() > 1));
        }
    }
}
