//! Says whether a binary built for one CPU fits the CPU that it runs on.
//!
//! Builds for the machine at hand are several times faster than portable ones, but an instruction that the
//! CPU does not know kills the process with SIGILL, without a word. So both programs call [`check`] first and
//! say a sentence instead. What the C++ parts use beyond the compiler's features (AMX, which the kernel must
//! grant) cannot be seen from here; the engine's self-test decode guards that.

mod features;

use features::Feature;

/// The binary uses instructions that this CPU does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CpuMismatch {
    missing: Vec<&'static str>,
}

/// Compares what the compiler was allowed to use with what this CPU has.
///
/// # Errors
/// [`CpuMismatch`] lists what is missing and says what to do.
pub fn check() -> Result<(), CpuMismatch> {
    compare(&features::all())
}

/// The CPU features that this binary was built with, for the log.
///
/// For example `x86_64: sse3 avx avx2 fma`; `x86_64: baseline` for a portable build.
pub fn build_summary() -> String {
    summarize(std::env::consts::ARCH, &features::all())
}

/// Whether this binary was built to use a CPU feature, by its name in [`build_summary`]. A portable build is not, also
/// where the CPU has it.
pub fn is_built_with(feature: &str) -> bool {
    features::all().iter().any(|known| known.name == feature && known.built_in)
}

fn compare(features: &[Feature]) -> Result<(), CpuMismatch> {
    let missing: Vec<_> = features
        .iter()
        .filter(|feature| feature.built_in && !feature.present)
        .map(|feature| feature.name)
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(CpuMismatch { missing }) }
}

fn summarize(arch: &str, features: &[Feature]) -> String {
    let names: Vec<_> =
        features.iter().filter(|feature| feature.built_in).map(|feature| feature.name).collect();
    if names.is_empty() { format!("{arch}: baseline") } else { format!("{arch}: {}", names.join(" ")) }
}

// === impl CpuMismatch ===

impl CpuMismatch {
    /// Names of the features that the binary uses and the CPU lacks.
    pub fn missing(&self) -> &[&'static str] {
        &self.missing
    }
}

impl std::fmt::Display for CpuMismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "this binary was built for another CPU: it uses {}, which this one does not have; \
             build it on this machine with `make`, or use a portable build (`make dist`)",
            self.missing.join(", ")
        )
    }
}

impl std::error::Error for CpuMismatch {}

#[cfg(test)]
mod tests {
    use super::*;

    const fn feature(name: &'static str, built_in: bool, present: bool) -> Feature {
        Feature { name, built_in, present }
    }

    #[test]
    fn what_the_summary_names_is_built_in() {
        for name in build_summary().split(' ').skip(1).filter(|name| *name != "baseline") {
            assert!(is_built_with(name), "{name}");
        }
        assert!(!is_built_with("no such feature"));
    }

    #[test]
    fn a_build_for_this_machine_fits_it() {
        assert_eq!(check(), Ok(()));
    }

    #[test]
    fn only_features_that_are_used_and_absent_are_missing() {
        let features = [
            feature("used-and-present", true, true),
            feature("used-and-absent", true, false),
            feature("unused-and-absent", false, false),
            feature("also-absent", true, false),
        ];
        let mismatch = compare(&features).unwrap_err();
        assert_eq!(mismatch.missing(), ["used-and-absent", "also-absent"]);
        let sentence = mismatch.to_string();
        assert!(
            sentence.contains("used-and-absent, also-absent") && sentence.contains("make dist"),
            "{sentence}"
        );
    }

    #[test]
    fn the_summary_names_what_was_built_in() {
        let features =
            [feature("avx", true, false), feature("avx2", false, true), feature("fma", true, true)];
        assert_eq!(summarize("x86_64", &features), "x86_64: avx fma");
        assert_eq!(summarize("x86_64", &features[1..2]), "x86_64: baseline");
        assert!(build_summary().starts_with(std::env::consts::ARCH));
    }
}
