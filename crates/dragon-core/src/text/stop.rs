//! Finds the first stop string, however it is spread over tokens.

/// Looks for stop strings and holds back the end of the text while it may be the start of one.
#[derive(Debug)]
pub(super) struct StopMatcher {
    stops: Vec<String>,
    held: String,
}

/// What a push let through.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Passed {
    /// Text that can belong to no stop string.
    Text(String),
    /// The text before the first stop string; nothing after it counts.
    Stopped {
        /// Text before the stop string.
        text: String,
        /// Bytes that were dropped: the stop string and what followed it.
        n_dropped_bytes: usize,
    },
}

// === impl StopMatcher ===

impl StopMatcher {
    /// Empty stop strings never match.
    pub(super) fn new(mut stops: Vec<String>) -> Self {
        stops.retain(|stop| !stop.is_empty());
        Self { stops, held: String::new() }
    }

    /// Adds text and returns what can be shown now.
    pub(super) fn push(&mut self, text: &str) -> Passed {
        self.held.push_str(text);
        if let Some(start) = self.stops.iter().filter_map(|stop| self.held.find(stop.as_str())).min() {
            let n_dropped_bytes = self.held.len() - start;
            self.held.truncate(start);
            return Passed::Stopped { text: std::mem::take(&mut self.held), n_dropped_bytes };
        }
        let keep_from = self.start_of_possible_stop();
        let held = self.held.split_off(keep_from);
        Passed::Text(std::mem::replace(&mut self.held, held))
    }

    /// Whether text is held back that may be the start of a stop string.
    pub(super) fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// The text ends: what is held was no stop string.
    pub(super) fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }

    /// Where the longest suffix starts that a stop string could begin with.
    fn start_of_possible_stop(&self) -> usize {
        let longest = self.stops.iter().map(String::len).max().unwrap_or(0);
        let from = self.held.len().saturating_sub(longest);
        self.held
            .char_indices()
            .map(|(start, _)| start)
            .filter(|&start| start >= from)
            .find(|&start| self.stops.iter().any(|stop| stop.starts_with(&self.held[start..])))
            .unwrap_or(self.held.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Pushes `text` in portions of so many characters; the text let through, and whether it was stopped.
    fn run(stops: &[String], text: &str, portion: usize) -> (String, bool) {
        let mut matcher = StopMatcher::new(stops.to_vec());
        let chars: Vec<char> = text.chars().collect();
        let mut shown = String::new();
        for part in chars.chunks(portion) {
            match matcher.push(&part.iter().collect::<String>()) {
                Passed::Text(text) => shown.push_str(&text),
                Passed::Stopped { text, .. } => return (shown + &text, true),
            }
        }
        (shown + &matcher.finish(), false)
    }

    proptest! {
        #[test]
        fn equals_the_search_in_one_piece_for_one_stop_string(text in "[abż]{0,40}", stop in "[abż]{1,4}", portion in 1_usize..6) {
            let expected = match text.find(&stop) {
                Some(start) => (text[..start].to_owned(), true),
                None => (text.clone(), false),
            };
            prop_assert_eq!(run(&[stop], &text, portion), expected);
        }

        #[test]
        fn shows_no_stop_string_and_nothing_that_is_not_a_prefix(
            text in "[ab]{0,40}", stops in prop::collection::vec("[ab]{1,4}", 1..4), portion in 1_usize..6,
        ) {
            let (shown, stopped) = run(&stops, &text, portion);
            prop_assert!(text.starts_with(&shown));
            prop_assert!(stops.iter().all(|stop| !shown.contains(stop)));
            prop_assert_eq!(stopped, stops.iter().any(|stop| text.contains(stop)));
        }
    }

    #[test]
    fn holds_back_no_more_than_could_be_a_stop_string() {
        let mut matcher = StopMatcher::new(vec!["END".into()]);
        assert_eq!(matcher.push("the E"), Passed::Text("the ".into()));
        assert_eq!(matcher.push("N"), Passed::Text(String::new()));
        assert_eq!(matcher.push("T"), Passed::Text("ENT".into()));
    }
}
