//! Resident memory of the server and of its engines, as Linux tells it under /proc.

use std::fs;

/// Resident memory in bytes; `None` where the system does not tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    /// The server process itself.
    pub(crate) server: Option<u64>,
    /// All its children together: the engines.
    pub(crate) engines: Option<u64>,
}

// === impl Memory ===

impl Memory {
    /// Reads the memory of process `pid` and of its children.
    pub(crate) fn of(pid: u32) -> Self {
        let children: Vec<u64> =
            processes().filter(|&child| parent_of(child) == Some(pid)).filter_map(resident).collect();
        Self { server: resident(pid), engines: (!children.is_empty()).then(|| children.iter().sum()) }
    }
}

/// The share of a process in the machine's memory, in bytes: pages that several processes have mapped, as they have the
/// weights of a model, are divided among them.
pub(crate) fn proportional(pid: u32) -> Option<u64> {
    pss(&fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?)
}

fn pss(smaps_rollup: &str) -> Option<u64> {
    let kib: u64 = field(smaps_rollup, "Pss:")?.strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn parent_of(pid: u32) -> Option<u32> {
    field(&status(pid)?, "PPid:")?.parse().ok()
}

fn resident(pid: u32) -> Option<u64> {
    let kib: u64 = field(&status(pid)?, "VmRSS:")?.strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

fn status(pid: u32) -> Option<String> {
    fs::read_to_string(format!("/proc/{pid}/status")).ok()
}

fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_very_process_has_memory() {
        let memory = Memory::of(std::process::id());
        assert!(memory.server.is_some_and(|bytes| bytes > 100_000), "{memory:?}");
    }

    #[test]
    fn the_share_of_memory_is_read() {
        let rollup =
            "55-7f ---p 00000000 00:00 0   [rollup]\nRss:   2048 kB\nPss:   1024 kB\nPss_Dirty: 8 kB\n";
        assert_eq!(pss(rollup), Some(1024 * 1024));
        assert_eq!(pss("Rss: 1 kB\nPss_Dirty: 8 kB\n"), None);
        assert!(proportional(std::process::id()).is_some_and(|bytes| bytes > 100_000));
    }

    #[test]
    fn a_child_is_found_with_its_memory() {
        let mut child = std::process::Command::new("sleep").arg("10").spawn().unwrap();
        let memory = Memory::of(std::process::id());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(memory.engines.is_some_and(|bytes| bytes > 0), "{memory:?}");
    }

    #[test]
    fn a_process_that_does_not_exist_has_none() {
        assert_eq!(Memory::of(u32::MAX), Memory::default());
    }
}
