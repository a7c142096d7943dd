//! Texts, and what lies before the character that follows them.

use proptest::prelude::*;

use super::*;
use Boundary::{None as Inside, Sentence, Word};

fn tracker(text: &str) -> Tracker {
    let mut tracker = Tracker::default();
    tracker.push(text);
    tracker
}

#[track_caller]
fn assert_before(text: &str, next: char, expected: Boundary) {
    assert_eq!(tracker(text).before(next), expected, "{text:?} before {next:?}");
}

#[test]
fn words_end_at_white_space_only() {
    assert_before("the cat", 's', Inside);
    assert_before("the cat", ' ', Word);
    assert_before("the cat ", 's', Word);
    assert_before("don", '\'', Inside);
    assert_before("3", '.', Inside);
    assert_before("3.", '5', Inside);
    assert_before("well-", 'k', Inside);
    assert_before("www.exam", 'p', Inside);
}

#[test]
fn sentences_end_at_their_marks_with_white_space() {
    assert_before("It is so.", ' ', Sentence);
    assert_before("It is so. ", 'T', Sentence);
    assert_before("Is it?", ' ', Sentence);
    assert_before("He said \"no.\"", ' ', Sentence);
    assert_before("**It is so.**", ' ', Sentence);
    assert_before("It costs 3.", ' ', Sentence);
    assert_before("a line", '\n', Sentence);
    assert_before("a line\n", 'b', Sentence);
    assert_before("", 'a', Sentence);
}

#[test]
fn a_dot_is_not_always_the_end_of_a_sentence() {
    assert_before("1.", ' ', Word);
    assert_before("text\n 12.", ' ', Word);
    assert_before("i.e.", ' ', Word);
    assert_before("version 1.2", '.', Inside);
    assert_before("It is so.", 'N', Inside);
}

#[test]
fn ideographs_may_be_cut_anywhere_but_before_their_marks() {
    assert_before("今日は", '天', Word);
    assert_before("今日は", '。', Inside);
    assert_before("今日は晴れです。", '明', Sentence);
    assert_before("「晴れです。", '」', Inside);
    assert_before("「晴れです。」", '明', Sentence);
    assert_before("用Ru", 's', Inside);
}

#[test]
fn in_code_only_lines_count() {
    assert_before("```\nprint. ", 'x', Word);
    assert_before("```\nx = 1", '\n', Sentence);
    assert_before("```\nfoo", '(', Inside);
    assert_before("text\n``", '`', Inside);
    assert_before("text\n```", 'p', Inside);
    assert_before("```\na\n```\nDone.", ' ', Sentence);
}

#[test]
fn the_end_of_a_text_is_a_sentences_end_only_if_one_is_whole() {
    for (text, is_end) in
        [("It is so.", true), ("It is", false), ("1.", false), ("です。", true), ("a\n", true)]
    {
        assert_eq!(tracker(text).is_at_sentence_end(), is_end, "{text}");
    }
}

#[test]
fn line_ends_are_counted_through_white_space() {
    for (text, n) in
        [("", 2), ("a", 0), ("a\n", 1), ("a\n  ", 1), ("a\n \n", 2), ("a\n\n\n", 2), ("a\n\nb", 0)]
    {
        assert_eq!(tracker(text).n_newlines(), n, "{text:?}");
    }
}

proptest! {
    #[test]
    fn portions_do_not_matter(text in "[a1.!日。`\n \"]{0,30}", cut in 0_usize..30, next in any::<char>()) {
        let cut = text.floor_char_boundary(cut);
        let mut portions = tracker(&text[..cut]);
        portions.push(&text[cut..]);
        prop_assert_eq!(portions.before(next), tracker(&text).before(next));
    }

    #[test]
    fn a_cut_at_a_boundary_never_lies_between_two_letters(text in "[ab .,\n`1]{1,30}", next in "[ab1]") {
        let next = next.chars().next().unwrap();
        let is_within_word = text.ends_with(char::is_alphanumeric);
        if is_within_word {
            prop_assert_eq!(tracker(&text).before(next), Boundary::None);
        }
    }
}
