use clap::Parser as _;

use super::*;
use crate::cli::tests::Program;

const ATTACKS: [&str; 4] = ["overload", "malformed", "slow-header", "kill-engine"];

fn read(flags: &str) -> Result<Request, Mistakes> {
    let around = Surroundings { attacks: &ATTACKS, api_key: None, drawn_seed: 4711 };
    let words = std::iter::once("siege").chain(flags.split_whitespace());
    Request::read(&Program::parse_from(words).siege, around)
}

fn settings(flags: &str) -> Settings {
    match read(&format!("--target http://127.0.0.1:8080 {flags}")) {
        Ok(Request::Siege(settings)) => *settings,
        other => panic!("{flags}: {other:?}"),
    }
}

/// The mistakes of a command line, a line for each.
fn mistakes(flags: &str) -> Vec<String> {
    let mistakes = read(flags).unwrap_err();
    mistakes.iter().map(ToString::to_string).collect()
}

fn mistake(flags: &str) -> String {
    let mut mistakes = mistakes(&format!("--target http://127.0.0.1:8080 {flags}"));
    assert_eq!(mistakes.len(), 1, "{flags}: {mistakes:?}");
    mistakes.remove(0)
}

#[test]
fn a_target_alone_is_a_quick_siege() {
    let settings = settings("");
    assert!(matches!(settings.choice, Choice::Preset(preset) if preset.name == "quick"));
    assert_eq!(settings.changes, Changes::default());
    assert_eq!(settings.rules, Rules { deadline: DEFAULT_DEADLINE, grace: DEFAULT_GRACE });
    assert_eq!(settings.patience, Duration::from_secs(20));
    assert_eq!(settings.seed, 4711);
    assert_eq!(settings.report, Path::new("siege-127.0.0.1-8080-4711.html"));
    assert_eq!(settings.ownership, Ownership::Unclaimed);
    assert_eq!(settings.view, View::Screen);
}

#[test]
fn every_flag_reaches_its_setting() {
    let settings = settings(
        "--model m --name box --engine-pid 4242 --i-own-this-target --attack overload*3,malformed --rate 12.5 \
         --arrivals constant --ramp 2 --duration 90 --count 1000 --calibration 5 --seed 7 --deadline-ms 3000 \
         --grace-ms 0 --patience-ms 3001 --plain --report /tmp/x.html",
    );
    assert_eq!(settings.model.as_deref(), Some("m"));
    assert_eq!(settings.name.as_deref(), Some("box"));
    assert_eq!(settings.engine_pid, Some(4242));
    assert_eq!(settings.ownership, Ownership::Claimed);
    assert!(matches!(&settings.choice, Choice::Attacks(list) if list.phases.len() == 2));
    let expected = Changes {
        load: Some(Load::Rate { per_s: 12.5, arrivals: Arrivals::Constant }),
        ramp: Some(Duration::from_secs(2)),
        lasts: Some(Duration::from_secs(90)),
        n_shots: Some(1000),
        calibration: Some(Duration::from_secs(5)),
    };
    assert_eq!(settings.changes, expected);
    assert_eq!(settings.seed, 7);
    assert_eq!(settings.rules, Rules { deadline: Duration::from_secs(3), grace: Duration::ZERO });
    assert_eq!(settings.patience, Duration::from_millis(3001));
    assert_eq!(settings.view, View::Plain);
    assert_eq!(settings.report, Path::new("/tmp/x.html"));
}

#[test]
fn each_kind_of_load_is_read() {
    assert_eq!(settings("--connections 490").changes.load, Some(Load::Clients(490)));
    let poisson = Load::Rate { per_s: 100.0, arrivals: Arrivals::Poisson };
    assert_eq!(settings("--rate 100").changes.load, Some(poisson));
    let bursts = |every_ms| Load::Bursts { n_at_once: 50, every: Duration::from_millis(every_ms) };
    assert_eq!(settings("--burst 50").changes.load, Some(bursts(1000)));
    assert_eq!(settings("--burst 50 --every 0.5").changes.load, Some(bursts(500)));
}

#[test]
fn all_mistakes_are_told_together() {
    let found = mistakes(
        "--attack overlaod --rate fast --deadline-ms 1 --duration 0 --engine-pid 1 --report report.pdf \
         --fail-under answered",
    );
    let begins = [
        "--target is missing",
        "--engine-pid \"1\": give a whole number from 2",
        "--attack: at character 1: there is no attack \"overlaod\"; did you mean overload?",
        "--rate \"fast\": give a number from 0.01 to 100000",
        "--duration \"0\": give seconds from 1 to 28800",
        "--deadline-ms \"1\": give milliseconds from 50",
        "--fail-under \"answered\": ",
        "--report report.pdf: give a name that ends in .html",
    ];
    assert_eq!(found.len(), begins.len(), "{found:?}");
    for (found, begins) in found.iter().zip(begins) {
        assert!(found.starts_with(begins), "{found} should begin with {begins}");
    }
}

#[test]
fn what_contradicts_itself_is_refused() {
    let pairs = [
        ("--preset quick --attack overload", "--preset and --attack exclude each other"),
        ("--connections 1 --rate 1", "--connections and --rate exclude each other"),
        ("--connections 1 --burst 1", "--connections and --burst exclude each other"),
        ("--rate 1 --burst 1", "--rate and --burst exclude each other"),
        ("--burst 1 --ramp 1", "--burst and --ramp exclude each other"),
        ("--arrivals poisson", "--arrivals needs --rate"),
        ("--every 1", "--every needs --burst"),
        ("--list", "--list and --target exclude each other"),
        ("--compare a.json b.json", "--compare and --target exclude each other"),
    ];
    for (flags, begins) in pairs {
        let mistake = mistake(flags);
        assert!(mistake.starts_with(begins), "{mistake} should begin with {begins}");
    }
}

#[test]
fn words_are_proposed_for_misspelt_ones() {
    assert_eq!(
        mistake("--preset dule"),
        "--preset \"dule\": give one of quick, duel, soak; did you mean duel?"
    );
    assert_eq!(mistake("--rate 1 --arrivals even"), "--arrivals \"even\": give one of constant, poisson");
}

#[test]
fn load_is_bounded() {
    for flags in
        ["--connections 20001", "--rate 100001", "--duration 28801", "--count 1000000001", "--burst 20001"]
    {
        let (flag, text) = flags.split_once(' ').unwrap();
        let mistake = mistake(flags);
        assert!(mistake.starts_with(&format!("{flag} \"{text}\": give ")), "{mistake}");
    }
}

#[test]
fn patience_is_longer_than_an_answer_may_take() {
    let mistake = mistake("--deadline-ms 1000 --grace-ms 100 --patience-ms 1100");
    assert!(mistake.starts_with("--patience-ms \"1100\": give milliseconds from 1101"), "{mistake}");
    assert_eq!(settings("--deadline-ms 1000").patience, Duration::from_millis(6350));
    assert_eq!(settings("--deadline-ms 3600000").patience, Duration::from_secs(7200));
}

#[test]
fn the_key_comes_from_the_flag_or_else_the_environment() {
    let key = |flags: &str, variable: &str| {
        let around = Surroundings { attacks: &ATTACKS, api_key: Some(variable.to_owned()), drawn_seed: 0 };
        let words = format!("siege --target http://127.0.0.1:1 {flags}");
        match Request::read(&Program::parse_from(words.split_whitespace()).siege, around) {
            Ok(Request::Siege(settings)) => Ok(settings.api_key),
            Ok(other) => panic!("{other:?}"),
            Err(mistakes) => Err(mistakes),
        }
    };
    assert_eq!(key("--api-key flag", "variable"), Ok(Some("flag".to_owned())));
    assert_eq!(key("", "variable"), Ok(Some("variable".to_owned())));
    assert_eq!(key("", ""), Ok(None));
    assert_eq!(key("", "two\nlines"), Err(Mistake::ApiKey(API_KEY_VARIABLE).into()));
    assert_eq!(key("--api-key żółw", "variable"), Err(Mistake::ApiKey("--api-key").into()));
}

#[test]
fn a_report_is_never_asked_for_in_vain() {
    let folder = tempfile::tempdir().unwrap();
    let in_folder = |name: &str| folder.path().join(name);
    std::fs::create_dir(in_folder("taken.html")).unwrap();
    assert_eq!(check_report(&in_folder("new.html")), Ok(()));
    let wrong = |path: &Path| check_report(path).unwrap_err().to_string();
    assert!(wrong(&in_folder("taken.html")).ends_with("that is a folder"));
    assert!(wrong(&in_folder("missing/new.html")).ends_with("there is no such folder"));
    assert!(wrong(&in_folder("new")).contains("ends in .html"));
}

#[test]
fn the_default_name_of_a_report_is_a_plain_one() {
    let name = |about| default_report(about, 7).display().to_string();
    assert_eq!(name("https://[::1]:8443/v1"), "siege-1--8443-v1-7.html");
    assert_eq!(name("../../etc/passwd"), "siege-etc-passwd-7.html");
    assert_eq!(name(""), "siege--7.html");
}

#[test]
fn a_list_and_a_comparison_need_no_target() {
    assert!(matches!(read("--list"), Ok(Request::List)));
    let Ok(Request::Compare { reports, into }) = read("--compare a.json b.json c.json --report duel.html")
    else {
        panic!("it is a comparison");
    };
    assert_eq!(reports.len(), 3);
    assert_eq!(into, Path::new("duel.html"));
}
