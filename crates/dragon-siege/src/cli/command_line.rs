//! Flags as they were typed: which of them were given, and the command that repeats a siege.

use std::path::Path;

use super::SiegeArgs;

/// A flag and its value; `None` for one without.
type Given = (&'static str, Option<String>);

/// What stands for the API key: a report is shown to others.
const HIDDEN_KEY: &str = "KEY";

/// The flags that were given, in the order of the help.
pub(super) fn given(args: &SiegeArgs) -> Vec<Given> {
    let SiegeArgs { target, attack, load, rules, report } = args;
    let text = |flag, value: &Option<String>| value.clone().map(|value| (flag, Some(value)));
    let switch = |flag, is_on: bool| is_on.then_some((flag, None));
    let in_words = |path: &Path| path.display().to_string();
    let compared = report.compare.iter().map(|path| in_words(path)).collect::<Vec<_>>().join(" ");
    let all = [
        text("--target", &target.target),
        text("--model", &target.model),
        text("--api-key", &target.api_key),
        text("--name", &target.name),
        text("--engine-pid", &target.engine_pid),
        switch("--i-own-this-target", target.i_own_this_target),
        text("--preset", &attack.preset),
        text("--attack", &attack.attack),
        switch("--list", attack.list),
        text("--connections", &load.connections),
        text("--rate", &load.rate),
        text("--arrivals", &load.arrivals),
        text("--burst", &load.burst),
        text("--every", &load.every),
        text("--ramp", &load.ramp),
        text("--duration", &load.duration),
        text("--count", &load.count),
        text("--calibration", &load.calibration),
        text("--seed", &load.seed),
        text("--deadline-ms", &rules.deadline_ms),
        text("--grace-ms", &rules.grace_ms),
        text("--patience-ms", &rules.patience_ms),
        text("--fail-under", &rules.fail_under),
        report.report.as_deref().map(|path| ("--report", Some(in_words(path)))),
        (!report.compare.is_empty()).then_some(("--compare", Some(compared))),
        switch("--plain", report.plain),
    ];
    all.into_iter().flatten().collect()
}

/// The command line that repeats a siege, for a shell: with its seed, without the key.
#[must_use]
pub fn command_line(args: &SiegeArgs, seed: u64) -> String {
    let mut text = String::from("dragon siege");
    for (flag, value) in given(args) {
        let value = match (flag, value) {
            // Where the report goes is nobody else's concern, and the seed comes last in any case.
            ("--seed" | "--report" | "--plain", _) => continue,
            ("--api-key", Some(_)) => Some(HIDDEN_KEY.to_owned()),
            (_, value) => value,
        };
        text.push(' ');
        text.push_str(flag);
        if let Some(value) = value {
            text.push(' ');
            text.push_str(&quoted(&value));
        }
    }
    text.push_str(&format!(" --seed {seed}"));
    text
}

/// As one word for a shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=+@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::*;
    use crate::cli::tests::Program;

    #[test]
    fn the_command_that_repeats_a_siege_has_its_seed_and_not_its_key() {
        let args = Program::parse_from([
            "siege",
            "--plain",
            "--target",
            "http://127.0.0.1:1",
            "--api-key",
            "secret",
            "--attack",
            "overload*3+it's",
            "--i-own-this-target",
            "--report",
            "x.html",
        ]);
        assert_eq!(
            command_line(&args.siege, 47),
            r"dragon siege --target http://127.0.0.1:1 --api-key KEY --i-own-this-target --attack 'overload*3+it'\''s' --seed 47"
        );
    }

    #[test]
    fn every_flag_of_the_help_is_known_here() {
        let mut command = Program::command();
        command.build();
        let mut n_flags = 0;
        for arg in command.get_arguments().filter(|arg| arg.get_id() != "help") {
            let flag = format!("--{}", arg.get_long().unwrap());
            let mut words = vec!["siege".to_owned(), flag.clone()];
            if arg.get_action().takes_values() {
                let n_values = arg.get_num_args().unwrap().min_values();
                words.extend((0..n_values).map(|idx| idx.to_string()));
            }
            let args = Program::parse_from(&words).siege;
            let known: Vec<&str> = given(&args).into_iter().map(|(flag, _)| flag).collect();
            assert_eq!(known, [flag.as_str()]);
            n_flags += 1;
        }
        assert_eq!(n_flags, 26);
    }
}
