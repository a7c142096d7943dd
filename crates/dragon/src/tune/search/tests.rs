use proptest::prelude::*;

use super::*;

fn start() -> Computing {
    Computing {
        cache_type: CacheType::F16,
        flash_attention: FlashAttention::Auto,
        threads: 4,
        prefill_chunk: 64,
    }
}

/// A machine on which each setting has a price of its own.
#[derive(Debug, Clone)]
struct Landscape {
    caches: Vec<f64>,
    q8_weights: f64,
    threads: Vec<f64>,
    chunks: Vec<f64>,
    /// Which of the caches lose too much.
    too_far: Vec<bool>,
}

impl Landscape {
    fn cache(candidate: Candidate) -> usize {
        let computing = candidate.computing;
        let known =
            |(cache_type, flash)| computing.cache_type == cache_type && computing.flash_attention == flash;
        CACHES.iter().position(|pair| known(*pair)).unwrap()
    }

    fn seconds(&self, candidate: Candidate) -> f64 {
        let weights = if candidate.weights == WeightFormat::Q8_0 { self.q8_weights } else { 1.0 };
        let chunk = CHUNKS.iter().position(|chunk| *chunk == candidate.computing.prefill_chunk).unwrap();
        self.caches[Self::cache(candidate)]
            * weights
            * self.threads[candidate.computing.threads as usize]
            * self.chunks[chunk]
    }

    fn answer(&self, search: &mut Search, step: Step) {
        match step {
            Step::Measure(candidate) => {
                let run = Measured {
                    memory_bytes: 1,
                    prefill_tok_s: 1.0,
                    decode_tok_s: Vec::new(),
                    mix_seconds: self.seconds(candidate),
                };
                search.measured(candidate, Some(run));
            }
            Step::Compare(candidate) => {
                let mean_kl_nats = if self.too_far[Self::cache(candidate)] { 1.0 } else { 0.004 };
                search.compared(candidate, Some(Divergence { mean_kl_nats, equal_top: 0.95 }));
            }
        }
    }
}

fn landscapes() -> impl Strategy<Value = Landscape> {
    let factors = |n| prop::collection::vec(0.5..2.0_f64, n);
    (factors(5), 0.5..2.0_f64, factors(5), factors(3), prop::collection::vec(any::<bool>(), 5)).prop_map(
        |(caches, q8_weights, threads, chunks, mut too_far)| {
            // The original is not far from itself.
            too_far[0] = false;
            Landscape { caches, q8_weights, threads, chunks, too_far }
        },
    )
}

proptest! {
    /// Wherever it is stopped, what it recommends was admitted, and nothing that was admitted is faster.
    #[test]
    fn it_can_be_stopped_anywhere(landscape in landscapes(), n_steps in 0_usize..40) {
        let mut search = Search::new(start());
        for _ in 0..n_steps {
            let Some(step) = search.next() else { break };
            landscape.answer(&mut search, step);
        }
        let recommended = search.recommended();
        prop_assert!(!landscape.too_far[Landscape::cache(recommended)]);
        let admitted = search.entries().iter().filter(|entry| entry.state == State::Admitted);
        for entry in admitted {
            prop_assert!(landscape.seconds(recommended) <= landscape.seconds(entry.candidate) + 1e-12);
        }
    }

    /// It ends, asks nothing twice but for the final runs, and finds the best cache that may be used.
    #[test]
    fn it_ends_with_the_best_cache(landscape in landscapes()) {
        let mut search = Search::new(start());
        let mut n_steps = 0;
        while let Some(step) = search.next() {
            landscape.answer(&mut search, step);
            n_steps += 1;
            prop_assert!(n_steps < 60, "{search:?}");
        }
        for entry in search.entries() {
            prop_assert!(entry.runs.len() <= N_FINAL_RUNS);
        }
        let best = (0..5).filter(|index| !landscape.too_far[*index]).map(|index| landscape.caches[index]);
        let best = best.fold(f64::INFINITY, f64::min);
        prop_assert_eq!(landscape.caches[Landscape::cache(search.recommended())], best);
    }
}

#[test]
fn a_machine_where_nothing_works_keeps_the_starting_point() {
    let mut search = Search::new(start());
    let mut n_steps = 0;
    while let Some(step) = search.next() {
        match step {
            Step::Measure(candidate) => search.measured(candidate, None),
            Step::Compare(candidate) => search.compared(candidate, None),
        }
        n_steps += 1;
        assert!(n_steps < 30);
    }
    assert_eq!(search.recommended().computing, start());
}
