//! How long an engine's threads waited for a core, as the kernel counts it.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

/// Threads that are looked at: more than any engine has.
const MAX_THREADS: usize = 512;

/// Remembers what was read last of each thread.
#[derive(Debug)]
pub(crate) struct Starvation {
    pid: u32,
    waited: HashMap<String, Duration>,
}

// === impl Starvation ===

impl Starvation {
    pub(crate) fn of(pid: u32) -> Self {
        Self { pid, waited: HashMap::new() }
    }

    /// How long the one that waited longest was ready to run without a core, since this was asked last. A step is as slow
    /// as the slowest of its threads. Zero where the kernel does not say.
    pub(crate) fn since_last(&mut self) -> Duration {
        let now = read(self.pid);
        let news =
            now.iter().filter_map(|(thread, waited)| Some(waited.saturating_sub(*self.waited.get(thread)?)));
        let longest = news.max().unwrap_or_default();
        self.waited = now;
        longest
    }
}

fn read(pid: u32) -> HashMap<String, Duration> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return HashMap::new() };
    let names =
        threads.flatten().take(MAX_THREADS).map(|thread| thread.file_name().to_string_lossy().into_owned());
    names
        .filter_map(|name| {
            let text = fs::read_to_string(format!("/proc/{pid}/task/{name}/schedstat")).ok()?;
            Some((name, waited(&text)?))
        })
        .collect()
}

/// The second of the three numbers: nanoseconds on a run queue (Linux, `Documentation/scheduler/sched-stats`).
fn waited(schedstat: &str) -> Option<Duration> {
    schedstat.split_ascii_whitespace().nth(1)?.parse().ok().map(Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_line_is_read() {
        assert_eq!(waited("123 2342325 1\n"), Some(Duration::from_nanos(2_342_325)));
        assert_eq!(waited(""), None);
        assert_eq!(waited("1 x 3"), None);
    }

    #[test]
    fn a_process_that_is_gone_waits_for_nothing() {
        assert_eq!(Starvation::of(u32::MAX).since_last(), Duration::ZERO);
    }
}
