//! How much memory a new process could take: the machine's, or less where a control group says so.
//!
//! Reads what Linux tells under `/proc` and `/sys/fs/cgroup`; elsewhere nothing is known, and nothing is
//! checked.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// Memory that is free or can be freed without swapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Available {
    pub(crate) bytes: u64,
    pub(crate) bound: Bound,
}

/// What sets the bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    /// The machine's memory.
    Machine,
    /// A limit of the control group (a container, a systemd unit).
    ControlGroup,
}

/// Where a kernel keeps the memory figures of control groups, and what it calls them.
struct Hierarchy {
    /// Under the root directory.
    mount: &'static str,
    limit: &'static str,
    usage: &'static str,
    /// Keys of `memory.stat` that count cached file pages. The kernel drops those when memory is needed, and
    /// the weights of a model that ran here before are among them.
    caches: [&'static str; 2],
}

const VERSION_1: Hierarchy = Hierarchy {
    mount: "sys/fs/cgroup/memory",
    limit: "memory.limit_in_bytes",
    usage: "memory.usage_in_bytes",
    caches: ["total_inactive_file", "total_active_file"],
};

const VERSION_2: Hierarchy = Hierarchy {
    mount: "sys/fs/cgroup",
    limit: "memory.max",
    usage: "memory.current",
    caches: ["inactive_file", "active_file"],
};

/// The tightest of all bounds. `root` is `/` but in tests.
pub(crate) fn available_memory(root: &Path) -> Option<Available> {
    let machine = meminfo(root).map(|bytes| Available { bytes, bound: Bound::Machine });
    let groups = groups(root).into_iter().filter_map(|(hierarchy, group)| hierarchy.available(root, &group));
    let groups = groups.map(|bytes| Available { bytes, bound: Bound::ControlGroup });
    machine.into_iter().chain(groups).min_by_key(|available| available.bytes)
}

/// `MemAvailable`: the kernel's own estimate.
fn meminfo(root: &Path) -> Option<u64> {
    let text = fs::read_to_string(root.join("proc/meminfo")).ok()?;
    let kib = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    kib.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// The control groups of this process that can bound memory, from `/proc/self/cgroup`.
fn groups(root: &Path) -> Vec<(Hierarchy, PathBuf)> {
    let text = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let entries = text.lines().filter_map(|line| {
        let (_, controllers_and_path) = line.split_once(':')?;
        let (controllers, path) = controllers_and_path.split_once(':')?;
        let hierarchy = match controllers {
            "" => VERSION_2,
            _ if controllers.split(',').any(|controller| controller == "memory") => VERSION_1,
            _ => return None,
        };
        Some((hierarchy, PathBuf::from(path.trim_start_matches('/'))))
    });
    entries.collect()
}

// === impl Hierarchy ===

impl Hierarchy {
    /// The tightest bound of the group and of all above it. In a container the path may not exist as the
    /// process sees it; what is mounted there is then the container's own group.
    fn available(&self, root: &Path, group: &Path) -> Option<u64> {
        let mount = root.join(self.mount);
        group.ancestors().filter_map(|group| self.available_in(&mount.join(group))).min()
    }

    fn available_in(&self, directory: &Path) -> Option<u64> {
        let number = |name| fs::read_to_string(directory.join(name)).ok()?.trim().parse::<u64>().ok();
        // "max" is no number: no limit here.
        let limit: u64 = number(self.limit)?;
        let usage = number(self.usage)?;
        let stat = fs::read_to_string(directory.join("memory.stat")).unwrap_or_default();
        let is_cache = |line: &&str| line.split_once(' ').is_some_and(|(key, _)| self.caches.contains(&key));
        let counts =
            stat.lines().filter(is_cache).filter_map(|line| line.split_once(' ')?.1.parse::<u64>().ok());
        let cached = counts.fold(0, u64::saturating_add);
        Some(limit.saturating_sub(usage.saturating_sub(cached)))
    }
}

// === impl Bound ===

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Machine => "this machine",
            Self::ControlGroup => "the control group that limits this process",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{Available, Bound, available_memory};

    const MEMINFO: &str = "MemTotal:       8000 kB\nMemAvailable:    4000 kB\n";

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn without_a_control_group_the_machine_is_the_bound() {
        let root = tree(&[("proc/meminfo", MEMINFO)]);
        let expected = Available { bytes: 4000 * 1024, bound: Bound::Machine };
        assert_eq!(available_memory(root.path()), Some(expected));
        assert_eq!(available_memory(tree(&[]).path()), None);
    }

    #[test]
    fn the_tightest_group_above_the_process_is_the_bound_and_caches_do_not_count_as_used() {
        let root = tree(&[
            ("proc/meminfo", MEMINFO),
            ("proc/self/cgroup", "0::/outer/inner\n"),
            ("sys/fs/cgroup/outer/memory.max", "1000000\n"),
            ("sys/fs/cgroup/outer/memory.current", "600000\n"),
            ("sys/fs/cgroup/outer/memory.stat", "anon 1\ninactive_file 100000\nactive_file 50000\n"),
            ("sys/fs/cgroup/outer/inner/memory.max", "max\n"),
            ("sys/fs/cgroup/outer/inner/memory.current", "5\n"),
        ]);
        let expected = Available { bytes: 550_000, bound: Bound::ControlGroup };
        assert_eq!(available_memory(root.path()), Some(expected));
    }

    #[test]
    fn the_older_layout_is_read_too() {
        let root = tree(&[
            ("proc/meminfo", MEMINFO),
            ("proc/self/cgroup", "5:devices:/\n4:cpu,memory:/not/visible/here\n0::/\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "1000\n"),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", "2000\n"),
            ("sys/fs/cgroup/memory/memory.stat", "total_inactive_file 300\ninactive_file 7\n"),
        ]);
        assert_eq!(available_memory(root.path()), Some(Available { bytes: 0, bound: Bound::ControlGroup }));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_machine_has_some_memory() {
        assert!(available_memory(Path::new("/")).unwrap().bytes > 1 << 20);
    }
}
