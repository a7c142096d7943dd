//! Splits thinking from the answer.
//!
//! A thinking block opens only where no text of the answer has come yet: a `<think>` later on is text, for
//! example of an answer about such tags. Several blocks in a row are all thinking. White space between a
//! block and the answer belongs to neither; where there is no block, it is the answer's own.

/// Opens a block of thinking.
pub const OPEN: &str = "<think>";
/// Closes it.
pub const CLOSE: &str = "</think>";

/// Where the splitter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// No text of the answer yet. May become `Inside` (a tag) or `Answer` (text).
    Before,
    /// In a thinking block. Becomes `Before` at the closing tag.
    Inside,
    /// In the answer, for good.
    Answer,
}

/// Routes text to thinking or answer, holding back what may be part of a tag.
#[derive(Debug)]
pub(super) struct ThinkingSplitter {
    state: State,
    held: String,
    /// Whether a block has been closed.
    has_thought: bool,
}

// === impl ThinkingSplitter ===

impl ThinkingSplitter {
    /// The model may open a thinking block by itself.
    pub(super) fn closed() -> Self {
        Self::starting(State::Before)
    }

    /// The prompt has opened a thinking block already.
    pub(super) fn open() -> Self {
        Self::starting(State::Inside)
    }

    /// Everything is answer.
    pub(super) fn none() -> Self {
        Self::starting(State::Answer)
    }

    fn starting(state: State) -> Self {
        Self { state, held: String::new(), has_thought: false }
    }

    /// Whether the next text belongs to thinking as far as is known.
    pub(super) fn is_inside(&self) -> bool {
        self.state == State::Inside
    }

    /// Whether text is held back that may be part of a tag.
    pub(super) fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// Adds text and appends what is decided to `reasoning` and `answer`.
    pub(super) fn push(&mut self, text: &str, reasoning: &mut String, answer: &mut String) {
        self.held.push_str(text);
        while self.advance(reasoning, answer) {}
    }

    /// The text ends: what is held was no tag.
    pub(super) fn finish(&mut self, reasoning: &mut String, answer: &mut String) {
        let held = std::mem::take(&mut self.held);
        match self.state {
            State::Inside => reasoning.push_str(&held),
            State::Before if self.has_thought => answer.push_str(held.trim_start()),
            State::Before | State::Answer => answer.push_str(&held),
        }
    }

    /// Takes one decision about what is held; whether another may follow.
    fn advance(&mut self, reasoning: &mut String, answer: &mut String) -> bool {
        match self.state {
            // ## Before => (Before | Inside | Answer)
            State::Before => {
                let text = self.held.trim_start();
                if let Some(after) = text.strip_prefix(OPEN) {
                    self.held = after.to_owned();
                    self.state = State::Inside;
                    return true;
                }
                if OPEN.starts_with(text) {
                    return false;
                }
                if self.has_thought {
                    self.held = text.to_owned();
                }
                self.state = State::Answer;
                true
            }
            // ## Inside => (Inside | Before)
            State::Inside => {
                if let Some(start) = self.held.find(CLOSE) {
                    reasoning.push_str(&self.held[..start]);
                    self.held.drain(..start + CLOSE.len());
                    self.state = State::Before;
                    self.has_thought = true;
                    return true;
                }
                let keep_from = start_of_partial_tag(&self.held);
                reasoning.extend(self.held.drain(..keep_from));
                false
            }
            // ## Answer => Answer
            State::Answer => {
                answer.push_str(&self.held);
                self.held.clear();
                false
            }
        }
    }
}

/// Where the longest suffix starts that the closing tag could begin with.
fn start_of_partial_tag(text: &str) -> usize {
    (1..CLOSE.len())
        .rev()
        .find(|&n_bytes| text.ends_with(&CLOSE[..n_bytes]))
        .map_or(text.len(), |n_bytes| text.len() - n_bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(mut splitter: ThinkingSplitter, text: &str, portion: usize) -> (String, String) {
        let (mut reasoning, mut answer) = (String::new(), String::new());
        let chars: Vec<char> = text.chars().collect();
        for part in chars.chunks(portion) {
            splitter.push(&part.iter().collect::<String>(), &mut reasoning, &mut answer);
        }
        splitter.finish(&mut reasoning, &mut answer);
        (reasoning, answer)
    }

    proptest! {
        #[test]
        fn portions_do_not_matter(text in "(<think>|</think>|[a<> /]){0,12}", portion in 1_usize..8) {
            prop_assert_eq!(
                split(ThinkingSplitter::closed(), &text, portion),
                split(ThinkingSplitter::closed(), &text, 1000)
            );
        }

        #[test]
        fn a_model_without_thinking_keeps_every_byte(text in "(<think>|</think>|[a<> /]){0,12}", portion in 1_usize..8) {
            prop_assert_eq!(split(ThinkingSplitter::none(), &text, portion), (String::new(), text));
        }
    }

    #[test]
    fn blocks_before_the_answer_are_thinking_and_later_tags_are_text() {
        let text = "<think>one</think>\n<think>two</think>\n\nThe tag <think> opens.";
        let expected = ("onetwo".to_owned(), "The tag <think> opens.".to_owned());
        assert_eq!(split(ThinkingSplitter::closed(), text, 3), expected);
    }

    #[test]
    fn white_space_before_an_answer_without_thinking_is_part_of_it() {
        for text in ["\n a", "  <thin", "\n\n"] {
            assert_eq!(split(ThinkingSplitter::closed(), text, 1), (String::new(), text.to_owned()));
        }
        for text in ["<think>hm</think>\n\n", "\n<think>hm</think>  "] {
            assert_eq!(split(ThinkingSplitter::closed(), text, 1), ("hm".to_owned(), String::new()));
        }
    }

    #[test]
    fn a_block_opened_by_the_prompt_ends_at_its_closing_tag() {
        let expected = ("hm < 3".to_owned(), "yes".to_owned());
        assert_eq!(split(ThinkingSplitter::open(), "hm < 3</think> yes", 2), expected);
    }
}
