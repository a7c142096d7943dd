//! From rows to a model.

use std::collections::HashMap;

use dragon_guard::ambiguity::{Calibration, Features, Model, N_STRUCTURE, N_WORDING, features};

use super::data::{OWN, Row};
use super::folds::{N_FOLDS, folds};
use super::generate;
use super::logistic::{self, Example};

/// Rows with their features, which take longer than the training.
pub(super) struct Prepared<'a> {
    pub(super) rows: Vec<&'a Row>,
    features: Vec<Features>,
}

/// What a source's mistakes cost together, per row of a source of this size.
const COST: f64 = 4.0;

/// Sources with more rows count as if they had this many: each source says what ambiguity is to it, and the largest
/// must not say it for all.
const MAX_COUNTED_ROWS: f64 = 2500.0;

/// Exact weights.
pub(super) struct Weights {
    all: Vec<f64>,
}

/// Place of the first feature of structure; those of wording come before.
#[expect(clippy::cast_possible_truncation, reason = "some hundred thousand")]
const STRUCTURE: u32 = N_WORDING as u32;

/// Place of the constant feature.
#[expect(clippy::cast_possible_truncation, reason = "some hundred thousand")]
const BIAS: u32 = (N_WORDING + N_STRUCTURE) as u32;
const N_FEATURES: usize = N_WORDING + N_STRUCTURE + 1;

/// Smoothing of the counts behind the naive Bayes ratios.
const SMOOTHING: f64 = 0.1;

// === impl Prepared ===

impl<'a> Prepared<'a> {
    pub(super) fn new(rows: impl IntoIterator<Item = &'a Row>) -> Self {
        let rows: Vec<&Row> = rows.into_iter().collect();
        let n_half = rows.len().div_ceil(2);
        let features = std::thread::scope(|scope| {
            let halves: Vec<_> = rows
                .chunks(n_half.max(1))
                .map(|half| scope.spawn(move || half.iter().map(|row| features_of(row)).collect::<Vec<_>>()))
                .collect();
            halves.into_iter().flat_map(|half| half.join().unwrap_or_default()).collect()
        });
        Self { rows, features }
    }

    pub(super) fn pick(&self, is_wanted: impl Fn(usize, &Row) -> bool) -> Vec<usize> {
        (0..self.rows.len()).filter(|at| is_wanted(*at, self.rows[*at])).collect()
    }

    /// The model's sum for each of these rows, with whether it is ambiguous.
    pub(super) fn scored(&self, weights: &Weights, at: &[usize]) -> Vec<(f64, bool)> {
        at.iter().map(|at| (weights.sum(&self.features[*at]), self.rows[*at].is_ambiguous)).collect()
    }

    pub(super) fn fit(&self, at: &[usize], seed: u64) -> Weights {
        let examples = self.examples(at);
        let plain = logistic::fit(&examples, N_FEATURES, seed);
        let ratios = log_ratios(&examples);
        let bayes = logistic::fit(&scaled(&examples, &ratios), N_FEATURES, seed);
        let bayes: Vec<f64> = bayes.iter().zip(&ratios).map(|(weight, ratio)| weight * ratio).collect();
        Weights {
            all: plain.iter().zip(&bayes).map(|(plain, bayes)| f64::midpoint(*plain, *bayes)).collect(),
        }
    }

    /// Each source counts as much as its rows, up to a bound, and its two labels alike.
    fn examples(&self, at: &[usize]) -> Vec<Example> {
        let mut n_of: HashMap<(&str, bool), f64> = HashMap::new();
        for at in at {
            *n_of.entry((&self.rows[*at].source, self.rows[*at].is_ambiguous)).or_default() += 1.0;
        }
        let example = |at: &usize| {
            let row = self.rows[*at];
            let n = |label: bool| n_of.get(&(row.source.as_str(), label)).copied().unwrap_or(0.0);
            let n_rows = n(true) + n(false);
            let balance = n_rows / 2.0 / n(row.is_ambiguous);
            let weight = (MAX_COUNTED_ROWS / n_rows).min(1.0);
            Example {
                features: joined(&self.features[*at]),
                is_positive: row.is_ambiguous,
                cost: COST * balance * weight,
            }
        };
        at.iter().map(example).collect()
    }
}

/// Of our own puzzles only the structure is learnt: their words are those of a few stories.
fn features_of(row: &Row) -> Features {
    let mut features = features(&row.text);
    let is_generated = row.source == generate::SOURCE && row.kind.as_deref() != Some(generate::WITH_WORDING);
    if is_generated || row.source == OWN {
        features.wording.clear();
    }
    features
}

fn joined(features: &Features) -> Vec<(u32, f32)> {
    let structure = features.structure.iter().map(|(place, value)| (place + STRUCTURE, *value));
    features.wording.iter().copied().chain(structure).chain([(BIAS, 1.0)]).collect()
}

/// How much more often each feature stands in ambiguous rows, as a logarithm; 1 for what has no counts of its own.
fn log_ratios(examples: &[Example]) -> Vec<f64> {
    let mut sums = [vec![SMOOTHING; N_WORDING], vec![SMOOTHING; N_WORDING]];
    for example in examples {
        let sums = &mut sums[usize::from(example.is_positive)];
        for (place, value) in &example.features {
            if let Some(sum) = sums.get_mut(*place as usize) {
                *sum += f64::from(*value) * example.cost;
            }
        }
    }
    let totals: Vec<f64> = sums.iter().map(|sums| sums.iter().sum()).collect();
    let mut ratios: Vec<f64> = sums[1]
        .iter()
        .zip(&sums[0])
        .map(|(more, less)| ((more / totals[1]) / (less / totals[0])).ln())
        .collect();
    ratios.resize(N_FEATURES, 1.0);
    ratios
}

fn scaled(examples: &[Example], ratios: &[f64]) -> Vec<Example> {
    #[expect(clippy::cast_possible_truncation, reason = "ratios are small numbers")]
    let scale = |(place, value): &(u32, f32)| (*place, value * ratios[*place as usize] as f32);
    examples
        .iter()
        .map(|example| Example { features: example.features.iter().map(scale).collect(), ..*example })
        .collect()
}

// === impl Weights ===

impl Weights {
    pub(super) fn sum(&self, features: &Features) -> f64 {
        logistic::sum(&self.all, &joined(features))
    }

    #[expect(clippy::cast_possible_truncation, reason = "weights ship as bytes anyway")]
    pub(super) fn model(&self, calibration: Calibration) -> Model {
        let narrow: Vec<f32> = self.all.iter().map(|weight| *weight as f32).collect();
        let (wording, rest) = narrow.split_at(N_WORDING);
        let (structure, bias) = rest.split_at(N_STRUCTURE);
        Model::new(wording, structure, bias[0], calibration)
    }
}

/// A row, and the sum that weights gave it that had not seen it.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeldBack {
    /// Which of the prepared rows.
    pub(super) at: usize,
    pub(super) sum: f64,
}

/// All rows, each part with weights of the others.
pub(super) fn held_back(prepared: &Prepared, seed: u64) -> Vec<HeldBack> {
    let folds = folds(&prepared.rows, seed);
    let of_fold = |fold: usize| {
        let weights = prepared.fit(&prepared.pick(|at, _| folds[at] != fold), seed);
        let held = prepared.pick(|at, _| folds[at] == fold);
        let sums = prepared.scored(&weights, &held).into_iter().map(|(sum, _)| sum);
        held.iter().zip(sums).map(|(at, sum)| HeldBack { at: *at, sum }).collect::<Vec<_>>()
    };
    (0..N_FOLDS).flat_map(of_fold).collect()
}

/// The model of all these rows, calibrated on parts that were held back in turn.
pub(super) fn calibrated(rows: &[Row], seed: u64) -> Model {
    let prepared = Prepared::new(rows);
    let held = held_back(&prepared, seed);
    let calibration = calibration(&prepared, &held);
    let all = prepared.pick(|_, _| true);
    prepared.fit(&all, seed).model(calibration)
}

/// Steps of the curve at most.
const MAX_STEPS: usize = 24;

/// A rising curve through the shares that were seen (pool adjacent violators), each source counting alike.
pub(super) fn calibration<'h>(
    prepared: &Prepared,
    held: impl IntoIterator<Item = &'h HeldBack>,
) -> Calibration {
    let held: Vec<&HeldBack> = held.into_iter().collect();
    let mut n_of: HashMap<&str, f64> = HashMap::new();
    for held in &held {
        *n_of.entry(&prepared.rows[held.at].source).or_default() += 1.0;
    }
    let mut sorted: Vec<(f64, f64, f64)> = held
        .iter()
        .map(|held| {
            let row = prepared.rows[held.at];
            (held.sum, f64::from(u8::from(row.is_ambiguous)), 1.0 / n_of[row.source.as_str()])
        })
        .collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: f64 = sorted.iter().map(|(.., weight)| weight).sum();
    // Equal shares of the weight first, so that no step rests on a few rows.
    let mut steps: Vec<Step> = Vec::new();
    let mut step = Step::default();
    for (sum, label, weight) in sorted {
        step.add(sum, label, weight);
        if step.weight >= total / MAX_STEPS as f64 {
            steps.push(std::mem::take(&mut step));
        }
    }
    let mut pooled: Vec<Step> = Vec::new();
    for step in steps {
        pooled.push(step);
        while let [.., before, last] = pooled.as_slice()
            && before.share() >= last.share()
        {
            let merged = before.merged(last);
            pooled.truncate(pooled.len() - 2);
            pooled.push(merged);
        }
    }
    #[expect(clippy::cast_possible_truncation, reason = "sums of some units and shares")]
    let points = pooled.iter().map(|step| ((step.sums / step.weight) as f32, step.share() as f32));
    Calibration::through(points).unwrap_or_default()
}

/// Neighbouring rows.
#[derive(Debug, Default, Clone)]
struct Step {
    sums: f64,
    labels: f64,
    weight: f64,
}

// === impl Step ===

impl Step {
    fn add(&mut self, sum: f64, label: f64, weight: f64) {
        self.sums += sum * weight;
        self.labels += label * weight;
        self.weight += weight;
    }

    fn merged(&self, other: &Self) -> Self {
        Self {
            sums: self.sums + other.sums,
            labels: self.labels + other.labels,
            weight: self.weight + other.weight,
        }
    }

    fn share(&self) -> f64 {
        self.labels / self.weight
    }
}
