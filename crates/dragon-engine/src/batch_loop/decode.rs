//! Decode calls: one token of every running sequence.

use std::time::Instant;

use dragon_ipc::AbortKind;

use super::{BatchLoop, LoopError, output};
use crate::compute::Compute;
use crate::generation::Turn;
use crate::llama::{DecodeError, Logits, Row};
use crate::progress::Call;
use crate::ration::Crowd;

// === impl BatchLoop ===

impl<C: Compute> BatchLoop<C> {
    /// Feeds every running sequence its next token and reports what follows. Nothing runs: nothing happens.
    pub(super) fn decode_step(&mut self) -> Result<(), LoopError> {
        self.close_gap()?;
        let mut rows = self.decode_rows();
        if rows.is_empty() {
            return Ok(());
        }
        let crowd = self.crowd(&rows);
        let guessed = self.guess(&mut rows);
        let started_at = Instant::now();
        if let Err(error) = self.compute.decode(&rows) {
            return self.abort_rows(&rows, error);
        }
        let took = started_at.elapsed();
        self.pace.decoded(took);
        self.ration.stepped(crowd, took);
        let mut outputs = Vec::with_capacity(rows.len());
        if !guessed.is_empty() {
            self.verify(&rows, &guessed, &mut outputs)?;
            let step = self.progress.count_call(Call::Decode, outputs.len(), took);
            self.send_step(step, output::decode_call(rows.len(), took), outputs);
            return Ok(());
        }
        let step = self.progress.count_call(Call::Decode, rows.len(), took);
        for (index, row) in rows.iter().enumerate() {
            if let Some(sequence) = self.sequences.get_mut(row.seq) {
                sequence.cells.push(row.token);
            }
            self.advance(row.seq, index, &mut outputs)?;
        }
        self.send_step(step, output::decode_call(rows.len(), took), outputs);
        Ok(())
    }

    /// In the order of sequence ids; under a ration, whoever has to rest is left out and keeps its cells. Replayed tokens
    /// ask for logits too, although nobody looks at them: the call then has the shape that it had when the tokens were
    /// first made.
    fn decode_rows(&self) -> Vec<Row> {
        let may_others = self.ration.may_others();
        self.sequences
            .iter()
            .filter(|(_, sequence)| !sequence.replays_in_chunks())
            .filter_map(|(seq, sequence)| match sequence.turn {
                Turn::Feed(token) if may_others || self.ration.is_favoured(sequence.generation) => {
                    Some(Row { token, seq, position: sequence.position(), logits: Logits::Wanted })
                }
                Turn::Feed(_) | Turn::AwaitPrompt => None,
            })
            .collect()
    }

    fn crowd(&self, rows: &[Row]) -> Crowd {
        let is_of_favoured = |row: &Row| {
            self.sequences.get(row.seq).is_some_and(|sequence| self.ration.is_favoured(sequence.generation))
        };
        if rows.iter().all(is_of_favoured) {
            Crowd::Favoured
        } else {
            Crowd::Mixed { with_favoured: rows.iter().any(is_of_favoured) }
        }
    }

    /// Ends every generation that was part of a failed call. After a fatal failure nothing can go on.
    pub(super) fn abort_rows(&mut self, rows: &[Row], error: DecodeError) -> Result<(), LoopError> {
        if let DecodeError::Fatal(_) = error {
            return Err(error.into());
        }
        for row in rows {
            let Some(sequence) = self.sequences.get_mut(row.seq) else { continue };
            // What is in its cells is not known any more, so they are not kept.
            sequence.cells.clear();
            let generation = sequence.generation;
            self.abort(
                generation,
                AbortKind::DecodeFailed,
                format!("a call of {} tokens: {error}", rows.len()),
            )?;
        }
        Ok(())
    }
}
