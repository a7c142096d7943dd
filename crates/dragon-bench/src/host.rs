//! The machine that the figures belong to: without it they mean nothing.

use std::fmt::Write as _;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

/// The machine and the moment of a measurement.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    /// The CPU's name as it tells it.
    pub(crate) cpu: String,
    /// Instruction set extensions that decide the speed of an engine on a CPU, those that it has.
    pub(crate) extensions: Vec<&'static str>,
    /// Cores that this process may use.
    pub(crate) n_cores: usize,
    /// One-minute load average before the measurement: above 0.3 or so somebody else was busy.
    pub(crate) load_before: Option<f64>,
    /// Seconds since 1970 in UTC.
    pub(crate) unix_seconds: u64,
    /// The command that made the measurement.
    pub(crate) command: String,
}

/// What inference on a CPU gains from, oldest first.
const EXTENSIONS: [&str; 8] =
    ["avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8"];

// === impl Host ===

impl Host {
    /// Reads what the system tells; what it does not tell stays empty.
    pub(crate) fn read() -> Self {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        Self {
            cpu: cpuinfo_field(&cpuinfo, "model name").unwrap_or("unknown").to_owned(),
            extensions: extensions(&cpuinfo),
            n_cores: std::thread::available_parallelism().map_or(0, usize::from),
            load_before: load_average(),
            unix_seconds: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            command: std::env::args().collect::<Vec<_>>().join(" "),
        }
    }

    /// The head of every report for people.
    ///
    /// # Errors
    /// Of the writer.
    pub(crate) fn write_markdown(&self, text: &mut String) -> std::fmt::Result {
        let load = self.load_before.map_or("unknown".to_owned(), |load| format!("{load:.2}"));
        writeln!(text, "CPU: {}, {} cores, {}", self.cpu, self.n_cores, self.extensions.join(" "))?;
        writeln!(text, "Load average before: {load}")?;
        writeln!(text, "Command: `{}`", self.command)
    }
}

fn cpuinfo_field<'a>(cpuinfo: &'a str, name: &str) -> Option<&'a str> {
    let line = cpuinfo.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim())
}

fn extensions(cpuinfo: &str) -> Vec<&'static str> {
    let flags: Vec<&str> = cpuinfo_field(cpuinfo, "flags").unwrap_or_default().split(' ').collect();
    EXTENSIONS.into_iter().filter(|name| flags.contains(name)).collect()
}

fn load_average() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CPUINFO: &str = "processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: fpu avx2 fma amx_int8\n";

    #[test]
    fn name_and_extensions_are_read() {
        assert_eq!(cpuinfo_field(CPUINFO, "model name"), Some("Some CPU"));
        assert_eq!(extensions(CPUINFO), ["avx2", "fma", "amx_int8"]);
    }

    #[test]
    fn a_system_that_tells_nothing_is_no_error() {
        assert_eq!(cpuinfo_field("", "model name"), None);
        assert!(extensions("").is_empty());
    }
}
