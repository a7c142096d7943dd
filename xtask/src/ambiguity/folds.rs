//! Parts of the data that are held back in turn.

use super::data::Row;
use super::random::Random;

/// Parts.
pub(super) const N_FOLDS: usize = 5;

/// The part of each row: twins in the same, labels spread evenly over all.
pub(super) fn folds(rows: &[&Row], seed: u64) -> Vec<usize> {
    let mut groups: Vec<(&str, &str, Vec<usize>)> = Vec::new();
    let mut by_name = std::collections::HashMap::new();
    for (at, row) in rows.iter().enumerate() {
        let pair = row.group();
        let group = *by_name.entry((row.source.as_str(), pair)).or_insert_with(|| {
            groups.push((&row.source, pair, Vec::new()));
            groups.len() - 1
        });
        groups[group].2.push(at);
    }
    Random::new(seed).shuffle(&mut groups);
    // Then those alike in turn: the parts come out equal in source and label.
    groups.sort_by_key(|(source, _, members)| (*source, members.len(), rows[members[0]].is_ambiguous));
    let mut folds = vec![0; rows.len()];
    for (n, (_, _, members)) in groups.iter().enumerate() {
        members.iter().for_each(|at| folds[*at] = n % N_FOLDS);
    }
    folds
}
