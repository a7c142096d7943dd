//! What follows the cue, let out sentence by sentence.
//!
//! A tail that has used its tokens would end anywhere. So the text after its last whole sentence is held back until the
//! sentence is whole, and left out if it never is: streams cannot take back what was sent.

use super::boundary::{Boundary, Tracker};
use super::plan::MIN_TAIL;
use super::trim::word_end;

/// After how many of its tokens a tail is to close: the end of a sentence is the end of the answer from there on.
pub fn closes_from(n_max: u32) -> u32 {
    (n_max / 3 * 2).max(MIN_TAIL)
}

/// Holds back a sentence until it is whole.
#[derive(Debug)]
pub struct Tail {
    tracker: Tracker,
    held: String,
    /// Tokens since the cue.
    n_tokens: u32,
    n_max: u32,
    /// Whether a sentence has been let out that makes the tail long enough.
    is_said: bool,
    /// Whether the latest token ended a sentence, by beginning the next one.
    has_just_ended: bool,
}

// === impl Tail ===

impl Tail {
    /// `tracker` knows the text up to the end of the cue; at most `n_max` tokens follow.
    pub fn new(tracker: Tracker, n_max: u32) -> Self {
        Self { tracker, held: String::new(), n_tokens: 0, n_max, is_said: false, has_just_ended: false }
    }

    /// Adds the text of one token and returns the sentences that are whole now.
    pub fn push(&mut self, text: &str) -> String {
        self.n_tokens = self.n_tokens.saturating_add(1);
        let mut end = 0;
        for c in text.chars() {
            if !self.held.is_empty() && self.tracker.before(c) == Boundary::Sentence {
                end = self.held.len();
            }
            self.tracker.push_char(c);
            self.held.push(c);
        }
        let whole: String = self.held.drain(..end).collect();
        self.has_just_ended = !whole.trim().is_empty();
        self.is_said |= end > 0 && self.n_tokens > MIN_TAIL;
        whole
    }

    /// Whether it should end here, rather than begin a sentence that it may not finish: it is to close, and a sentence
    /// is whole.
    pub fn is_over(&self) -> bool {
        if self.n_tokens < closes_from(self.n_max) {
            return false;
        }
        let is_between = self.is_said && (self.has_just_ended || self.held.trim().is_empty());
        is_between || self.is_surely_whole()
    }

    /// Whether a sentence ends here whatever comes: a dot after a figure may be a decimal point.
    fn is_surely_whole(&self) -> bool {
        let mut last = self.held.chars().rev();
        let may_go_on = last.next() == Some('.') && last.next().is_some_and(|c| c.is_ascii_digit());
        self.n_tokens >= MIN_TAIL && self.tracker.is_at_sentence_end() && !may_go_on
    }

    /// Whether the model said enough after the cue to have concluded.
    pub fn is_conclusion(&self) -> bool {
        self.is_said || self.n_tokens >= MIN_TAIL
    }

    /// The model ended by itself: all of it is meant.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }

    /// It was cut: what is held is shown only if no sentence was let out before, and then up to a word's end.
    pub fn cut(&mut self) -> String {
        let held = std::mem::take(&mut self.held);
        if self.tracker.is_at_sentence_end() {
            return held;
        }
        if self.is_said { String::new() } else { word_end(&held).to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tail() -> Tail {
        let mut tracker = Tracker::default();
        tracker.push("In short:");
        Tail::new(tracker, 24)
    }

    fn words(text: &str) -> impl Iterator<Item = &str> {
        text.split_inclusive(' ')
    }

    #[test]
    fn sentences_come_out_whole_and_the_rest_is_left_out() {
        let mut tail = tail();
        let text = "It is a cat and it sat on a mat. It was not ";
        let said: String = words(text).map(|word| tail.push(word)).collect();
        assert_eq!(said, "It is a cat and it sat on a mat. ");
        assert!(tail.is_conclusion());
        assert_eq!(tail.cut(), "");
    }

    #[test]
    fn without_a_whole_sentence_words_come_out() {
        let mut tail = tail();
        assert!(words("it is a cat that sat on a m").all(|word| tail.push(word).is_empty()));
        assert_eq!(tail.cut(), "it is a cat that sat on a");
    }

    #[test]
    fn the_end_of_the_model_lets_everything_out() {
        let mut tail = tail();
        tail.push("It is. It is n");
        assert_eq!(tail.finish(), "It is n");
    }

    #[test]
    fn a_sentence_that_ends_with_the_last_token_is_whole() {
        let mut tail = tail();
        assert_eq!(tail.push(" It is so."), "");
        assert_eq!(tail.cut(), " It is so.");
    }

    #[test]
    fn it_is_over_after_a_sentence_when_most_tokens_are_used() {
        let mut tail = tail();
        let ends: Vec<u32> = (1..=24)
            .filter(|n| {
                tail.push(if n % 6 == 0 { " ok.\n" } else { " word" });
                tail.is_over()
            })
            .collect();
        assert_eq!(ends, [18, 24]);
    }

    #[test]
    fn it_is_over_when_the_next_sentence_begins_and_that_is_left_out() {
        let mut tail = tail();
        let said: String = (1..=17).map(|n| tail.push(if n == 17 { " 3." } else { " word" })).collect();
        assert!(said.is_empty() && !tail.is_over(), "it may be a decimal point: {said}");
        assert!(tail.push(" But").trim_end().ends_with(" 3."));
        assert!(tail.is_over());
        assert_eq!(tail.cut(), "");
    }

    #[test]
    fn it_is_over_with_a_sentence_as_soon_as_it_is_to_close() {
        let mut tail = tail();
        let n_over = (1..=24).find(|n| {
            tail.push(if [7, 17].contains(n) { " ok." } else { " word" });
            tail.is_over()
        });
        assert_eq!(n_over, Some(17));
        assert!(tail.cut().ends_with(" ok."));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_or_changed_but_the_end(parts in prop::collection::vec("[ab .!\n日。]{0,6}", 0..30)) {
            let mut tail = tail();
            let mut said: String = parts.iter().map(|part| tail.push(part)).collect();
            let all = parts.concat();
            prop_assert!(all.starts_with(&said));
            let mut ended = said.clone();
            let mut other = Tail { held: tail.held.clone(), ..Tail::new(tail.tracker, 24) };
            ended.push_str(&other.finish());
            prop_assert_eq!(&ended, &all);
            said.push_str(&tail.cut());
            prop_assert!(all.starts_with(&said));
        }
    }
}
