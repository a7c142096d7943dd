//! What is counted: areas under curves, recall, shares in bins.

/// A score and whether it should be high.
pub(super) type Scored = (f64, bool);

/// The probability that a positive one scores higher than a negative one; equal scores count half. `None` without both.
pub(super) fn area(scored: &[Scored]) -> Option<f64> {
    let mut sorted = scored.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let n_positive = sorted.iter().filter(|(_, positive)| *positive).count();
    let n_negative = sorted.len() - n_positive;
    if n_positive == 0 || n_negative == 0 {
        return None;
    }
    let mut n_below = 0.0;
    let mut wins = 0.0;
    for equals in sorted.chunk_by(|a, b| a.0 == b.0) {
        let positive = equals.iter().filter(|(_, positive)| *positive).count() as f64;
        let negative = equals.len() as f64 - positive;
        wins += positive * (n_below + negative / 2.0);
        n_below += negative;
    }
    Some(wins / (n_positive as f64 * n_negative as f64))
}

/// Half the width of the interval that holds an area 95 times of 100 (Hanley and McNeil).
pub(super) fn half_width(area: f64, n_positive: usize, n_negative: usize) -> f64 {
    let (q1, q2) = (area / (2.0 - area), 2.0 * area * area / (1.0 + area));
    let (n_positive, n_negative) = (n_positive as f64, n_negative as f64);
    let spread = area * (1.0 - area)
        + (n_positive - 1.0) * (q1 - area * area)
        + (n_negative - 1.0) * (q2 - area * area);
    1.96 * (spread.max(0.0) / (n_positive * n_negative)).sqrt()
}

/// The share of positives above a threshold that at most `share` of the negatives reach.
pub(super) fn recall_at(scored: &[Scored], share: f64) -> f64 {
    let mut negatives: Vec<f64> =
        scored.iter().filter(|(_, positive)| !positive).map(|(score, _)| *score).collect();
    negatives.sort_by(|a, b| b.total_cmp(a));
    let allowed =
        negatives.iter().enumerate().take_while(|(n, _)| (*n + 1) as f64 <= share * negatives.len() as f64);
    let threshold = negatives.get(allowed.count()).copied().unwrap_or(f64::NEG_INFINITY);
    let positives: Vec<f64> =
        scored.iter().filter(|(_, positive)| *positive).map(|(score, _)| *score).collect();
    positives.iter().filter(|score| **score > threshold).count() as f64 / positives.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_of_known_orders() {
        assert_eq!(area(&[(1.0, false), (2.0, true)]), Some(1.0));
        assert_eq!(area(&[(2.0, false), (1.0, true)]), Some(0.0));
        assert_eq!(area(&[(1.0, false), (1.0, true)]), Some(0.5));
        assert_eq!(area(&[(1.0, true)]), None);
    }

    #[test]
    fn recall_allows_no_more_false_alarms_than_said() {
        let scored: Vec<Scored> =
            (0..100).map(|n| (f64::from(n), false)).chain([(98.5, true), (94.5, true)]).collect();
        assert!((recall_at(&scored, 0.01) - 0.5).abs() < 1e-9);
        assert!((recall_at(&scored, 0.05) - 1.0).abs() < 1e-9);
    }
}
