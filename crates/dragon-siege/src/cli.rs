//! The command line of `dragon siege`: what can be typed, what it means, and what is refused before anything is sent.
//!
//! 1. [`SiegeArgs`] takes every flag as text, so that all mistakes are found together,
//! 2. [`Request`] is what they ask for,
//! 3. [`outline`] lists its phases, from `--attack` or a [`preset`],
//! 4. [`safety`] decides whether this target may be attacked, and whose engine killed,
//! 5. [`banner`] says what will be sent.

pub mod attack_list;
pub mod banner;
pub mod catalogue;
mod command_line;
#[cfg(test)]
mod documentation;
pub mod limits;
pub mod mistake;
mod numbers;
pub mod outline;
pub mod preset;
pub mod request;
pub mod safety;

use std::path::PathBuf;

pub use command_line::command_line;
pub use mistake::{Mistake, Mistakes};
pub use request::{Request, Settings};

/// Flags of `dragon siege`. All are taken as text: a typed flag would end the program at its own mistake and hide the
/// others.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(after_help = "Examples:\n  \
        dragon siege --target http://127.0.0.1:8080\n  \
        dragon siege --target http://127.0.0.1:8080 --preset duel\n  \
        dragon siege --target http://127.0.0.1:8080 --attack 'overload*3+tyrolka,malformed'\n  \
        dragon siege --compare dragon.json other.json\n\n\
        docs/SIEGE.md explains attacks, criteria and the report.")]
pub struct SiegeArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) attack: AttackArgs,
    #[command(flatten)]
    pub(crate) load: LoadArgs,
    #[command(flatten)]
    pub(crate) rules: RulesArgs,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// Whom to attack.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Target")]
pub(crate) struct TargetArgs {
    /// The server, such as http://127.0.0.1:8080
    #[arg(long, value_name = "URL")]
    pub(crate) target: Option<String>,
    /// The model that is asked [default: the first of the target's /v1/models]
    #[arg(long, value_name = "ID")]
    pub(crate) model: Option<String>,
    /// Sent as `Authorization: Bearer K`; better given in the environment as DRAGON_API_KEY, where no list of processes
    /// shows it
    #[arg(long, value_name = "K")]
    pub(crate) api_key: Option<String>,
    /// A name for the target in reports [default: its URL]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The process that `kill-engine` kills [default: the engines that the target's /ready names]
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    pub(crate) engine_pid: Option<String>,
    /// Attack a target that is not on this machine. Say so only of servers that are yours, or whose owner agreed
    #[arg(long)]
    pub(crate) i_own_this_target: bool,
}

/// What to send.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Attack")]
pub(crate) struct AttackArgs {
    /// quick: 30 s, a bit of everything. duel: 16 min, 490 at a time, puzzles, wrong requests, greed, and up to 1677 kills.
    /// soak: 31 min of combinations [default: quick, unless --attack is given]
    #[arg(long, value_name = "NAME")]
    pub(crate) preset: Option<String>,
    /// Attacks: `,` one phase after the other, `+` at the same time, `*N` so many parts of the phase's shots. For example
    /// overload*3+slow-header,malformed
    #[arg(long, value_name = "A,B+C")]
    pub(crate) attack: Option<String>,
    /// Show all attacks, what each does and what has to hold under it, and end
    #[arg(long)]
    pub(crate) list: bool,
}

/// How much, how fast, how long.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Load")]
pub(crate) struct LoadArgs {
    /// So many clients, each its next request after its last has ended [default: 32, or the preset's]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) connections: Option<String>,
    /// Instead: so many requests a second, whatever the target does. Latency then counts from when a request was to be
    /// sent
    #[arg(long, value_name = "R", allow_negative_numbers = true)]
    pub(crate) rate: Option<String>,
    /// How requests of --rate are spread in time: constant or poisson [default: poisson]
    #[arg(long, value_name = "HOW")]
    pub(crate) arrivals: Option<String>,
    /// Instead: so many requests at once, again and again
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) burst: Option<String>,
    /// Seconds from one burst to the next [default: 1]
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    pub(crate) every: Option<String>,
    /// Seconds over which each phase grows to its full load [default: 0]
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    pub(crate) ramp: Option<String>,
    /// Seconds of attack altogether, divided among the phases [default: 15 for each, or the preset's]
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    pub(crate) duration: Option<String>,
    /// At most so many requests altogether, divided among the phases
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) count: Option<String>,
    /// Seconds of quiet measurement before the first attack, and what is on its way then [default: 20, or the preset's]
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    pub(crate) calibration: Option<String>,
    /// Of all dice: the same seed sends the same requests [default: drawn, and reported]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) seed: Option<String>,
}

/// How answers are judged.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Rules")]
pub(crate) struct RulesArgs {
    /// Every answer has to end so soon after its request was to be sent [default: 10000]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) deadline_ms: Option<String>,
    /// What an answer may be late, for clients that share a busy machine with the target [default: 350]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) grace_ms: Option<String>,
    /// A client gives up after so long [default: twice the deadline, or 5 s more where that is longer]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) patience_ms: Option<String>,
    /// What has to hold, in percent, where it is not what always has to: such as in_deadline=99.5,bystander=95. Words are
    /// answered, whole, well_formed, in_deadline, honest, right, bystander, throughput, kills, served
    #[arg(long, value_name = "RULE")]
    pub(crate) fail_under: Option<String>,
}

/// What is shown and written.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Report")]
pub(crate) struct ReportArgs {
    /// The report, with JSON and Markdown beside it [default: siege-NAME-SEED.html]
    #[arg(long, value_name = "FILE.html")]
    pub(crate) report: Option<PathBuf>,
    /// Put reports of earlier sieges side by side, and end
    #[arg(long, value_name = "FILE.json", num_args = 2..)]
    pub(crate) compare: Vec<PathBuf>,
    /// Lines of progress instead of the screen
    #[arg(long)]
    pub(crate) plain: bool,
}

#[cfg(test)]
pub(crate) mod tests {
    use clap::{CommandFactory as _, Parser};

    use super::SiegeArgs;

    /// A program of nothing but a siege.
    #[derive(Debug, Parser)]
    pub(crate) struct Program {
        #[command(flatten)]
        pub(crate) siege: SiegeArgs,
    }

    /// Plans that are not carried out.
    pub(crate) mod made_up {
        use std::time::Duration;

        use crate::ask::{Shot, Signal};
        use crate::attack::{Attack, Context, Criterion};
        use crate::judge::Rules;
        use crate::plan::{Bound, Phase, Plan, Shape, Target};

        /// A client.
        pub(crate) const ONE_CLIENT: Shape = Shape::Closed { n_clients: 1, ramp: Duration::ZERO };

        /// An attack of this name; whatever it is called, it strikes.
        #[derive(Debug)]
        pub(crate) struct Named(pub(crate) &'static str);

        /// A siege of one phase, 10 s of quiet, 30 s of attack.
        pub(crate) fn plan(attacks: &[(&'static str, u32)], shape: Shape) -> Plan {
            let attacks =
                attacks.iter().map(|&(name, weight)| (Box::new(Named(name)) as Box<dyn Attack>, weight));
            let bound = Bound { lasts: Duration::from_secs(30), n_max: 1000 };
            let phase = Phase { name: "made up".to_owned(), attacks: attacks.collect(), shape, bound };
            Plan {
                target: target(),
                rules: Rules { deadline: Duration::from_secs(10), grace: Duration::from_millis(350) },
                patience: Duration::from_secs(20),
                seed: 4711,
                calibration: Duration::from_secs(10),
                phases: vec![phase],
                rest: Duration::from_secs(1),
                max_strikes: 1677,
            }
        }

        /// On this machine.
        pub(crate) fn target() -> Target {
            Target {
                url: "http://127.0.0.1:8080".to_owned(),
                address: ([127, 0, 0, 1], 8080).into(),
                host: "127.0.0.1:8080".to_owned(),
                is_https: false,
                api_key: None,
                model: "tiny".to_owned(),
                name: "box".to_owned(),
                engine_pid: None,
                server_pid: None,
            }
        }

        impl Attack for Named {
            fn name(&self) -> &'static str {
                self.0
            }

            fn description(&self) -> &'static str {
                "Made up."
            }

            fn criterion(&self) -> Criterion {
                Criterion::OwnThroughput
            }

            fn shot(&self, _context: &Context<'_>, _dice: &mut fastrand::Rng) -> Shot {
                Shot::Kill(Signal::Kill)
            }
        }
    }

    #[test]
    fn the_command_line_is_well_formed() {
        Program::command().debug_assert();
    }

    #[test]
    fn a_comparison_of_one_is_none() {
        let refused = Program::try_parse_from(["siege", "--compare", "a.json"]).unwrap_err();
        assert!(refused.use_stderr(), "{refused}");
    }
}
