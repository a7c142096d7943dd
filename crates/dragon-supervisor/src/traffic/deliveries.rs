//! What comes from the engine, held against what was asked.

use dragon_core::sampling::TokenId;
use dragon_ipc::{Aborted, Forced, Output, Prefilled, TokensPiece};

use super::{Gate, Traffic};
use crate::error::EngineError;
use crate::inflight::Violation;

// === impl Traffic ===

impl Traffic {
    /// Tells a generation that a choice of it goes on from forced tokens.
    pub(crate) fn forced(&mut self, forced: Forced) -> Result<(), Violation> {
        let Some(in_flight) = self.generations.get_mut(&forced.generation) else {
            return self.not_here(forced.generation);
        };
        in_flight.forced(forced.choice)
    }

    /// Tells a generation how its prompt came into the cells.
    pub(crate) fn prefilled(&mut self, prefilled: Prefilled) -> Result<(), Violation> {
        let Some(in_flight) = self.generations.get_mut(&prefilled.generation) else {
            return self.not_here(prefilled.generation);
        };
        in_flight.prefilled(prefilled.n_cached)
    }

    /// Hands one token to its generation.
    pub(crate) fn deliver(&mut self, output: Output) -> Result<(), Violation> {
        let id = output.generation;
        self.check_token(output.token)?;
        let Some(in_flight) = self.generations.get_mut(&id) else {
            return self.not_here(id);
        };
        in_flight.deliver(output.into())?;
        if in_flight.has_ended() {
            self.blame.acquit(in_flight.fingerprint);
            // The engine may still run choices that it has not been told to stop.
            if self.choice_cancels.iter().any(|(generation, _)| *generation == id) {
                self.abandon(id);
            } else {
                self.remove(id);
            }
        }
        Ok(())
    }

    /// Ends a generation that the engine gave up.
    pub(crate) fn aborted(&mut self, aborted: Aborted) -> Result<(), Violation> {
        if !self.generations.contains_key(&aborted.generation) {
            return self.not_here(aborted.generation);
        }
        let why = EngineError::Aborted { kind: aborted.kind, message: aborted.message };
        self.end(aborted.generation, why);
        Ok(())
    }

    /// Adds tokens to their tokenization.
    pub(crate) fn deliver_tokens(&mut self, piece: TokensPiece) -> Result<(), Violation> {
        let id = piece.call;
        if !self.calls.contains(id) {
            return self.not_here(id);
        }
        if let Some(who) = self.calls.deliver(piece)? {
            self.blame.acquit(who);
        }
        self.end_trial_without(id);
        Ok(())
    }

    /// A token that is none would be refused by the next engine, if that had to take up the answer.
    fn check_token(&self, token: TokenId) -> Result<(), Violation> {
        match &self.gate {
            Gate::Open(limits) if token >= limits.n_vocab => Err(Violation::UnknownToken),
            Gate::Open(_) | Gate::Closed(_) => Ok(()),
        }
    }

    /// Late messages are no news: who they were for has left. A name that never was shows that the engine is corrupt.
    fn not_here(&self, id: u64) -> Result<(), Violation> {
        if (1..=self.last_id).contains(&id) { Ok(()) } else { Err(Violation::NeverAsked) }
    }
}
