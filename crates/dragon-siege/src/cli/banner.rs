//! What is said before the first shot: whom it hits, what it consists of, how long it takes at most, whom it kills.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use super::limits::DEFAULT_MAX_SHOTS;
use super::safety::{Engines, Reach, describe_process};
use crate::attack::KILL_ENGINE;
use crate::plan::{Phase, Plan};
use crate::words::{counted, duration, grouped};

/// The longest that a strike takes: until a stopped engine is noticed, and until another one is ready.
const STRIKE_MAX: Duration = Duration::from_secs(80);

/// A siege that is about to begin.
#[derive(Debug, Clone, Copy)]
pub struct Intent<'a> {
    /// What will be sent.
    pub plan: &'a Plan,
    /// The target's `server` header.
    pub server: Option<&'a str>,
    /// Where the target is.
    pub reach: Reach,
    /// Whose processes its engines are.
    pub engines: Engines,
    /// What was left out, and why.
    pub note: Option<&'a str>,
    /// Where the report goes.
    pub report: &'a Path,
}

// === impl Intent ===

impl Intent<'_> {
    /// In lines for a terminal.
    #[must_use]
    pub fn banner(&self) -> String {
        let Self { plan, report, .. } = *self;
        let mut text = format!("Siege of {}\n", self.title());
        let mut line = |label: &str, value: &str| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {label:<10} {value}");
        };
        line("target", &self.whereabouts());
        line("model", &plan.target.model);
        let quiet = format!("ordinary requests first, {} and what is on its way", duration(plan.calibration));
        line("quiet", &quiet);
        let n_phases = plan.phases.len();
        for (phase, number) in plan.phases.iter().zip(1..) {
            line(&format!("phase {number}/{n_phases}"), &in_words(phase));
        }
        line("bystander", bystander(plan));
        line("kills", &self.kills());
        if let Some(note) = self.note {
            line("note", note);
        }
        let time = format!(
            "about {} and what is on its way, never more than {}",
            duration(usual(plan)),
            duration(longest(plan))
        );
        line("time", &time);
        line("rules", &rules(plan));
        line("seed", &plan.seed.to_string());
        line("report", &format!("{} (.json and .md beside it)", report.display()));
        text.push_str("  Until now the target was only asked what it is. Ctrl-C ends the siege early; its report is still written.\n");
        text
    }

    fn title(&self) -> String {
        let target = &self.plan.target;
        let mut title = target.name.clone();
        if target.name != target.url {
            let _ = write!(title, " at {}", target.url);
        }
        if let Some(server) = self.server {
            let _ = write!(title, " ({})", server.escape_debug());
        }
        title
    }

    fn whereabouts(&self) -> String {
        let place = match self.reach {
            Reach::Loopback => "this machine",
            Reach::Elsewhere => "NOT this machine: you said that you own it",
        };
        let address = self.plan.target.address;
        match self.plan.target.server_pid {
            Some(pid) => format!("{address}, {place}, process {}", describe_process(pid)),
            None => format!("{address}, {place}"),
        }
    }

    fn kills(&self) -> String {
        let strikes = self.plan.phases.iter().any(strikes);
        if !strikes {
            return "no process is killed".to_owned();
        }
        let whom = match self.engines {
            Engines::Given(pid) => format!("process {}", describe_process(pid)),
            Engines::Reported => "the engine that the target's /ready names at that moment".to_owned(),
            Engines::Unknown => "nobody: no engine is known".to_owned(),
        };
        format!("up to {} (SIGKILL, SIGSTOP) of {whom}", grouped(self.plan.max_strikes))
    }
}

/// `tyrolka*2 + overload: 490 clients for 2 min`.
fn in_words(phase: &Phase) -> String {
    let attacks = phase.attacks.iter().map(|(attack, weight)| match weight {
        1 => attack.name().to_owned(),
        _ => format!("{}*{weight}", attack.name()),
    });
    let attacks = attacks.collect::<Vec<_>>().join(" + ");
    format!("{attacks}: {}", shape(phase))
}

/// `490 clients for 2 min`.
#[must_use]
pub fn shape(phase: &Phase) -> String {
    let load = phase.shape.in_words();
    let time = duration(phase.bound.lasts);
    match phase.bound.n_max {
        DEFAULT_MAX_SHOTS => format!("{load}, for {time}"),
        n_max => format!("{load}, for {time} or {}", counted(n_max, "request")),
    }
}

fn strikes(phase: &Phase) -> bool {
    phase.attacks.iter().any(|(attack, _)| attack.name() == KILL_ENGINE)
}

fn rules(plan: &Plan) -> String {
    let (deadline, grace) = (plan.rules.deadline, plan.rules.grace);
    format!(
        "answers end within {} + {}, as x-dragon-deadline-ms says in every request; a client gives up after {}",
        duration(deadline),
        duration(grace),
        duration(plan.patience)
    )
}

/// Servers that tell clients by their keys know it from the attackers: whoever reads its figures has to know that.
const fn bystander(plan: &Plan) -> &'static str {
    match plan.target.api_key {
        Some(_) => "one ordinary client beside every phase, with the same key as the attackers",
        None => {
            "one ordinary client beside every phase; where it is let in with a key of its own \
             (dragon-siege-bystander), it sends that, and the attackers none"
        }
    }
}

/// Quiet, attacks and rests, with answers that come soon.
fn usual(plan: &Plan) -> Duration {
    let n_rests = u32::try_from(plan.phases.len().saturating_sub(1)).unwrap_or(u32::MAX);
    let attacks: Duration = plan.phases.iter().map(|phase| phase.bound.lasts).sum();
    plan.calibration + attacks + plan.rest * n_rests
}

/// With all clients waiting as long as they can: after the bystander's quiet, after the quiet measurement of each phase
/// that wants words of the model, and after each phase; and with a strike under way at the end of a phase.
fn longest(plan: &Plan) -> Duration {
    let n_waits = u32::try_from(1 + plan.n_measured() + plan.phases.len()).unwrap_or(u32::MAX);
    let n_strikes =
        u32::try_from(plan.phases.iter().filter(|phase| strikes(phase)).count()).unwrap_or(u32::MAX);
    usual(plan) + plan.patience * n_waits + STRIKE_MAX * n_strikes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::tests::made_up::{self, plan};
    use crate::plan::Shape;

    fn banner(plan: &Plan, reach: Reach, engines: Engines, note: Option<&str>) -> String {
        let intent =
            Intent { plan, server: Some("box/1\n"), reach, engines, note, report: Path::new("x.html") };
        intent.banner()
    }

    #[test]
    fn it_says_whom_what_how_long_and_where() {
        let plan = plan(
            &[("overload", 3), ("malformed", 1)],
            Shape::Closed { n_clients: 490, ramp: Duration::ZERO },
        );
        let text = banner(&plan, Reach::Loopback, Engines::Unknown, None);
        for said in [
            "Siege of box at http://127.0.0.1:8080 (box/1\\n)\n",
            "127.0.0.1:8080, this machine\n",
            "overload*3 + malformed: 490 clients, for 30 s or 1,000 requests\n",
            "ordinary requests first, 10 s and what is on its way\n",
            "one ordinary client beside every phase; where it is let in with a key of its own (dragon-siege-bystander)",
            "x-dragon-deadline-ms says in every request",
            "no process is killed\n",
            "about 40 s and what is on its way, never more than 100 s\n",
            "answers end within 10 s + 350 ms, as",
            "; a client gives up after 20 s\n",
            " 4711\n",
            "x.html (.json and .md beside it)\n",
        ] {
            assert!(text.contains(said), "{said:?} is missing in\n{text}");
        }
    }

    #[test]
    fn a_target_elsewhere_cannot_be_overlooked() {
        let plan = plan(&[("overload", 1)], made_up::ONE_CLIENT);
        let text = banner(&plan, Reach::Elsewhere, Engines::Unknown, None);
        assert!(text.contains("NOT this machine"), "{text}");
    }

    #[test]
    fn it_names_the_process_that_is_killed() {
        let plan = plan(&[(KILL_ENGINE, 1)], made_up::ONE_CLIENT);
        let own = std::process::id();
        let text = banner(&plan, Reach::Loopback, Engines::Given(own), None);
        let said = format!("up to 1,677 (SIGKILL, SIGSTOP) of process {}", describe_process(own));
        assert!(text.contains(&said), "{text}");
        assert!(said.contains('('), "{said}");
        let text = banner(&plan, Reach::Loopback, Engines::Reported, None);
        assert!(text.contains("of the engine that the target's /ready names at that moment"), "{text}");
    }

    #[test]
    fn what_is_left_out_is_said() {
        let plan = plan(&[("overload", 1)], made_up::ONE_CLIENT);
        let note = "kill-engine is left out: nobody knows whom";
        let text = banner(&plan, Reach::Loopback, Engines::Unknown, Some(note));
        assert!(text.contains(note), "{text}");
    }
}
