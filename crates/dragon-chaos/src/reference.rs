//! The undisturbed answers, made by the same server before anybody is killed.
//!
//! Each is made twice, in another order and so beside others, and with the tiny model a third time alone: llama.cpp
//! computes a call of one row by other kernels than a call of several, and the last bits of the logits differ. Where two
//! differ, nobody could say later what is right, and the case is left out (with the tiny model; others are counted).

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context as _, Result, bail, ensure};
use dragon_chaos::check::{self, Exactness, Outcome, Reference, Way};
use dragon_testkit::rng::SplitMix64;
use dragon_testkit::tiny::expected_greedy;

use crate::cases::Case;
use crate::client::Client;

/// Tokens of a taught prompt's answer that the test kit's own computation gives for sure.
const N_TAUGHT_TOKENS: usize = 64;

/// A stop string begins so far into the undisturbed text, in sixteenths.
const STOP_AT_SIXTEENTH: usize = 11;

/// Characters of a stop string: rare in a random text, and more than one token.
const STOP_CHARS: usize = 4;

/// Of the tiny model's cases at least so many of a hundred have to be fit for comparison.
const MIN_FIT_PERCENT: usize = 80;

/// Clients at a time with a model that needs a second for some dozens of tokens: with more, answers would be landed.
const PARALLEL_SLOW: usize = 4;

/// On a busy machine an undisturbed answer may have to land; then it is asked for again.
const TRIES: usize = 4;

/// A case and what is right for it.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) case: Case,
    pub(crate) reference: Reference,
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Undisturbed {
    pub(crate) prepared: Vec<Prepared>,
    /// Cases whose undisturbed answers were all the same.
    pub(crate) n_equal: usize,
    /// Cases tried.
    pub(crate) n_cases: usize,
}

/// Makes them with so many clients at a time.
pub(crate) fn make(
    client: Client<'_>,
    mut cases: Vec<Case>,
    exactness: Exactness,
    n_parallel: usize,
    rng: &mut SplitMix64,
) -> Result<Undisturbed> {
    let n_parallel = match exactness {
        Exactness::Exact => n_parallel,
        Exactness::Measured => n_parallel.min(PARALLEL_SLOW),
    };
    let mut first = answers(client, &cases, n_parallel, rng)?;
    // A stop string has to come out of the text that it ends.
    for (case, reference) in cases.iter_mut().zip(&mut first) {
        if case.wants_stop {
            let stop =
                stop_in(&reference.choices[0].text).context("a text is too short for a stop string")?;
            case.set_stop(&stop);
            *reference = answer(client, case)?;
        }
    }
    let second = answers(client, &cases, n_parallel, rng)?;
    let alone = match exactness {
        Exactness::Exact => answers(client, &cases, 1, rng)?,
        Exactness::Measured => second.clone(),
    };
    let n_cases = cases.len();
    let mut prepared = Vec::new();
    let mut n_equal = 0;
    for (((case, first), second), alone) in cases.into_iter().zip(first).zip(second).zip(alone) {
        check_taught(&case, &first)?;
        let is_equal = first == second && first == alone;
        n_equal += usize::from(is_equal);
        if is_equal || exactness == Exactness::Measured {
            prepared.push(Prepared { case, reference: first });
        } else {
            crate::say(&format!("case {} is left out: its undisturbed answers differ", case.number));
        }
    }
    let is_fit = exactness == Exactness::Measured || n_equal * 100 >= n_cases * MIN_FIT_PERCENT;
    ensure!(is_fit, "only {n_equal} of {n_cases} undisturbed answers repeat: nothing could be compared");
    Ok(Undisturbed { prepared, n_equal, n_cases })
}

/// One answer for each case, asked for in a random order.
fn answers(
    client: Client<'_>,
    cases: &[Case],
    n_parallel: usize,
    rng: &mut SplitMix64,
) -> Result<Vec<Reference>> {
    let order = shuffled(cases.len(), rng);
    let next = AtomicUsize::new(0);
    let made: Mutex<Vec<(usize, Result<Reference>)>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..n_parallel {
            scope.spawn(|| {
                while let Some(&index) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let answer = answer(client, &cases[index]);
                    made.lock().unwrap_or_else(PoisonError::into_inner).push((index, answer));
                }
            });
        }
    });
    let mut made = made.into_inner().unwrap_or_else(PoisonError::into_inner);
    made.sort_by_key(|(index, _)| *index);
    made.into_iter().map(|(_, answer)| answer).collect()
}

fn answer(client: Client<'_>, case: &Case) -> Result<Reference> {
    let mut answer = answer_once(client, case);
    for _ in 1..TRIES {
        if answer.is_ok() {
            break;
        }
        answer = answer_once(client, case);
    }
    answer
}

fn answer_once(client: Client<'_>, case: &Case) -> Result<Reference> {
    let (asked, body) = case.asked(Way::Whole);
    let transcript = client.ask(&asked, &body, &format!("reference-{}", case.number));
    let answer = match check::read(&asked, &transcript) {
        Ok(answer) => answer,
        Err(faults) => bail!("case {} undisturbed: {faults:?}: {:?}", case.number, transcript.reply),
    };
    let outcome = answer.label.as_ref().map(|label| label.outcome);
    ensure!(
        outcome == Some(Outcome::Complete),
        "case {} undisturbed is {outcome:?}: ask for fewer tokens, or on a quieter machine",
        case.number
    );
    let usage = answer.usage.context("an answer in one piece has its usage")?;
    Ok(Reference { choices: answer.choices, usage })
}

/// The answers to taught prompts are known without the server.
fn check_taught(case: &Case, reference: &Reference) -> Result<()> {
    let Some(prompt) = case.taught else { return Ok(()) };
    let expected = expected_greedy(prompt, N_TAUGHT_TOKENS);
    let text = reference.choices[0].text.as_bytes();
    let n_compared = expected.len().min(text.len());
    ensure!(
        text[..n_compared] == expected[..n_compared],
        "case {} is not what an independent computation gives",
        case.number
    );
    Ok(())
}

fn stop_in(text: &str) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    let start = chars.len() * STOP_AT_SIXTEENTH / 16;
    chars.get(start..start + STOP_CHARS).map(|chars| chars.iter().collect())
}

fn shuffled(n: usize, rng: &mut SplitMix64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for last in (1..n).rev() {
        order.swap(last, rng.below(last + 1));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_a_place_in_the_order() {
        let mut order = shuffled(50, &mut SplitMix64::new(1));
        assert_ne!(order, (0..50).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..50).collect::<Vec<_>>());
    }

    #[test]
    fn a_stop_string_is_cut_at_characters() {
        assert_eq!(stop_in("zażółć gęślą jaźń").as_deref(), Some("ą ja"));
        assert_eq!(stop_in("abc"), None);
    }
}
