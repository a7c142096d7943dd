//! A lone sequence, some tokens ahead: guessed tokens are fed with the real one, and as many are kept as the model
//! would have chosen itself.
//!
//! Only a lone one: in a batch the call is better filled with other sequences.

use dragon_ipc::Output;

use super::{BatchLoop, LoopError};
use crate::compute::Compute;
use crate::generation::Turn;
use crate::llama::{Logits, Row, TokenId};

// === impl BatchLoop ===

impl<C: Compute> BatchLoop<C> {
    /// Adds guessed tokens to a call of one sequence, and says which. None where guessing is off or hopeless.
    pub(super) fn guess(&mut self, rows: &mut Vec<Row>) -> Vec<TokenId> {
        let facts = self.compute.facts();
        let (n_max_draft, n_ctx_seq) = (facts.n_max_draft as usize, facts.n_ctx_seq as usize);
        let [row] = rows.as_slice() else { return Vec::new() };
        let row = *row;
        if n_max_draft == 0 || !facts.keeps_prefixes {
            return Vec::new();
        }
        let Some(sequence) = self.sequences.get_mut(row.seq) else { return Vec::new() };
        if sequence.is_replaying() {
            return Vec::new();
        }
        // The call's own token is counted already; the last token of an answer is never fed.
        let n_left = sequence.n_max_tokens.saturating_sub(sequence.n_answer + 1) as usize;
        let n_cells_left = n_ctx_seq.saturating_sub(sequence.cells.len() + 1);
        let known = [sequence.cells.as_slice(), &[row.token]].concat();
        let guessed = sequence.drafter.guess(&known, n_max_draft.min(n_left).min(n_cells_left));
        let positions = row.position + 1..;
        rows.extend(positions.zip(&guessed).map(|(position, token)| Row {
            token: *token,
            seq: row.seq,
            position,
            logits: Logits::Wanted,
        }));
        guessed
    }

    /// Takes the sequence further as long as the model chooses what was guessed, and takes the rest back.
    pub(super) fn verify(
        &mut self,
        rows: &[Row],
        guessed: &[TokenId],
        outputs: &mut Vec<Output>,
    ) -> Result<(), LoopError> {
        let Some(seq) = rows.first().map(|row| row.seq) else { return Ok(()) };
        for (index, row) in rows.iter().enumerate() {
            if let Some(sequence) = self.sequences.get_mut(seq) {
                sequence.cells.push(row.token);
            }
            self.advance(seq, index, outputs)?;
            let chosen = self.sequences.get_mut(seq).map(|sequence| sequence.turn);
            let is_right = matches!((chosen, guessed.get(index)), (Some(Turn::Feed(token)), Some(guess)) if token == *guess);
            if !is_right {
                break;
            }
        }
        let n_right = outputs.len().saturating_sub(1);
        // Gone when the answer has ended.
        let Some(sequence) = self.sequences.get_mut(seq) else { return Ok(()) };
        sequence.drafter.learn(guessed.len(), n_right);
        let n_cells = sequence.position();
        Ok(self.compute.trim_sequence(seq, n_cells)?)
    }
}
