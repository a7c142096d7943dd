//! Starting a generation: everything is checked before anything is taken.

use std::collections::HashSet;

use dragon_ipc::{AbortKind, Aborted, Choice, FromEngine, Start};

use super::force::{self, BadClosing};
use super::{BatchLoop, LoopError};
use crate::compute::{Compute, Facts};
use crate::generation::{Generation, Sequence};
use crate::llama::TokenId;
use crate::prompts::Prompt;

/// Why a generation cannot start: a mistake of the server.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
enum Refusal {
    #[error("a generation of this id is running")]
    Running,
    #[error("no prompt has arrived for it")]
    NoPrompt,
    #[error("its prompt is empty")]
    EmptyPrompt,
    #[error("prompt and tokens produced so far are {n_tokens}; with one more they must fit {n_ctx_seq}")]
    TooLong { n_tokens: usize, n_ctx_seq: u32 },
    #[error("token {0} is not in the vocabulary")]
    UnknownToken(TokenId),
    #[error("it asks for no tokens")]
    NoTokens,
    #[error("it has no choices")]
    NoChoices,
    #[error("two of its choices have the same index")]
    EqualChoices,
    #[error("it needs {n_choices} sequences and {n_free} are free")]
    NoSlots { n_choices: usize, n_free: usize },
    #[error("a choice has already produced all tokens that it may")]
    NothingLeft,
    #[error(transparent)]
    Closing(#[from] BadClosing),
}

// === impl BatchLoop ===

impl<C: Compute> BatchLoop<C> {
    /// Starts a generation or answers why not.
    pub(super) fn start(&mut self, start: Start) -> Result<(), LoopError> {
        let generation = start.generation;
        match self.check_start(&start) {
            Ok(prompt) => self.admit(start, prompt),
            Err(refusal) => {
                let message = format!("generation {generation} cannot start: {refusal}");
                let aborted = Aborted { generation, kind: AbortKind::Refused, message };
                self.outbox.send(FromEngine::Aborted(aborted));
                Ok(())
            }
        }
    }

    fn check_start(&mut self, start: &Start) -> Result<Prompt, Refusal> {
        let id = start.generation;
        let prompt = self.prompts.take(id).ok_or(Refusal::NoPrompt)?;
        if self.generations.contains_key(&id) {
            return Err(Refusal::Running);
        }
        check(&prompt, start, self.compute.facts(), self.sequences.n_free())?;
        Ok(prompt)
    }

    fn admit(&mut self, start: Start, mut prompt: Prompt) -> Result<(), LoopError> {
        let id = start.generation;
        let mut produced = std::mem::take(&mut prompt.produced);
        let mut generation = Generation::new(self.n_arrived, prompt.tokens, &start, self.compute.facts());
        for mut choice in start.choices {
            choice.closing = choice.closing.map(|closing| force::with_ends(closing, self.compute.facts()));
            let produced = produced.remove(&choice.index).unwrap_or_default();
            // There are enough free ones: checked before.
            if let Some(seq) = self.place_for_newcomer()?
                && self.sequences.take(seq, Sequence::new(id, choice, produced))
            {
                generation.seqs.push(seq);
            }
        }
        self.n_arrived += 1;
        self.generations.insert(id, generation);
        self.prefill_line.push_back(id);
        self.progress.set_busy_slots(self.sequences.n_busy());
        Ok(())
    }
}

fn check(prompt: &Prompt, start: &Start, facts: &Facts, n_free: usize) -> Result<(), Refusal> {
    if prompt.n_tokens == 0 {
        return Err(Refusal::EmptyPrompt);
    }
    let n_choices = start.choices.len();
    if n_choices == 0 {
        return Err(Refusal::NoChoices);
    }
    if n_choices > n_free {
        return Err(Refusal::NoSlots { n_choices, n_free });
    }
    if start.choices.iter().map(|choice| choice.index).collect::<HashSet<_>>().len() < n_choices {
        return Err(Refusal::EqualChoices);
    }
    check_tokens(&prompt.tokens, facts)?;
    start.choices.iter().try_for_each(|choice| check_choice(choice, prompt, facts))
}

fn check_choice(choice: &Choice, prompt: &Prompt, facts: &Facts) -> Result<(), Refusal> {
    if choice.n_max_tokens == 0 {
        return Err(Refusal::NoTokens);
    }
    let produced = prompt.produced.get(&choice.index).map_or([].as_slice(), Vec::as_slice);
    let n_produced = produced.len();
    if n_produced >= choice.n_max_tokens as usize {
        return Err(Refusal::NothingLeft);
    }
    if let Some(closing) = &choice.closing {
        force::check_closing(closing, facts)?;
    }
    let n_tokens = prompt.n_tokens.saturating_add(n_produced);
    if n_tokens >= facts.n_ctx_seq as usize {
        return Err(Refusal::TooLong { n_tokens, n_ctx_seq: facts.n_ctx_seq });
    }
    check_tokens(produced, facts)
}

fn check_tokens(tokens: &[TokenId], facts: &Facts) -> Result<(), Refusal> {
    facts.unknown_token(tokens).map_or(Ok(()), |token| Err(Refusal::UnknownToken(token)))
}
