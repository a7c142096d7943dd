//! The state of a generation and of its choices, each a sequence in the cache.

use std::collections::VecDeque;

use dragon_ipc::{Choice, Closing, GenerationId, Replay, Start};

use crate::compute::Facts;
use crate::draft::Drafter;
use crate::llama::{Logits, Position, Row, SeqId, TokenId};
use crate::sampler::{History, Lean, Place, Rules};

/// One prompt with one or more choices.
#[derive(Debug)]
pub(crate) struct Generation {
    /// All of it.
    pub(crate) prompt: Vec<TokenId>,
    /// When it came, counted in generations.
    pub(crate) arrival: u64,
    /// Prompt tokens in the first sequence's cells.
    pub(crate) n_prefilled: usize,
    /// Whether it has been decided where the first of them come from.
    pub(crate) is_seeded: bool,
    /// Of these, tokens that were taken from an earlier sequence.
    pub(crate) n_cached: usize,
    /// Sequences of the choices that have not ended; the prompt is prefilled in the first.
    pub(crate) seqs: Vec<SeqId>,
    /// How tokens are chosen.
    pub(crate) rules: Rules,
    /// Log-probabilities asked for.
    pub(crate) n_top_logprobs: Option<u8>,
}

/// One choice.
#[derive(Debug)]
pub(crate) struct Sequence {
    /// What it belongs to.
    pub(crate) generation: GenerationId,
    /// The choice's index in the request.
    pub(crate) choice: u32,
    /// What it does in the next decode call.
    pub(crate) turn: Turn,
    /// Tokens of the answer so far, whether made here or by an earlier engine.
    pub(crate) n_answer: u32,
    /// Tokens in its cells: prompt and answer, but for the last token of the answer.
    pub(crate) cells: Vec<TokenId>,
    /// Tokens of the answer, counted for the penalties.
    pub(crate) history: History,
    /// Guesses of what comes next.
    pub(crate) drafter: Drafter,
    /// Tokens of the answer at most.
    pub(crate) n_max_tokens: u32,
    /// How it is drawn to its end, once the server has decided where that is.
    pub(crate) closing: Option<Closing>,
    /// Tokens that are still to be fed, after the one in `turn`: of an earlier engine, or forced by the server.
    replayed: VecDeque<TokenId>,
    /// How they are fed.
    replay: Replay,
}

/// What a sequence does in the next decode call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nothing: its prompt is not in the cells yet.
    AwaitPrompt,
    /// Feeds this token.
    Feed(TokenId),
}

// === impl Generation ===

impl Generation {
    /// A generation whose prompt has not been prefilled and whose choices have no sequences yet.
    pub(crate) fn new(arrival: u64, prompt: Vec<TokenId>, start: &Start, facts: &Facts) -> Self {
        let mut banned = facts.suppressed_tokens.clone();
        if start.sampling.ignore_eos {
            banned.extend(&facts.end_tokens);
        }
        Self {
            prompt,
            arrival,
            n_prefilled: 0,
            is_seeded: false,
            n_cached: 0,
            seqs: Vec::with_capacity(start.choices.len()),
            rules: Rules { sampling: start.sampling.clone(), banned },
            n_top_logprobs: start.n_top_logprobs,
        }
    }

    /// The part of the prompt that the next prefill call computes. Its end is a multiple of the chunk from
    /// position 0 (or the prompt's end), so that a prompt is always cut at the same places. A tail of less than half
    /// a chunk goes with the chunk before it: calls of few tokens are dear.
    pub(crate) fn next_chunk(&self, n_prefill_chunk: u32) -> std::ops::Range<usize> {
        let n_chunk = chunk_at(self.n_prefilled, n_prefill_chunk);
        let border = (self.n_prefilled / n_chunk + 1) * n_chunk;
        let end = if self.prompt.len() < border + n_chunk / 2 { self.prompt.len() } else { border };
        self.n_prefilled..end.min(self.prompt.len())
    }
}

/// From this position on chunks are smaller: there most of a call is attention to what came before, large chunks are
/// no faster, and they hold up running answers (1,500-token prompts beside one answer, with a matrix unit: chunks of
/// 64 read 573 to 607 tokens a second and make gaps of 173 ms at the 99th percentile, chunks of 16 566 and 65 ms).
const DEEP_FROM: usize = 256;

/// The smallest that chunks are made there, in tokens.
const MIN_DEEP_CHUNK: usize = 16;

/// Tokens of the chunk at this position: a function of the position alone.
fn chunk_at(position: usize, n_prefill_chunk: u32) -> usize {
    let n_chunk = (n_prefill_chunk as usize).max(1);
    if position < DEEP_FROM { n_chunk } else { n_chunk.min(MIN_DEEP_CHUNK.max(n_chunk / 4)) }
}

/// The most tokens of a prompt in one call: a chunk with a tail.
pub(crate) fn longest_chunk(n_prefill_chunk: u32) -> u32 {
    n_prefill_chunk.saturating_add(n_prefill_chunk / 2)
}

// === impl Sequence ===

impl Sequence {
    /// A choice that waits for its prompt, and of which an earlier engine produced this much.
    pub(crate) fn new(generation: GenerationId, choice: Choice, produced: Vec<TokenId>) -> Self {
        Self {
            generation,
            choice: choice.index,
            turn: Turn::AwaitPrompt,
            // Counted when they are taken up again, see `replay`.
            n_answer: 0,
            cells: Vec::new(),
            history: History::default(),
            drafter: Drafter::default(),
            n_max_tokens: choice.n_max_tokens,
            closing: choice.closing,
            replayed: produced.into(),
            replay: choice.replay,
        }
    }

    /// Cuts the answer to its first `n_kept` tokens and lets `forced` follow; at least one. `n_prompt` tokens of
    /// its cells are the prompt. The cells themselves must then be trimmed to its cells here.
    ///
    /// Those that an earlier engine produced may not all be in the cells yet; they are part of the answer.
    pub(crate) fn restart(&mut self, n_prompt: usize, n_kept: u32, forced: Vec<TokenId>, n_max_tokens: u32) {
        let pending = match self.turn {
            Turn::Feed(token) => Some(token),
            Turn::AwaitPrompt => None,
        };
        let in_cells = self.cells.iter().skip(n_prompt).copied();
        let n_in_cells = in_cells.len();
        let answer = in_cells.chain(pending).chain(self.replayed.iter().copied());
        let kept: Vec<TokenId> = answer.take(n_kept as usize).collect();
        let (fed, unfed) = kept.split_at(kept.len().min(n_in_cells));
        self.cells.truncate(n_prompt.saturating_add(fed.len()));
        self.n_answer = u32::try_from(fed.len()).unwrap_or(u32::MAX);
        self.history = fed.iter().copied().collect();
        self.n_max_tokens = n_max_tokens;
        self.drafter = Drafter::default();
        self.replayed = unfed.iter().copied().chain(forced).collect();
        if self.turn != Turn::AwaitPrompt {
            self.replay();
        }
    }

    /// Tokens of its answer that are known, whether in the cells or not.
    pub(crate) fn n_known(&self) -> usize {
        self.n_answer as usize + self.replayed.len()
    }

    /// Takes up the next token that is not its own, if any is left: it is fed like any other, but neither
    /// sampled nor reported again.
    pub(crate) fn replay(&mut self) -> Option<TokenId> {
        let token = self.replayed.pop_front()?;
        self.push(token);
        Some(token)
    }

    /// Whether tokens that are not its own are still to be fed.
    pub(crate) fn is_replaying(&self) -> bool {
        !self.replayed.is_empty()
    }

    /// Whether they are fed like a prompt, and not in decode calls.
    pub(crate) fn replays_in_chunks(&self) -> bool {
        self.is_replaying() && self.replay == Replay::Chunks && self.turn != Turn::AwaitPrompt
    }

    /// The next of them for one call, each with its cell; the last of all is left for the next decode call.
    pub(crate) fn replay_chunk(&mut self, seq: SeqId, n_max_rows: usize) -> Vec<Row> {
        let mut rows = Vec::with_capacity(n_max_rows);
        while rows.len() < n_max_rows {
            let (Turn::Feed(token), position) = (self.turn, self.position()) else { break };
            if self.replay().is_none() {
                break;
            }
            self.cells.push(token);
            rows.push(Row { token, seq, position, logits: Logits::Skipped });
        }
        rows
    }

    /// Adds a token to the answer, to be fed next.
    pub(crate) fn push(&mut self, token: TokenId) {
        self.n_answer += 1;
        self.history.push(token);
        self.turn = Turn::Feed(token);
    }

    /// The position of the next token that is fed.
    pub(crate) fn position(&self) -> Position {
        Position::try_from(self.cells.len()).unwrap_or(Position::MAX)
    }

    /// What its next token leans to.
    pub(crate) fn lean(&self) -> Option<Lean<'_>> {
        let closing = self.closing.as_ref()?;
        let n_steps = (self.n_answer + 1).checked_sub(closing.n_from).filter(|n_steps| *n_steps > 0)?;
        // Exact below 2^24 tokens, more than any context holds.
        #[expect(clippy::cast_precision_loss, reason = "see above")]
        let bias = closing.gain * n_steps as f32;
        Some(Lean { to: &closing.tokens, bias })
    }

    /// Where its next token is drawn.
    pub(crate) fn place(&self, seed: u64) -> Place {
        Place { seed, choice: self.choice, position: self.n_answer }
    }
}

#[cfg(test)]
mod tests {
    use dragon_ipc::Sampling;
    use proptest::prelude::*;

    use super::*;

    fn generation(n_prompt: usize) -> Generation {
        let sampling = Sampling::greedy();
        Generation {
            prompt: vec![1; n_prompt],
            arrival: 0,
            n_prefilled: 0,
            is_seeded: false,
            n_cached: 0,
            seqs: Vec::new(),
            rules: Rules { sampling, banned: Vec::new() },
            n_top_logprobs: None,
        }
    }

    proptest! {
        #[test]
        fn chunks_cover_the_prompt_and_end_at_multiples(n_prompt in 1_usize..700, n_chunk in 1_u32..100) {
            let mut generation = generation(n_prompt);
            while generation.n_prefilled < n_prompt {
                let chunk = generation.next_chunk(n_chunk);
                prop_assert_eq!(chunk.start, generation.n_prefilled);
                prop_assert!(!chunk.is_empty() && chunk.len() <= longest_chunk(n_chunk) as usize);
                prop_assert!(chunk.end.is_multiple_of(chunk_at(chunk.start, n_chunk)) || chunk.end == n_prompt);
                generation.n_prefilled = chunk.end;
            }
        }
    }

    #[test]
    fn forced_tokens_follow_those_that_are_kept() {
        let answering = || {
            let mut sequence = Sequence::new(1, Choice::new(0, 9), Vec::new());
            sequence.cells = vec![1, 2, 10, 11];
            for token in [10, 11, 12] {
                sequence.push(token);
            }
            sequence
        };
        let mut all = answering();
        all.restart(2, 3, vec![20, 21], 9);
        assert_eq!(
            (all.cells.as_slice(), all.turn, all.n_answer),
            ([1, 2, 10, 11].as_slice(), Turn::Feed(12), 3)
        );
        assert_eq!((all.replay(), all.replay(), all.replay()), (Some(20), Some(21), None));
        let mut fewer = answering();
        fewer.restart(2, 1, vec![20, 21], 9);
        assert_eq!(
            (fewer.cells.as_slice(), fewer.turn, fewer.n_answer),
            ([1, 2, 10].as_slice(), Turn::Feed(20), 2)
        );
        assert_eq!((fewer.history.clone(), fewer.replay()), ([10, 20].into_iter().collect(), Some(21)));
    }

    #[test]
    fn tokens_of_an_earlier_engine_count_as_answer() {
        let mut sequence = Sequence::new(1, Choice::new(2, 9), vec![8, 9]);
        assert_eq!(sequence.place(5), Place { seed: 5, choice: 2, position: 0 });
        assert_eq!(sequence.replay(), Some(8));
        assert_eq!((sequence.turn, sequence.n_answer), (Turn::Feed(8), 1));
        assert_eq!(sequence.replay(), Some(9));
        assert_eq!(sequence.replay(), None);
        assert_eq!(sequence.place(5), Place { seed: 5, choice: 2, position: 2 });
        assert_eq!(sequence.history, [8, 9].into_iter().collect());
    }
}
