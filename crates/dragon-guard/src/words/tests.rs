use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

fn words(pieces: &[&str]) -> Vec<Word> {
    let mut words = Words::new();
    let mut found = Vec::new();
    pieces.iter().for_each(|piece| words.push(piece, |word| found.push(word)));
    found.extend(words.finish());
    found
}

/// Cuts the words out of the text again.
fn texts(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    words(&[text]).iter().map(|word| chars[word.start..word.end].iter().collect()).collect()
}

#[test]
fn words_are_runs_of_letters_and_digits_marks_and_line_ends() {
    assert_eq!(
        texts("Dr. Ωmega_2's x=3.5\n\n"),
        ["Dr", ".", "Ωmega_2", "'", "s", "x", "=", "3", ".", "5", "\n", "\n"]
    );
    assert_eq!(texts(""), Vec::<String>::new());
    assert_eq!(texts("  \t "), Vec::<String>::new());
}

#[test]
fn where_no_spaces_are_written_each_character_is_a_word() {
    assert_eq!(texts("もう一度。abc中"), ["も", "う", "一", "度", "。", "abc", "中"]);
}

#[test]
fn kinds_and_gaps() {
    let found = words(&["a1 12  x\t=\n猫"]);
    let kinds: Vec<Kind> = found.iter().map(|word| word.kind).collect();
    use Kind::{Ideograph, Letters, LineEnd, Mark, Number};
    assert_eq!(kinds, [Letters, Number, Letters, Mark(b'='), LineEnd, Ideograph]);
    let gaps: Vec<Gap> = found.iter().map(|word| word.gap).collect();
    assert_eq!(gaps, [Gap::None, Gap::Space, Gap::Wide, Gap::Wide, Gap::None, Gap::None]);
}

#[test]
fn case_is_kept_in_one_hash_and_not_in_the_other() {
    let found = words(&["Wait wait Może MOŻE"]);
    assert_ne!(found[0].id, found[1].id);
    assert_eq!(found[0].folded, found[1].folded);
    assert_eq!(found[2].folded, found[3].folded);
    assert_eq!(found[3].folded, folded_id("może"));
}

/// All words of up to three letters, and many numbers: no two share a hash.
#[test]
fn hashes_of_short_words_differ() {
    let letters = || 'a'..='z';
    let mut all: Vec<String> = letters().map(String::from).collect();
    all.extend(letters().flat_map(|a| letters().map(move |b| format!("{a}{b}"))));
    all.extend(
        letters().flat_map(|a| letters().flat_map(move |b| letters().map(move |c| format!("{a}{b}{c}")))),
    );
    all.extend((0..20_000).map(|number| number.to_string()));
    let mut by_hash: HashMap<u32, &str> = HashMap::new();
    let n_shared = all.iter().filter(|word| by_hash.insert(folded_id(word), word.as_str()).is_some()).count();
    // Among 38,000 words of a perfect hash of 32 bits, 0.2 pairs are expected.
    assert!(n_shared <= 2, "{n_shared}");
}

proptest! {
    #[test]
    fn it_does_not_matter_where_the_text_is_cut(text in "([a-c0-1 \n.,é猫|]{0,6}){0,8}", cuts in prop::collection::vec(0_usize..64, 0..6)) {
        let whole = words(&[&text]);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).filter(|cut| text.is_char_boundary(*cut)).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&str> = cuts.windows(2).map(|cut| &text[cut[0]..cut[1]]).collect();
        prop_assert_eq!(words(&pieces), whole);
    }

    #[test]
    fn words_lie_in_order_and_leave_out_only_white_space(text in "\\PC{0,40}") {
        let chars: Vec<char> = text.chars().collect();
        let mut last_end = 0;
        for word in words(&[&text]) {
            prop_assert!(word.start >= last_end && word.end > word.start);
            prop_assert!(chars[last_end..word.start].iter().all(|c| c.is_whitespace()));
            last_end = word.end;
        }
        prop_assert!(chars[last_end..].iter().all(|c| c.is_whitespace()));
    }
}
