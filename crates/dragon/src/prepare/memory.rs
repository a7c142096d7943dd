//! Whether the models fit into memory together: better said now than by the kernel in the middle of an answer.

use std::path::Path;

use super::PreparedModel;
use crate::config::Problems;
use crate::host::{Available, available_memory};
use crate::size::Size;

/// Notes a problem if the estimates exceed what is available.
pub(super) fn check(models: &[PreparedModel], problems: &mut Problems) {
    match available_memory(Path::new("/")) {
        Some(available) => compare(models, available, problems),
        None => tracing::debug!("the memory available here is not known, so the models' is not checked"),
    }
}

fn compare(models: &[PreparedModel], available: Available, problems: &mut Problems) {
    let needed = models.iter().fold(0, |sum: u64, model| sum.saturating_add(model.memory_bytes));
    let Some(largest) = models.iter().max_by_key(|model| model.memory_bytes) else { return };
    let Available { bytes, bound } = available;
    tracing::info!("memory: the models need about {}, {bound} has {} available", Size(needed), Size(bytes));
    if needed > bytes {
        let wrong = format!(
            "the models need about {} of memory ({} needs {}), and {bound} has {} available",
            Size(needed),
            largest.settings.id,
            Size(largest.memory_bytes),
            Size(bytes),
        );
        let remedy = "lower ctx or slots, set cache_type = \"q8_0\", or serve fewer or smaller models";
        problems.model(largest.place.clone(), "", wrong, remedy);
    }
}
