use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::report::model::Second;

/// A screen of this size, line by line.
fn screen(width: u16, height: u16, snapshot: &Snapshot, wanted: Wanted) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, &made_up::headline(), snapshot, wanted)).unwrap();
    let cells = terminal.backend().buffer().content();
    let lines = cells.chunks(usize::from(width.max(1)));
    lines.map(|line| line.iter().map(ratatui::buffer::Cell::symbol).collect()).collect()
}

fn seen(lines: &[String], text: &str) -> bool {
    lines.iter().any(|line| line.contains(text))
}

#[test]
fn a_usual_terminal_shows_everything() {
    let lines = screen(80, 24, &made_up::snapshot(), Wanted::Going);
    for text in [
        "dragon siege  http://127.0.0.1:8080, model smollm2-135m",
        "3 kills  0:01:23",
        "phase 2 of 5: overload",
        "a second  ■ served 24  ■ refused 44  ■ rejected 1.0  ■ faulty 0.0   top 77",
        "          requests  served refused rejected  faulty     p50     p95     p99 ",
        "attack       1,526   1,204     310        0      12  840 ms  3.25 s  8.40 s ",
        "bystander       60      58       1        0       1  210 ms  812 ms  2.10 s ",
        "bystander waits 873 ms  ",
        "open 490  top 490",
        "memory 483 MiB  ",
        "faults  late 10  truncated 3",
        r"overload: truncated: no [DONE]\u{1b}[31m",
        "q or Ctrl-C: end the siege, the report is still written",
    ] {
        assert!(seen(&lines, text), "{text:?} is missing in\n{}", lines.join("\n"));
    }
}

#[test]
fn a_wide_terminal_has_more_figures() {
    let lines = screen(120, 40, &made_up::snapshot(), Wanted::Going);
    for text in [
        "p99   p99.9     max",
        "8.40 s  10.4 s  11.0 s",
        "waits 873 ms  top 999 ms",
        "memory 483 MiB  top 483 MiB",
    ] {
        assert!(seen(&lines, text), "{text:?} is missing in\n{}", lines.join("\n"));
    }
}

#[test]
fn the_chart_is_as_wide_as_the_screen_and_ends_at_the_right() {
    let lines = screen(100, 30, &made_up::snapshot(), Wanted::Going);
    // 84 seconds: the left 16 columns of the lowest line of the chart, which is above the table, are still empty.
    let table = lines.iter().position(|line| line.contains("requests")).unwrap();
    let lowest = &lines[table - 1];
    let filled: Vec<bool> = lowest.chars().map(|symbol| symbol != ' ').collect();
    assert_eq!(filled.len(), 100);
    assert!(filled[..16].iter().all(|is_filled| !is_filled), "{lowest}");
    assert!(filled[16..].iter().all(|is_filled| *is_filled), "{lowest}");
}

#[test]
fn smaller_terminals_leave_out_the_least_important() {
    let faults = |lines: &[String]| seen(lines, "faults");
    let memory = |lines: &[String]| seen(lines, "memory");
    let counts = |lines: &[String]| seen(lines, "1,204");
    let stage = |lines: &[String]| seen(lines, "phase 2 of 5");
    for (size, expected) in [
        ((80, 24), [true, true, true, true]),
        ((80, 18), [false, true, true, true]),
        ((80, 12), [false, false, true, true]),
        ((60, 9), [false, false, true, true]),
        ((40, 24), [false, false, true, true]),
        ((30, 2), [false, false, true, true]),
        ((24, 1), [false, false, false, true]),
    ] {
        let lines = screen(size.0, size.1, &made_up::snapshot(), Wanted::Going);
        let found = [faults(&lines), memory(&lines), counts(&lines), stage(&lines)];
        assert_eq!(found, expected, "{size:?}\n{}", lines.join("\n"));
    }
}

#[test]
fn a_target_without_known_memory_has_no_picture_of_it() {
    let snapshot = Snapshot { memory: Vec::new(), ..made_up::snapshot() };
    assert!(!seen(&screen(80, 24, &snapshot, Wanted::Going), "memory"));
}

#[test]
fn the_footer_says_what_is_waited_for() {
    assert!(seen(&screen(80, 24, &made_up::snapshot(), Wanted::Stopping), "ending: waiting"));
    let last = Snapshot { is_over: true, ..made_up::snapshot() };
    assert!(seen(&screen(80, 24, &last, Wanted::Stopping), "the report is being written"));
}

#[test]
fn the_first_moment_and_absurd_figures_are_drawn_as_well() {
    let absurd = Snapshot {
        progress: f64::NAN,
        timeline: vec![Second {
            served: u64::MAX / 8,
            bystander_ms: 1e9,
            n_open: u64::MAX,
            ..Second::default()
        }],
        n_open: u64::MAX,
        memory: vec![u64::MAX],
        ..Snapshot::default()
    };
    for snapshot in [Snapshot::default(), absurd] {
        assert!(seen(&screen(80, 24, &snapshot, Wanted::Going), "attack"));
    }
}

proptest! {
    #[test]
    fn no_size_is_too_small_or_too_large(width in 0..200_u16, height in 0..60_u16) {
        let lines = screen(width, height, &made_up::snapshot(), Wanted::Going);
        prop_assert_eq!(lines.len(), if width == 0 { 0 } else { usize::from(height) });
    }
}
