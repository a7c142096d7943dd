//! Prompts that begin like others, on the real engine: what is not computed again changes nothing.

use std::collections::BTreeMap;

use dragon_ipc::{LoadSpec, ToEngine};
use dragon_testkit::tiny::vocabulary;

use crate::driver::{Answer, Engine, greedy, load_spec, start};

/// Room for a few thousand cells of the tiny model.
const KEPT_BYTES: u64 = 64 << 20;

fn keeping() -> LoadSpec {
    LoadSpec { n_max_kept_bytes: KEPT_BYTES, ..load_spec() }
}

fn system_prompt(n_bytes: usize) -> String {
    "You are a dragon that answers always. ".chars().cycle().take(n_bytes).collect()
}

fn fresh(prompt: &[u32], n_max_tokens: u32) -> Answer {
    let (mut engine, _) = Engine::ready(load_spec());
    engine.begin(prompt, start(1, 1, n_max_tokens, greedy()));
    engine.answers(1).remove(&(1, 0)).unwrap()
}

#[test]
fn a_prompt_that_starts_from_another_gives_the_text_that_it_gives_alone() {
    let (mut engine, ready) = Engine::ready(keeping());
    assert!(ready.keeps_prefixes);
    let whole = vocabulary::tokenize(&system_prompt(500));
    engine.begin(&whole, start(1, 1, 80, greedy()));
    engine.answers(1);
    for (generation, n_shared) in (2..).zip([20, 63, 64, 65, 200, 499, 500]) {
        let prompt = [&whole[..n_shared], &vocabulary::tokenize("And now?")].concat();
        engine.begin(&prompt, start(generation, 1, 60, greedy()));
        let answer = engine.answers(1).remove(&(generation, 0)).unwrap();
        assert_eq!(answer, fresh(&prompt, 60), "{n_shared} tokens shared");
        assert_eq!(engine.prefilled.last().unwrap().n_cached as usize, n_shared);
    }
}

#[test]
fn a_hundred_prompts_with_one_beginning_compute_it_once_also_when_they_come_together() {
    let (mut engine, _) = Engine::ready(keeping());
    let shared = vocabulary::tokenize(&system_prompt(900));
    let prompt = |own: usize| [shared.clone(), vocabulary::tokenize(&format!("Number {own:02}"))].concat();
    let mut answers: BTreeMap<_, Answer> = BTreeMap::new();
    for group in 0..13 {
        let own: Vec<u64> = (group * 8..(group * 8 + 8).min(100)).collect();
        for n in &own {
            engine.begin(&prompt(usize::try_from(*n).unwrap()), start(*n, 1, 10, greedy()));
        }
        answers.extend(engine.answers(own.len()));
    }
    let heartbeat = engine.wait_for_busy_slots(0);
    // "Number 1" is common to some.
    assert!(heartbeat.n_prefill_tokens <= 900 + 100 * 9, "{}", heartbeat.n_prefill_tokens);
    assert_eq!(heartbeat.n_prefill_tokens + heartbeat.n_cached_tokens, 100 * 909);
    for n in [0, 1, 57, 99] {
        assert_eq!(answers[&(n, 0)], fresh(&prompt(usize::try_from(n).unwrap()), 10));
    }
}

#[test]
fn a_sequence_that_is_moved_into_a_gap_goes_on_as_if_nothing_had_happened() {
    let (mut engine, _) = Engine::ready(load_spec());
    let prompt = |n: u64| vocabulary::tokenize(&format!("{n} dragons fly over the hills and"));
    let lengths = [5, 300, 9, 250, 14, 200, 3, 280];
    for (n, n_max_tokens) in (0..).zip(lengths) {
        engine.begin(&prompt(n), start(n, 1, n_max_tokens, greedy()));
    }
    let answers = engine.answers(lengths.len());
    for (n, n_max_tokens) in (0..).zip(lengths) {
        assert_eq!(answers[&(n, 0)], fresh(&prompt(n), n_max_tokens), "answer {n}");
    }
}

#[test]
fn a_full_cache_hurts_nobody_who_runs() {
    let (mut engine, ready) = Engine::ready(LoadSpec { n_ctx_seq: 256, ..keeping() });
    let n_slots = u64::from(ready.n_slots);
    let prompt = |n: u64| vocabulary::tokenize(&format!("{n}{}", system_prompt(199)));
    // Every slot runs until its cells are full, and what comes in between is refused, not squeezed in.
    for n in 0..n_slots {
        engine.begin(&prompt(n), start(n, 1, 1000, greedy()));
    }
    engine.begin(&prompt(99), start(99, 1, 1000, greedy()));
    assert_eq!(engine.next_aborted().generation, 99);
    let answers = engine.answers(usize::try_from(n_slots).unwrap());
    for n in 0..n_slots {
        assert_eq!(answers[&(n, 0)].end, Some(dragon_ipc::End::Context), "answer {n}");
        assert!(answers[&(n, 0)].tokens.len() >= 50);
    }
}

/// Requests by a small generator of our own, so that a failure repeats.
fn next(random: &mut u64) -> u64 {
    *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *random >> 33
}

#[test]
fn ten_thousand_short_requests_with_cancels_leave_nothing_behind() {
    let (mut engine, ready) =
        Engine::ready(LoadSpec { n_ctx_seq: 256, n_max_kept_bytes: 1 << 20, ..keeping() });
    let mut random = 7;
    let mut running: Vec<(u64, u32)> = Vec::new();
    let mut ended: BTreeMap<u64, u32> = BTreeMap::new();
    for generation in 1..=10_000_u64 {
        let n_choices = 1 + u32::try_from(next(&mut random) % 2).unwrap();
        while running.iter().map(|(_, n_choices)| n_choices).sum::<u32>() + n_choices > ready.n_slots {
            if next(&mut random).is_multiple_of(3) {
                let (cancelled, _) = running.remove(0);
                engine.send(&ToEngine::Cancel { generation: cancelled, choice: None });
                continue;
            }
            for output in engine.next_outputs() {
                *ended.entry(output.generation).or_default() += u32::from(output.end.is_some());
            }
            running.retain(|(generation, n_choices)| ended.get(generation) != Some(n_choices));
        }
        let n_prompt = 1 + usize::try_from(next(&mut random) % 60).unwrap();
        let prompt = vocabulary::tokenize(&system_prompt(n_prompt));
        let n_max_tokens = 1 + u32::try_from(next(&mut random) % 6).unwrap();
        engine.begin(&prompt, start(generation, n_choices, n_max_tokens, greedy()));
        running.push((generation, n_choices));
    }
    for (generation, _) in running {
        engine.send(&ToEngine::Cancel { generation, choice: None });
    }
    engine.wait_for_busy_slots(0);
    // All slots and all their cells can be had again.
    let prompt = vocabulary::tokenize(&system_prompt(200));
    engine.begin(&prompt, start(20_000, ready.n_slots, 1000, greedy()));
    let answers = engine.answers_of(20_000, ready.n_slots as usize);
    assert!(answers.values().all(|answer| answer.tokens.len() >= 50));
}
