//! The features that compilers use when they are told to build for the machine at hand.

/// One feature of the instruction set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Feature {
    /// The compiler's name of it.
    pub(crate) name: &'static str,
    /// Whether the compiler was allowed to use it.
    pub(crate) built_in: bool,
    /// Whether this CPU, and the operating system, support it.
    pub(crate) present: bool,
}

/// Names must be literals: both questions are macros.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! features {
    ($detected:path, [$($name:tt),* $(,)?]) => {{
        use $detected as is_detected;
        vec![$(Feature { name: $name, built_in: cfg!(target_feature = $name), present: is_detected!($name) }),*]
    }};
}

/// Every feature that has mattered to numeric code, on x86-64.
#[cfg(target_arch = "x86_64")]
pub(crate) fn all() -> Vec<Feature> {
    features!(
        std::arch::is_x86_feature_detected,
        [
            "sse3",
            "ssse3",
            "sse4.1",
            "sse4.2",
            "popcnt",
            "lzcnt",
            "bmi1",
            "bmi2",
            "movbe",
            "f16c",
            "fma",
            "avx",
            "avx2",
            "avxvnni",
            "avx512f",
            "avx512bw",
            "avx512cd",
            "avx512dq",
            "avx512vl",
            "avx512ifma",
            "avx512vbmi",
            "avx512vbmi2",
            "avx512vnni",
            "avx512bitalg",
            "avx512vpopcntdq",
            "avx512bf16",
            "avx512fp16",
            "gfni",
            "vaes",
            "vpclmulqdq",
        ]
    )
}

/// Every feature that has mattered to numeric code, on 64-bit ARM.
#[cfg(target_arch = "aarch64")]
pub(crate) fn all() -> Vec<Feature> {
    features!(
        std::arch::is_aarch64_feature_detected,
        ["neon", "fp16", "dotprod", "i8mm", "bf16", "sve", "sve2", "lse", "rdm", "fcma"]
    )
}

/// Elsewhere nothing is known, so nothing is claimed.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) fn all() -> Vec<Feature> {
    Vec::new()
}
