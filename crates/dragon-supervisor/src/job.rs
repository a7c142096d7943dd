//! What a generation is asked for and what it brings: the crate's own types, free of the frames' format.

use std::hash::Hash;
use std::sync::Arc;
use std::time::Instant;

use dragon_core::sampling::{Sampling, TokenId};
use dragon_ipc::{AbortKind, Choice, GenerationId, Start};

use crate::error::EngineError;

/// Longest `logit_bias` of a job. Far over what the API admits; it keeps a `Start` well inside one frame
/// (at most ten bytes an entry).
pub const MAX_LOGIT_BIAS: usize = 16 * 1024;

/// One prompt and how to continue it.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// The prompt's tokens; at least one, fewer than the context holds.
    pub prompt: Arc<[TokenId]>,
    /// How many independent answers; at least one, at most the engine's slots.
    pub n_choices: u32,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// Tokens per choice; at least one.
    pub n_max_tokens: u32,
    /// Report log-probabilities, with this many alternatives (0: the chosen token's only).
    pub n_top_logprobs: Option<u8>,
    /// When the answer is needed: decides how it is taken up again after the loss of an engine. Nothing ends then.
    pub answer_by: Instant,
}

/// Whether the tokens that a model wants at the start of every text (BOS) are added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AddSpecial {
    /// Add them: for plain text.
    Yes,
    /// The text has them already: for what a chat template rendered.
    No,
}

/// What a generation brings.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The prompt has been read; once, before the first token.
    Prefilled {
        /// Tokens of the prompt that the engine had computed before, for another request.
        n_cached: u32,
    },
    /// One new token of one choice.
    Token(Token),
    /// A choice goes on from forced tokens, see [`crate::Generation::force`].
    Forced {
        /// Index of the choice.
        choice: u32,
    },
    /// Nothing more will come, of any choice: the engine is gone or gave up.
    Lost(EngineError),
}

/// One new token of one choice.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// Index of the choice, from 0.
    pub choice: u32,
    /// The token.
    pub id: TokenId,
    /// Its bytes; not always whole characters. Empty for an end-of-generation token.
    pub piece: Vec<u8>,
    /// Where asked for.
    pub logprobs: Option<TokenLogprobs>,
    /// Set on the last token of a choice.
    pub end: Option<End>,
    /// Whether it is the first since an engine was lost: it comes late, and that says nothing of the next ones.
    pub is_resumed: bool,
}

/// How the answer of a choice goes on from the server's words instead of the model's.
#[derive(Debug, Clone, PartialEq)]
pub struct Force {
    /// Tokens of the answer that stay, from its beginning.
    pub n_kept: u32,
    /// What follows them; at most [`dragon_ipc::MAX_FORCED_TOKENS`].
    pub tokens: Vec<TokenId>,
    /// Tokens of the answer at most, kept and forced ones included.
    pub n_max_tokens: u32,
    /// How it is drawn to its end before that.
    pub closing: dragon_ipc::Closing,
}

/// Log-probabilities of one token, before bias, penalties and temperature.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenLogprobs {
    /// Of the chosen token, natural logarithm.
    pub logprob: f32,
    /// The most probable tokens, best first.
    pub top: Vec<TopLogprob>,
}

/// One alternative.
#[derive(Debug, Clone, PartialEq)]
pub struct TopLogprob {
    /// The token.
    pub id: TokenId,
    /// Natural logarithm of its probability.
    pub logprob: f32,
    /// Its bytes (special tokens as their text).
    pub piece: Vec<u8>,
}

/// Why the engine ended a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The model chose an end-of-generation token; it counts neither as text nor as a completion token.
    EndOfGeneration,
    /// `n_max_tokens` were made.
    MaxTokens,
    /// The context is full.
    Context,
}

/// What the running engine can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) n_ctx_seq: u32,
    pub(crate) n_slots: u32,
    pub(crate) n_vocab: u32,
}

// === impl Job ===

impl Job {
    /// Refuses what the engine would refuse, before any of it is sent.
    pub(crate) fn check(&self, limits: Limits) -> Result<(), EngineError> {
        let n_prompt = self.prompt.len();
        let problem = if n_prompt == 0 {
            "the prompt has no tokens".to_owned()
        } else if n_prompt >= limits.n_ctx_seq as usize {
            format!("the prompt has {n_prompt} tokens and the context holds {}", limits.n_ctx_seq)
        } else if self.n_choices == 0 || self.n_choices > limits.n_slots {
            format!("{} choices were asked for and the engine has {} slots", self.n_choices, limits.n_slots)
        } else if self.n_max_tokens == 0 {
            "no tokens were asked for".to_owned()
        } else if self.sampling.logit_bias.len() > MAX_LOGIT_BIAS {
            format!("logit_bias has {} entries, more than {MAX_LOGIT_BIAS}", self.sampling.logit_bias.len())
        } else {
            return Ok(());
        };
        Err(EngineError::Aborted { kind: AbortKind::Refused, message: problem })
    }

    /// The most events that this job can ever bring: each choice's tokens, which the context bounds too, and one
    /// `Forced` for each; one `Prefilled`, one `Lost`, and one spare.
    pub(crate) fn n_max_events(&self, limits: Limits) -> usize {
        let n_tokens_per_choice = self.n_max_tokens.min(limits.n_ctx_seq) as usize;
        (n_tokens_per_choice + 1).saturating_mul(self.n_choices as usize).saturating_add(3)
    }

    /// The message that starts these choices of this job, once its prompt has been sent.
    pub(crate) fn start_message(&self, generation: GenerationId, choices: Vec<Choice>) -> Start {
        Start {
            generation,
            choices,
            sampling: sampling_frame(&self.sampling),
            n_top_logprobs: self.n_top_logprobs,
        }
    }

    /// What makes it the same request as another: everything but the seed, which the server draws where the client
    /// leaves it out.
    pub(crate) fn identity(&self) -> impl Hash {
        let sampling = Sampling { seed: 0, ..self.sampling.clone() };
        let settings = format!("{sampling:?} {:?}", self.n_top_logprobs);
        (Arc::clone(&self.prompt), self.n_choices, self.n_max_tokens, settings)
    }
}

fn sampling_frame(sampling: &Sampling) -> dragon_ipc::Sampling {
    dragon_ipc::Sampling {
        temperature: sampling.temperature,
        top_p: sampling.top_p,
        top_k: sampling.top_k,
        min_p: sampling.min_p,
        presence_penalty: sampling.presence_penalty,
        frequency_penalty: sampling.frequency_penalty,
        repeat_penalty: sampling.repeat_penalty,
        logit_bias: sampling.logit_bias.clone(),
        seed: sampling.seed,
        ignore_eos: sampling.ignore_eos,
    }
}

// === impl Token ===

impl From<dragon_ipc::Output> for Token {
    fn from(output: dragon_ipc::Output) -> Self {
        Self {
            choice: output.choice,
            id: output.token,
            piece: output.piece,
            logprobs: output.logprobs.map(TokenLogprobs::from),
            end: output.end.map(End::from),
            is_resumed: false,
        }
    }
}

impl From<dragon_ipc::TokenLogprobs> for TokenLogprobs {
    fn from(logprobs: dragon_ipc::TokenLogprobs) -> Self {
        let top = logprobs.top.into_iter();
        Self {
            logprob: logprobs.logprob,
            top: top
                .map(|top| TopLogprob { id: top.token, logprob: top.logprob, piece: top.piece })
                .collect(),
        }
    }
}

impl From<dragon_ipc::End> for End {
    fn from(end: dragon_ipc::End) -> Self {
        match end {
            dragon_ipc::End::EndOfGeneration => Self::EndOfGeneration,
            dragon_ipc::End::MaxTokens => Self::MaxTokens,
            dragon_ipc::End::Context => Self::Context,
        }
    }
}

#[cfg(test)]
mod tests {
    use dragon_core::sampling::{SamplingDefaults, SamplingRequest};

    use super::*;

    const LIMITS: Limits = Limits { n_ctx_seq: 100, n_slots: 4, n_vocab: 1000 };

    fn job() -> Job {
        Job {
            prompt: Arc::from([1, 2, 3]),
            n_choices: 2,
            sampling: SamplingRequest::default().resolve(&SamplingDefaults::default(), 7),
            n_max_tokens: 50,
            n_top_logprobs: None,
            answer_by: Instant::now(),
        }
    }

    #[test]
    fn a_job_that_fits_passes() {
        assert_eq!(job().check(LIMITS), Ok(()));
        assert_eq!(job().n_max_events(LIMITS), 105);
    }

    #[test]
    fn what_the_engine_would_refuse_is_refused_here() {
        let misfits = [
            Job { prompt: Arc::from([]), ..job() },
            Job { prompt: Arc::from([0; 100]), ..job() },
            Job { n_choices: 0, ..job() },
            Job { n_choices: 5, ..job() },
            Job { n_max_tokens: 0, ..job() },
        ];
        for misfit in misfits {
            let refusal = misfit.check(LIMITS);
            assert!(
                matches!(refusal, Err(EngineError::Aborted { kind: AbortKind::Refused, .. })),
                "{misfit:?}: {refusal:?}"
            );
        }
    }

    #[test]
    fn the_context_bounds_the_events_too() {
        let endless = Job { n_max_tokens: u32::MAX, ..job() };
        assert_eq!(endless.n_max_events(LIMITS), 205);
    }

    #[test]
    fn the_largest_start_fits_into_a_frame() {
        let mut largest = Job { n_choices: dragon_ipc::MAX_SEQUENCES, ..job() };
        largest.sampling.logit_bias = vec![(u32::MAX, f32::MIN); MAX_LOGIT_BIAS];
        let closing = dragon_ipc::Closing { n_from: u32::MAX, tokens: vec![u32::MAX; 64], gain: 1.0 };
        // The API admits 8 choices; of more than 128 it is not known that all of them could be landing.
        let closing = |index| (index < 128).then(|| closing.clone());
        let choice = |index| Choice { closing: closing(index), ..Choice::new(index, u32::MAX) };
        let choices = (0..largest.n_choices).map(choice).collect();
        let message = dragon_ipc::ToEngine::Start(largest.start_message(u64::MAX, choices));
        assert!(dragon_ipc::encode(&message).is_ok());
    }
}
