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

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use dragon_core::sampling::SamplingDefaults;
    use dragon_http::ModelSettings;
    use dragon_ipc::{CacheType, FlashAttention, LoadSpec};
    use dragon_supervisor::KeepStandby;

    use super::compare;
    use crate::config::{Place, Problems};
    use crate::exit::Exit;
    use crate::host::{Available, MemoryBound};
    use crate::prepare::PreparedModel;

    fn model(id: &str, memory_bytes: u64) -> PreparedModel {
        PreparedModel {
            place: Place::CommandLine,
            settings: ModelSettings {
                id: id.to_owned(),
                deadline: Duration::from_secs(10),
                queue_max: 100,
                useful_tokens: 32,
                share_across_clients: false,
                max_tokens: None,
                sampling: SamplingDefaults::default(),
                guard: dragon_http::GuardMode::On,
                template: None,
                created_s: 0,
            },
            load: LoadSpec {
                path: PathBuf::from("/m.gguf"),
                n_ctx_seq: 4096,
                n_slots: 8,
                n_prefill_chunk: 128,
                n_threads: 1,
                cache_type: CacheType::F16,
                flash_attention: FlashAttention::Auto,
                n_gpu_layers: 0,
                n_max_kept_bytes: 0,
                n_max_draft: 0,
                self_test: dragon_ipc::SelfTest::Timed,
                probe_sandbox: false,
            },
            standby: KeepStandby::No,
            hang: Duration::from_secs(3),
            fast: None,
            memory_bytes,
        }
    }

    /// What is said where so much is available for a model of 3 GB and one of 1 GB.
    fn said_with(bytes: u64) -> (Vec<String>, Option<Exit>) {
        let mut problems = Problems::default();
        let models = [model("small", 1_000_000_000), model("large", 3_000_000_000)];
        compare(&models, Available { bytes, bound: MemoryBound::ControlGroup }, &mut problems);
        (problems.lines(), problems.exit())
    }

    #[test]
    fn models_that_just_fit_together_are_fine() {
        assert_eq!(said_with(4_000_000_000), (Vec::new(), None));
    }

    #[test]
    fn models_that_do_not_fit_together_are_refused_with_what_to_lower() {
        let (lines, exit) = said_with(3_999_999_999);
        assert_eq!(exit, Some(Exit::ModelUnavailable));
        let expected = "command line: the models need about 4.0 GB of memory (large needs 3.0 GB), and the \
                        control group that limits this process has 3.9 GB available; lower ctx or slots, set \
                        cache_type = \"q8_0\", or serve fewer or smaller models";
        assert_eq!(lines, [expected]);
    }
}
