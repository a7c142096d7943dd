//! What decides the speed of a CPU engine, as far as the system tells.

use std::num::NonZero;

/// The machine, or the part of it that this process may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Machine {
    /// The CPU's own name.
    pub(crate) cpu: String,
    /// Whether it multiplies matrices in a unit of its own (AMX), and the programs were built to use it.
    pub(crate) has_matrix_unit: bool,
    /// Threads that can run at once, quotas and affinity included.
    pub(crate) n_threads: u32,
}

// === impl Machine ===

impl Machine {
    /// Asks the system; what it does not tell is taken for not there.
    pub(crate) fn read() -> Self {
        let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let n_threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let mut machine = Self::from_cpuinfo(&cpuinfo, u32::try_from(n_threads).unwrap_or(u32::MAX));
        // Every CPU with the unit has these instructions, and a portable build uses neither.
        machine.has_matrix_unit &= dragon_cpu::is_built_with("avx512bf16");
        machine
    }

    fn from_cpuinfo(cpuinfo: &str, n_threads: u32) -> Self {
        let field = |name: &str| {
            let line = cpuinfo.lines().find(|line| line.starts_with(name))?;
            line.split_once(':').map(|(_, value)| value.trim())
        };
        let has = |flag: &str| field("flags").unwrap_or_default().split(' ').any(|word| word == flag);
        Self {
            cpu: field("model name").unwrap_or(std::env::consts::ARCH).to_owned(),
            has_matrix_unit: has("amx_int8") && has("amx_tile"),
            n_threads,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Machine;

    #[test]
    fn the_matrix_unit_is_read_from_the_flags() {
        let with = "processor : 0\nmodel name : Some CPU\nflags : fpu amx_tile amx_int8 avx2\n";
        let expected = Machine { cpu: "Some CPU".to_owned(), has_matrix_unit: true, n_threads: 2 };
        assert_eq!(Machine::from_cpuinfo(with, 2), expected);
        assert!(!Machine::from_cpuinfo("flags : fpu amx_int8_other", 2).has_matrix_unit);
        assert!(!Machine::from_cpuinfo("", 2).cpu.is_empty());
    }
}
