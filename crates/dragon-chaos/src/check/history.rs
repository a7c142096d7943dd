//! The history of a whole run: every request that was sent ended exactly once.

use std::collections::BTreeMap;

/// Who was sent and who ended.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Times that each request ended.
    ends: BTreeMap<String, u32>,
    /// Ends of requests that nobody sent.
    strangers: Vec<String>,
    /// Requests whose id was used before.
    reused: Vec<String>,
}

/// What is wrong with a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryFault {
    /// Sent, and never ended.
    NeverEnded(String),
    /// It ended more than once.
    EndedTwice(String),
    /// It ended, and was never sent.
    NeverSent(String),
    /// Two requests had the same id.
    SentTwice(String),
}

// === impl History ===

impl History {
    /// A request goes out.
    pub fn sent(&mut self, request_id: &str) {
        if self.ends.insert(request_id.to_owned(), 0).is_some() {
            self.reused.push(request_id.to_owned());
        }
    }

    /// A request has ended, well or badly.
    pub fn ended(&mut self, request_id: &str) {
        match self.ends.get_mut(request_id) {
            Some(n_ends) => *n_ends += 1,
            None => self.strangers.push(request_id.to_owned()),
        }
    }

    /// Requests sent.
    #[must_use]
    pub fn n_sent(&self) -> usize {
        self.ends.len()
    }

    /// Everything that is wrong.
    #[must_use]
    pub fn faults(&self) -> Vec<HistoryFault> {
        let of_ends = self.ends.iter().filter_map(|(id, n_ends)| match n_ends {
            0 => Some(HistoryFault::NeverEnded(id.clone())),
            1 => None,
            _ => Some(HistoryFault::EndedTwice(id.clone())),
        });
        let strangers = self.strangers.iter().cloned().map(HistoryFault::NeverSent);
        of_ends.chain(strangers).chain(self.reused.iter().cloned().map(HistoryFault::SentTwice)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(sent: &[&str], ended: &[&str]) -> Vec<HistoryFault> {
        let mut history = History::default();
        sent.iter().for_each(|id| history.sent(id));
        ended.iter().for_each(|id| history.ended(id));
        history.faults()
    }

    #[test]
    fn whoever_was_sent_ends_once() {
        assert_eq!(history(&["a", "b"], &["b", "a"]), []);
        assert_eq!(history(&["a", "b"], &["a"]), [HistoryFault::NeverEnded("b".into())]);
        assert_eq!(history(&["a"], &["a", "a"]), [HistoryFault::EndedTwice("a".into())]);
        assert_eq!(history(&["a"], &["a", "x"]), [HistoryFault::NeverSent("x".into())]);
        assert_eq!(history(&["a", "a"], &["a"]), [HistoryFault::SentTwice("a".into())]);
    }
}
