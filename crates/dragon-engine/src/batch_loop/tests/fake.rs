//! A scripted model in llama.cpp's place: its logits are a function of the tokens in a sequence's cells, and it
//! checks what llama.cpp would end the process for.

use crate::compute::{Compute, Facts};
use crate::llama::{DecodeError, Logits, Row, SeqId, TokenId};

/// The token that ends a generation.
pub(super) const END: TokenId = 0;

/// The token that must never be sampled.
pub(super) const SUPPRESSED: TokenId = 1;

#[derive(Debug)]
pub(super) struct Fake {
    pub(super) facts: Facts,
    cells: Vec<Vec<TokenId>>,
    logits: Vec<Option<Vec<f32>>>,
    /// Every call that was made.
    pub(super) calls: Vec<Vec<Row>>,
    /// What the next call fails with.
    pub(super) fail_next: Option<DecodeError>,
    /// From now on the logits of this sequence are NaN.
    pub(super) nan_in: Option<SeqId>,
}

impl Fake {
    pub(super) fn new(n_ctx_seq: u32) -> Self {
        let facts = Facts {
            n_vocab: 40,
            n_ctx_seq,
            n_slots: 6,
            n_prefill_chunk: 8,
            keeps_prefixes: true,
            n_max_draft: 0,
            n_max_kept_bytes: 4000,
            end_tokens: vec![END],
            suppressed_tokens: vec![SUPPRESSED],
        };
        let cells = vec![Vec::new(); facts.n_slots as usize];
        Self { facts, cells, logits: Vec::new(), calls: Vec::new(), fail_next: None, nan_in: None }
    }

    pub(super) fn n_used_cells(&self) -> usize {
        self.cells.iter().map(Vec::len).sum()
    }

    fn logits_of(&self, seq: SeqId) -> Vec<f32> {
        if self.nan_in == Some(seq) {
            return vec![f32::NAN; self.facts.n_vocab as usize];
        }
        let history =
            self.cells[seq as usize].iter().fold(17_u64, |hash, token| mix(hash ^ u64::from(*token)));
        (0..self.facts.n_vocab)
            .map(|token| match token {
                // Likely enough to be drawn if it were not suppressed; ends are rare.
                SUPPRESSED => 20.0,
                END => -1.0,
                _ => f32::from(u8::try_from(mix(history ^ u64::from(token)) % 100).unwrap()) / 20.0,
            })
            .collect()
    }
}

fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 31)).wrapping_mul(0x7FB5_D329_728E_A185);
    (value ^ (value >> 27)).wrapping_mul(0x81DA_DEF4_BC2D_D44D) ^ (value >> 33)
}

impl Compute for Fake {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn decode(&mut self, rows: &[Row]) -> Result<(), DecodeError> {
        self.calls.push(rows.to_vec());
        if let Some(error) = self.fail_next.take() {
            return Err(error);
        }
        self.logits.clear();
        for row in rows {
            let cells = &mut self.cells[row.seq as usize];
            assert_eq!(cells.len(), row.position as usize, "a gap in sequence {}", row.seq);
            assert!(cells.len() < self.facts.n_ctx_seq as usize, "sequence {} is full", row.seq);
            cells.push(row.token);
            let logits = (row.logits == Logits::Wanted).then(|| self.logits_of(row.seq));
            self.logits.push(logits);
        }
        Ok(())
    }

    fn logits(&mut self, row: usize) -> Result<&[f32], DecodeError> {
        self.logits.get(row).and_then(Option::as_deref).ok_or(DecodeError::NoLogits(row))
    }

    fn save_sequence(&mut self, seq: SeqId) -> Result<Vec<u8>, DecodeError> {
        Ok(self.cells[seq as usize].iter().flat_map(|token| token.to_le_bytes()).collect())
    }

    fn restore_sequence(&mut self, seq: SeqId, state: &[u8]) -> Result<(), DecodeError> {
        assert!(self.cells[seq as usize].is_empty(), "a copy over sequence {seq}");
        let tokens = state.chunks_exact(4).map(|bytes| TokenId::from_le_bytes(bytes.try_into().unwrap()));
        self.cells[seq as usize] = tokens.collect();
        Ok(())
    }

    fn trim_sequence(&mut self, seq: SeqId, n_tokens: u32) -> Result<(), DecodeError> {
        assert!(self.cells[seq as usize].len() >= n_tokens as usize, "sequence {seq} is shorter");
        self.cells[seq as usize].truncate(n_tokens as usize);
        Ok(())
    }

    fn free_sequence(&mut self, seq: SeqId) -> Result<(), DecodeError> {
        self.cells[seq as usize].clear();
        Ok(())
    }

    fn piece(&self, token: TokenId) -> Vec<u8> {
        format!("<{token}>").into_bytes()
    }
}
