//! Figures that all forms of the report show.

use super::model::{Counts, Latency};
use crate::words::{NOTHING, time};

/// A percentile of a distribution that may be empty.
pub(super) fn percentile(latency: &Latency, percentile: f64) -> String {
    latency.at(percentile).map_or_else(|| NOTHING.to_owned(), time)
}

/// Requests with a response.
pub(super) fn n_answered(counts: &Counts) -> u64 {
    counts.n.saturating_sub(counts.n_with("unanswered"))
}

/// Requests answered within the deadline.
pub(super) fn n_in_deadline(counts: &Counts) -> u64 {
    counts.n.saturating_sub(counts.n_with("unanswered") + counts.n_with("late"))
}

/// Percentiles that tables show.
pub(super) const PERCENTILES: [f64; 6] = [50.0, 90.0, 95.0, 99.0, 99.9, 100.0];
