//! Status, finish reason, label, usage and text that do not agree.

use super::*;

/// An ending that is right, of each outcome.
fn endings() -> Vec<(&'static str, Option<&'static str>, &'static str)> {
    vec![
        ("complete", None, "stop"),
        ("landed", Some("deadline"), "length"),
        ("partial", Some("engine_down"), "length"),
        ("fallback", Some("busy"), "length"),
    ]
}

fn ended(plan: &Plan, (outcome, reason, finish): (&str, Option<&str>, &'static str)) -> Plan {
    let usage = if outcome == "fallback" { usage(0, 0) } else { plan.usage.clone() };
    Plan { label: label(outcome, reason), finish, usage, ..plan.clone() }
}

fn every_labelled_form() -> Vec<Plan> {
    every_form().into_iter().filter(|plan| !plan.label.is_null()).collect()
}

#[track_caller]
fn assert_lies(plan: &Plan) {
    let verdict = plan.judge();
    assert_eq!(verdict.class, Class::Faulty);
    assert!(kinds(&verdict).iter().all(|kind| *kind == "lie"), "{verdict:?}");
}

#[test]
fn each_outcome_is_right_with_its_own_ending() {
    for plan in every_labelled_form() {
        for ending in endings() {
            let verdict = ended(&plan, ending).judge();
            assert_eq!(verdict.faults, [], "{ending:?}");
            assert_eq!(verdict.outcome.map(Outcome::as_str), Some(ending.0));
        }
        let reached = Plan { usage: usage(12, 64), finish: "length", ..plan };
        assert_eq!(reached.judge().faults, []);
    }
}

#[test]
fn an_outcome_has_its_own_reasons_and_finish_reason() {
    for plan in every_labelled_form() {
        assert_lies(&ended(&plan, ("complete", Some("deadline"), "length")));
        assert_lies(&ended(&plan, ("landed", None, "length")));
        assert_lies(&ended(&plan, ("landed", Some("deadline"), "stop")));
        assert_lies(&ended(&plan, ("landed", Some("engine_down"), "length")));
        assert_lies(&ended(&plan, ("partial", Some("busy"), "length")));
        assert_lies(&ended(&plan, ("fallback", Some("context"), "length")));
        assert_lies(&ended(&plan, ("fallback", Some("busy"), "stop")));
        assert_lies(&ended(&plan, ("complete", None, "content_filter")));
    }
}

#[test]
fn complete_by_length_has_as_many_tokens_as_were_asked_for() {
    for plan in every_labelled_form().into_iter().filter(|plan| plan.wanted.way != Way::Streamed) {
        assert_lies(&Plan { finish: "length", usage: usage(12, 63), ..plan });
    }
}

#[test]
fn the_limit_is_for_those_who_asked_for_none() {
    for mut plan in every_labelled_form() {
        let ending = ("partial", Some("limit"), "length");
        assert_lies(&ended(&plan, ending));
        plan.wanted.max_tokens = None;
        assert_eq!(ended(&plan, ending).judge().faults, []);
    }
}

#[test]
fn a_fallback_has_no_tokens_of_the_model() {
    for plan in every_labelled_form().into_iter().filter(|plan| plan.wanted.way != Way::Streamed) {
        let fallback = ended(&plan, ("fallback", Some("busy"), "length"));
        assert_lies(&Plan { usage: usage(0, 5), ..fallback.clone() });
        assert_lies(&Plan { usage: usage(5, 0), ..fallback });
    }
}

#[test]
fn only_a_complete_answer_may_be_empty() {
    for plan in every_labelled_form() {
        for ending in endings() {
            let mut empty = ended(&plan, ending);
            (empty.pieces, empty.wanted.check) = (Vec::new(), None);
            if ending.0 != "fallback" {
                empty.usage = usage(12, 1);
            }
            if ending.0 == "complete" {
                assert_eq!(empty.judge().faults, []);
            } else {
                assert_lies(&empty);
            }
        }
    }
}

#[test]
fn the_label_names_the_model_the_deadline_and_its_times_rightly() {
    for plan in every_labelled_form() {
        let with = |field: &str, value: Value| {
            let mut plan = plan.clone();
            plan.label[field] = value;
            plan
        };
        assert_lies(&with("model", json!("huge")));
        assert_lies(&with("deadline_ms", json!(0)));
        assert_lies(&with("deadline_ms", json!(10_001)));
        assert_eq!(with("deadline_ms", json!(9_000)).judge().faults, []);
        // It took 490 ms, of which 3 are for other things than decoding.
        assert_eq!(with("decode_ms", json!(537)).judge().faults, []);
        assert_lies(&with("decode_ms", json!(538)));
        assert_lies(&with("queue_ms", json!(u64::MAX)));
        let verdicts = plan.each_changed(|document| {
            if document["dragon"].is_object() {
                document["model"] = json!("huge");
            }
        });
        assert_eq!(kinds(verdicts.last().unwrap()), ["lie"]);
    }
}

#[test]
fn headers_repeat_the_label_of_an_answer_in_one_piece() {
    for endpoint in [Endpoint::Chat, Endpoint::Completions] {
        let plan = ended(&labelled(endpoint, Way::Whole), ("landed", Some("load"), "length"));
        for name in ["x-dragon-outcome", "x-dragon-reason"] {
            let mut case = plan.case();
            case.response().headers.insert(name, "deadline".parse().unwrap());
            assert_eq!(kinds(&case.judge()), ["lie"]);
            case.response().headers.remove(name);
            assert_eq!(kinds(&case.judge()), ["lie"]);
        }
        let mut unlabelled = self::plan(endpoint, Way::Whole).case();
        unlabelled.response().headers.insert("x-dragon-outcome", "complete".parse().unwrap());
        assert_eq!(kinds(&unlabelled.judge()), ["lie"]);
    }
}

fn every_form_with_usage() -> Vec<Plan> {
    every_form().into_iter().filter(|plan| plan.wanted.way != Way::Streamed).collect()
}

#[test]
fn the_total_is_the_sum() {
    for mut plan in every_form_with_usage() {
        for total in [json!(18), json!(20), json!(u64::MAX)] {
            plan.usage["total_tokens"] = total;
            assert_lies(&plan);
        }
        plan.usage = json!({"prompt_tokens": u64::MAX, "completion_tokens": 7, "total_tokens": 6});
        assert_lies(&plan);
    }
}

#[test]
fn no_more_tokens_come_than_were_asked_for() {
    for mut plan in every_form_with_usage() {
        plan.usage = usage(12, 65);
        assert_lies(&plan);
        // Thinking may count apart.
        plan.usage["completion_tokens_details"] = json!({"reasoning_tokens": 40});
        assert_eq!(plan.judge().faults, []);
        plan.usage["completion_tokens_details"] = json!({"reasoning_tokens": null});
        assert_lies(&plan);
        plan.wanted.max_tokens = None;
        assert_eq!(plan.judge().faults, []);
    }
}

#[test]
fn text_has_tokens_and_tokens_have_text() {
    for mut plan in every_form_with_usage() {
        plan.usage = usage(12, 0);
        assert_lies(&plan);
        plan.usage = usage(12, 1);
        assert_eq!(plan.judge().faults, []);
        plan.pieces.push(
            "and so on and so on and so on and so on and so on and so on and so on and so on and so on.",
        );
        plan.usage = usage(12, 0);
        assert_lies(&plan);
        (plan.pieces, plan.wanted.check) = (Vec::new(), None);
        // It ended at once.
        plan.usage = usage(12, 1);
        assert_eq!(plan.judge().faults, []);
        plan.usage = usage(12, 30);
        assert_lies(&plan);
    }
}

#[test]
fn length_without_a_label_means_that_max_tokens_were_reached() {
    for plan in every_form_with_usage().into_iter().filter(|plan| plan.label.is_null()) {
        let ended = |usage: Value| Plan { finish: "length", usage, ..plan.clone() };
        assert_eq!(ended(usage(12, 64)).judge().faults, []);
        assert_lies(&ended(usage(12, 7)));
        // The context may have ended it, or a limit of the server's own.
        assert_eq!(ended(usage(500, 7)).judge().faults, []);
        let mut greedy = ended(usage(12, 7));
        greedy.wanted.max_tokens = Some(u64::MAX);
        assert_eq!(greedy.judge().faults, []);
    }
}

#[test]
fn who_ends_to_call_something_calls_something() {
    let plan = Plan { finish: "tool_calls", ..plan(Endpoint::Chat, Way::Whole) };
    assert_lies(&plan);
    let verdicts = plan.each_changed(|document| {
        document["choices"][0]["message"] =
            json!({"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {}}]});
    });
    assert_eq!(verdicts[0].faults, []);
}
