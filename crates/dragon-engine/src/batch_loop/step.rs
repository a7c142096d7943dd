//! What follows a row of logits: the next token of one sequence, or its end.

use dragon_ipc::{AbortKind, End, Output};

use super::{BatchLoop, LoopError, output};
use crate::compute::{Compute, Facts};
use crate::generation::{Generation, Sequence};
use crate::llama::{DecodeError, SeqId, TokenId};
use crate::sampler::{Logprobs, SampleError};

/// A token that was chosen.
struct Sampled {
    token: TokenId,
    logprobs: Option<Logprobs>,
}

/// Why none was.
#[derive(Debug, thiserror::Error)]
enum SampleFailure {
    /// The logits rule everything out: the generation ends.
    #[error(transparent)]
    NoToken(#[from] SampleError),
    /// There are no logits where there must be: the process ends.
    #[error(transparent)]
    NoLogits(#[from] DecodeError),
}

// === impl BatchLoop ===

impl<C: Compute> BatchLoop<C> {
    /// Takes a sequence one token further, from the logits of `row` or from what an earlier engine produced.
    ///
    /// Sampling that is impossible aborts the whole generation; what it gave to `outputs` is withdrawn.
    pub(super) fn advance(
        &mut self,
        seq: SeqId,
        row: usize,
        outputs: &mut Vec<Output>,
    ) -> Result<(), LoopError> {
        // Gone when an earlier row of this call aborted its generation.
        let Some(sequence) = self.sequences.get_mut(seq) else { return Ok(()) };
        if sequence.replay().is_some() {
            return Ok(());
        }
        let id = sequence.generation;
        match self.sample(seq, row) {
            Ok(sampled) => {
                let output = self.take_token(seq, sampled);
                let is_end = output.as_ref().is_some_and(|output| output.end.is_some());
                outputs.extend(output);
                if is_end { self.end_choice(id, seq) } else { Ok(()) }
            }
            Err(SampleFailure::NoToken(error)) => {
                outputs.retain(|output| output.generation != id);
                self.distrust(id);
                self.abort(id, AbortKind::NonFinite, format!("no token can be chosen: {error}"))
            }
            Err(SampleFailure::NoLogits(error)) => Err(error.into()),
        }
    }

    fn sample(&mut self, seq: SeqId, row: usize) -> Result<Sampled, SampleFailure> {
        let sequence = self.sequences.get_mut(seq).ok_or(DecodeError::Sequence(seq))?;
        let generation = self.generations.get(&sequence.generation).ok_or(DecodeError::Sequence(seq))?;
        let rules = &generation.rules;
        let logits = self.compute.logits(row)?;
        let place = sequence.place(rules.sampling.seed);
        let token = self.sampler.choose(logits, rules, &sequence.history, sequence.lean(), place)?;
        let logprobs = match generation.n_top_logprobs {
            Some(n_top) => Some(self.sampler.logprobs(logits, token, usize::from(n_top))?),
            None => None,
        };
        Ok(Sampled { token, logprobs })
    }

    /// Writes the token into the sequence's state and makes its report.
    fn take_token(&mut self, seq: SeqId, sampled: Sampled) -> Option<Output> {
        let Sampled { token, logprobs } = sampled;
        let sequence = self.sequences.get_mut(seq)?;
        let generation = self.generations.get(&sequence.generation)?;
        let facts = self.compute.facts();
        let end = end_after(token, sequence, generation, facts);
        if end != Some(End::EndOfGeneration) {
            sequence.push(token);
        }
        // An end-of-generation token is no text. All others are written out, control tokens as well: thinking
        // marks are such tokens, and the server must see them.
        let piece = if end == Some(End::EndOfGeneration) { Vec::new() } else { self.compute.piece(token) };
        Some(Output {
            generation: sequence.generation,
            choice: sequence.choice,
            token,
            piece,
            logprobs: logprobs.map(|logprobs| output::with_pieces(logprobs, &self.compute)),
            end,
        })
    }
}

/// Whether `token` is the last of its choice. The limit comes before the context: who gets all that was asked
/// for has a complete answer.
fn end_after(token: TokenId, sequence: &Sequence, generation: &Generation, facts: &Facts) -> Option<End> {
    let n_answer = sequence.n_answer + 1;
    let n_total = generation.prompt.len() + n_answer as usize;
    if facts.end_tokens.contains(&token) {
        Some(End::EndOfGeneration)
    } else if n_answer >= sequence.n_max_tokens {
        Some(End::MaxTokens)
    } else if n_total >= facts.n_ctx_seq as usize {
        Some(End::Context)
    } else {
        None
    }
}
