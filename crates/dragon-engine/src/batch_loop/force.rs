//! Going on with an answer from the server's words instead of the model's: how an answer is brought to its end.

use dragon_ipc::{AbortKind, Closing, Force, Forced, FromEngine, MAX_FORCED_TOKENS};

use super::{BatchLoop, LoopError};
use crate::compute::{Compute, Facts};
use crate::generation::{Generation, Sequence, Turn};
use crate::llama::SeqId;

/// Why a choice cannot be forced: a mistake of the server.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
enum Refusal {
    #[error("it has no answer yet")]
    NoAnswer,
    #[error("the cells of this model cannot be dropped")]
    KeepsCells,
    #[error("{n_kept} tokens are to be kept and it has {n_answer}")]
    TooManyKept { n_kept: u32, n_answer: usize },
    #[error("{0} tokens are forced; it must be 1 to {MAX_FORCED_TOKENS}")]
    BadLength(usize),
    #[error("it leaves no room for a token of the model")]
    NoRoom,
    #[error(transparent)]
    Closing(#[from] BadClosing),
    #[error("token {0} is not in the vocabulary")]
    UnknownToken(u32),
}

/// Why an answer cannot be drawn to its end in this way: a mistake of the server.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub(super) enum BadClosing {
    #[error("its closing has {n_tokens} tokens and gains {gain}")]
    Size { n_tokens: usize, gain: f32 },
    #[error("token {0} of its closing is not in the vocabulary")]
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
        let can_be_fed = |sequence: &Sequence| sequence.is_replaying() && sequence.turn != Turn::AwaitPrompt;
        while self.sequences.get(seq).is_some_and(can_be_fed) {
            self.feed_replay_chunk(seq)?;
        }
        Ok(())
    }

    fn try_force(&mut self, seq: SeqId, force: Force) -> Result<(), Refusal> {
        let generation = self.generations.get(&force.generation).ok_or(Refusal::NoAnswer)?;
        let sequence = self.sequences.get_mut(seq).ok_or(Refusal::NoAnswer)?;
        check(&force, generation, sequence, self.compute.facts())?;
        let n_prompt = generation.prompt.len();
        sequence.restart(n_prompt, force.n_kept, force.tokens, force.n_max_tokens);
        sequence.closing = Some(with_ends(force.closing, self.compute.facts()));
        let n_cells = u32::try_from(sequence.cells.len()).unwrap_or(u32::MAX);
        self.compute.trim_sequence(seq, n_cells).map_err(|_| Refusal::KeepsCells)
    }
}

fn check(force: &Force, generation: &Generation, sequence: &Sequence, facts: &Facts) -> Result<(), Refusal> {
    let (n_kept, n_forced) = (force.n_kept, force.tokens.len());
    if sequence.n_known() == 0 {
        return Err(Refusal::NoAnswer);
    }
    if !facts.keeps_prefixes {
        return Err(Refusal::KeepsCells);
    }
    let n_answer = sequence.n_known();
    if n_kept as usize > n_answer {
        return Err(Refusal::TooManyKept { n_kept, n_answer });
    }
    if n_forced == 0 || n_forced > MAX_FORCED_TOKENS {
        return Err(Refusal::BadLength(n_forced));
    }
    let n_given = n_kept as usize + n_forced;
    if n_given >= force.n_max_tokens as usize || generation.prompt.len() + n_given >= facts.n_ctx_seq as usize
    {
        return Err(Refusal::NoRoom);
    }
    check_closing(&force.closing, facts)?;
    facts.unknown_token(&force.tokens).map_or(Ok(()), |token| Err(Refusal::UnknownToken(token)))
}

pub(super) fn check_closing(closing: &Closing, facts: &Facts) -> Result<(), BadClosing> {
    let (n_tokens, gain) = (closing.tokens.len(), closing.gain);
    if n_tokens > MAX_FORCED_TOKENS || !gain.is_finite() {
        return Err(BadClosing::Size { n_tokens, gain });
    }
    facts.unknown_token(&closing.tokens).map_or(Ok(()), |token| Err(BadClosing::UnknownToken(token)))
}

/// What ends the answer always ends it.
pub(super) fn with_ends(mut closing: Closing, facts: &Facts) -> Closing {
    closing.tokens.extend(&facts.end_tokens);
    closing
}
