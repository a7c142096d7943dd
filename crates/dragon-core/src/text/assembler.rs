//! The whole way from token bytes to text: characters, then thinking, then stop strings.

use super::stop::{Passed, StopMatcher};
use super::thinking::ThinkingSplitter;
use super::utf8::Utf8Joiner;

/// How a model's thinking appears in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thinking {
    /// The model has no thinking blocks: tags are text.
    None,
    /// The model may open a block at the start of its answer.
    MayOpen,
    /// The prompt ends inside a block.
    IsOpen,
}

/// Assembles the text of one choice. Stop strings are looked for in the answer, not in the thinking.
#[derive(Debug)]
pub struct Assembler {
    characters: Utf8Joiner,
    thinking: ThinkingSplitter,
    stops: StopMatcher,
    is_stopped: bool,
}

/// What one token added.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Assembled {
    /// New thinking text.
    pub reasoning: String,
    /// New text of the answer.
    pub text: String,
    /// Whether the token counts as thinking: it began or ended inside a block.
    pub is_reasoning: bool,
    /// Set once, when a stop string matched: how many bytes of text were dropped with it. Nothing may be
    /// pushed after that.
    pub stopped: Option<usize>,
}

// === impl Assembler ===

impl Assembler {
    /// For one choice.
    pub fn new(thinking: Thinking, stops: Vec<String>) -> Self {
        let thinking = match thinking {
            Thinking::None => ThinkingSplitter::none(),
            Thinking::MayOpen => ThinkingSplitter::closed(),
            Thinking::IsOpen => ThinkingSplitter::open(),
        };
        Self {
            characters: Utf8Joiner::default(),
            thinking,
            stops: StopMatcher::new(stops),
            is_stopped: false,
        }
    }

    /// Adds the bytes of one token. After a stop string matched, bytes are dropped.
    pub fn push(&mut self, bytes: &[u8]) -> Assembled {
        if self.is_stopped {
            return Assembled::default();
        }
        let was_inside = self.thinking.is_inside();
        let mut characters = String::new();
        self.characters.push(bytes, &mut characters);
        let (mut reasoning, mut answer) = (String::new(), String::new());
        self.thinking.push(&characters, &mut reasoning, &mut answer);
        let is_reasoning = was_inside || self.thinking.is_inside();
        self.pass(reasoning, &answer, is_reasoning)
    }

    /// Whether the text so far ends inside the model's thinking.
    pub fn is_thinking(&self) -> bool {
        self.thinking.is_inside()
    }

    /// Whether the bytes so far end within a character.
    pub fn is_mid_character(&self) -> bool {
        self.characters.is_mid_character()
    }

    /// Whether some text is held back until more of it is known.
    pub fn is_holding(&self) -> bool {
        self.is_mid_character() || self.thinking.is_holding() || self.stops.is_holding()
    }

    /// The choice ends: returns what was held back.
    pub fn finish(&mut self) -> Assembled {
        if self.is_stopped {
            return Assembled::default();
        }
        let mut characters = String::new();
        self.characters.finish(&mut characters);
        let (mut reasoning, mut answer) = (String::new(), String::new());
        self.thinking.push(&characters, &mut reasoning, &mut answer);
        self.thinking.finish(&mut reasoning, &mut answer);
        let mut last = self.pass(reasoning, &answer, false);
        if last.stopped.is_none() {
            last.text.push_str(&self.stops.finish());
        }
        last
    }

    fn pass(&mut self, reasoning: String, answer: &str, is_reasoning: bool) -> Assembled {
        match self.stops.push(answer) {
            Passed::Text(text) => Assembled { reasoning, text, is_reasoning, stopped: None },
            Passed::Stopped { text, n_dropped_bytes } => {
                self.is_stopped = true;
                Assembled { reasoning, text, is_reasoning, stopped: Some(n_dropped_bytes) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_string_inside_the_thinking_does_not_stop() {
        let mut assembler = Assembler::new(Thinking::IsOpen, vec!["STOP".into()]);
        let first = assembler.push(b"STOP</think>");
        assert_eq!((first.reasoning.as_str(), first.stopped), ("STOP", None));
        assert!(first.is_reasoning);
        let second = assembler.push(b"so STOP here");
        assert_eq!(second.text, "so ");
        assert_eq!(second.stopped, Some("STOP here".len()));
        assert_eq!(assembler.push(b"more"), Assembled::default());
        assert_eq!(assembler.finish(), Assembled::default());
    }

    #[test]
    fn what_is_held_back_comes_at_the_end() {
        let mut assembler = Assembler::new(Thinking::None, vec!["END".into()]);
        assert_eq!(assembler.push(b"an EN").text, "an ");
        assert!(assembler.is_holding() && !assembler.is_mid_character());
        assert_eq!(assembler.push(&"ż".as_bytes()[..1]).text, "");
        assert!(assembler.is_mid_character());
        assert_eq!(assembler.finish().text, "EN\u{fffd}");
    }

    #[test]
    fn tokens_of_tags_and_thoughts_count_as_thinking() {
        let mut assembler = Assembler::new(Thinking::MayOpen, Vec::new());
        let counts: Vec<bool> = [&b"<think>"[..], b"hm", b"</think>", b"yes"]
            .iter()
            .map(|token| assembler.push(token).is_reasoning)
            .collect();
        assert_eq!(counts, [true, true, true, false]);
    }
}
