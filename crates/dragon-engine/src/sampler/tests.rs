use dragon_ipc::Sampling;
use proptest::prelude::*;

use super::*;

const PLACE: Place = Place { seed: 7, choice: 0, position: 0 };

/// Plain sampling: nothing is cut, nothing is changed.
fn plain() -> Sampling {
    Sampling { temperature: 1.0, ..Sampling::greedy() }
}

fn rules(sampling: Sampling) -> Rules {
    Rules { sampling, banned: Vec::new() }
}

fn choose(logits: &[f32], rules: &Rules, place: Place) -> Result<TokenId, SampleError> {
    Sampler::default().choose(logits, rules, &History::default(), None, place)
}

/// Logits from few values, so that ties are common.
fn some_logits() -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec((-40_i16..40).prop_map(|step| f32::from(step) / 4.0), 1..600)
}

/// The straightforward way: sort everything.
fn sorted(logits: &[f32]) -> Vec<(usize, f64)> {
    let mut ranked: Vec<_> = logits.iter().map(|logit| f64::from(*logit)).enumerate().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked
}

proptest! {
    #[test]
    fn top_k_keeps_what_sorting_keeps(logits in some_logits(), k in 1_usize..700) {
        let mut kept = Vec::new();
        candidates::keep_top_k(&logits, k, &mut kept);
        let mut kept: Vec<_> = kept.iter().map(|candidate| candidate.token as usize).collect();
        let mut expected: Vec<_> = sorted(&logits).iter().take(k).map(|(token, _)| *token).collect();
        kept.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(kept, expected);
    }

    #[test]
    fn top_k_of_one_and_temperature_zero_are_greedy(logits in some_logits(), seed: u64) {
        let greedy = sorted(&logits)[0].0;
        let place = Place { seed, ..PLACE };
        for sampling in [Sampling { top_k: 1, ..plain() }, Sampling { temperature: 0.0, ..plain() }] {
            prop_assert_eq!(choose(&logits, &rules(sampling), place).unwrap() as usize, greedy);
        }
    }

    /// The token drawn is in the set that sorting, cutting after k, and summing up gives.
    #[test]
    fn nothing_outside_the_nucleus_is_chosen(
        logits in some_logits(),
        top_k in 0_u32..50,
        top_p in 0.0_f32..1.0,
        min_p in 0.0_f32..1.0,
        temperature in 0.1_f32..2.0,
        seed: u64,
    ) {
        let sampling = Sampling { top_k, top_p, min_p, temperature, ..plain() };
        let token = choose(&logits, &rules(sampling), Place { seed, ..PLACE }).unwrap() as usize;
        let mut ranked = sorted(&logits);
        if top_k > 0 {
            ranked.truncate(top_k as usize);
        }
        let peak = ranked[0].1;
        let total: f64 = ranked.iter().map(|(_, logit)| (logit - peak).exp()).sum();
        let (rank, (_, logit)) =
            ranked.iter().enumerate().find(|(_, (ranked, _))| *ranked == token).expect("within top_k");
        let mass_before: f64 = ranked[..rank].iter().map(|(_, logit)| (logit - peak).exp() / total).sum();
        prop_assert!(mass_before <= f64::from(top_p) + 1e-6, "rank {rank} after {mass_before}");
        prop_assert!(rank == 0 || (logit - peak).exp() >= f64::from(min_p) - 1e-6);
    }

    /// Runs of the partial sort longer than the first find the same border as sorting everything.
    #[test]
    fn the_nucleus_is_the_smallest_prefix_that_reaches_top_p(logits in some_logits(), top_p in 0.0_f32..1.0) {
        let mut kept = Vec::new();
        candidates::keep_top_k(&logits, 0, &mut kept);
        let peak = candidates::peak(&logits).unwrap().logit;
        candidates::keep_nucleus(&mut kept, peak, top_p, 0.0);
        let ranked = sorted(&logits);
        let weights: Vec<f64> = ranked.iter().map(|(_, logit)| (logit - f64::from(peak)).exp()).collect();
        let total: f64 = weights.iter().sum();
        let mass = |n: usize| weights[..n].iter().sum::<f64>() / total;
        prop_assert!(!kept.is_empty());
        prop_assert!(mass(kept.len()) >= f64::from(top_p) - 1e-5);
        prop_assert!(mass(kept.len() - 1) < f64::from(top_p) + 1e-5);
    }
}

/// Logits moved by as much as another batch shape moves them change a draw only where two candidates tie.
#[test]
fn a_draw_hardly_ever_depends_on_floating_point() {
    let logits: Vec<f32> = (0..100_u8).map(|token| f32::from(u16::from(token) * 37 % 100) / 10.0).collect();
    let moved: Vec<f32> =
        logits.iter().zip([1e-5, -1e-5].iter().cycle()).map(|(logit, by)| logit + by).collect();
    let rules = rules(plain());
    let n_different = (0..10_000)
        .map(|seed| Place { seed, ..PLACE })
        .filter(|place| choose(&logits, &rules, *place) != choose(&moved, &rules, *place))
        .count();
    assert!(n_different <= 1, "{n_different} of 10000");
}

/// Pearson's chi-square against known probabilities; `tokens[i]` is expected with `probabilities[i]`.
fn chi_square(counts: &[u32], probabilities: &[f64]) -> f64 {
    let n_draws = f64::from(counts.iter().sum::<u32>());
    counts
        .iter()
        .zip(probabilities)
        .map(|(count, probability)| {
            (f64::from(*count) - n_draws * probability).powi(2) / (n_draws * probability)
        })
        .sum()
}

/// 99.9 % quantile of the chi-square distribution with 4 degrees of freedom. The seeds are fixed, so the test
/// either always passes or never does.
const CHI_SQUARE_4: f64 = 18.47;

const PROBABILITIES: [f64; 5] = [0.4, 0.3, 0.15, 0.1, 0.05];

fn known_logits() -> Vec<f32> {
    [0.4_f32, 0.3, 0.15, 0.1, 0.05].iter().map(|probability| probability.ln() + 3.0).collect()
}

fn draw_many(rules: &Rules, logits: &[f32], place: impl Fn(u32) -> Place) -> Vec<u32> {
    let mut counts = vec![0; logits.len()];
    let mut sampler = Sampler::default();
    for i in 0..20_000 {
        counts[sampler.choose(logits, rules, &History::default(), None, place(i)).unwrap() as usize] += 1;
    }
    counts
}

#[test]
fn frequencies_match_the_distribution_over_seeds_positions_and_choices() {
    let places: [fn(u32) -> Place; 3] = [
        |i| Place { seed: u64::from(i), choice: 0, position: 0 },
        |i| Place { seed: 42, choice: 0, position: i },
        |i| Place { seed: 42, choice: i, position: 5 },
    ];
    for place in places {
        let counts = draw_many(&rules(plain()), &known_logits(), place);
        assert!(chi_square(&counts, &PROBABILITIES) < CHI_SQUARE_4, "{counts:?}");
    }
}

#[test]
fn temperature_reshapes_the_distribution() {
    let sampling = Sampling { temperature: 0.5, ..plain() };
    let counts = draw_many(&rules(sampling), &known_logits(), |i| Place { position: i, ..PLACE });
    let squares: Vec<f64> = PROBABILITIES.iter().map(|probability| probability.powi(2)).collect();
    let total: f64 = squares.iter().sum();
    let expected: Vec<f64> = squares.iter().map(|square| square / total).collect();
    assert!(chi_square(&counts, &expected) < CHI_SQUARE_4, "{counts:?}");
}

#[test]
fn the_chi_square_test_can_fail() {
    let counts = draw_many(&rules(plain()), &known_logits(), |i| Place { position: i, ..PLACE });
    assert!(chi_square(&counts, &[0.38, 0.32, 0.15, 0.1, 0.05]) > CHI_SQUARE_4, "{counts:?}");
}

#[test]
fn penalties_follow_the_formulas() {
    let sampling =
        Sampling { presence_penalty: 0.5, frequency_penalty: 0.25, repeat_penalty: 2.0, ..plain() };
    let history: History = [0, 0, 0, 1].into_iter().collect();
    let mut adjusted = Vec::new();
    let logits = adjust::apply(&[4.0, -1.0, 2.0], &rules(sampling), &history, None, &mut adjusted).unwrap();
    // 4 / 2 - 3 x 0.25 - 0.5; -1 x 2 - 0.25 - 0.5; never generated.
    assert_eq!(logits, [0.75, -2.75, 2.0]);
}

#[test]
fn bias_moves_and_bans_rule_out() {
    let logits = [3.0, 2.0, 1.0];
    let biased = Sampling { temperature: 0.0, logit_bias: vec![(2, 5.0), (99, 1.0)], ..plain() };
    assert_eq!(choose(&logits, &rules(biased), PLACE), Ok(2));
    let banned = Rules { sampling: plain(), banned: vec![0, 1] };
    assert_eq!(choose(&logits, &banned, PLACE), Ok(2));
    let biased_and_banned = Sampling { temperature: 0.0, logit_bias: vec![(0, 100.0)], ..plain() };
    assert_eq!(choose(&logits, &Rules { sampling: biased_and_banned, banned: vec![0] }, PLACE), Ok(1));
}

#[test]
fn extreme_settings_do_not_look_like_a_broken_model() {
    let history: History = [0, 1, 2, 3].into_iter().collect();
    for repeat_penalty in [1e-38, f32::MIN_POSITIVE / 1024.0, f32::MAX] {
        for frequency_penalty in [f32::MIN, 0.0, f32::MAX] {
            let sampling = Sampling {
                repeat_penalty,
                frequency_penalty,
                presence_penalty: frequency_penalty,
                logit_bias: vec![(0, f32::MAX), (1, f32::MIN)],
                ..plain()
            };
            let logits = [30.0, -30.0, 0.0, f32::NEG_INFINITY];
            let mut adjusted = Vec::new();
            let adjusted =
                adjust::apply(&logits, &rules(sampling.clone()), &history, None, &mut adjusted).unwrap();
            assert!(adjusted[..3].iter().all(|logit| logit.is_finite()), "{adjusted:?} by {sampling:?}");
            assert_eq!(adjusted[3], f32::NEG_INFINITY, "the model's own bans stay");
            for sampling in [Sampling { top_p: 0.9, min_p: 0.1, ..sampling.clone() }, sampling] {
                let token = Sampler::default().choose(&logits, &rules(sampling), &history, None, PLACE);
                assert!(token.is_ok_and(|token| token < 3), "{token:?}");
            }
        }
    }
    let broken = [1.0, f32::INFINITY];
    let banned = Rules { banned: vec![1], ..rules(plain()) };
    assert_eq!(choose(&broken, &banned, PLACE), Err(SampleError::NotFinite), "a ban hides a broken model");
}

#[test]
fn impossible_logits_are_errors() {
    let rules = rules(plain());
    assert_eq!(choose(&[1.0, f32::NAN], &rules, PLACE), Err(SampleError::NotFinite));
    assert_eq!(choose(&[1.0, f32::INFINITY], &rules, PLACE), Err(SampleError::NotFinite));
    assert_eq!(choose(&[f32::NEG_INFINITY; 2], &rules, PLACE), Err(SampleError::AllBanned));
    let all = Rules { banned: vec![0, 1], ..rules };
    assert_eq!(choose(&[1.0, 2.0], &all, PLACE), Err(SampleError::AllBanned));
    assert!(are_sound(&[f32::NEG_INFINITY, 0.0]) && !are_sound(&[f32::NAN, 0.0]));
}

#[test]
fn ties_go_to_the_lowest_id() {
    let greedy = rules(Sampling { temperature: 0.0, ..plain() });
    assert_eq!(choose(&[1.0, 2.0, 2.0], &greedy, PLACE), Ok(1));
}

#[test]
fn logprobs_are_the_log_of_known_probabilities() {
    let logprobs = Sampler::default().logprobs(&known_logits(), 3, 2).unwrap();
    assert!((f64::from(logprobs.chosen) - 0.1_f64.ln()).abs() < 1e-5);
    let tokens: Vec<_> = logprobs.top.iter().map(|(token, _)| *token).collect();
    assert_eq!(tokens, [0, 1]);
    assert!((f64::from(logprobs.top[1].1) - 0.3_f64.ln()).abs() < 1e-5);
    assert!(Sampler::default().logprobs(&known_logits(), 0, 0).unwrap().top.is_empty());
}

proptest! {
    /// However long the logits are and wherever the peak lies, also twice.
    #[test]
    fn the_peak_is_the_first_of_the_highest(
        logits in prop::collection::vec((-20_i8..20).prop_map(f32::from), 1..3000),
        nan_at in prop::option::of(0_usize..3000),
    ) {
        let mut logits = logits;
        let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let first = logits.iter().position(|logit| *logit == highest).unwrap();
        let peak = candidates::peak(&logits).unwrap();
        prop_assert_eq!((peak.token as usize, peak.logit), (first, highest));
        if let Some(logit) = nan_at.and_then(|at| logits.get_mut(at)) {
            *logit = f32::NAN;
            prop_assert!(candidates::peak(&logits).is_err());
        }
    }
}
