//! What the server may write into an answer, in the model's tokens.

use std::collections::HashMap;

use dragon_core::sampling::TokenId;
use dragon_guard::landing::cue;
use dragon_supervisor::{AddSpecial, Engine, EngineError};

/// Every part of a cue, tokenized once: when an answer has to land there is no time for it.
#[derive(Debug)]
pub(crate) struct Cues {
    tokens: HashMap<&'static str, Vec<TokenId>>,
    /// Tokens that end a sentence.
    sentence_ends: Vec<TokenId>,
}

/// A cue that only this request has.
#[derive(Debug)]
pub(crate) struct Own {
    pub(crate) text: String,
    pub(crate) tokens: Vec<TokenId>,
}

// === impl Own ===

impl Own {
    pub(crate) fn n_tokens(&self) -> u32 {
        u32::try_from(self.tokens.len()).unwrap_or(u32::MAX)
    }
}

// === impl Cues ===

impl Cues {
    /// Asks the engine; the vocabulary is the same for all processes of a model.
    pub(crate) async fn read(engine: &Engine) -> Result<Self, EngineError> {
        let mut tokens = HashMap::new();
        for part in cue::all_parts() {
            tokens.insert(part, engine.tokenize(part, AddSpecial::No).await?);
        }
        let mut sentence_ends = Vec::new();
        for end in cue::SENTENCE_ENDS {
            if let [token] = engine.tokenize(end, AddSpecial::No).await?.as_slice() {
                sentence_ends.push(*token);
            }
        }
        Ok(Self { tokens, sentence_ends })
    }

    /// For tests: a token for each byte.
    #[cfg(test)]
    pub(crate) fn of_bytes() -> Self {
        let tokens = |part: &'static str| (part, part.bytes().map(TokenId::from).collect());
        Self {
            tokens: cue::all_parts().into_iter().map(tokens).collect(),
            sentence_ends: vec![u32::from(b'.')],
        }
    }

    /// What the end of an answer is drawn to.
    pub(crate) fn sentence_ends(&self) -> &[TokenId] {
        &self.sentence_ends
    }

    /// The tokens of some parts, one after the other, of which one may be this request's own; `None` where one has none.
    pub(crate) fn of(&self, parts: &[&str], own: Option<&Own>) -> Option<Vec<TokenId>> {
        let mut all = Vec::new();
        for part in parts {
            let own = own.filter(|own| own.text == *part).map(|own| &own.tokens);
            all.extend(own.or_else(|| self.tokens.get(part)).filter(|tokens| !tokens.is_empty())?);
        }
        Some(all)
    }
}
