//! Whether the kernel has killed for want of memory, as it counts it itself.
//!
//! A process that ran out of memory dies of SIGKILL, just as one that somebody ended. The kernel counts the first kind
//! for each control group, and for the whole machine. Whoever looks before a process is started and after it has died
//! can tell them apart, unless somebody kills it in the moment in which memory runs out for another one.
//!
//! Engines live in the server's own control group, so its count is the one that matters; that of the machine is only
//! taken where no group has one (no control groups, or none that count memory).

use std::fs;
use std::path::{Path, PathBuf};

/// How many processes the kernel has ended for want of memory, in this process's control group or else on the machine.
/// Only the difference between two calls has a meaning. `None` where the system does not tell.
pub fn oom_kills() -> Option<u64> {
    oom_kills_under(Path::new("/"))
}

/// `root` is `/` but in tests.
fn oom_kills_under(root: &Path) -> Option<u64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let counters = counters(&groups).into_iter().chain([PathBuf::from("proc/vmstat")]);
    counters.filter_map(|file| count(&fs::read_to_string(root.join(file)).ok()?)).next()
}

/// Files that may hold the count, best first, for the text of `/proc/self/cgroup`.
///
/// In a container the path may be one that only the host sees; what is mounted is then the container's own group.
fn counters(groups: &str) -> Vec<PathBuf> {
    // Version 2 counts a group's own processes apart from those of the groups in it; kernels before 5.2 do not.
    const VERSION_2: [&str; 2] = ["memory.events.local", "memory.events"];
    const VERSION_1: [&str; 1] = ["memory.oom_control"];

    let mut files = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let (mounts, names): (&[&str], &[&str]) = match controllers {
            // Where both versions are in use, the second is mounted below.
            "" => (&["sys/fs/cgroup", "sys/fs/cgroup/unified"], &VERSION_2),
            _ if controllers.split(',').any(|controller| controller == "memory") => {
                (&["sys/fs/cgroup/memory"], &VERSION_1)
            }
            _ => continue,
        };
        for mount in mounts.iter().map(Path::new) {
            for group in [mount.join(path.trim_start_matches('/')), mount.to_path_buf()] {
                files.extend(names.iter().map(|name| group.join(name)));
            }
        }
    }
    files
}

/// The line `oom_kill N`, which all of these files have.
fn count(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    const EVENTS: &str = "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 1\n";

    #[test]
    fn the_groups_own_count_is_taken_before_that_of_groups_in_it() {
        let group = ("proc/self/cgroup", "0::/user/dragon\n");
        let hierarchical = ("sys/fs/cgroup/user/dragon/memory.events", "oom_kill 9\n");
        assert_eq!(oom_kills_under(tree(&[group, hierarchical]).path()), Some(9));
        let own = ("sys/fs/cgroup/user/dragon/memory.events.local", EVENTS);
        assert_eq!(oom_kills_under(tree(&[group, hierarchical, own]).path()), Some(2));
    }

    #[test]
    fn the_older_layout_is_read_also_beside_the_newer() {
        let groups = ("proc/self/cgroup", "9:name=systemd:/\n4:cpu,memory:/a/b\n0::/\n");
        let control = "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n";
        let root = tree(&[groups, ("sys/fs/cgroup/memory/a/b/memory.oom_control", control)]);
        assert_eq!(oom_kills_under(root.path()), Some(5));
    }

    #[test]
    fn a_container_that_does_not_see_its_path_has_its_group_at_the_top() {
        let group = ("proc/self/cgroup", "0::/../host/only\n");
        let root = tree(&[group, ("sys/fs/cgroup/memory.events", EVENTS)]);
        assert_eq!(oom_kills_under(root.path()), Some(2));
    }

    #[test]
    fn without_a_group_that_counts_the_machines_count_is_taken() {
        let machine = ("proc/vmstat", "nr_free_pages 10\noom_kill 7\n");
        assert_eq!(oom_kills_under(tree(&[machine, ("proc/self/cgroup", "0::/\n")]).path()), Some(7));
        assert_eq!(oom_kills_under(tree(&[machine]).path()), Some(7));
        assert_eq!(oom_kills_under(tree(&[]).path()), None);
    }

    #[test]
    fn a_line_that_only_begins_alike_is_another() {
        assert_eq!(count("oom_kill_disable 1\noom_killed 3\n"), None);
        assert_eq!(count("oom_kill x\n"), None);
        assert_eq!(count(""), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_machine_tells() {
        assert!(oom_kills().is_some());
    }
}
