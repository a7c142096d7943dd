//! Drives the loop step by step and collects what it says.

use std::collections::BTreeMap;
use std::sync::mpsc::Receiver;

use dragon_ipc::{Choice, End, Forced, Output, Prefilled, ProducedPiece, PromptPiece, Sampling, Start};

use super::fake::Fake;
use crate::batch_loop::*;
use crate::link::Outgoing;
use crate::llama::TokenId;

pub(super) struct Harness {
    pub(super) batch_loop: BatchLoop<Fake>,
    from_loop: Receiver<Outgoing>,
    pub(super) outputs: Vec<Output>,
    pub(super) aborted: Vec<Aborted>,
    pub(super) prefilled: Vec<Prefilled>,
    /// With the number of outputs that came before.
    pub(super) forced: Vec<(Forced, usize)>,
}

/// The answer of one choice: its tokens (without the one that ends a generation) and how it ended.
pub(super) type Answer = (Vec<TokenId>, Option<End>);

impl Harness {
    pub(super) fn new() -> Self {
        Self::with_context(48)
    }

    pub(super) fn with_context(n_ctx_seq: u32) -> Self {
        let (outbox, from_loop) = Outbox::new();
        let batch_loop = BatchLoop::new(Fake::new(n_ctx_seq), outbox, Arc::new(Progress::default()));
        Self {
            batch_loop,
            from_loop,
            outputs: Vec::new(),
            aborted: Vec::new(),
            prefilled: Vec::new(),
            forced: Vec::new(),
        }
    }

    pub(super) fn send(&mut self, message: ToEngine) {
        self.batch_loop.handle(message).unwrap();
        self.collect();
    }

    pub(super) fn begin(&mut self, prompt: &[TokenId], start: Start) {
        let generation = start.generation;
        self.send(ToEngine::Prompt(PromptPiece { generation, tokens: prompt.to_vec() }));
        self.send(ToEngine::Start(start));
    }

    /// Begins a generation of whose choices an earlier engine produced this much.
    pub(super) fn resume(
        &mut self,
        prompt: &[TokenId],
        produced: &BTreeMap<u32, Vec<TokenId>>,
        start: Start,
    ) {
        for (choice, tokens) in produced {
            let piece =
                ProducedPiece { generation: start.generation, choice: *choice, tokens: tokens.clone() };
            self.send(ToEngine::Produced(piece));
        }
        self.begin(prompt, start);
    }

    pub(super) fn decode(&mut self) {
        self.batch_loop.decode_step().unwrap();
        self.collect();
    }

    pub(super) fn prefill(&mut self) {
        self.batch_loop.prefill_step().unwrap();
        self.collect();
    }

    /// As the loop does, until nothing is left.
    pub(super) fn finish(&mut self) {
        while !self.batch_loop.generations.is_empty() {
            self.decode();
            self.prefill();
        }
        assert_eq!(self.batch_loop.sequences.n_busy(), 0);
        assert_eq!(self.compute().n_used_cells(), 0, "cells are left behind");
    }

    pub(super) fn compute(&mut self) -> &mut Fake {
        &mut self.batch_loop.compute
    }

    /// Whether a choice holds a sequence.
    pub(super) fn holds(&self, generation: GenerationId, choice: u32) -> bool {
        let mut sequences = self.batch_loop.sequences.iter();
        sequences.any(|(_, sequence)| sequence.generation == generation && sequence.choice == choice)
    }

    pub(super) fn heartbeat(&self) -> dragon_ipc::Heartbeat {
        self.batch_loop.progress.heartbeat()
    }

    /// Answers by generation and choice.
    pub(super) fn answers(&self) -> BTreeMap<(GenerationId, u32), Answer> {
        let mut answers: BTreeMap<_, Answer> = BTreeMap::new();
        for output in &self.outputs {
            let (tokens, end) = answers.entry((output.generation, output.choice)).or_default();
            assert_eq!(*end, None, "a token after the end");
            *end = output.end;
            match output.end {
                Some(End::EndOfGeneration) => assert!(output.piece.is_empty()),
                _ => {
                    assert_eq!(output.piece, format!("<{}>", output.token).into_bytes());
                    tokens.push(output.token);
                }
            }
        }
        answers
    }

    fn collect(&mut self) {
        for outgoing in self.from_loop.try_iter() {
            match outgoing {
                Outgoing::Message(FromEngine::Step(step)) => self.outputs.extend(step.outputs),
                Outgoing::Message(FromEngine::Prefilled(prefilled)) => self.prefilled.push(prefilled),
                Outgoing::Message(FromEngine::Aborted(aborted)) => self.aborted.push(aborted),
                Outgoing::Message(FromEngine::Forced(forced)) => {
                    self.forced.push((forced, self.outputs.len()));
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

/// Greedy, without end.
pub(super) fn greedy() -> Sampling {
    Sampling { ignore_eos: true, ..Sampling::greedy() }
}

pub(super) fn start(
    generation: GenerationId,
    n_choices: u32,
    n_max_tokens: u32,
    sampling: Sampling,
) -> Start {
    let choices = (0..n_choices).map(|index| Choice::new(index, n_max_tokens)).collect();
    Start { generation, choices, sampling, n_top_logprobs: None }
}
