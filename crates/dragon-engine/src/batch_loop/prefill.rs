//! Prefill calls: one chunk of one prompt.

use std::time::Instant;

use dragon_ipc::GenerationId;

use super::{BatchLoop, LoopError};
use crate::compute::Compute;
use crate::generation::Generation;
use crate::llama::{Logits, Position, Row, SeqId};
use crate::progress::Call;

// === impl BatchLoop ===

impl<C: Compute> BatchLoop<C> {
    /// Computes the next chunk of the first prompt in line, which then goes to the end of it. No prompt waits:
    /// nothing happens.
    pub(super) fn prefill_step(&mut self) -> Result<(), LoopError> {
        let Some(id) = self.prefill_line.front().copied() else { return Ok(()) };
        let n_chunk = self.compute.facts().n_prefill_chunk;
        let Some(generation) = self.generations.get_mut(&id) else { return Ok(()) };
        let chunk = generation.next_chunk(n_chunk);
        let rows = chunk_rows(generation, chunk.clone());
        let started_at = Instant::now();
        if let Err(error) = self.compute.decode(&rows) {
            return self.abort_rows(&rows, error);
        }
        let step = self.progress.count_call(Call::Prefill, rows.len(), started_at.elapsed());
        generation.n_prefilled = chunk.end;
        if generation.n_prefilled == generation.prompt.len() {
            self.prefill_line.pop_front();
            self.begin_answers(id, rows.len() - 1, step)?;
        } else {
            self.prefill_line.rotate_left(1);
        }
        Ok(())
    }

    /// Gives every choice the prompt's cells, and its first token from the same logits.
    fn begin_answers(&mut self, id: GenerationId, last_row: usize, step: u64) -> Result<(), LoopError> {
        let Some(generation) = self.generations.get(&id) else { return Ok(()) };
        let n_cells = Position::try_from(generation.prompt.len()).unwrap_or(Position::MAX);
        let seqs: Vec<SeqId> = generation.seqs.clone();
        for seq in &seqs {
            if *seq != seqs[0] {
                self.compute.copy_sequence(seqs[0], *seq)?;
            }
            if let Some(sequence) = self.sequences.get_mut(*seq) {
                sequence.n_cells = n_cells;
            }
        }
        let mut outputs = Vec::with_capacity(seqs.len());
        for seq in seqs {
            self.advance(seq, last_row, &mut outputs)?;
        }
        self.send_step(step, outputs);
        Ok(())
    }
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
