//! What ended in each second.

use std::collections::VecDeque;
use std::time::Duration;

use super::millis;
use crate::exchange::Exchange;
use crate::judge::Class;
use crate::observation::Who;
use crate::report::model::Second;

/// A stage second by second.
///
/// Open requests are those sent before a second's end and not ended before it, which is known in the end only.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    began_at: Duration,
    seconds: Vec<Second>,
    /// By how many the open requests grew in each second.
    growth: Vec<i64>,
}

/// The last minutes, for the screen.
#[derive(Debug, Default)]
pub(super) struct Recent {
    seconds: VecDeque<Second>,
    /// Which second of the run the first one is.
    first: usize,
}

/// A phase is bounded by its plan; this bounds what a clock gone wrong could ask for.
const N_SECONDS_MAX: usize = 24 * 60 * 60;

/// Five minutes are more than any screen has columns for.
const N_RECENT: usize = 300;

// === impl Timeline ===

impl Timeline {
    /// Of a stage that began at this time.
    pub(super) fn since(began_at: Duration) -> Self {
        Self { began_at, ..Self::default() }
    }

    /// One request.
    pub(super) fn add(&mut self, who: Who, class: Class, exchange: &Exchange) {
        let (sent, ended) = (self.index(exchange.sent_at), self.index(exchange.ended_at));
        let n_wanted = ended.max(sent) + 1;
        if self.seconds.len() < n_wanted {
            self.seconds.resize(n_wanted, Second::default());
            self.growth.resize(n_wanted, 0);
        }
        if let Some(growth) = self.growth.get_mut(sent) {
            *growth += 1;
        }
        if let Some(growth) = self.growth.get_mut(ended) {
            *growth -= 1;
        }
        if let Some(second) = self.seconds.get_mut(ended) {
            add_to(second, who, class, exchange);
        }
    }

    /// Every second.
    pub(super) fn seconds(&self) -> Vec<Second> {
        let mut n_open = 0_i64;
        let with_open = |(second, growth): (&Second, &i64)| {
            n_open += growth;
            Second { n_open: u64::try_from(n_open).unwrap_or(0), ..second.clone() }
        };
        self.seconds.iter().zip(&self.growth).map(with_open).collect()
    }

    fn index(&self, at: Duration) -> usize {
        index(at.saturating_sub(self.began_at)).min(N_SECONDS_MAX)
    }
}

// === impl Recent ===

impl Recent {
    /// One request.
    pub(super) fn add(&mut self, who: Who, class: Class, exchange: &Exchange) {
        self.reach(exchange.ended_at);
        // What ended before the oldest second here has left the screen.
        let second = index(exchange.ended_at).checked_sub(self.first).and_then(|i| self.seconds.get_mut(i));
        if let Some(second) = second {
            add_to(second, who, class, exchange);
        }
    }

    /// Time has gone on, with so many requests open.
    pub(super) fn reach_with_open(&mut self, now: Duration, n_open: u64) {
        self.reach(now);
        if let Some(second) = self.seconds.back_mut() {
            second.n_open = n_open;
        }
    }

    /// Oldest first.
    pub(super) fn seconds(&self) -> Vec<Second> {
        self.seconds.iter().cloned().collect()
    }

    fn reach(&mut self, at: Duration) {
        let last = index(at);
        if last >= self.first + self.seconds.len() + N_RECENT {
            self.seconds.clear();
            self.first = last;
        }
        while self.first + self.seconds.len() <= last {
            let n_open = self.seconds.back().map_or(0, |second| second.n_open);
            self.seconds.push_back(Second { n_open, ..Second::default() });
            if self.seconds.len() > N_RECENT {
                self.seconds.pop_front();
                self.first += 1;
            }
        }
    }
}

fn index(at: Duration) -> usize {
    usize::try_from(at.as_secs()).unwrap_or(usize::MAX)
}

fn add_to(second: &mut Second, who: Who, class: Class, exchange: &Exchange) {
    match class {
        Class::Served => second.served += 1,
        Class::Refused => second.refused += 1,
        Class::Rejected => second.rejected += 1,
        Class::Faulty => second.faulty += 1,
    }
    if who == Who::Bystander {
        second.bystander_ms = second.bystander_ms.max(millis(exchange.latency()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{Reply, Silence};

    fn exchange(sent_ms: u64, ended_ms: u64) -> Exchange {
        let (sent_at, ended_at) = (Duration::from_millis(sent_ms), Duration::from_millis(ended_ms));
        Exchange { intended_at: sent_at, sent_at, ended_at, reply: Reply::None(Silence::Hung) }
    }

    #[test]
    fn requests_count_where_they_end_and_are_open_in_between() {
        let mut timeline = Timeline::since(Duration::from_secs(5));
        timeline.add(Who::Bystander, Class::Served, &exchange(5100, 7900));
        timeline.add(Who::Attack("overload"), Class::Faulty, &exchange(6100, 6200));
        let seconds = timeline.seconds();
        assert_eq!(seconds.iter().map(|second| second.n_open).collect::<Vec<_>>(), [1, 1, 0]);
        assert_eq!(seconds.iter().map(|second| second.served).collect::<Vec<_>>(), [0, 0, 1]);
        assert_eq!(seconds.iter().map(|second| second.faulty).collect::<Vec<_>>(), [0, 1, 0]);
        assert!((seconds[2].bystander_ms - 2800.0).abs() < 1e-6);
        assert!(seconds[1].bystander_ms.abs() < f64::EPSILON, "only the bystander's are shown");
    }

    #[test]
    fn the_screen_keeps_the_last_minutes() {
        let mut recent = Recent::default();
        for second in 0..1000 {
            recent.add(Who::Attack("overload"), Class::Served, &exchange(0, second * 1000));
            recent.reach_with_open(Duration::from_secs(second), second);
        }
        assert_eq!(recent.seconds().len(), N_RECENT);
        assert_eq!(recent.seconds().last().map(|second| (second.served, second.n_open)), Some((1, 999)));
        recent.add(Who::Bystander, Class::Served, &exchange(0, 1));
        recent.reach_with_open(Duration::from_secs(1_000_000), 0);
        assert_eq!(recent.seconds().len(), 1, "a clock that leaps costs nothing");
    }
}
