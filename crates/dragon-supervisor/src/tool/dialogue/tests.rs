use rustix::process::{Pid, test_kill_process};

use super::*;

/// What surely happens has happened after this long.
const SOON: Duration = Duration::from_secs(20);

/// What surely does not happen has not happened after this long.
const SHORT: Duration = Duration::from_millis(200);

fn shell(script: &str, silence: Duration) -> Dialogue {
    Dialogue::start(Path::new("/bin/sh"), &["-c".into(), script.into()], silence).unwrap()
}

#[test]
fn every_line_has_its_answer() {
    let mut dialogue = shell("while read -r line; do echo \"<$line>\"; done", SOON);
    for question in ["one", "", "three é"] {
        assert_eq!(dialogue.ask(question).unwrap(), format!("<{question}>"));
    }
    dialogue.end().unwrap();
}

#[test]
fn who_is_asked_nothing_just_ends() {
    shell("cat", SOON).end().unwrap();
}

/// `cat` answers while it is still being asked: both pipes are full many times over.
#[test]
fn lines_that_no_pipe_holds_get_through() {
    let mut dialogue = shell("exec cat", SOON);
    for n_bytes in [3_000_000, 1, 5_000_000] {
        let question = "é".repeat(n_bytes);
        assert!(dialogue.ask(&question).unwrap() == question, "{n_bytes}");
    }
    dialogue.end().unwrap();
}

#[test]
fn a_death_is_told_with_the_last_error() {
    let script = "read -r line; echo one; echo 'ERROR first' >&2; echo 'ERROR no such model' >&2; exit 65";
    let mut dialogue = shell(script, SOON);
    assert_eq!(dialogue.ask("a").unwrap(), "one");
    let error = dialogue.ask("b").unwrap_err();
    assert!(
        matches!(&error, ToolError::Failed { status, message }
            if status.code() == Some(65) && message == "no such model"),
        "{error:?}"
    );
    let at_the_end = shell("cat; echo 'ERROR too late' >&2; exit 70", SOON).end().unwrap_err();
    assert!(matches!(&at_the_end, ToolError::Failed { message, .. } if message == "too late"));
}

/// It dies with a question of megabytes half read: whoever writes must not stay behind.
#[test]
fn a_death_in_the_middle_of_a_question_is_told_too() {
    let mut dialogue = shell("head -c 1000 > /dev/null; echo 'ERROR enough' >&2; kill -9 $$", SOON);
    let error = dialogue.ask(&"a".repeat(3_000_000)).unwrap_err();
    assert!(
        matches!(&error, ToolError::Failed { status, message }
            if status.code().is_none() && message == "enough"),
        "{error:?}"
    );
}

#[test]
fn an_end_before_the_answer_is_no_success() {
    let error = shell("read -r line; printf 'half an answer'", SOON).ask("a").unwrap_err();
    assert!(matches!(error, ToolError::Unanswered), "{error:?}");
}

#[test]
fn silence_has_a_limit() {
    let error = shell("exec sleep 60", SHORT).ask(&"a".repeat(3_000_000)).unwrap_err();
    assert!(matches!(error, ToolError::Silent(_)), "{error:?}");
    let at_the_end = shell("exec sleep 60", SHORT).end().unwrap_err();
    assert!(matches!(at_the_end, ToolError::Silent(_)), "{at_the_end:?}");
}

#[test]
fn answers_that_nobody_asked_for_are_an_error() {
    let mut dialogue = shell("read -r line; echo one; echo two; cat", SOON);
    assert_eq!(dialogue.ask("a").unwrap(), "one");
    let error = dialogue.end().unwrap_err();
    assert!(matches!(error, ToolError::Unasked), "{error:?}");
    // It never reads: the first question fills the pipe, the second waits, the third has no place.
    let mut endless = shell("while echo said; do :; done", SOON);
    let question = "a".repeat(3_000_000);
    let error = (0..3).find_map(|_| endless.ask(&question).err()).unwrap();
    assert!(matches!(error, ToolError::Unasked), "{error:?}");
}

#[test]
fn what_is_dropped_is_ended() {
    let mut dialogue = shell("read -r line; echo $$; exec sleep 60", SOON);
    let pid = Pid::from_raw(dialogue.ask("a").unwrap().parse().unwrap()).unwrap();
    assert!(test_kill_process(pid).is_ok());
    drop(dialogue);
    assert!(test_kill_process(pid).is_err());
}
