//! How far two distributions over the vocabulary are apart.

/// What was found over many positions.
#[derive(Debug, Default)]
pub(super) struct Divergence {
    divergences: Vec<f64>,
    n_equal_top: usize,
}

// === impl Divergence ===

impl Divergence {
    /// Adds one position: the logits of the reference and those of the candidate.
    pub(super) fn add(&mut self, reference: &[f32], candidate: &[f32]) {
        self.divergences.push(kl(reference, candidate));
        self.n_equal_top += usize::from(top(reference) == top(candidate));
    }

    /// One line of JSON.
    pub(super) fn report(&mut self) -> String {
        self.divergences.sort_unstable_by(f64::total_cmp);
        let n_tokens = self.divergences.len();
        let count = n_tokens.max(1) as f64;
        let mean = self.divergences.iter().sum::<f64>() / count;
        let p99 = self.divergences.get(n_tokens * 99 / 100).copied().unwrap_or_default();
        let equal_top = self.n_equal_top as f64 / count;
        format!(
            r#"{{"kind":"divergence","n_tokens":{n_tokens},"mean_kl_nats":{mean:.6},"p99_kl_nats":{p99:.6},"equal_top":{equal_top:.5}}}"#
        )
    }
}

/// Kullback-Leibler divergence of the candidate from the reference, in nats: the surprise that it adds to a text that
/// the reference writes.
fn kl(reference: &[f32], candidate: &[f32]) -> f64 {
    let (n_reference, n_candidate) = (log_sum_exp(reference), log_sum_exp(candidate));
    let terms = reference.iter().zip(candidate).map(|(reference, candidate)| {
        let log_p = f64::from(*reference) - n_reference;
        let log_q = f64::from(*candidate) - n_candidate;
        let p = log_p.exp();
        // What the reference never says adds nothing, whatever the candidate thinks of it.
        if p > 0.0 { p * (log_p - log_q) } else { 0.0 }
    });
    // Rounding can make a zero slightly negative.
    terms.sum::<f64>().max(0.0)
}

fn log_sum_exp(logits: &[f32]) -> f64 {
    let peak = logits.iter().copied().map(f64::from).fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logits.iter().map(|logit| (f64::from(*logit) - peak).exp()).sum();
    peak + sum.ln()
}

fn top(logits: &[f32]) -> Option<usize> {
    (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_distributions_are_not_apart() {
        // Adding a constant to all logits changes nothing.
        assert!(kl(&[1.0, 2.0, -3.0], &[11.0, 12.0, 7.0]).abs() < 1e-12);
        assert_eq!(kl(&[0.0, f32::NEG_INFINITY], &[0.0, f32::NEG_INFINITY]), 0.0);
    }

    #[test]
    fn a_divergence_that_can_be_computed_by_hand() {
        // Fair coin against 1:3, so ln(2/√3).
        let found = kl(&[0.0, 0.0], &[0.0, 3.0_f32.ln()]);
        assert!((found - (2.0 / 3.0_f64.sqrt()).ln()).abs() < 1e-7, "{found}");
    }

    #[test]
    fn the_report_counts_positions_and_equal_tops() {
        let mut divergence = Divergence::default();
        divergence.add(&[0.0, 1.0], &[0.0, 1.0]);
        divergence.add(&[0.0, 1.0], &[1.0, 0.0]);
        let report = divergence.report();
        assert!(report.contains(r#""n_tokens":2"#) && report.contains(r#""equal_top":0.50000"#), "{report}");
    }
}
