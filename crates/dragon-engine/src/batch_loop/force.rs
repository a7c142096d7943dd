//! Going on with an answer from the server's words instead of the model's: how an answer is brought to its end.

use std::time::Instant;

use dragon_ipc::{AbortKind, Force, Forced, FromEngine, MAX_FORCED_TOKENS};

use super::{BatchLoop, LoopError};
use crate::compute::{Compute, Facts};
use crate::generation::{Generation, Sequence, Turn};
use crate::llama::{Logits, Row, SeqId};
use crate::progress::Call;

/// Why a choice cannot be forced: a mistake of the server.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
enum Refusal {
    #[error("it has no answer yet")]
    NoAnswer,
    #[error("the cells of this model cannot be dropped")]
    KeepsCells,
    #[error("{n_kept} tokens are to be kept and it has {n_answer}")]
    TooManyKept { n_kept: u32, n_answer: u32 },
    #[error("{0} tokens are forced; it must be 1 to {MAX_FORCED_TOKENS}")]
    BadLength(usize),
    #[error("it leaves no room for a token of the model")]
    NoRoom,
    #[error("its closing has {n_tokens} tokens and gains {gain}")]
    BadClosing { n_tokens: usize, gain: f32 },
    #[error("token {0} is not in the vocabulary")]
    UnknownToken(u32),
}

// === impl BatchLoop ===

impl<C: Compute> BatchLoop<C> {
    /// Cuts a running answer and lets the forced tokens follow.
    pub(super) fn force(&mut self, force: Force) -> Result<(), LoopError> {
        let (id, choice) = (force.generation, force.choice);
        // It has just ended, and the server has been told so.
        let Some(seq) = self.seq_of(id, choice) else { return Ok(()) };
        if let Err(refusal) = self.try_force(seq, force) {
            let message = format!("choice {choice} of generation {id} cannot be forced: {refusal}");
            return self.abort(id, AbortKind::Refused, message);
        }
        self.outbox.send(FromEngine::Forced(Forced { generation: id, choice }));
        self.feed_forced(seq)
    }

    /// Puts all but the last of the forced tokens into the cells, as prompts are: nobody waits for what comes between
    /// them, and a landing has no time for one step each.
    fn feed_forced(&mut self, seq: SeqId) -> Result<(), LoopError> {
        let n_max_rows = self.compute.facts().n_prefill_chunk.max(1) as usize;
        while let Some(sequence) = self.sequences.get_mut(seq).filter(|sequence| sequence.is_replaying()) {
            let rows = forced_rows(sequence, seq, n_max_rows);
            let (id, started_at) = (sequence.generation, Instant::now());
            if let Err(error) = self.compute.decode(&rows) {
                return self.abort_rows(&rows, error);
            }
            let took = started_at.elapsed();
            self.ration.read(id, took);
            self.progress.count_call(Call::Prefill, rows.len(), took);
        }
        Ok(())
    }

    fn try_force(&mut self, seq: SeqId, force: Force) -> Result<(), Refusal> {
        let generation = self.generations.get(&force.generation).ok_or(Refusal::NoAnswer)?;
        let sequence = self.sequences.get_mut(seq).ok_or(Refusal::NoAnswer)?;
        check(&force, generation, sequence, self.compute.facts())?;
        let n_prompt = generation.prompt.len();
        sequence.restart(n_prompt, force.n_kept, force.tokens, force.n_max_tokens);
        let mut closing = force.closing;
        closing.tokens.extend(&self.compute.facts().end_tokens);
        sequence.closing = Some(closing);
        let n_cells = u32::try_from(sequence.cells.len()).unwrap_or(u32::MAX);
        self.compute.trim_sequence(seq, n_cells).map_err(|_| Refusal::KeepsCells)
    }
}

/// The next tokens of those that are not its own, each with its cell; the last of all is left for the next step.
fn forced_rows(sequence: &mut Sequence, seq: SeqId, n_max_rows: usize) -> Vec<Row> {
    let mut rows = Vec::with_capacity(n_max_rows);
    while rows.len() < n_max_rows {
        let (Turn::Feed(token), position) = (sequence.turn, sequence.position()) else { break };
        if sequence.replay().is_none() {
            break;
        }
        sequence.cells.push(token);
        rows.push(Row { token, seq, position, logits: Logits::Skipped });
    }
    rows
}

fn check(force: &Force, generation: &Generation, sequence: &Sequence, facts: &Facts) -> Result<(), Refusal> {
    let (n_kept, n_forced) = (force.n_kept, force.tokens.len());
    if sequence.turn == Turn::AwaitPrompt || sequence.is_replaying() {
        return Err(Refusal::NoAnswer);
    }
    if !facts.keeps_prefixes {
        return Err(Refusal::KeepsCells);
    }
    if n_kept > sequence.n_answer {
        return Err(Refusal::TooManyKept { n_kept, n_answer: sequence.n_answer });
    }
    if n_forced == 0 || n_forced > MAX_FORCED_TOKENS {
        return Err(Refusal::BadLength(n_forced));
    }
    let n_given = n_kept as usize + n_forced;
    if n_given >= force.n_max_tokens as usize || generation.prompt.len() + n_given >= facts.n_ctx_seq as usize
    {
        return Err(Refusal::NoRoom);
    }
    let closing = &force.closing;
    if closing.tokens.len() > MAX_FORCED_TOKENS || !closing.gain.is_finite() {
        return Err(Refusal::BadClosing { n_tokens: closing.tokens.len(), gain: closing.gain });
    }
    let unknown = facts.unknown_token(&force.tokens).or(facts.unknown_token(&closing.tokens));
    unknown.map_or(Ok(()), |token| Err(Refusal::UnknownToken(token)))
}
