//! Memory of a server, with the processes that come from it.

use std::fs;

use super::process::tree_of;

/// Memory of a process and of all that come from it, bytes; `None` where the system does not tell.
///
/// Pages that several processes have mapped, as they have the weights of a model, are divided among them where the
/// kernel says how many there are; else each counts them whole.
#[must_use]
pub fn of_tree(pid: u32) -> Option<u64> {
    let all: Vec<u64> = tree_of(pid).into_iter().filter_map(of_process).collect();
    if all.is_empty() { None } else { Some(all.iter().sum()) }
}

fn of_process(pid: u32) -> Option<u64> {
    let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).ok();
    let proportional = read("smaps_rollup").and_then(|text| kib(&text, "Pss:"));
    let kib = proportional.or_else(|| read("status").and_then(|text| kib(&text, "VmRSS:")))?;
    kib.checked_mul(1024)
}

fn kib(text: &str, name: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(name))?;
    value.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_this_very_process_holds_is_seen() {
        let before = of_tree(std::process::id()).unwrap();
        let held = vec![1_u8; 64 << 20];
        let after = of_tree(std::process::id()).unwrap();
        assert!(held.iter().all(|byte| *byte == 1));
        assert!(after > before + (48 << 20), "{before} {after}");
    }

    #[test]
    fn a_process_that_does_not_exist_has_none() {
        assert_eq!(of_tree(u32::MAX), None);
    }

    #[test]
    fn both_forms_are_read() {
        assert_eq!(
            kib("55-7f ---p 0 [rollup]\nRss:   2048 kB\nPss:   1024 kB\nPss_Dirty: 8 kB\n", "Pss:"),
            Some(1024)
        );
        assert_eq!(kib("Name:\tx\nVmRSS:\t  77 kB\n", "VmRSS:"), Some(77));
        assert_eq!(kib("Pss_Dirty: 8 kB\n", "Pss:"), None);
    }
}
