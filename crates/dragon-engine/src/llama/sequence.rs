//! Whole sequences of a context: emptied, cut, taken out of the cache and put back.
//!
//! A sequence has a stream of cells of its own. llama.cpp copies between streams by copying all cells, used or not
//! (90 MB for 4,096 cells of the default model), so copies go through the sequence's state instead, which holds
//! the used cells only (23 KB a token).

use llama_cpp_sys_2 as sys;

use super::{Context, DecodeError, SeqId};

// === impl Context ===

impl Context {
    /// Frees all cells of a sequence.
    ///
    /// # Errors
    /// [`DecodeError::Sequence`] for an id that the context does not have.
    pub(crate) fn free_sequence(&mut self, seq: SeqId) -> Result<(), DecodeError> {
        let seq = self.checked(seq)?;
        // SAFETY: the id is in range. Removing a whole sequence never fails.
        unsafe { sys::llama_memory_seq_rm(self.memory.as_ptr(), seq, -1, -1) };
        Ok(())
    }

    /// Frees the cells of a sequence from the token `n_tokens` on.
    ///
    /// # Errors
    /// [`DecodeError::State`] where the model's memory cannot be cut; [`DecodeError::Sequence`].
    pub(crate) fn trim_sequence(&mut self, seq: SeqId, n_tokens: u32) -> Result<(), DecodeError> {
        let id = self.checked(seq)?;
        // SAFETY: the id is in range; llama.cpp answers false where it cannot do this.
        let done = unsafe { sys::llama_memory_seq_rm(self.memory.as_ptr(), id, n_tokens.cast_signed(), -1) };
        if done { Ok(()) } else { Err(DecodeError::State(seq)) }
    }

    /// The used cells of a sequence, to be put back by [`Self::restore_sequence`], into any sequence.
    ///
    /// # Errors
    /// [`DecodeError::State`] where llama.cpp does not give them; [`DecodeError::Sequence`].
    pub(crate) fn save_sequence(&mut self, seq: SeqId) -> Result<Vec<u8>, DecodeError> {
        let id = self.checked(seq)?;
        // SAFETY: a read-only question to a live context.
        let n_bytes = unsafe { sys::llama_state_seq_get_size(self.context.as_ptr(), id) };
        let mut state = vec![0; n_bytes];
        // SAFETY: the buffer holds as many bytes as it says; llama.cpp writes at most as many.
        let n_written =
            unsafe { sys::llama_state_seq_get_data(self.context.as_ptr(), state.as_mut_ptr(), n_bytes, id) };
        if n_written == 0 || n_written > n_bytes {
            return Err(DecodeError::State(seq));
        }
        state.truncate(n_written);
        Ok(state)
    }

    /// Replaces the cells of a sequence by what [`Self::save_sequence`] of this context gave.
    ///
    /// # Errors
    /// [`DecodeError::State`] where llama.cpp does not take them, and then the sequence is empty;
    /// [`DecodeError::Sequence`].
    pub(crate) fn restore_sequence(&mut self, seq: SeqId, state: &[u8]) -> Result<(), DecodeError> {
        let id = self.checked(seq)?;
        // SAFETY: the buffer is as long as said, and llama.cpp checks what it reads from it; the bytes come from
        // this very context.
        let n_read =
            unsafe { sys::llama_state_seq_set_data(self.context.as_ptr(), state.as_ptr(), state.len(), id) };
        if n_read == 0 {
            self.free_sequence(seq)?;
            return Err(DecodeError::State(seq));
        }
        Ok(())
    }
}
