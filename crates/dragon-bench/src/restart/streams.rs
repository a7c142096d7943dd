//! Streams in whose middle the engine is killed.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::task::JoinSet;

use super::dice::Dice;
use super::kill::Victim;
use crate::client::Answer;
use crate::load::{self, Target};

/// What came of kills of one kind.
#[derive(Debug, Default)]
pub(super) struct Kills {
    /// From each kill to another engine that is ready, in ms.
    pub(super) ready_ms: Vec<f64>,
    /// From the kill to the next new text of each stream that ran, in ms.
    pub(super) new_text_ms: Vec<f64>,
    /// The longest pause between two texts of each of these streams, in ms.
    pub(super) gap_ms: Vec<f64>,
    /// Streams that were over, or had been, when the kill came.
    pub(super) n_missed: usize,
    /// Of the streams that ran, those with the text of the undisturbed ones.
    pub(super) equal: Share,
    /// Of the pairs of undisturbed streams, those with the same text.
    pub(super) equal_undisturbed: Share,
}

/// So many of so many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) n: usize,
    pub(super) of: usize,
}

/// Runs `n_streams` streams three times, the third with a kill, and all of that again for each kill.
pub(super) async fn killed(
    victim: &Victim<'_>,
    target: &Target,
    n_streams: usize,
    n_kills: u32,
    n_tokens: u32,
    dice: &mut Dice,
) -> Result<Kills> {
    let mut kills = Kills::default();
    for _ in 0..n_kills {
        let serving = victim.at_its_post().await?;
        let bodies = super::bodies(target, n_streams, n_tokens);
        let first = together(target, &bodies, n_tokens).await?;
        let second = together(target, &bodies, n_tokens).await?;
        for (one, other) in first.iter().zip(&second) {
            kills.equal_undisturbed.add(one.text == other.text);
        }
        // While all of them run, if they run as they did.
        let begun = second.iter().map(|answer| answer.first_text_at - answer.sent_at).max();
        let over = second.iter().map(|answer| answer.last_text_at - answer.sent_at).min();
        let (begun, over) = begun.zip(over).context("no streams")?;
        let kill_after = begun + over.saturating_sub(begun).mul_f64(dice.fraction());
        let kill_at = Instant::now() + kill_after;
        let (answers, ready_after) = tokio::join!(together(target, &bodies, n_tokens), async {
            tokio::time::sleep_until(kill_at.into()).await;
            // The timer is late by a millisecond or so; what is measured counts from the real kill.
            let killed_at = Instant::now();
            anyhow::Ok((killed_at, victim.kill(serving).await?))
        });
        let (killed_at, ready_after) = ready_after?;
        kills.ready_ms.push(ms(ready_after));
        for (undisturbed, answer) in first.iter().zip(answers?) {
            kills.take(&answer, killed_at, &undisturbed.text)?;
        }
    }
    Ok(kills)
}

/// All at once, in the order of their requests.
async fn together(target: &Target, bodies: &[Value], n_tokens: u32) -> Result<Vec<Answer>> {
    let mut asked = JoinSet::new();
    for (number, body) in bodies.iter().cloned().enumerate() {
        let target = target.clone();
        asked.spawn(async move { (number, load::ask_checked(&target, &body, n_tokens).await) });
    }
    let mut answers = asked.join_all().await;
    answers.sort_by_key(|(number, _)| *number);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// The longest pause between two texts that was not over at `killed_at`: what comes before its end was made before the kill,
/// or was on its way. Returns its beginning and its end.
fn pause(texts_at: &[Instant], killed_at: Instant) -> Option<(Instant, Instant)> {
    let pauses = texts_at.windows(2).filter_map(|pair| match pair {
        [from, until] if *until > killed_at => Some((*from, *until)),
        _ => None,
    });
    pauses.max_by_key(|(from, until)| *until - *from)
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

// === impl Kills ===

impl Kills {
    fn take(&mut self, answer: &Answer, killed_at: Instant, undisturbed: &str) -> Result<()> {
        if answer.n_replays == 0 {
            self.n_missed += 1;
            return Ok(());
        }
        ensure!(answer.n_replays == 1, "one kill, and {} replays", answer.n_replays);
        // An engine that died between its last token and the news of it leaves no text to wait for.
        let Some((from, until)) = pause(&answer.texts_at, killed_at) else {
            self.n_missed += 1;
            return Ok(());
        };
        self.new_text_ms.push(ms(until - killed_at));
        self.gap_ms.push(ms(until - from));
        self.equal.add(answer.text == undisturbed);
        Ok(())
    }
}

// === impl Share ===

impl Share {
    fn add(&mut self, is_one: bool) {
        self.n += usize::from(is_one);
        self.of += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_is_the_longest_one_that_was_not_over_at_the_kill() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        // 400 ms at first were nobody's kill; the text at 512 was on its way when the engine died at 510.
        let texts = [0, 400, 500, 505, 512, 700, 705].map(at);
        assert_eq!(pause(&texts, at(510)), Some((at(512), at(700))));
        assert_eq!(pause(&texts, at(705)), None);
        assert_eq!(pause(&[], at(0)), None);
    }
}
