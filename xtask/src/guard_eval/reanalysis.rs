//! How well the density of cues tells ill-posed questions from well-posed ones, and alarms with learnt thresholds.

use std::collections::BTreeSet;
use std::io::Write;

use anyhow::Result;
use dragon_guard::Language;
use dragon_guard::reanalysis::{Calibration, Density, Reanalysis};

use super::corpus::{Trace, TraceKind, traces};
use super::random::Random;
use super::statistics::{auroc, quantile, three};
use super::tokens::words;
use super::{EvalArgs, table};

/// Words after which an answer is looked at.
const LENGTHS: [usize; 3] = [300, 1_000, 2_000];

/// Orders in which the answers come.
const N_ORDERS: u64 = 20;

/// Words between two densities.
const STEP: usize = 50;

/// An answer as the detector saw it.
#[derive(Debug)]
struct Seen {
    kind: TraceKind,
    is_maths: bool,
    /// One for every 50 words, from 300 on.
    densities: Vec<f64>,
    n_words: usize,
}

pub(super) fn print(args: &EvalArgs, out: &mut dyn Write) -> Result<()> {
    let traces = traces(&args.data)?;
    let models: BTreeSet<&str> = traces.iter().map(|trace| trace.model.as_str()).collect();
    let seen =
        |model: &str| traces.iter().filter(|trace| trace.model == model).map(Seen::new).collect::<Vec<_>>();
    let by_model: Vec<(&str, Vec<Seen>)> = models.into_iter().map(|model| (model, seen(model))).collect();
    writeln!(out, "### Re-analysis: ill-posed against well-posed questions (MATH), AUROC\n")?;
    print_auroc(&by_model, out)?;
    writeln!(out, "\n### Re-analysis: alarms with thresholds learnt from the model's own answers\n")?;
    writeln!(out, "Means of {N_ORDERS} orders, seed {}.\n", args.seed)?;
    print_alarms(&by_model, args.seed, out)
}

fn print_auroc(by_model: &[(&str, Vec<Seen>)], out: &mut dyn Write) -> Result<()> {
    let head = ["model", "words", "latest density", "highest density"];
    let more = ["answers still running, ill / well", "latest", "highest"];
    let mut rows = vec![table::row(&[&head[..], &more[..]].concat())];
    for (model, seen) in by_model {
        for n_words in LENGTHS {
            let of = |posed: TraceKind, running: bool| {
                let is_posed = move |seen: &&Seen| seen.is_maths && seen.is_posed(posed);
                seen.iter().filter(is_posed).filter(move |seen| !running || seen.n_words >= n_words)
            };
            let area = |running: bool, value: &dyn Fn(&Seen) -> f64| {
                let ill: Vec<f64> = of(TraceKind::IllPosed, running).map(value).collect();
                let well: Vec<f64> = of(TraceKind::WellPosed, running).map(value).collect();
                three(auroc(&ill, &well))
            };
            let n_ill = of(TraceKind::IllPosed, true).count();
            let n_well = of(TraceKind::WellPosed, true).count();
            rows.push(vec![
                (*model).to_owned(),
                n_words.to_string(),
                area(false, &|seen| seen.latest(n_words)),
                area(false, &|seen| seen.highest(n_words)),
                format!("{n_ill} / {n_well}"),
                area(true, &|seen| seen.latest(n_words)),
                area(true, &|seen| seen.highest(n_words)),
            ]);
        }
    }
    table::print(out, &rows)
}

/// Sums over several orders.
#[derive(Debug, Default)]
struct Sums {
    thresholds: Vec<f64>,
    healthy: (usize, usize),
    well_posed: (usize, usize),
    ill_posed: (usize, usize),
    /// Words of ill-posed answers before the alarm.
    alarmed_after: Vec<f64>,
}

fn print_alarms(by_model: &[(&str, Vec<Seen>)], seed: u64, out: &mut dyn Write) -> Result<()> {
    let head = ["model", "answers", "threshold, cues per 1,000 words", "alarms on healthy answers"];
    let more = ["on well-posed MATH", "on ill-posed", "words before the alarm, median"];
    let mut rows = vec![table::row(&[&head[..], &more[..]].concat())];
    for (model, seen) in by_model {
        for (name, n_ill_in_traffic) in [("healthy ones only", 0), ("one in 20 ill-posed", 20)] {
            let mut sums = Sums::default();
            for order in 0..N_ORDERS {
                sums.add(seen, n_ill_in_traffic, &mut Random::new(seed + order));
            }
            let share = |(n_alarms, n): (usize, usize)| {
                if n == 0 { "-".to_owned() } else { format!("{:.2} %", n_alarms as f64 * 100.0 / n as f64) }
            };
            let median =
                |values: &[f64]| quantile(values, 0.5).map_or("-".to_owned(), |value| format!("{value:.0}"));
            rows.push(vec![
                (*model).to_owned(),
                name.to_owned(),
                median(&sums.thresholds),
                share(sums.healthy),
                share(sums.well_posed),
                share(sums.ill_posed),
                median(&sums.alarmed_after),
            ]);
        }
    }
    table::print(out, &rows)
}

// === impl Sums ===

impl Sums {
    /// Answers come in a random order and are learnt when they end. The first half of them is not counted.
    fn add(&mut self, seen: &[Seen], one_in: usize, random: &mut Random) {
        let mut healthy: Vec<&Seen> = seen.iter().filter(|seen| seen.kind == TraceKind::Healthy).collect();
        let ill: Vec<&Seen> = seen.iter().filter(|seen| seen.is_posed(TraceKind::IllPosed)).collect();
        random.shuffle(&mut healthy);
        let mut calibration = Calibration::new();
        let half = healthy.len() / 2;
        for (place, answer) in healthy.iter().enumerate() {
            let threshold = calibration.threshold(Language::English).as_per_thousand();
            if place >= half {
                count(&mut self.healthy, answer.alarm(threshold).is_some());
            }
            answer.teach(&mut calibration);
            if one_in > 0
                && place % one_in == 0
                && let Some(ill) = random.choose(&ill)
            {
                ill.teach(&mut calibration);
            }
        }
        let threshold = calibration.threshold(Language::English).as_per_thousand();
        self.thresholds.push(threshold);
        for answer in seen {
            let alarm = answer.alarm(threshold);
            if answer.kind == TraceKind::WellPosed && answer.is_maths {
                count(&mut self.well_posed, alarm.is_some());
            } else if answer.is_posed(TraceKind::IllPosed) {
                count(&mut self.ill_posed, alarm.is_some());
                self.alarmed_after.extend(alarm.map(|n_words| n_words as f64));
            }
        }
    }
}

fn count(counts: &mut (usize, usize), is_alarm: bool) {
    counts.0 += usize::from(is_alarm);
    counts.1 += 1;
}

// === impl Seen ===

impl Seen {
    fn new(trace: &Trace) -> Self {
        let words = words(&trace.text);
        let mut reanalysis = Reanalysis::new();
        let densities =
            words.iter().filter_map(|word| reanalysis.push(word)).map(Density::as_per_thousand).collect();
        // Loops come from ill-posed questions; the names of their traces say from which set.
        let is_maths = trace.dataset == "math" || trace.id.contains("math");
        Self { kind: trace.kind, is_maths, densities, n_words: words.len() }
    }

    fn is_posed(&self, posed: TraceKind) -> bool {
        self.kind == posed || self.kind == TraceKind::Loop && posed == TraceKind::IllPosed
    }

    /// The densities of the first so many words.
    fn until(&self, n_words: usize) -> &[f64] {
        let n_densities = (n_words / STEP + 1).saturating_sub(300 / STEP);
        &self.densities[..n_densities.min(self.densities.len())]
    }

    fn latest(&self, n_words: usize) -> f64 {
        self.until(n_words).last().copied().unwrap_or(0.0)
    }

    fn highest(&self, n_words: usize) -> f64 {
        self.until(n_words).iter().copied().fold(0.0, f64::max)
    }

    /// Words before the density exceeds the threshold.
    fn alarm(&self, threshold: f64) -> Option<usize> {
        let place = self.densities.iter().position(|density| *density > threshold)?;
        Some(300 + place * STEP)
    }

    fn teach(&self, calibration: &mut Calibration) {
        if let Some(peak) = self.densities.iter().copied().reduce(f64::max) {
            calibration.learn(Language::English, Density::per_thousand(peak));
        }
    }
}
