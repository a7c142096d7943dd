//! Figures side by side, and who is ahead in each.

use serde::Serialize;

use crate::report::columns::{n_answered, n_in_deadline, percentile};
use crate::report::model::{AttackReport, Counts, Latency, Serving};
use crate::words::{self, NOTHING, floor_percent, grouped, per_second, percent};

/// One figure of each.
#[derive(Debug, Serialize)]
pub(super) struct Figure {
    pub(super) label: String,
    pub(super) shown: Vec<String>,
    /// Who is ahead in it, where somebody is and it is scored.
    pub(super) best: Option<usize>,
    /// Whether it counts for who is ahead.
    pub(super) is_scored: bool,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Better {
    More,
    Less,
    /// It is shown, not scored.
    Neither,
}

pub(super) fn of_counts(prefix: &str, all: &[Option<Counts>]) -> Vec<Figure> {
    let share = |label: &str, better, n: fn(&Counts) -> u64, of: fn(&Counts) -> u64| {
        let values: Vec<Option<(u64, u64)>> =
            all.iter().map(|counts| counts.as_ref().map(|c| (n(c), of(c)))).collect();
        let known = |pair: &Option<(u64, u64)>| pair.filter(|(_, of)| *of > 0);
        let figures: Vec<Option<f64>> =
            values.iter().map(|pair| known(pair).map(|(n, of)| percent(n, of))).collect();
        Figure {
            label: format!("{prefix}{label}"),
            shown: values
                .iter()
                .map(|pair| {
                    known(pair).map_or(NOTHING.to_owned(), |(n, of)| format!("{} %", floor_percent(n, of)))
                })
                .collect(),
            best: best(&figures, better),
            is_scored: better != Better::Neither,
        }
    };
    let n: Vec<Option<f64>> = all.iter().map(|counts| counts.as_ref().map(|c| c.n as f64)).collect();
    // Clients that are refused at once ask again at once: shares of requests grow with them, and rates of answers do not.
    vec![
        figure(&format!("{prefix}Requests"), &n, Better::Neither, whole),
        share("Answered", Better::More, n_answered, |counts| counts.n),
        share("In deadline", Better::More, n_in_deadline, |counts| counts.n),
        share("Served", Better::Neither, |counts| counts.served, |counts| counts.wanted),
        share("Refused in good form", Better::Neither, |counts| counts.refused, |counts| counts.wanted),
        faulty(prefix, all),
    ]
}

/// Scored as a share: who makes its clients wait gets fewer requests, and with the same share fewer of them faulty.
fn faulty(prefix: &str, all: &[Option<Counts>]) -> Figure {
    let known = |counts: &Option<Counts>| counts.as_ref().filter(|c| c.n > 0).map(|c| (c.faulty, c.n));
    let shares: Vec<Option<f64>> =
        all.iter().map(|counts| known(counts).map(|(n, of)| percent(n, of))).collect();
    let shown = |counts: &Option<Counts>| {
        known(counts)
            .map_or(NOTHING.to_owned(), |(n, of)| format!("{} ({} %)", grouped(n), ceil_percent(n, of)))
    };
    Figure {
        label: format!("{prefix}Faulty"),
        shown: all.iter().map(shown).collect(),
        best: best(&shares, Better::Less),
        is_scored: true,
    }
}

/// Two digits, upwards: what is faulty is not rounded away.
fn ceil_percent(n: u64, of: u64) -> String {
    format!("{:.2}", (percent(n, of) * 100.0).ceil() / 100.0)
}

/// Latencies are shown and not scored: who refuses is quick.
pub(super) fn of_attack(prefix: &str, all: &[Option<AttackReport>]) -> Vec<Figure> {
    let counts: Vec<Option<Counts>> =
        all.iter().map(|attack| attack.as_ref().map(|attack| attack.serving.counts.clone())).collect();
    let mut figures = of_counts(prefix, &counts);
    let per_s: Vec<Option<f64>> =
        all.iter().map(|attack| attack.as_ref().map(|attack| attack.serving.served_per_s())).collect();
    figures.push(figure(&format!("{prefix}Model's answers a second"), &per_s, Better::More, per_second));
    let tokens_per_s = |attack: &AttackReport| {
        let serving = &attack.serving;
        if serving.lasted_s > 0.0 { serving.n_tokens as f64 / serving.lasted_s } else { 0.0 }
    };
    let tokens: Vec<Option<f64>> = all.iter().map(|attack| attack.as_ref().map(tokens_per_s)).collect();
    figures.push(figure(&format!("{prefix}Tokens a second"), &tokens, Better::Neither, per_second));
    let times = |what: &str, of: fn(&Serving) -> &Latency| {
        let words = |attack: &Option<AttackReport>| {
            attack.as_ref().map_or(NOTHING.to_owned(), |attack| {
                let latency = of(&attack.serving);
                [50.0, 95.0, 99.0].map(|p| percentile(latency, p)).join(" · ")
            })
        };
        Figure {
            label: format!("{prefix}{what}"),
            shown: all.iter().map(words).collect(),
            best: None,
            is_scored: false,
        }
    };
    figures.push(times("p50 · p95 · p99, all", |serving| &serving.latency));
    figures.push(times("p50 · p95 · p99, served", |serving| &serving.served_latency));
    figures
}

pub(super) fn of_bystander(all: &[Option<&Serving>]) -> Vec<Figure> {
    let known =
        |serving: &Option<&Serving>| serving.map(|s| &s.counts).filter(|counts| counts.n > 0).cloned();
    let counts: Vec<Option<Counts>> = all.iter().map(known).collect();
    let share: Vec<Option<f64>> =
        counts.iter().map(|counts| counts.as_ref().map(|c| percent(c.served, c.n))).collect();
    let shown = |counts: &Option<Counts>| {
        counts
            .as_ref()
            .map_or(NOTHING.to_owned(), |c| format!("{} % of {}", floor_percent(c.served, c.n), grouped(c.n)))
    };
    let p95: Vec<Option<f64>> = all.iter().map(|serving| serving.and_then(|s| s.latency.at(95.0))).collect();
    vec![
        Figure {
            label: "Bystander served".to_owned(),
            shown: counts.iter().map(shown).collect(),
            best: best(&share, Better::More),
            is_scored: true,
        },
        figure("Bystander p95", &p95, Better::Less, words::time),
    ]
}

pub(super) fn figure(
    label: &str,
    values: &[Option<f64>],
    better: Better,
    words: fn(f64) -> String,
) -> Figure {
    Figure {
        label: label.to_owned(),
        shown: values.iter().map(|value| value.map_or(NOTHING.to_owned(), words)).collect(),
        best: best(values, better),
        is_scored: better != Better::Neither,
    }
}

fn whole(value: f64) -> String {
    words::round_number(value)
}

/// Who is strictly ahead of everybody else, where everybody has the figure.
fn best(values: &[Option<f64>], better: Better) -> Option<usize> {
    let sign = match better {
        Better::More => 1.0,
        Better::Less => -1.0,
        Better::Neither => return None,
    };
    let values: Vec<f64> = values.iter().copied().collect::<Option<Vec<f64>>>()?;
    let (i, first) =
        values.iter().enumerate().max_by(|left, right| (left.1 * sign).total_cmp(&(right.1 * sign)))?;
    let n_equal = values.iter().filter(|value| (*value - first).abs() < 1e-9).count();
    (n_equal == 1).then_some(i)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(n: u64, served: u64, faulty: u64) -> Option<Counts> {
        Some(Counts { n, wanted: n, served, refused: n - served - faulty, faulty, ..Counts::default() })
    }

    fn find<'a>(figures: &'a [Figure], label: &str) -> &'a Figure {
        figures.iter().find(|figure| figure.label == label).unwrap()
    }

    #[test]
    fn whoever_refuses_at_once_is_not_behind_for_the_requests_that_this_brings() {
        let figures = of_counts("", &[counts(35_000, 10, 35), counts(20, 10, 1)]);
        let served = find(&figures, "Served");
        assert_eq!((served.is_scored, served.best), (false, None));
        let faulty = find(&figures, "Faulty");
        assert_eq!((faulty.is_scored, faulty.best), (true, Some(0)), "a thousandth is less than a twentieth");
        assert_eq!(faulty.shown, ["35 (0.10 %)", "1 (5.00 %)"]);
        assert_eq!(find(&of_counts("", &[counts(1_000_000, 0, 1), None]), "Faulty").shown[0], "1 (0.01 %)");
    }
}
