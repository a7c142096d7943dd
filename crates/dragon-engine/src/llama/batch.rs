//! The arguments of one decode call.

use llama_cpp_sys_2 as sys;

use super::{DecodeError, Position, SeqId, TokenId};

/// One token of a decode call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    /// The token.
    pub(crate) token: TokenId,
    /// Its sequence.
    pub(crate) seq: SeqId,
    /// Its position there: the number of tokens before it.
    pub(crate) position: Position,
    /// Whether the next token will be chosen from this row.
    pub(crate) logits: Logits,
}

/// Whether a row of a decode call gives logits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Logits {
    /// Compute them.
    Wanted,
    /// Save the work.
    Skipped,
}

/// What a context accepts in one call.
#[derive(Debug, Clone, Copy)]
pub(super) struct BatchLimits {
    pub(super) n_batch: usize,
    pub(super) n_outputs: usize,
    pub(super) n_seq: u32,
    pub(super) n_ctx_seq: u32,
    pub(super) n_vocab: u32,
}

/// Rows as llama.cpp wants them, one array per column, reused from call to call.
#[derive(Debug, Default)]
pub(super) struct Batch {
    tokens: Vec<sys::llama_token>,
    positions: Vec<sys::llama_pos>,
    seqs: Vec<sys::llama_seq_id>,
    /// Each row belongs to one sequence; this points to it in `seqs`.
    seq_lists: Vec<*mut sys::llama_seq_id>,
    n_seqs: Vec<i32>,
    logits: Vec<i8>,
}

// === impl BatchLimits ===

impl BatchLimits {
    /// Everything that llama.cpp would answer by ending the process.
    pub(super) fn check(&self, rows: &[Row]) -> Result<(), DecodeError> {
        if rows.is_empty() {
            return Err(DecodeError::Empty);
        }
        if rows.len() > self.n_batch {
            return Err(DecodeError::TooManyRows { n_rows: rows.len(), n_batch: self.n_batch });
        }
        let n_outputs = rows.iter().filter(|row| row.logits == Logits::Wanted).count();
        if n_outputs > self.n_outputs {
            return Err(DecodeError::TooManyOutputs { n_outputs, n_outputs_max: self.n_outputs });
        }
        rows.iter().try_for_each(|row| self.check_row(row))
    }

    fn check_row(&self, row: &Row) -> Result<(), DecodeError> {
        if row.token >= self.n_vocab {
            return Err(DecodeError::Token(row.token));
        }
        if row.seq >= self.n_seq {
            return Err(DecodeError::Sequence(row.seq));
        }
        if row.position >= self.n_ctx_seq {
            return Err(DecodeError::Position(row.position));
        }
        Ok(())
    }
}

// === impl Batch ===

impl Batch {
    /// Replaces the contents by rows that have been checked (so that every number fits its column).
    pub(super) fn fill(&mut self, rows: &[Row]) {
        self.tokens.clear();
        self.positions.clear();
        self.seqs.clear();
        self.logits.clear();
        for row in rows {
            self.tokens.push(row.token.cast_signed());
            self.positions.push(row.position.cast_signed());
            self.seqs.push(row.seq.cast_signed());
            self.logits.push(i8::from(row.logits == Logits::Wanted));
        }
        self.n_seqs.clear();
        self.n_seqs.resize(rows.len(), 1);
        self.seq_lists.clear();
        self.seq_lists.extend(self.seqs.iter_mut().map(std::ptr::from_mut));
    }

    /// The columns as llama.cpp's struct; valid until the next `fill`.
    pub(super) fn as_raw(&mut self) -> sys::llama_batch {
        sys::llama_batch {
            // Checked to be at most n_batch, an i32 in llama.cpp.
            n_tokens: i32::try_from(self.tokens.len()).unwrap_or(0),
            token: self.tokens.as_mut_ptr(),
            embd: std::ptr::null_mut(),
            pos: self.positions.as_mut_ptr(),
            n_seq_id: self.n_seqs.as_mut_ptr(),
            seq_id: self.seq_lists.as_mut_ptr(),
            logits: self.logits.as_mut_ptr(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: BatchLimits =
        BatchLimits { n_batch: 4, n_outputs: 2, n_seq: 3, n_ctx_seq: 10, n_vocab: 100 };
    const ROW: Row = Row { token: 99, seq: 2, position: 9, logits: Logits::Wanted };

    #[test]
    fn rows_within_the_limits_pass() {
        let silent = Row { logits: Logits::Skipped, ..ROW };
        assert_eq!(LIMITS.check(&[ROW, ROW, silent, silent]), Ok(()));
    }

    #[test]
    fn each_limit_has_an_error_of_its_own() {
        assert_eq!(LIMITS.check(&[]), Err(DecodeError::Empty));
        let silent = Row { logits: Logits::Skipped, ..ROW };
        assert_eq!(LIMITS.check(&[silent; 5]), Err(DecodeError::TooManyRows { n_rows: 5, n_batch: 4 }));
        assert_eq!(
            LIMITS.check(&[ROW; 3]),
            Err(DecodeError::TooManyOutputs { n_outputs: 3, n_outputs_max: 2 })
        );
        assert_eq!(LIMITS.check(&[Row { token: 100, ..ROW }]), Err(DecodeError::Token(100)));
        assert_eq!(LIMITS.check(&[Row { seq: 3, ..ROW }]), Err(DecodeError::Sequence(3)));
        assert_eq!(LIMITS.check(&[Row { position: 10, ..ROW }]), Err(DecodeError::Position(10)));
    }

    #[test]
    fn columns_follow_the_rows() {
        let mut batch = Batch::default();
        batch.fill(&[ROW; 4]);
        batch.fill(&[Row { token: 1, seq: 0, position: 5, logits: Logits::Skipped }, ROW]);
        assert_eq!(batch.tokens, [1, 99]);
        assert_eq!(batch.positions, [5, 9]);
        assert_eq!(batch.seqs, [0, 2]);
        assert_eq!(batch.logits, [0, 1]);
        assert_eq!(batch.n_seqs, [1, 1]);
        assert_eq!(batch.as_raw().n_tokens, 2);
        assert_eq!(batch.seq_lists, [&raw mut batch.seqs[0], &raw mut batch.seqs[1]]);
    }
}
