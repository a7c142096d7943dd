//! A model of the engine: prompts are read piece by piece, one after the other, between steps that make a token
//! for everyone else. Times jitter, stall and change.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::super::{Speeds, Ticket};
use super::rng::Rng;

/// Tokens of a prompt that are read between two steps.
const PIECE: u32 = 128;

/// How an engine behaves.
#[derive(Debug, Clone)]
pub(super) struct Nature {
    pub(super) n_slots: u32,
    pub(super) prefill_us_per_token: u64,
    /// A step for one sequence.
    pub(super) step_us: u64,
    /// What each further sequence adds to a step, in percent of it.
    pub(super) step_percent_per_other: u64,
    pub(super) jitter_percent: u64,
    /// One step in so many takes a hundred times as long.
    pub(super) stall_one_in: Option<u64>,
}

/// A request in the engine.
#[derive(Debug, Clone)]
struct Sequence {
    n_choices: u32,
    n_prompt_left: u32,
    /// Tokens that each choice still gets.
    n_answer_left: u32,
}

/// What a step brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Brought {
    /// So many tokens of the prompt were read.
    Read(Ticket, u32),
    Prefilled(Ticket),
    /// So many tokens, over all choices.
    Tokens(Ticket, u32),
    Ended(Ticket),
}

#[derive(Debug)]
pub(super) struct Engine {
    nature: Nature,
    /// Percent of its usual time that everything takes now.
    pub(super) slowness: u64,
    sequences: BTreeMap<Ticket, Sequence>,
    prompts: VecDeque<Ticket>,
    measured: Measured,
}

/// Since the last report.
#[derive(Debug, Default)]
struct Measured {
    read_us: u64,
    n_read: u64,
    decode_us: u64,
    n_steps: u64,
    speeds: Speeds,
}

// === impl Engine ===

impl Engine {
    pub(super) fn new(nature: Nature) -> Self {
        Self {
            nature,
            slowness: 100,
            sequences: BTreeMap::new(),
            prompts: VecDeque::new(),
            measured: Measured::default(),
        }
    }

    pub(super) fn start(&mut self, ticket: Ticket, n_choices: u32, n_prompt: u32, n_answer: u32) {
        let sequence = Sequence { n_choices, n_prompt_left: n_prompt, n_answer_left: n_answer };
        self.sequences.insert(ticket, sequence);
        self.prompts.push_back(ticket);
    }

    pub(super) fn cancel(&mut self, ticket: Ticket) {
        self.sequences.remove(&ticket);
        self.prompts.retain(|waiting| *waiting != ticket);
    }

    pub(super) fn has_work(&self) -> bool {
        !self.sequences.is_empty()
    }

    /// Everyone in it, when it dies.
    pub(super) fn die(&mut self) -> Vec<Ticket> {
        self.prompts.clear();
        std::mem::take(&mut self.sequences).into_keys().collect()
    }

    /// One piece of a prompt and one token for each of the others: how long it took and what it brought.
    pub(super) fn step(&mut self, rng: &mut Rng) -> (u64, Vec<Brought>) {
        let mut brought = Vec::new();
        let decode_us = self.decode(rng, &mut brought);
        let read_us = self.read(rng, &mut brought);
        (decode_us + read_us, brought)
    }

    /// What the engine's counters say, older news fading.
    pub(super) fn speeds(&mut self) -> Speeds {
        let now = std::mem::take(&mut self.measured);
        let blend = |old: Option<Duration>, us: u64, n: u64| {
            let newest = us.checked_div(n).map(Duration::from_micros);
            match (old, newest) {
                (Some(old), Some(newest)) => Some((old * 3 + newest) / 4),
                (old, newest) => newest.or(old),
            }
        };
        self.measured.speeds = Speeds {
            prefill_per_token: blend(now.speeds.prefill_per_token, now.read_us, now.n_read),
            decode_step: blend(now.speeds.decode_step, now.decode_us, now.n_steps),
        };
        self.measured.speeds
    }

    fn decode(&mut self, rng: &mut Rng, brought: &mut Vec<Brought>) -> u64 {
        let mut n_sequences = 0;
        for (ticket, sequence) in
            self.sequences.iter_mut().filter(|(_, sequence)| sequence.n_prompt_left == 0)
        {
            n_sequences += u64::from(sequence.n_choices);
            brought.push(Brought::Tokens(*ticket, sequence.n_choices));
            sequence.n_answer_left -= 1;
            if sequence.n_answer_left == 0 {
                brought.push(Brought::Ended(*ticket));
            }
        }
        self.sequences.retain(|_, sequence| sequence.n_answer_left > 0);
        if n_sequences == 0 {
            return 0;
        }
        let others = (n_sequences - 1) * self.nature.step_percent_per_other;
        let us = self.takes(self.nature.step_us * (100 + others) / 100, rng);
        self.measured.decode_us += us;
        self.measured.n_steps += 1;
        us
    }

    fn read(&mut self, rng: &mut Rng, brought: &mut Vec<Brought>) -> u64 {
        let Some(ticket) = self.prompts.front().copied() else { return 0 };
        let Some(sequence) = self.sequences.get_mut(&ticket) else { return 0 };
        let n_read = PIECE.min(sequence.n_prompt_left);
        sequence.n_prompt_left -= n_read;
        brought.push(Brought::Read(ticket, n_read));
        if sequence.n_prompt_left == 0 {
            brought.push(Brought::Prefilled(ticket));
            self.prompts.pop_front();
        }
        let us = self.takes(self.nature.prefill_us_per_token * u64::from(n_read), rng);
        self.measured.read_us += us;
        self.measured.n_read += u64::from(n_read);
        us
    }

    fn takes(&self, us: u64, rng: &mut Rng) -> u64 {
        let jitter = rng.within(&(100..=100 + self.nature.jitter_percent));
        let stall = self.nature.stall_one_in.filter(|n| rng.one_in(*n)).map_or(1, |_| 100);
        us * self.slowness / 100 * jitter / 100 * stall
    }
}
