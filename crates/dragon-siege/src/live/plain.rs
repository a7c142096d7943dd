//! Progress in lines, for logs and for who wants no screen: one a second, and one for each stage.

use std::io::{self, Write as _};
use std::thread;
use std::time::{Duration, Instant};

use super::{FRAME, Until};
use crate::snapshot::{Board, Snapshot};
use crate::words::{counted, duration, grouped, harmless, share, time};

/// From one line to the next.
const EVERY: Duration = Duration::from_secs(1);

/// Writes lines to standard error: standard output stays for the result.
pub(super) fn show(board: &Board, until: &Until) {
    let mut stage = String::new();
    let mut written_at = Instant::now();
    loop {
        // Looked at first, so that the last snapshot is surely shown.
        let is_over = until.is_over();
        let snapshot = board.look();
        let is_new_stage = snapshot.stage != stage;
        if !snapshot.stage.is_empty() && (is_new_stage || is_over || written_at.elapsed() >= EVERY) {
            // Nobody has to listen.
            let _ = writeln!(io::stderr(), "{}", line(&snapshot));
            written_at = Instant::now();
            stage.clone_from(&snapshot.stage);
        }
        if is_over {
            return;
        }
        thread::sleep(FRAME);
    }
}

/// A snapshot in a line.
fn line(snapshot: &Snapshot) -> String {
    let Snapshot { at, stage, progress, attack, bystander, bystander_latency, n_open, .. } = snapshot;
    let mut text = format!("{:>7}  {}, {:.0} %", duration(whole(*at)), harmless(stage), progress * 100.0);
    if attack.n > 0 {
        text.push_str(&format!(
            ": {} served, {} refused, {} rejected, {} faulty",
            grouped(attack.served),
            grouped(attack.refused),
            grouped(attack.rejected),
            grouped(attack.faulty)
        ));
    }
    text.push_str(&format!("; {} open", grouped(*n_open)));
    if bystander.n > 0 {
        let p95 = at_percentile(&bystander_latency.percentiles, 95.0);
        text.push_str(&format!(
            "; bystander {} of {} served ({}), {} faulty, p95 {}",
            grouped(bystander.served),
            grouped(bystander.n),
            share(bystander.served, bystander.n),
            grouped(bystander.faulty),
            p95.map_or_else(|| "-".to_owned(), time)
        ));
    }
    if snapshot.n_strikes > 0 {
        text.push_str(&format!("; {}", counted(snapshot.n_strikes, "kill")));
    }
    text
}

/// Seconds are fine enough for a line a second.
fn whole(at: Duration) -> Duration {
    Duration::from_secs(at.as_secs())
}

/// The value of a percentile that is listed.
pub(super) fn at_percentile(percentiles: &[(f64, f64)], wanted: f64) -> Option<f64> {
    let listed = percentiles.iter().find(|(percentile, _)| (percentile - wanted).abs() < 1e-9);
    listed.map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::draw::made_up;

    #[test]
    fn a_line_has_the_stage_the_counts_and_the_bystander() {
        assert_eq!(
            line(&made_up::snapshot()),
            "   83 s  phase 2 of 5: overload, 42 %: 1,204 served, 310 refused, 0 rejected, 12 faulty; 490 open; \
             bystander 58 of 60 served (96.66 %), 1 faulty, p95 812 ms; 3 kills"
        );
    }

    #[test]
    fn the_first_moment_has_no_figures_yet() {
        let snapshot = Snapshot { stage: "quiet\x1b[2J".to_owned(), ..Snapshot::default() };
        assert_eq!(line(&snapshot), r"   0 ms  quiet\u{1b}[2J, 0 %; 0 open");
    }
}
