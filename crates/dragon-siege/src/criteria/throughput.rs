//! Under attack the model's own answers have to go on: a server that refuses everybody has not survived.
//!
//! Compared are counts of served answers, of the same kind of requests by the same kind of client: the attack's own
//! under attack with its own in quiet, or the bystander's with its own. Counts are small where models are slow, so less
//! than what is wanted is a failure only where chance does not explain it.

use super::{Key, report};
use crate::attack::Criterion;
use crate::report::model::{AttackReport, CriterionReport, PhaseReport, Serving};
use crate::words::{grouped, per_second};

/// Below this chance is no explanation any more.
const SIGNIFICANT: f64 = 0.05;

/// Clients in quiet. Where at least about as many of an attack's requests are always on their way, it is the target that
/// decides how many are served; else it is what the attack asks for.
const SATURATED: f64 = 3.5;

/// An attack of which so many answers were to be expected and none was served has been starved.
const STARVED_FROM: f64 = 4.0;

/// What is compared.
struct Pair {
    /// Served under attack, in so many seconds.
    served: u64,
    lasted_s: f64,
    /// Served in quiet, in so many seconds.
    quiet_served: u64,
    quiet_lasted_s: f64,
    /// Answers that there can have been at most, where the attack asked for no more.
    n_asked: Option<u64>,
}

/// Judges the throughput of a phase. `calibration`: the bystander alone.
pub(super) fn judge(wanted: f64, phase: &PhaseReport, calibration: &Serving) -> CriterionReport {
    let want_words = || phase.attacks.iter().filter(|attack| attack.criterion == Criterion::OwnThroughput);
    let own: Vec<(&AttackReport, &Serving)> =
        want_words().filter_map(|attack| Some((attack, attack.quiet.as_ref()?))).collect();
    if want_words().next().is_none() {
        return judge_pair("the bystander's answers", wanted, &Pair::of_bystander(phase, calibration));
    }
    let starved = own.iter().find(|(attack, quiet)| {
        attack.serving.counts.served == 0 && Pair::of(&[(*attack, *quiet)]).expected(wanted) >= STARVED_FROM
    });
    let verdict = judge_pair("answers", wanted, &Pair::of(&own));
    match starved {
        Some((attack, _)) if verdict.holds != Some(false) => {
            let text = format!("{}; but of {} none was served", verdict.text, attack.name);
            report(Key::Throughput, Some(false), text)
        }
        _ => verdict,
    }
}

fn judge_pair(whose: &str, wanted: f64, pair: &Pair) -> CriterionReport {
    let what = format!("{whose} with words of the model reach {wanted} % of those in quiet");
    let figures = format!(
        "{} in {:.0} s ({} a second), in quiet {} in {:.0} s ({} a second)",
        grouped(pair.served),
        pair.lasted_s,
        per_second(pair.rate()),
        grouped(pair.quiet_served),
        pair.quiet_lasted_s,
        per_second(pair.quiet_rate())
    );
    if pair.quiet_served == 0 {
        let text = format!("{what}: {figures}; nothing was served in quiet to compare with");
        return report(Key::Throughput, None, text);
    }
    let expected = pair.expected(wanted);
    if pair.served as f64 >= expected {
        let all_asked = pair.n_asked.is_some_and(|n_asked| pair.served >= n_asked);
        let note = if all_asked { "; all that was asked for" } else { "" };
        return report(Key::Throughput, Some(true), format!("{what}: {figures}{note}"));
    }
    if pair.served > 0 && pair.chance(wanted) > SIGNIFICANT {
        let text = format!("{what}: {figures}; too few to tell less from chance");
        return report(Key::Throughput, None, text);
    }
    report(Key::Throughput, Some(false), format!("{what}: {figures}"))
}

// === impl Pair ===

impl Pair {
    fn of(own: &[(&AttackReport, &Serving)]) -> Self {
        let served = own.iter().map(|(attack, _)| attack.serving.counts.served).sum();
        let n_wanted: u64 = own.iter().map(|(attack, _)| attack.serving.counts.wanted).sum();
        let lasted_s = longest(own.iter().map(|(attack, _)| attack.serving.lasted_s));
        // Requests on their way at a time, on average (Little's law).
        let waited_s: f64 = own
            .iter()
            .map(|(attack, _)| attack.serving.latency.mean_ms / 1_000.0 * attack.serving.latency.n as f64)
            .sum();
        let is_saturated = lasted_s > 0.0 && waited_s / lasted_s >= SATURATED;
        Self {
            served,
            lasted_s,
            quiet_served: own.iter().map(|(_, quiet)| quiet.counts.served).sum(),
            quiet_lasted_s: longest(own.iter().map(|(_, quiet)| quiet.lasted_s)),
            n_asked: (!is_saturated).then_some(n_wanted),
        }
    }

    /// The bystander asks one after the other, so it is the target that decides.
    fn of_bystander(phase: &PhaseReport, calibration: &Serving) -> Self {
        Self {
            served: phase.bystander.counts.served,
            lasted_s: phase.bystander.lasted_s,
            quiet_served: calibration.counts.served,
            quiet_lasted_s: calibration.lasted_s,
            n_asked: None,
        }
    }

    fn rate(&self) -> f64 {
        if self.lasted_s > 0.0 { self.served as f64 / self.lasted_s } else { 0.0 }
    }

    fn quiet_rate(&self) -> f64 {
        if self.quiet_lasted_s > 0.0 { self.quiet_served as f64 / self.quiet_lasted_s } else { 0.0 }
    }

    /// Answers that are enough.
    fn expected(&self, wanted: f64) -> f64 {
        let as_in_quiet = self.quiet_rate() * self.lasted_s;
        let possible = self.n_asked.map_or(as_in_quiet, |n_asked| as_in_quiet.min(n_asked as f64));
        possible * wanted / 100.0
    }

    /// How likely so few answers or fewer would be served under attack if the true rate were just what is wanted.
    ///
    /// Of two Poisson counts, given their sum, each is binomial with the shares of the two expectations (Przyborowski and
    /// Wilenski 1940).
    fn chance(&self, wanted: f64) -> f64 {
        let under_attack = wanted / 100.0 * self.lasted_s;
        let share = under_attack / (under_attack + self.quiet_lasted_s);
        binomial_at_most(self.served, self.served + self.quiet_served, share)
    }
}

fn longest(times: impl Iterator<Item = f64>) -> f64 {
    times.fold(0.0, f64::max)
}

/// The probability of at most `k` of `n`, each with probability `p`.
fn binomial_at_most(k: u64, n: u64, p: f64) -> f64 {
    if p <= 0.0 || k >= n {
        return 1.0;
    }
    if p >= 1.0 {
        return 0.0;
    }
    // Logarithms, because the powers of many answers are too small for a float.
    let mut log_term = n as f64 * (1.0 - p).ln();
    let mut sum = log_term.exp();
    for i in 0..k {
        log_term += ((n - i) as f64).ln() - ((i + 1) as f64).ln() + p.ln() - (1.0 - p).ln();
        sum += log_term.exp();
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chance(served: u64, lasted_s: f64, quiet_served: u64, quiet_lasted_s: f64) -> f64 {
        Pair { served, lasted_s, quiet_served, quiet_lasted_s, n_asked: None }.chance(50.0)
    }

    #[test]
    fn few_answers_prove_little_and_many_prove_much() {
        assert!(chance(1, 10.0, 4, 6.0) > SIGNIFICANT);
        assert!(chance(10, 100.0, 40, 60.0) < SIGNIFICANT);
        assert!(chance(49, 100.0, 100, 100.0) > 0.4);
        assert!(chance(2_000, 100.0, 10_000, 100.0) < 1e-9);
    }

    #[test]
    fn binomial_sums_are_those_of_the_tables() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-4, "{a} {b}");
        near(binomial_at_most(3, 10, 0.5), 0.1719);
        near(binomial_at_most(0, 5, 0.3), 0.1681);
        near(binomial_at_most(20, 50, 0.4), 0.5610);
        near(binomial_at_most(10, 10, 0.4), 1.0);
        assert!(binomial_at_most(20_000, 100_000, 0.33) < 1e-9);
    }

    #[test]
    fn less_than_quiet_is_enough_where_no_more_was_asked_for() {
        let pair =
            Pair { served: 76, lasted_s: 4.0, quiet_served: 300, quiet_lasted_s: 6.0, n_asked: Some(76) };
        assert!(pair.served as f64 >= pair.expected(50.0));
        let saturated = Pair { n_asked: None, ..pair };
        assert!((saturated.served as f64) < saturated.expected(50.0));
    }
}
