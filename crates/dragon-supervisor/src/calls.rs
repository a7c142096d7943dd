//! Tokenizations in flight. Those that an engine did not answer are asked of the next one.

use std::collections::HashMap;
use std::sync::Arc;

use dragon_core::sampling::TokenId;
use dragon_ipc::{CallId, TextLane, TokensPiece};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::blame::Fingerprint;
use crate::error::EngineError;
use crate::inflight::{Sent, Violation};
use crate::job::AddSpecial;

/// A tokenizer makes at most this many tokens out of a byte (normalization can lengthen a text) ...
const MAX_TOKENS_PER_BYTE: usize = 4;

/// ... and adds at most this many of its own. An engine that sends more is corrupt.
const MAX_ADDED_TOKENS: usize = 16;

/// What becomes of a tokenization.
pub(crate) type Tokenized = Result<Vec<TokenId>, EngineError>;

/// All of one engine.
#[derive(Debug, Default)]
pub(crate) struct Calls(HashMap<CallId, Call>);

/// The record of one tokenization.
#[derive(Debug)]
struct Call {
    text: Arc<str>,
    add_special: AddSpecial,
    fingerprint: Fingerprint,
    sent: Sent,
    n_max_tokens: usize,
    tokens: Vec<TokenId>,
    answer: oneshot::Sender<Tokenized>,
    /// Held until the engine has answered: it works on the text also when nobody waits for it any more.
    _turn: OwnedSemaphorePermit,
}

// === impl Calls ===

impl Calls {
    /// Enters one; its tokens arrive at the receiver.
    pub(crate) fn enter(
        &mut self,
        id: CallId,
        text: &str,
        add_special: AddSpecial,
        fingerprint: Fingerprint,
        turn: OwnedSemaphorePermit,
    ) -> oneshot::Receiver<Tokenized> {
        let (answer, receiver) = oneshot::channel();
        let n_max_tokens = text.len().saturating_mul(MAX_TOKENS_PER_BYTE).saturating_add(MAX_ADDED_TOKENS);
        let (text, sent, tokens) = (Arc::from(text), Sent::No, Vec::new());
        let call = Call { text, add_special, fingerprint, sent, n_max_tokens, tokens, answer, _turn: turn };
        self.0.insert(id, call);
        receiver
    }

    /// What to send; `None` for one that nobody waits for any more.
    pub(crate) fn send(&mut self, id: CallId) -> Option<(Arc<str>, AddSpecial)> {
        let call = self.0.get_mut(&id)?;
        call.sent = Sent::Yes;
        Some((Arc::clone(&call.text), call.add_special))
    }

    pub(crate) fn fingerprint(&self, id: CallId) -> Option<Fingerprint> {
        self.0.get(&id).map(|call| call.fingerprint)
    }

    pub(crate) fn contains(&self, id: CallId) -> bool {
        self.0.contains_key(&id)
    }

    /// Fingerprints of those that the engine works on.
    pub(crate) fn sent(&self) -> impl Iterator<Item = Fingerprint> {
        self.0.values().filter(|call| call.sent == Sent::Yes).map(|call| call.fingerprint)
    }

    /// The first of the short texts that the engine works on.
    pub(crate) fn oldest_short(&self) -> Option<CallId> {
        let is_short = |call: &Call| TextLane::of(call.text.len()) == TextLane::Short;
        let sent = self.0.iter().filter(|(_, call)| call.sent == Sent::Yes && is_short(call));
        sent.map(|(id, _)| *id).min()
    }

    /// Nobody waits for this one any more. One that the engine has been told of keeps its turn until it is answered.
    pub(crate) fn forget(&mut self, id: CallId) {
        if self.0.get(&id).is_some_and(|call| call.sent == Sent::No) {
            self.0.remove(&id);
        }
    }

    /// The engine is gone: all are to be sent again, but those that nobody waits for.
    pub(crate) fn interrupted(&mut self) -> Vec<CallId> {
        self.0.retain(|_, call| !call.answer.is_closed());
        for call in self.0.values_mut() {
            call.sent = Sent::No;
            call.tokens.clear();
        }
        self.0.keys().copied().collect()
    }

    /// Adds tokens to their call. Its fingerprint, if it is complete; `None` for tokens to one that is not here.
    pub(crate) fn deliver(&mut self, piece: TokensPiece) -> Result<Option<Fingerprint>, Violation> {
        let Some(call) = self.0.get_mut(&piece.call) else { return Ok(None) };
        if call.tokens.len() + piece.tokens.len() > call.n_max_tokens {
            return Err(Violation::TooLongTokenization);
        }
        if !call.answer.is_closed() {
            call.tokens.extend(piece.tokens);
        }
        if !piece.last {
            return Ok(None);
        }
        Ok(self.0.remove(&piece.call).map(|call| {
            // The caller may have given up; then nobody needs the tokens.
            let _ = call.answer.send(Ok(call.tokens));
            call.fingerprint
        }))
    }

    /// Ends those of this fingerprint, or all.
    pub(crate) fn end(&mut self, which: Option<Fingerprint>, why: &EngineError) {
        let ended = self.0.extract_if(|_, call| which.is_none_or(|which| call.fingerprint == which));
        for (_, call) in ended {
            // The caller may have given up; then nobody needs to know.
            let _ = call.answer.send(Err(why.clone()));
        }
    }
}
