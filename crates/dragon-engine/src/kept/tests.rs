use proptest::prelude::*;

use super::*;

fn tokens(n_shared: u32, own: u32, n_own: usize) -> Vec<TokenId> {
    (0..n_shared).chain(std::iter::repeat_n(1_000_000 + own, n_own)).collect()
}

#[test]
fn a_prompt_finds_the_longest_prefix_and_short_ones_are_not_worth_it() {
    let mut kept = Kept::new(1000);
    kept.put(tokens(40, 1, 5), vec![1; 10]);
    kept.put(tokens(60, 2, 5), vec![2; 10]);
    let found = kept.find(&tokens(50, 3, 5)).unwrap();
    assert_eq!((found.n_common, kept.lend(found)), (50, Some(vec![2; 10])));
    assert_eq!(kept.find(&tokens(15, 3, 5)), None);
}

#[test]
fn a_long_sequence_is_not_copied_for_a_few_common_tokens() {
    let mut kept = Kept::new(1000);
    kept.put(tokens(20, 1, 700), vec![1; 10]);
    assert_eq!(kept.find(&tokens(20, 2, 5)), None);
    kept.put(tokens(20, 3, 100), vec![1; 10]);
    assert_eq!(kept.find(&tokens(20, 2, 5)).unwrap().n_common, 20);
}

#[test]
fn a_continued_conversation_replaces_its_beginning() {
    let mut kept = Kept::new(1000);
    kept.put(tokens(40, 0, 0), vec![1; 400]);
    kept.put(tokens(80, 0, 0), vec![2; 400]);
    assert_eq!((kept.entries.len(), kept.n_bytes), (1, 400));
}

#[test]
fn many_answers_to_one_prompt_are_not_kept_many_times() {
    let mut kept = Kept::new(1_000_000);
    assert!(kept.wants(&tokens(1000, 1, 60)));
    kept.put(tokens(1000, 1, 60), vec![0; 10]);
    assert!(!kept.wants(&tokens(1000, 2, 60)));
    assert!(kept.wants(&tokens(1000, 2, 200)));
    assert!(!Kept::new(0).wants(&tokens(1000, 1, 60)));
}

#[test]
fn the_least_recently_used_makes_room() {
    let mut kept = Kept::new(30);
    for own in 0..3 {
        kept.put(tokens(20, own, 40), vec![0; 10]);
    }
    let first = kept.find(&tokens(20, 0, 40)).unwrap();
    let lent = kept.lend(first).unwrap();
    kept.give_back(first, lent);
    kept.put(tokens(20, 3, 40), vec![0; 10]);
    assert_eq!(kept.find(&tokens(20, 0, 40)).unwrap().n_common, 60);
    assert_eq!(kept.find(&tokens(20, 1, 40)).unwrap().n_common, 20);
}

proptest! {
    /// Never more bytes than allowed, and what is found is really common with what the state was kept for.
    #[test]
    fn memory_is_bounded_and_matches_are_true(
        n_max_bytes in 0_u64..200,
        steps in prop::collection::vec((0_u32..60, 0_u32..4, 0_usize..60, 0_usize..120), 1..60),
    ) {
        let mut kept = Kept::new(n_max_bytes);
        for (n_shared, own, n_own, n_bytes) in steps {
            let tokens = tokens(n_shared, own, n_own);
            if let Some(found) = kept.find(&tokens) {
                let entry = &kept.entries[found.index];
                prop_assert_eq!(&entry.tokens[..found.n_common], &tokens[..found.n_common]);
                prop_assert!(found.n_common >= MIN_COMMON);
                let lent = kept.lend(found).unwrap();
                kept.give_back(found, lent);
            }
            if kept.wants(&tokens) {
                kept.put(tokens, vec![0; n_bytes]);
            }
            prop_assert!(kept.n_bytes as u64 <= n_max_bytes);
            prop_assert_eq!(kept.n_bytes, kept.entries.iter().map(|entry| entry.state.len()).sum::<usize>());
        }
    }
}
