//! The loop that owns the model: it alternates between decode calls and prefill calls.
//!
//! A decode call holds one token of every running sequence, a prefill call one chunk of one prompt. They are
//! never mixed: the shape of a call changes floating-point results in the last digits, and with fixed shapes a
//! prompt gives the same cells whoever else is there. Alternating means that a running stream waits for a bounded
//! time ([`crate::pace`]). Prompts take turns, chunk by chunk: a short one is not held up by a long one that came
//! before it. What was computed once is not computed again ([`seed`]), and running sequences stay neighbours in the
//! cache ([`pack`]).

mod admit;
mod decode;
mod force;
mod output;
mod pack;
mod prefill;
mod replay;
mod seed;
mod speculate;
mod step;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Instant;

use dragon_ipc::{AbortKind, Aborted, FromEngine, GenerationId, ToEngine};

use crate::compute::Compute;
use crate::generation::{Generation, Sequence};
use crate::kept::Kept;
use crate::link::Outbox;
use crate::llama::{DecodeError, SeqId};
use crate::pace::Pace;
use crate::progress::Progress;
use crate::prompts::{Prompts, TooManyPrompts};
use crate::ration::Ration;
use crate::sampler::Sampler;
use crate::slots::Slots;

/// Messages taken between two calls, so that a flood of them cannot keep the next call from happening.
const MESSAGES_BETWEEN_CALLS: usize = 1024;

/// Owns the model, its sequences and the sampler.
#[derive(Debug)]
pub(crate) struct BatchLoop<C> {
    compute: C,
    outbox: Outbox,
    progress: Arc<Progress>,
    prompts: Prompts,
    generations: HashMap<GenerationId, Generation>,
    sequences: Slots<Sequence>,
    /// Generations whose prompt is not complete in the cells, first come first.
    prefill_line: VecDeque<GenerationId>,
    /// Generations that have come.
    n_arrived: u64,
    kept: Kept,
    pace: Pace,
    ration: Ration,
    sampler: Sampler,
    /// Busy slots that the server knows of.
    n_busy_reported: usize,
}

/// Why the loop ended. All of them end the process.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoopError {
    /// Nobody is left to send messages.
    #[error("the inbox is closed")]
    InboxClosed,
    /// The server sent what does not belong here.
    #[error("the server sent {0} to a running engine")]
    Unexpected(&'static str),
    /// The server sent prompts without starting them.
    #[error(transparent)]
    Prompts(#[from] TooManyPrompts),
    /// The cache or the context can no longer be trusted.
    #[error("the model's context failed: {0}")]
    Context(#[from] DecodeError),
}

// === impl BatchLoop ===

impl<C: Compute> BatchLoop<C> {
    /// A loop with nothing to do.
    pub(crate) fn new(compute: C, outbox: Outbox, progress: Arc<Progress>) -> Self {
        let facts = compute.facts();
        Self {
            prompts: Prompts::new(facts.n_ctx_seq as usize),
            sequences: Slots::new(facts.n_slots),
            generations: HashMap::new(),
            prefill_line: VecDeque::new(),
            n_arrived: 0,
            kept: Kept::new(facts.n_max_kept_bytes),
            pace: Pace::default(),
            ration: Ration::default(),
            sampler: Sampler::default(),
            n_busy_reported: 0,
            compute,
            outbox,
            progress,
        }
    }

    /// Works until something makes going on impossible.
    ///
    /// # Errors
    /// Always; see [`LoopError`].
    pub(crate) fn run(mut self, inbox: &Receiver<ToEngine>) -> Result<Infallible, LoopError> {
        loop {
            self.take_messages(inbox)?;
            self.decode_step()?;
            self.take_messages(inbox)?;
            self.prefill_turn()?;
        }
    }

    /// Reads prompts until the running answers have to go on; at least one chunk.
    fn prefill_turn(&mut self) -> Result<(), LoopError> {
        let started_at = Instant::now();
        self.prefill_step()?;
        while self.has_to_read() && self.pace.has_room(started_at.elapsed(), self.n_next_chunk()) {
            self.prefill_step()?;
        }
        Ok(())
    }

    /// Whether prompts, or answers of an earlier engine that come in chunks, are not complete in their cells.
    fn has_to_read(&self) -> bool {
        !self.prefill_line.is_empty()
            || self.sequences.iter().any(|(_, sequence)| sequence.replays_in_chunks())
    }

    /// Tokens of the call that comes next if the prompt at the front of the line has its turn.
    fn n_next_chunk(&self) -> u32 {
        let n_chunk = self.compute.facts().n_prefill_chunk;
        let front = self.prefill_line.front().and_then(|id| self.generations.get(id));
        let n_next = front.map_or(0, |generation| generation.next_chunk(n_chunk).len());
        u32::try_from(n_next).unwrap_or(u32::MAX)
    }

    /// The server learns at once how many slots are busy, not only with the next heartbeat: it is how operators
    /// and tests see that whoever left has freed its slot.
    fn report_busy_slots(&mut self) {
        let n_busy = self.sequences.n_busy();
        if n_busy != self.n_busy_reported {
            self.n_busy_reported = n_busy;
            self.outbox.send(FromEngine::Heartbeat(self.progress.heartbeat()));
        }
    }

    /// Waits for a message when there is nothing to do, then takes what has arrived.
    fn take_messages(&mut self, inbox: &Receiver<ToEngine>) -> Result<(), LoopError> {
        self.report_busy_slots();
        if self.generations.is_empty() {
            let message = inbox.recv().map_err(|_| LoopError::InboxClosed)?;
            self.handle(message)?;
        }
        inbox.try_iter().take(MESSAGES_BETWEEN_CALLS).try_for_each(|message| self.handle(message))
    }

    fn handle(&mut self, message: ToEngine) -> Result<(), LoopError> {
        match message {
            ToEngine::Prompt(piece) => Ok(self.prompts.push(piece)?),
            ToEngine::Produced(piece) => Ok(self.prompts.push_produced(piece)?),
            ToEngine::Start(start) => self.start(start),
            ToEngine::Cancel { generation, choice: None } => {
                self.prompts.take(generation);
                self.end_generation(generation)
            }
            ToEngine::Cancel { generation, choice: Some(choice) } => self.cancel_choice(generation, choice),
            ToEngine::Force(force) => self.force(force),
            ToEngine::Ration(mut ration) => {
                // Whoever has just ended would be favoured for ever.
                ration.favoured.retain(|favoured| self.generations.contains_key(favoured));
                self.ration.set(ration.favoured);
                Ok(())
            }
            ToEngine::Hello(_) => Err(LoopError::Unexpected("a second hello")),
            ToEngine::Load(_) => Err(LoopError::Unexpected("a second model")),
            ToEngine::Tokenize(_) => Err(LoopError::Unexpected("a text to tokenize")),
        }
    }

    /// Ends a generation without its own last token.
    fn abort(&mut self, generation: GenerationId, kind: AbortKind, message: String) -> Result<(), LoopError> {
        self.end_generation(generation)?;
        self.outbox.send(FromEngine::Aborted(Aborted { generation, kind, message }));
        Ok(())
    }

    /// Frees everything of a generation at once. An unknown one has just ended by itself.
    fn end_generation(&mut self, generation: GenerationId) -> Result<(), LoopError> {
        self.prefill_line.retain(|waiting| *waiting != generation);
        self.ration.ended(generation);
        let Some(ended) = self.generations.remove(&generation) else { return Ok(()) };
        ended.seqs.into_iter().try_for_each(|seq| self.free_sequence(seq))
    }

    /// Frees what one choice holds. An unknown one has just ended by itself.
    fn cancel_choice(&mut self, generation: GenerationId, choice: u32) -> Result<(), LoopError> {
        let Some(seq) = self.seq_of(generation, choice) else { return Ok(()) };
        let seqs = self.generations.get(&generation).map(|generation| generation.seqs.as_slice());
        let Some([first, .., last]) = seqs else { return self.end_generation(generation) };
        let (first, last) = (*first, *last);
        if seq != first || !self.prefill_line.contains(&generation) {
            return self.end_choice(generation, seq);
        }
        // The prompt's cells so far are in this choice's sequence. Another choice takes its place there: while
        // they wait for the prompt, choices differ in nothing but their names.
        if let (Some(mut heir), Some(place)) = (self.sequences.free(last), self.sequences.get_mut(first)) {
            heir.cells = std::mem::take(&mut place.cells);
            *place = heir;
        }
        self.end_choice(generation, last)
    }

    /// The sequence of a choice that has not ended.
    fn seq_of(&self, generation: GenerationId, choice: u32) -> Option<SeqId> {
        let of_choice = |sequence: &Sequence| sequence.generation == generation && sequence.choice == choice;
        self.sequences.iter().find(|(_, sequence)| of_choice(sequence)).map(|(seq, _)| seq)
    }

    /// Frees the sequence of a choice that ended, and the generation with its last choice.
    fn end_choice(&mut self, generation: GenerationId, seq: SeqId) -> Result<(), LoopError> {
        if let Some(ended) = self.generations.get_mut(&generation) {
            ended.seqs.retain(|live| *live != seq);
            if ended.seqs.is_empty() {
                self.generations.remove(&generation);
                self.ration.ended(generation);
            }
        }
        self.free_sequence(seq)
    }

    /// What a generation's cells hold is not sound, so it is not kept for others.
    fn distrust(&mut self, generation: GenerationId) {
        let seqs = self.generations.get(&generation).map(|generation| generation.seqs.clone());
        for seq in seqs.unwrap_or_default() {
            if let Some(sequence) = self.sequences.get_mut(seq) {
                sequence.cells.clear();
            }
        }
    }

    fn free_sequence(&mut self, seq: SeqId) -> Result<(), LoopError> {
        if let Some(ended) = self.sequences.free(seq) {
            self.keep(seq, ended.cells);
        }
        self.progress.set_busy_slots(self.sequences.n_busy());
        Ok(self.compute.free_sequence(seq)?)
    }
}
