//! From figures to places, and where axes have words.

/// What lies where.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::report) enum Scale {
    /// Equal distances are equal differences.
    Linear {
        /// Where it begins.
        from: f64,
        /// Where it ends.
        to: f64,
    },
    /// Equal distances are equal factors.
    Log {
        /// Where it begins, above 0.
        from: f64,
        /// Where it ends.
        to: f64,
    },
}

/// A scale with words.
#[derive(Debug, Clone)]
pub(in crate::report) struct Axis {
    scale: Scale,
    ticks: Vec<f64>,
    words: fn(f64) -> String,
}

/// Words on an axis: more would touch each other on a telephone.
const N_TICKS: usize = 5;

// === impl Scale ===

impl Scale {
    /// The place of a value between two places; what lies outside is put on the border.
    pub(in crate::report) fn at(self, value: f64, first: f64, last: f64) -> f64 {
        let (value, from, to) = match self {
            Self::Linear { from, to } => (value, from, to),
            Self::Log { from, to } => (value.max(from).log10(), from.log10(), to.log10()),
        };
        let share = (value - from) / (to - from);
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        first + (last - first) * share
    }
}

// === impl Axis ===

impl Axis {
    /// From 0 to a round figure that is not below any value.
    pub(in crate::report) fn up_to(most: f64, words: fn(f64) -> String) -> Self {
        let most = bounded(most);
        let step = nice_step(most / (N_TICKS - 1) as f64);
        let ticks = multiples(step, most);
        let to = ticks.last().copied().unwrap_or(most).max(most);
        Self { scale: Scale::Linear { from: 0.0, to }, ticks, words }
    }

    /// From 0 to exactly this many seconds.
    pub(in crate::report) fn seconds(most: f64) -> Self {
        let most = bounded(most);
        let steps = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0];
        let fits = |step: &&f64| most / **step <= N_TICKS as f64 + 0.5;
        let step = steps.iter().find(fits).copied().unwrap_or_else(|| nice_step(most / N_TICKS as f64));
        let mut ticks = multiples(step, most);
        ticks.retain(|tick| *tick <= most * 1.0001);
        Self { scale: Scale::Linear { from: 0.0, to: most }, ticks, words: seconds }
    }

    /// From one to the other time in milliseconds by factors; both are widened to round figures.
    pub(in crate::report) fn times(least: f64, most: f64, words: fn(f64) -> String) -> Self {
        let positive = |value: f64| if value.is_finite() { value.clamp(1e-3, 1e9) } else { 1.0 };
        let (least, most) = (positive(least), positive(most).max(positive(least)));
        let all: Vec<f64> =
            (-3..=9).flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(power))).collect();
        let from = all.iter().rev().find(|tick| **tick <= least).copied().unwrap_or(least);
        let to = all.iter().find(|tick| **tick >= most && **tick > from).copied().unwrap_or(most * 2.0);
        let within: Vec<f64> = all.into_iter().filter(|tick| (from..=to).contains(tick)).collect();
        let ticks = match within.len() {
            n if n <= N_TICKS + 3 => within,
            n => {
                let is_power = |tick: &f64| (tick.log10() - tick.log10().round()).abs() < 1e-9;
                let powers: Vec<f64> = within.into_iter().filter(is_power).collect();
                let stride = if n > 3 * (N_TICKS + 2) { 2 } else { 1 };
                powers.into_iter().step_by(stride).collect()
            }
        };
        Self { scale: Scale::Log { from, to }, ticks, words }
    }

    /// From nothing to all.
    pub(in crate::report) fn percent() -> Self {
        let ticks = vec![0.0, 25.0, 50.0, 75.0, 100.0];
        Self { scale: Scale::Linear { from: 0.0, to: 100.0 }, ticks, words: |value| format!("{value} %") }
    }

    pub(super) const fn scale(&self) -> Scale {
        self.scale
    }

    pub(super) fn ticks(&self) -> impl Iterator<Item = f64> {
        self.ticks.iter().copied()
    }

    pub(super) fn label(&self, tick: f64) -> String {
        (self.words)(tick)
    }
}

/// An end for an axis, whatever the figures: far above all that can be counted here, sums of steps still have digits.
fn bounded(most: f64) -> f64 {
    if most.is_finite() && most > 0.0 { most.min(1e15) } else { 1.0 }
}

/// The least of 1, 2, 5, 10 and so on that is not below.
fn nice_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.max(1e-9).log10().floor());
    let digit = [1.0, 2.0, 2.5, 5.0].into_iter().find(|digit| digit * power >= least * 0.999_999);
    digit.unwrap_or(10.0) * power
}

/// 0, one step, two steps, until one is not below the most.
fn multiples(step: f64, most: f64) -> Vec<f64> {
    let mut ticks = vec![0.0];
    while ticks.last().is_some_and(|last| *last < most * 0.999_999) && ticks.len() <= 4 * N_TICKS {
        ticks.push(step * ticks.len() as f64);
    }
    ticks
}

fn seconds(seconds: f64) -> String {
    if seconds >= 120.0 { format!("{} min", seconds / 60.0) } else { format!("{seconds} s") }
}
