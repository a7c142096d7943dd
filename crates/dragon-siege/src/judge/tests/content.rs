//! What has to be in an answer.

use super::super::content::check;
use super::*;

fn one_of(words: &[&str], text: &str) -> bool {
    let words = words.iter().map(|word| (*word).to_owned()).collect();
    check(&Check::OneOf(words), text).is_ok()
}

#[test]
fn words_stand_in_any_case_and_whole() {
    for text in ["Paris", "It is PARIS!", "**paris**", "(Paris)", "<think>London?</think>Paris"] {
        assert!(one_of(&["Paris"], text), "{text}");
    }
    for text in ["", "Parisian", "comparis", "Par is", "London", "<think>Paris?</think>London"] {
        assert!(!one_of(&["Paris"], text), "{text}");
    }
    assert!(one_of(&["Warsaw", "Warszawa"], "To Warszawa."));
    assert!(one_of(&["Łódź"], "łódź"));
}

#[test]
fn numbers_are_not_parts_of_others() {
    for text in ["42", "= 42.", "42, of course", "It is 42", "17+25=42", "- 42", "**42**", "\\boxed{42}"] {
        assert!(one_of(&["42"], text), "{text}");
    }
    for text in ["142", "420", "4.2", "42.5", "3.42", "42,000", "1,042", "-42", "it is -42", "\u{2212}42"] {
        assert!(!one_of(&["42"], text), "{text}");
    }
}

#[test]
fn an_echo_is_to_the_letter() {
    let echo = Check::Echo("xK7-Żółw 🐉".to_owned());
    assert!(check(&echo, "xK7-Żółw 🐉").is_ok());
    assert!(check(&echo, "\"xK7-Żółw 🐉\"\n").is_ok());
    assert!(check(&echo, "xk7-Żółw 🐉").is_err());
    assert!(check(&echo, "xK7-Żółw").is_err());
}

#[test]
fn json_stands_alone_or_within_a_fence() {
    let wanted = Check::Json { key: "sum".to_owned(), value: json!(5) };
    for text in [
        r#"{"sum": 5}"#,
        " {\"sum\": 5.0, \"more\": []}\n",
        "```json\n{\"sum\": 5}\n```",
        "Here it is:\n```\n{\"sum\": 5}\n```\nGood luck!",
        "```{\"sum\": 5}```",
    ] {
        assert!(check(&wanted, text).is_ok(), "{text}");
    }
    for text in [
        "",
        "5",
        r#"{"sum": 6}"#,
        r#"{"sum": "5"}"#,
        r#"{"total": 5}"#,
        r#"It is {"sum": 5}."#,
        r#"{"sum": 5"#,
    ] {
        assert!(check(&wanted, text).is_err(), "{text}");
    }
    let word = Check::Json { key: "city".to_owned(), value: json!("Rome") };
    assert!(check(&word, r#"{"city": "Rome"}"#).is_ok());
    assert!(check(&word, r#"{"city": "rome"}"#).is_err());
}

#[test]
fn a_wrong_answer_is_named_in_every_form() {
    for plan in every_form() {
        let wrong = Plan { pieces: vec!["It is ", "Lyon."], ..plan };
        let verdict = wrong.judge();
        assert_eq!(verdict.class, Class::Faulty);
        assert_eq!(verdict.faults, [Fault::WrongContent("\"It is Lyon.\" instead of Paris".into())]);
        let mut unchecked = wrong.clone();
        unchecked.wanted.check = None;
        assert_eq!(unchecked.judge().faults, []);
    }
}

#[test]
fn who_says_that_it_is_no_whole_answer_need_not_be_right() {
    for plan in every_form().into_iter().filter(|plan| !plan.label.is_null()) {
        for (outcome, reason) in [("landed", "load"), ("partial", "deadline"), ("fallback", "busy")] {
            let cut = Plan {
                pieces: vec!["The capital"],
                finish: "length",
                label: label(outcome, Some(reason)),
                usage: if outcome == "fallback" { usage(0, 0) } else { usage(12, 3) },
                ..plan.clone()
            };
            assert_eq!(cut.judge().faults, []);
        }
    }
}

#[test]
fn a_filtered_answer_need_not_be_right() {
    let filtered =
        Plan { pieces: vec!["The"], finish: "content_filter", ..plan(Endpoint::Chat, Way::Streamed) };
    assert_eq!(filtered.judge().faults, []);
}

#[test]
fn a_cut_or_lying_answer_is_not_called_wrong_as_well() {
    let plan = Plan { pieces: vec!["Lyon"], usage: usage(12, 0), ..plan(Endpoint::Chat, Way::Whole) };
    assert_eq!(kinds(&plan.judge()), ["lie"]);
}
