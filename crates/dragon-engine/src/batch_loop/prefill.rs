//! Prefill calls: one chunk of one prompt.

use std::time::Instant;

use dragon_ipc::{FromEngine, GenerationId, Prefilled};

use super::{BatchLoop, LoopError};
use crate::compute::Compute;
use crate::generation::Generation;
use crate::llama::{Logits, Position, Row, SeqId};
use crate::progress::Call;

// === impl BatchLoop ===

impl<C: Compute> BatchLoop<C> {
    /// Computes the next chunk of the first prompt in line that need not wait for another; it then goes to the end of
    /// the line. No prompt waits: nothing happens.
    pub(super) fn prefill_step(&mut self) -> Result<(), LoopError> {
        if self.replay_step()? {
            return Ok(());
        }
        let Some(id) = self.next_prompt()? else { return Ok(()) };
        let n_chunk = self.compute.facts().n_prefill_chunk;
        let Some(generation) = self.generations.get_mut(&id) else { return Ok(()) };
        let chunk = generation.next_chunk(n_chunk);
        let rows = chunk_rows(generation, chunk.clone());
        let started_at = Instant::now();
        if let Err(error) = self.compute.decode(&rows) {
            return self.abort_rows(&rows, error);
        }
        let took = started_at.elapsed();
        self.pace.prefilled(rows.len(), took);
        self.ration.read(id, took);
        let step = self.progress.count_call(Call::Prefill, rows.len(), took);
        generation.n_prefilled = chunk.end;
        let is_complete = generation.n_prefilled == generation.prompt.len();
        if let Some(sequence) = rows.first().and_then(|row| self.sequences.get_mut(row.seq)) {
            sequence.cells.extend(rows.iter().map(|row| row.token));
        }
        if is_complete {
            self.prefill_line.retain(|waiting| *waiting != id);
            self.begin_answers(id, rows.len() - 1, step)?;
        }
        Ok(())
    }

    /// The prompt whose turn it is, with its first cells in place. The earliest never waits for another, so as long
    /// as there are prompts there is one; unless others have to rest.
    fn next_prompt(&mut self) -> Result<Option<GenerationId>, LoopError> {
        let Some(readers) = self.readers() else { return Ok(None) };
        if readers == Readers::Favoured
            && let Some(id) = self.next_prompt_of(Readers::Favoured)?
        {
            return Ok(Some(id));
        }
        // Where a favoured one waits for another's prompt, that is read.
        self.next_prompt_of(Readers::All)
    }

    fn next_prompt_of(&mut self, readers: Readers) -> Result<Option<GenerationId>, LoopError> {
        for _ in 0..self.prefill_line.len() {
            let Some(id) = self.prefill_line.pop_front() else { return Ok(None) };
            self.prefill_line.push_back(id);
            if readers == Readers::Favoured && !self.ration.is_favoured(id) {
                continue;
            }
            let is_seeded = self.generations.get(&id).is_some_and(|generation| generation.is_seeded);
            if is_seeded || self.seed(id)? {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// Whose prompts may be read now. While somebody is favoured, the others' wait for theirs and have a part of the time.
    fn readers(&self) -> Option<Readers> {
        if self.ration.holds() && self.prefill_line.iter().any(|id| self.ration.is_favoured(*id)) {
            Some(Readers::Favoured)
        } else {
            self.ration.may_others().then_some(Readers::All)
        }
    }

    /// Gives every choice the prompt's cells, and its first token from the same logits.
    fn begin_answers(&mut self, id: GenerationId, last_row: usize, step: u64) -> Result<(), LoopError> {
        let Some(generation) = self.generations.get(&id) else { return Ok(()) };
        let seqs: Vec<SeqId> = generation.seqs.clone();
        let n_cached = u32::try_from(generation.n_cached).unwrap_or(u32::MAX);
        self.progress.count_cached(n_cached);
        self.outbox.send(FromEngine::Prefilled(Prefilled { generation: id, n_cached }));
        self.share_cells(&seqs)?;
        let mut outputs = Vec::with_capacity(seqs.len());
        for seq in seqs {
            self.advance(seq, last_row, &mut outputs)?;
        }
        self.send_step(step, None, outputs);
        Ok(())
    }

    /// Copies the cells of the first sequence into the others.
    fn share_cells(&mut self, seqs: &[SeqId]) -> Result<(), LoopError> {
        let [first, others @ ..] = seqs else { return Ok(()) };
        if others.is_empty() {
            return Ok(());
        }
        let state = self.compute.save_sequence(*first)?;
        let cells = self.sequences.get_mut(*first).map(|sequence| sequence.cells.clone()).unwrap_or_default();
        for seq in others {
            self.compute.restore_sequence(*seq, &state)?;
            if let Some(sequence) = self.sequences.get_mut(*seq) {
                sequence.cells.clone_from(&cells);
            }
        }
        Ok(())
    }
}

/// Whose prompts are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readers {
    Favoured,
    All,
}

/// Only the prompt's last token gives logits.
fn chunk_rows(generation: &Generation, chunk: std::ops::Range<usize>) -> Vec<Row> {
    let last = generation.prompt.len() - 1;
    let seq = generation.seqs.first().copied().unwrap_or_default();
    chunk
        .filter_map(|index| {
            let logits = if index == last { Logits::Wanted } else { Logits::Skipped };
            let position = Position::try_from(index).ok()?;
            Some(Row { token: *generation.prompt.get(index)?, seq, position, logits })
        })
        .collect()
}
