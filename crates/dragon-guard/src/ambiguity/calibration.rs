//! From a sum of weights to a probability.

/// Sums and the share of ambiguous prompts that was seen there, on data that the weights had not seen. Straight lines
/// between; beyond the ends the shares there hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    knots: Vec<Knot>,
}

/// One point of the curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Knot {
    pub(super) sum: f32,
    pub(super) share: f32,
}

/// Knots at most: more of them would follow the noise.
pub(super) const MAX_KNOTS: usize = 64;

// === impl Calibration ===

impl Calibration {
    /// A curve through these points, given as (sum, share). `None` where they do not rise, lie outside of 0 to 1, or are
    /// too few or too many.
    pub fn through(points: impl IntoIterator<Item = (f32, f32)>) -> Option<Self> {
        let knots: Vec<Knot> =
            points.into_iter().take(MAX_KNOTS + 1).map(|(sum, share)| Knot { sum, share }).collect();
        let is_sound = |knot: &Knot| knot.sum.is_finite() && (0.0..=1.0).contains(&knot.share);
        let rises = knots.windows(2).all(|pair| pair[0].sum < pair[1].sum && pair[0].share <= pair[1].share);
        let is_some = (2..=MAX_KNOTS).contains(&knots.len());
        (is_some && rises && knots.iter().all(is_sound)).then_some(Self { knots })
    }

    pub(super) fn knots(&self) -> &[Knot] {
        &self.knots
    }

    /// The probability that belongs to a sum.
    pub fn probability(&self, sum: f32) -> f32 {
        let above = self.knots.partition_point(|knot| knot.sum <= sum);
        let (before, after) = (above.checked_sub(1).and_then(|at| self.knots.get(at)), self.knots.get(above));
        match (before, after) {
            (Some(before), Some(after)) => {
                let way = (sum - before.sum) / (after.sum - before.sum);
                before.share + way * (after.share - before.share)
            }
            (Some(only), None) | (None, Some(only)) => only.share,
            (None, None) => 0.5,
        }
    }
}

impl Default for Calibration {
    /// The logistic curve, in a few straight lines.
    fn default() -> Self {
        let knot = |n: i16| {
            let sum = f32::from(n) / 4.0;
            Knot { sum, share: 1.0 / (1.0 + (-sum).exp()) }
        };
        Self { knots: (-24..=24).map(knot).collect() }
    }
}
