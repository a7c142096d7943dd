//! Small statistics.

/// How often a positive exceeds a negative, equal ones counting half; `None` where either is missing.
pub(super) fn auroc(positives: &[f64], negatives: &[f64]) -> Option<f64> {
    if positives.is_empty() || negatives.is_empty() {
        return None;
    }
    let against = |positive: &f64| -> f64 {
        negatives
            .iter()
            .map(|negative| {
                if positive > negative {
                    1.0
                } else if positive == negative {
                    0.5
                } else {
                    0.0
                }
            })
            .sum()
    };
    let total: f64 = positives.iter().map(against).sum();
    Some(total / (positives.len() * negatives.len()) as f64)
}

/// The value that this share of all does not exceed.
pub(super) fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let exact = share * sorted.len() as f64;
    sorted.iter().zip(1..).find(|(_, rank)| f64::from(*rank) >= exact).map(|(value, _)| *value)
}

/// A share as a percentage, with what it is a share of.
pub(super) fn share(part: usize, whole: usize) -> String {
    if whole == 0 {
        "-".to_owned()
    } else {
        format!("{part} / {whole} ({:.1} %)", part as f64 * 100.0 / whole as f64)
    }
}

/// A number with three digits, or a dash.
pub(super) fn three(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.3}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auroc_counts_pairs() {
        assert_eq!(auroc(&[3.0, 2.0], &[1.0, 2.0]), Some(0.875));
        assert_eq!(auroc(&[], &[1.0]), None);
    }

    #[test]
    fn quantiles_are_values_that_occur() {
        let values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(quantile(&values, 0.5), Some(2.0));
        assert_eq!(quantile(&values, 1.0), Some(4.0));
        assert_eq!(quantile(&values, 0.0), Some(1.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
