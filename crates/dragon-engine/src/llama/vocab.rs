//! A model's vocabulary: text to tokens, tokens to bytes.

use std::ffi::CStr;
use std::ptr::NonNull;
use std::sync::Arc;

use llama_cpp_sys_2 as sys;

use super::specials::{Front, Specials};
use super::{Model, ModelError, TokenId, runs};

/// Most pieces are a word or less; the longest special tokens come after one more try.
const PIECE_BYTES: usize = 32;

/// The vocabulary of a model, shared with the tokenizer's thread.
#[derive(Debug, Clone)]
pub(crate) struct Vocab {
    /// Points into `model`, which is kept alive beside it.
    vocab: NonNull<sys::llama_vocab>,
    n_tokens: u32,
    kind: sys::llama_vocab_type,
    /// Where long texts are cut. None for the models that close every text with a token of their own, because
    /// that would then close every piece.
    specials: Arc<Specials>,
    #[expect(dead_code, reason = "held so that the vocabulary outlives its users")]
    model: Model,
}

/// Whether the tokens that the model wants around every text are added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bounds {
    /// Add them (most often BOS in front).
    Add,
    /// The text, for example a rendered chat template, brings its own.
    AsWritten,
}

// SAFETY: the vocabulary is part of the model, which is Send and Sync for the reasons given there, and is
// never written after loading.
unsafe impl Send for Vocab {}
// SAFETY: as above; the header declares the tokenizer functions thread-safe.
unsafe impl Sync for Vocab {}

// === impl Vocab ===

impl Vocab {
    pub(super) fn of(model: &Model) -> Result<Self, ModelError> {
        // SAFETY: read-only questions to a live model; the vocabulary lives as long as the model.
        let (vocab, kind, n_tokens) = unsafe {
            let vocab = sys::llama_model_get_vocab(model.as_ptr());
            (vocab, sys::llama_vocab_type(vocab), sys::llama_vocab_n_tokens(vocab))
        };
        let vocab = NonNull::new(vocab.cast_mut()).ok_or(ModelError::NoVocabulary)?;
        match u32::try_from(n_tokens) {
            Ok(n_tokens) if n_tokens > 0 && kind != sys::LLAMA_VOCAB_TYPE_NONE => {
                let mut vocab =
                    Self { vocab, n_tokens, kind, specials: Arc::default(), model: model.clone() };
                if !vocab.closes_texts() {
                    vocab.specials =
                        Arc::new(Specials::new((0..n_tokens).filter_map(|id| vocab.special(id))));
                }
                Ok(vocab)
            }
            _ => Err(ModelError::NoVocabulary),
        }
    }

    /// Tokens in the vocabulary.
    pub(crate) fn n_tokens(&self) -> u32 {
        self.n_tokens
    }

    /// All tokens that end a generation (end of text, end of turn, ...).
    pub(crate) fn end_tokens(&self) -> Vec<TokenId> {
        (0..self.n_tokens).filter(|token| self.is_end(*token)).collect()
    }

    /// Tokens that the model file says must never be sampled.
    pub(crate) fn suppressed_tokens(&self) -> Vec<TokenId> {
        let mut n_tokens = 0;
        // SAFETY: the vocabulary is alive; the returned array holds `n_tokens` tokens and lives as long.
        let tokens = unsafe {
            let tokens = sys::llama_vocab_get_suppress_tokens(self.vocab.as_ptr(), &raw mut n_tokens);
            match usize::try_from(n_tokens) {
                Ok(n_tokens) if n_tokens > 0 && !tokens.is_null() => {
                    std::slice::from_raw_parts(tokens, n_tokens)
                }
                _ => &[],
            }
        };
        tokens
            .iter()
            .filter_map(|token| u32::try_from(*token).ok())
            .filter(|token| *token < self.n_tokens)
            .collect()
    }

    /// The bytes of a token, special tokens as their text; empty for a token outside the vocabulary.
    pub(crate) fn piece(&self, token: TokenId) -> Vec<u8> {
        let mut piece = vec![0; PIECE_BYTES];
        let mut n_bytes = self.piece_into(token, &mut piece);
        if n_bytes < 0 {
            piece.resize(n_bytes.unsigned_abs() as usize, 0);
            n_bytes = self.piece_into(token, &mut piece);
        }
        piece.truncate(usize::try_from(n_bytes).unwrap_or(0));
        piece
    }

    /// Bytes of the longest token; `u32::MAX` for the tokenizers that may put any length of text into one: those
    /// that have a token for "something unknown" or drop white space.
    pub(crate) fn max_token_bytes(&self) -> u32 {
        if self.kind != sys::LLAMA_VOCAB_TYPE_BPE && self.kind != sys::LLAMA_VOCAB_TYPE_SPM {
            return u32::MAX;
        }
        let longest = (0..self.n_tokens).map(|token| self.piece(token).len()).max().unwrap_or(0);
        u32::try_from(longest.max(1)).unwrap_or(u32::MAX)
    }

    /// The tokens of a text. Special tokens that are written in it are recognised: chat templates need that.
    ///
    /// `None` when the text is over 2 GiB.
    pub(crate) fn tokenize(&self, text: &str, bounds: Bounds) -> Option<Vec<TokenId>> {
        let mut tokens = Vec::new();
        let pieces = self.specials.pieces(text).into_iter().flat_map(|piece| self.safe_pieces(piece));
        for (index, piece) in pieces.enumerate() {
            let bounds = if index == 0 { bounds } else { Bounds::AsWritten };
            tokens.extend(self.tokenize_piece(piece, bounds)?);
        }
        Some(tokens)
    }

    /// Only byte-pair vocabularies divide texts with regular expressions.
    fn safe_pieces<'text>(&self, text: &'text str) -> Vec<&'text str> {
        if self.kind == sys::LLAMA_VOCAB_TYPE_BPE {
            runs::pieces(text, runs::MAX_RUN_BYTES)
        } else {
            vec![text]
        }
    }

    fn tokenize_piece(&self, text: &str, bounds: Bounds) -> Option<Vec<TokenId>> {
        // No tokenizer makes more tokens than bytes, plus a few around them.
        let mut tokens = vec![0; text.len() + 8];
        let mut n_tokens = self.tokenize_into(text, bounds, &mut tokens)?;
        if n_tokens < 0 {
            tokens.resize(n_tokens.unsigned_abs() as usize, 0);
            n_tokens = self.tokenize_into(text, bounds, &mut tokens)?;
        }
        tokens.truncate(usize::try_from(n_tokens).ok()?);
        tokens.into_iter().map(|token| u32::try_from(token).ok()).collect()
    }

    /// Whether the tokenizer adds a token behind every text that is not [`Bounds::AsWritten`].
    fn closes_texts(&self) -> bool {
        // SAFETY: a read-only question to a live vocabulary.
        let adds_end = unsafe { sys::llama_vocab_get_add_eos(self.vocab.as_ptr()) };
        adds_end || self.kind == sys::LLAMA_VOCAB_TYPE_WPM
    }

    /// The text of a token that the tokenizer recognises where it is written, before anything else.
    fn special(&self, token: TokenId) -> Option<(Box<[u8]>, Front)> {
        const SPECIAL: sys::llama_token_attr = sys::LLAMA_TOKEN_ATTR_CONTROL
            | sys::LLAMA_TOKEN_ATTR_USER_DEFINED
            | sys::LLAMA_TOKEN_ATTR_UNKNOWN;
        // SAFETY: callers go through the vocabulary, so the token is in it; the text is a C string that lives as
        // long as the vocabulary.
        let (attributes, text) = unsafe {
            let token = token.cast_signed();
            let text = sys::llama_vocab_get_text(self.vocab.as_ptr(), token);
            (sys::llama_vocab_get_attr(self.vocab.as_ptr(), token), CStr::from_ptr(text))
        };
        let strips = attributes & sys::LLAMA_TOKEN_ATTR_LSTRIP != 0;
        let front = if strips { Front::Strips } else { Front::Keeps };
        (attributes & SPECIAL != 0).then(|| (text.to_bytes().into(), front))
    }

    fn is_end(&self, token: TokenId) -> bool {
        // SAFETY: the vocabulary is alive, and llama.cpp looks the token up in a set.
        unsafe { sys::llama_vocab_is_eog(self.vocab.as_ptr(), token.cast_signed()) }
    }

    /// As llama.cpp: the number of bytes written, or the negative number that would be needed.
    fn piece_into(&self, token: TokenId, piece: &mut [u8]) -> i32 {
        if token >= self.n_tokens {
            return 0;
        }
        let room = i32::try_from(piece.len()).unwrap_or(i32::MAX);
        // SAFETY: the token is in the vocabulary and the buffer holds `room` bytes.
        unsafe {
            sys::llama_token_to_piece(
                self.vocab.as_ptr(),
                token.cast_signed(),
                piece.as_mut_ptr().cast(),
                room,
                0,
                true,
            )
        }
    }

    /// As llama.cpp: the number of tokens written, or the negative number that would be needed.
    fn tokenize_into(&self, text: &str, bounds: Bounds, tokens: &mut [i32]) -> Option<i32> {
        let n_bytes = i32::try_from(text.len()).ok()?;
        let room = i32::try_from(tokens.len()).ok()?;
        // SAFETY: the text holds `n_bytes` bytes and the buffer `room` tokens.
        Some(unsafe {
            sys::llama_tokenize(
                self.vocab.as_ptr(),
                text.as_ptr().cast(),
                n_bytes,
                tokens.as_mut_ptr(),
                room,
                bounds == Bounds::Add,
                true,
            )
        })
    }
}
