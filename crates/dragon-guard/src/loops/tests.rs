use proptest::prelude::*;

use super::*;

/// The first loop, and after how many tokens it was proven.
fn first(rule: LoopRule, tokens: &[u32]) -> Option<(usize, ExactLoop)> {
    let mut loops = Loops::new(rule);
    let mut proven = |token: &u32| loops.push(*token).then(|| loops.proven().unwrap());
    tokens.iter().zip(1..).find_map(|(token, n_tokens)| Some((n_tokens, proven(token)?)))
}

/// The same as its definition says, without anything clever.
fn naive(rule: LoopRule, tokens: &[u32]) -> Option<(usize, ExactLoop)> {
    (1..=tokens.len()).find_map(|n_seen| {
        let seen = &tokens[..n_seen];
        (1..=rule.max_period.min(n_seen)).find_map(|period| {
            let run = (period..n_seen).rev().take_while(|place| seen[*place] == seen[place - period]).count();
            let n_tokens = run + period;
            let is_loop = n_tokens >= rule.copies * period && n_tokens >= rule.min_span;
            is_loop.then_some((n_seen, ExactLoop { period, onset: n_seen - n_tokens, n_tokens }))
        })
    })
}

fn repeated(before: usize, period: usize, n_tokens: usize) -> Vec<u32> {
    let unit: Vec<u32> = (0..u32::try_from(period).unwrap()).map(|token| token + 7).collect();
    let start = (0..u32::try_from(before).unwrap()).map(|token| token + 100_000);
    start.chain(unit.into_iter().cycle().take(n_tokens)).collect()
}

#[test]
fn a_loop_is_proven_by_its_third_copy_and_256_tokens() {
    for (period, proven_after) in [(1, 256), (8, 256), (85, 256), (86, 258), (400, 1_200), (2_048, 6_144)] {
        let tokens = repeated(1_000, period, proven_after);
        let (n_tokens, found) = first(LoopRule::MODEL_TOKENS, &tokens).unwrap();
        assert_eq!((n_tokens, found.period), (1_000 + proven_after, period));
        assert_eq!((found.onset, found.n_tokens), (1_000, proven_after));
        assert_eq!(first(LoopRule::MODEL_TOKENS, &tokens[..tokens.len() - 1]), None);
    }
}

#[test]
fn longer_periods_are_no_loops() {
    assert_eq!(first(LoopRule::MODEL_TOKENS, &repeated(10, 2_049, 10_000)), None);
}

#[test]
fn a_loop_at_the_very_start_counts_and_what_was_never_there_does_not() {
    // Zeros: what an empty ring is filled with.
    assert_eq!(first(LoopRule::MODEL_TOKENS, &[0; 255]), None);
    let (n_tokens, found) = first(LoopRule::MODEL_TOKENS, &[0; 256]).unwrap();
    assert_eq!((n_tokens, found.period, found.onset), (256, 1, 0));
}

#[test]
fn a_single_other_token_ends_a_run() {
    let mut tokens = repeated(0, 90, 269);
    tokens[200] = 1;
    assert_eq!(first(LoopRule::MODEL_TOKENS, &tokens), None);
}

#[test]
fn runs_that_cannot_be_counted_any_further_stay_long() {
    let mut loops = Loops::new(LoopRule { max_period: 4, copies: 2, min_span: 8 });
    (0..70_000).for_each(|_| assert!(loops.push(3) || loops.n_tokens() < 8));
    let last = loops.proven().unwrap();
    assert_eq!((last.period, loops.run(1), loops.run(5), loops.run(0)), (1, 65_535, 0, 0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Few symbols, so that there are many repetitions of all kinds.
    #[test]
    fn as_the_definition_says(
        tokens in prop::collection::vec(0_u32..3, 0..120),
        unit in prop::collection::vec(0_u32..3, 1..12),
        n_units in 0_usize..8,
        max_period in 1_usize..14,
        copies in 2_usize..5,
        min_span in 1_usize..40,
    ) {
        let rule = LoopRule { max_period, copies, min_span };
        let half = tokens.len() / 2;
        let tokens = [&tokens[..half], &unit.repeat(n_units), &tokens[half..]].concat();
        prop_assert_eq!(first(rule, &tokens), naive(rule, &tokens));
    }

    /// Onset and period of a planted loop, with the real rule.
    #[test]
    fn a_planted_loop_is_found_where_it_begins(before in 0_usize..3_000, period in 1_usize..600) {
        let tokens = repeated(before, period, 2_000);
        let (n_tokens, found) = first(LoopRule::MODEL_TOKENS, &tokens).unwrap();
        prop_assert_eq!((found.period, found.onset), (period, before));
        prop_assert_eq!(n_tokens, before + (3 * period).max(256));
    }
}
