//! A prompt of our own for an engine that has failed often: whether it can answer at all, before anybody waits for it again.

use std::time::{Duration, Instant};

use dragon_ipc::{Choice, FromEngine, GenerationId, PromptPiece, Sampling, Start, ToEngine};

use crate::ending::Ending;
use crate::handshake::out_of_turn;
use crate::link::{Ear, Mouth};
use crate::shared::Shared;

/// The prompt: one token that every vocabulary has.
const PROMPT: [u32; 1] = [0];

/// Tokens that are asked for. The first comes from reading the prompt, the others from decode steps.
const N_TOKENS: u32 = 4;

/// What they may take at least. An engine on a swamped machine needs a second.
const LEAST_PATIENCE: Duration = Duration::from_secs(5);

/// A step may take this many times the usual.
const N_USUAL_STEPS: u32 = 8;

/// Lets the engine answer, under a name that nobody else has.
pub(crate) async fn prove(
    ear: &mut Ear,
    mouth: &mut Mouth,
    generation: GenerationId,
    shared: &Shared,
) -> Result<(), Ending> {
    let prompt = PromptPiece { generation, tokens: PROMPT.to_vec() };
    let sampling = Sampling { ignore_eos: true, ..Sampling::greedy() };
    let choices = vec![Choice::new(0, N_TOKENS)];
    let start = Start { generation, choices, sampling, n_top_logprobs: None };
    // What cannot be said is no news yet: its last word is heard below.
    let _ = mouth.say(&ToEngine::Prompt(prompt)).await;
    let _ = mouth.say(&ToEngine::Start(start)).await;
    let usual_step = shared.progress().mean_step.unwrap_or_default();
    let patience = LEAST_PATIENCE.max(usual_step.saturating_mul(N_USUAL_STEPS * N_TOKENS));
    tokio::time::timeout(patience, last_token(ear, shared)).await.unwrap_or(Err(Ending::TimedOut(patience)))
}

async fn last_token(ear: &mut Ear, shared: &Shared) -> Result<(), Ending> {
    loop {
        match ear.hear().await? {
            FromEngine::Step(step) if step.outputs.iter().any(|output| output.end.is_some()) => return Ok(()),
            // It is watched meanwhile as any engine is.
            FromEngine::Heartbeat(heartbeat) => shared.heard(heartbeat, Instant::now()),
            FromEngine::Step(_) | FromEngine::Prefilled(_) => {}
            FromEngine::Aborted(aborted) => {
                return Err(Ending::Broken(format!("it gave up a prompt of one token: {}", aborted.message)));
            }
            other => return Err(out_of_turn(&other)),
        }
    }
}
