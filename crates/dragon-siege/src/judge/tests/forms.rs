//! Whole, well-formed, in time.

use super::*;

#[test]
fn a_right_answer_is_served_in_every_form() {
    for plan in every_form() {
        let verdict = plan.judge();
        assert_eq!(verdict.faults, [], "{:?}", plan.wanted);
        assert_eq!(verdict.class, Class::Served);
        let outcome = (!plan.label.is_null()).then_some(Outcome::Complete);
        assert_eq!(verdict.outcome, outcome);
        // By usage where there is one; else by pieces, and this text has six.
        assert_eq!(verdict.n_tokens, if plan.wanted.way == Way::Streamed { 6 } else { 7 });
        // The chunk with the role brings no text.
        let first = match (plan.wanted.way, plan.wanted.endpoint) {
            (Way::Whole, _) => 400,
            (_, Endpoint::Chat) => 110,
            (_, Endpoint::Completions) => 100,
        };
        assert_eq!(verdict.first_text, Some(ms(first)));
    }
}

#[test]
fn fields_that_nobody_knows_are_fine_everywhere() {
    for plan in every_form() {
        let verdicts = plan.each_changed(|document| {
            document["timings"] = json!({"predicted_ms": 3.5, "deep": [[[[null]]]]});
            document["system_fingerprint"] = json!("b4567");
            document["error"] = Value::Null;
            if document["dragon"].is_object() {
                document["dragon"]["ambiguity"] = json!(0.25);
            }
            if document["choices"][0].is_object() {
                document["choices"][0]["stop_reason"] = json!(17);
            }
        });
        assert!(verdicts.iter().all(|verdict| verdict.faults.is_empty()), "{verdicts:?}");
    }
}

#[test]
fn no_answer_is_unanswered_and_not_late_as_well() {
    let mut case = plan(Endpoint::Chat, Way::Whole).case();
    let silences = [
        Silence::Unreachable("refused".into()),
        Silence::Closed("reset".into()),
        Silence::Hung,
        Silence::NotHttp("SSH-2.0".into()),
    ];
    for silence in silences {
        case.exchange.reply = Reply::None(silence);
        case.exchange.ended_at = ms(60_000);
        assert_eq!(kinds(&case.judge()), ["unanswered"]);
    }
    // A head is no answer either.
    let mut case = plan(Endpoint::Chat, Way::Streamed).case().cut(0, BodyEnd::Hung);
    case.exchange.ended_at = ms(60_000);
    assert_eq!(kinds(&case.judge()), ["unanswered"]);
}

#[test]
fn an_answer_may_end_at_the_last_moment_and_not_later() {
    for (ended_at, kinds_then) in [(11_250, vec![]), (11_251, vec!["late"])] {
        for mut case in every_form().iter().map(Plan::case) {
            case.exchange.ended_at = ms(ended_at);
            assert_eq!(kinds(&case.judge()), kinds_then);
        }
        // A refusal, a rejection and the wrong status alike.
        let refused = Case { ask: plan(Endpoint::Chat, Way::Whole).case().ask, exchange: error(503) };
        let rejected = Case { ask: ask(Expects::Rejection), exchange: error(400) };
        for mut case in [refused, rejected] {
            case.exchange.ended_at = ms(ended_at);
            assert_eq!(kinds(&case.judge()), kinds_then);
        }
    }
    // Latency counts from when it was to be sent.
    let mut case = plan(Endpoint::Chat, Way::Whole).case();
    (case.exchange.sent_at, case.exchange.ended_at) = (ms(11_200), ms(11_300));
    assert_eq!(case.judge().faults, [Fault::Late { by: ms(50) }]);
}

#[test]
fn a_body_that_is_cut_is_truncated() {
    for plan in every_form() {
        let n_bytes = plan.case().response().body.len();
        for end in [BodyEnd::Cut("reset".into()), BodyEnd::Hung, BodyEnd::Whole] {
            assert_eq!(kinds(&plan.case().cut(n_bytes / 2, end).judge()), ["truncated"], "{:?}", plan.wanted);
        }
        // Even where all of the text has come: the next response would not be found.
        assert_eq!(kinds(&plan.case().cut(n_bytes, BodyEnd::Cut("reset".into())).judge()), ["truncated"]);
    }
}

#[test]
fn what_was_cut_still_counts_its_tokens() {
    let plan = plan(Endpoint::Chat, Way::Streamed);
    let n_bytes = plan.case().response().body.len();
    let verdict = plan.case().cut(n_bytes / 2, BodyEnd::Whole).judge();
    assert_eq!(verdict.class, Class::Faulty);
    assert!((1..6).contains(&verdict.n_tokens), "{verdict:?}");
    assert_eq!(verdict.first_text, Some(ms(110)));
}

#[test]
fn a_stream_ends_with_a_finish_reason_and_done() {
    for plan in every_form().into_iter().filter(|plan| plan.wanted.way.is_streamed()) {
        let done = "data: [DONE]\n\n";
        let case = plan.case();
        let n_bytes = case.clone().response().body.len();
        let verdict = case.cut(n_bytes - done.len(), BodyEnd::Whole).judge();
        assert_eq!(verdict.faults, [Fault::Truncated("no `[DONE]`".into())]);

        let mut chunks = plan.chunks();
        chunks.retain(|chunk| chunk["choices"][0]["finish_reason"].is_null());
        assert_eq!(plan.case_of(&chunks).judge().faults, [Fault::Truncated("no finish_reason".into())]);
        assert_eq!(kinds(&plan.case_of(&[]).judge()), ["truncated"]);
    }
}

#[test]
fn an_error_within_a_stream_truncates_it_or_is_all_there_is() {
    let failure = json!({"error": {"message": "out of memory", "type": "server_error"}});
    for plan in every_form().into_iter().filter(|plan| plan.wanted.way.is_streamed()) {
        let mut chunks = plan.chunks();
        chunks[3] = failure.clone();
        let verdict = plan.case_of(&chunks).judge();
        assert_eq!(verdict.faults, [Fault::Truncated("by an error event: out of memory".into())]);
        // The chunk with the role is no text.
        let opening = usize::from(plan.wanted.endpoint == Endpoint::Chat);
        chunks[opening] = failure.clone();
        assert_eq!(kinds(&plan.case_of(&chunks).judge()), ["error as success"]);
        assert_eq!(kinds(&plan.case_of(std::slice::from_ref(&failure)).judge()), ["error as success"]);
    }
}

#[test]
fn an_error_with_the_status_of_a_success_is_named() {
    for error in [json!({"error": {"message": "boom"}}), json!({"error": "boom"})] {
        for plan in every_form() {
            let mut case = plan.case();
            case.exchange = response(200, Some("application/json"), error.to_string());
            assert_eq!(case.judge().faults, [Fault::ErrorAsSuccess("boom".into())], "{:?}", plan.wanted);
        }
    }
    // Also where the rest of it cannot be read as an answer.
    let mut case = plan(Endpoint::Chat, Way::Whole).case();
    case.exchange = response(200, Some("application/json"), r#"{"id": 5, "error": {"message": "boom"}}"#);
    assert_eq!(kinds(&case.judge()), ["error as success"]);
}

#[test]
fn what_is_no_answer_is_malformed() {
    for plan in every_form() {
        let judge = |content_type: Option<&str>, body: &'static str| {
            let mut case = plan.case();
            case.exchange = response(200, content_type, body);
            kinds(&case.judge())
        };
        assert_eq!(judge(Some("text/html"), "<html>oops</html>"), ["malformed"]);
        assert_eq!(judge(Some("application/json"), "<html>oops</html>"), ["malformed"]);
        assert_eq!(judge(Some("application/json"), ""), ["malformed"]);
        assert_eq!(judge(Some("text/event-stream"), ""), ["malformed"]);
        assert_eq!(judge(None, "hello"), ["malformed"]);
        assert_eq!(judge(Some("application/json"), "{}"), ["malformed"]);
        assert_eq!(judge(Some("application/json"), "[1, 2]"), ["malformed"]);
        let mut too_long = plan.case();
        too_long.response().end = BodyEnd::TooLong;
        assert_eq!(kinds(&too_long.judge()), ["malformed"]);
    }
}

#[test]
fn a_stream_comes_where_one_was_asked_for_and_only_there() {
    let (stream, whole) = (plan(Endpoint::Chat, Way::Streamed), plan(Endpoint::Chat, Way::Whole));
    let swapped =
        [Case { ask: stream.case().ask, ..whole.case() }, Case { ask: whole.case().ask, ..stream.case() }];
    for case in swapped {
        assert_eq!(kinds(&case.judge()), ["malformed"]);
    }
}

#[test]
fn the_content_type_may_have_parameters_and_any_case() {
    let mut case = plan(Endpoint::Chat, Way::Streamed).case();
    for (content_type, is_right) in [
        ("text/event-stream; charset=utf-8", true),
        ("Text/Event-Stream ;charset=UTF-8", true),
        ("text/event-streams", false),
        ("text/plain", false),
    ] {
        case.response().headers.insert("content-type", content_type.parse().unwrap());
        assert_eq!(case.judge().faults.is_empty(), is_right, "{content_type}");
    }
}

#[test]
fn every_required_field_is_missed_and_has_its_type() {
    for plan in every_form() {
        for field in ["id", "object", "created", "model", "choices"] {
            for wrong in [Value::Null, json!({"a": 1}), json!(17.5), json!(true)] {
                let verdicts = plan.each_changed(|document| document[field] = wrong.clone());
                for verdict in verdicts {
                    assert_eq!(kinds(&verdict), ["malformed"], "{field} {wrong} {:?}", plan.wanted);
                }
            }
            let verdicts =
                plan.each_changed(|document| drop(document.as_object_mut().unwrap().remove(field)));
            assert!(verdicts.iter().all(|verdict| kinds(verdict) == ["malformed"]), "{field}");
        }
    }
}

#[test]
fn every_required_field_of_a_choice_is_missed() {
    for plan in every_form() {
        let inner = match (plan.wanted.endpoint, plan.wanted.way) {
            (Endpoint::Completions, _) => "text",
            (Endpoint::Chat, Way::Whole) => "message",
            (Endpoint::Chat, _) => "delta",
        };
        for field in ["index", inner] {
            for wrong in [Value::Null, json!(-1), json!([1])] {
                let mut chunks = plan.documents();
                chunks[0]["choices"][0][field] = wrong.clone();
                assert_eq!(kinds(&plan.case_of(&chunks).judge()), ["malformed"], "{field} {wrong}");
            }
        }
    }
    let chat = plan(Endpoint::Chat, Way::Whole);
    for (field, wrong) in
        [("role", json!("user")), ("role", Value::Null), ("content", json!([{"type": "text"}]))]
    {
        let verdicts = chat.each_changed(|document| document["choices"][0]["message"][field] = wrong.clone());
        assert_eq!(kinds(&verdicts[0]), ["malformed"], "{field} {wrong}");
    }
    let verdicts = chat.each_changed(|document| {
        document["choices"][0]["message"].as_object_mut().unwrap().remove("content");
    });
    assert_eq!(kinds(&verdicts[0]), ["malformed"]);
}

#[test]
fn a_finish_reason_is_one_of_the_list() {
    for mut plan in every_form() {
        plan.finish = "because";
        // Servers have words of their own, such as `abort` and `load`; Dragon has none.
        let expected: &[&str] = if plan.label.is_null() { &[] } else { &["malformed"] };
        assert_eq!(kinds(&plan.judge()), expected);
        plan.finish = "";
        assert_eq!(kinds(&plan.judge()), ["malformed"]);
    }
    for finish in ["content_filter", "stop", "length"] {
        let mut plan = plan(Endpoint::Chat, Way::Streamed);
        plan.finish = finish;
        assert_eq!(kinds(&plan.judge()), Vec::<&str>::new());
    }
    let mut documents = plan(Endpoint::Chat, Way::Whole).documents();
    documents[0]["choices"][0]["finish_reason"] = Value::Null;
    assert_eq!(kinds(&plan(Endpoint::Chat, Way::Whole).case_of(&documents).judge()), ["malformed"]);
}

#[test]
fn choices_are_counted() {
    for plan in every_form() {
        let mut documents = plan.documents();
        documents[0]["choices"][0]["index"] = json!(u64::MAX);
        assert_eq!(kinds(&plan.case_of(&documents).judge()), ["malformed"]);
    }
    for (choices, kinds_then) in
        [(vec![0, 0], vec!["malformed"]), (vec![0, 2], vec!["malformed"]), (vec![1, 0], vec![])]
    {
        let plan = plan(Endpoint::Completions, Way::Whole);
        let mut documents = plan.documents();
        let with_index = |index: &i32| {
            let mut choice = documents[0]["choices"][0].clone();
            choice["index"] = json!(index);
            choice
        };
        documents[0]["choices"] = choices.iter().map(with_index).collect();
        assert_eq!(kinds(&plan.case_of(&documents).judge()), kinds_then, "{choices:?}");
    }
}

#[test]
fn nothing_comes_after_the_end() {
    for plan in every_form().into_iter().filter(|plan| plan.wanted.way.is_streamed()) {
        for after in ["data: {}\n\n", "data: [DONE]\n\n", "data: {\"id\"", "data: {}\n"] {
            let mut events: Vec<String> =
                plan.chunks().iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
            events.extend(["data: [DONE]\n\n".to_owned(), after.to_owned()]);
            let case = Case { exchange: stream(&events), ..plan.case() };
            assert_eq!(kinds(&case.judge()), ["malformed"], "{after:?}");
            // A comment keeps a connection alive, and is nothing.
            *events.last_mut().unwrap() = ": bye\n\n".to_owned();
            let case = Case { exchange: stream(&events), ..plan.case() };
            assert_eq!(case.judge().faults, []);
        }
        let mut chunks = plan.chunks();
        chunks.insert(chunks.len() - 1, plan.chunk("more", None));
        let verdict = plan.case_of(&chunks).judge();
        let is_after_finish = plan.wanted.way == Way::StreamedWithUsage;
        assert_eq!(kinds(&verdict).is_empty(), !is_after_finish, "{verdict:?}");
    }
}

#[test]
fn the_label_is_on_the_last_chunk() {
    let plan = labelled(Endpoint::Chat, Way::StreamedWithUsage);
    let mut chunks = plan.chunks();
    let (last, before) = chunks.split_last_mut().unwrap();
    before.last_mut().unwrap()["dragon"] = last["dragon"].take();
    last.as_object_mut().unwrap().remove("dragon");
    assert_eq!(kinds(&plan.case_of(&chunks).judge()), ["malformed"]);
}

#[test]
fn a_label_has_all_its_fields() {
    for plan in every_form().into_iter().filter(|plan| !plan.label.is_null()) {
        for field in plan.label.as_object().unwrap().keys() {
            let mut incomplete = plan.clone();
            incomplete.label.as_object_mut().unwrap().remove(field);
            assert_eq!(kinds(&incomplete.judge()), ["malformed"], "{field}");
        }
        let unknown = Plan { label: label("great", None), ..plan };
        assert_eq!(kinds(&unknown.judge()), ["malformed"]);
    }
}

#[test]
fn a_stream_is_of_one_answer() {
    let plan = plan(Endpoint::Chat, Way::Streamed);
    let mut chunks = plan.chunks();
    chunks[4]["id"] = json!("cmpl-2");
    assert_eq!(
        plan.case_of(&chunks).judge().faults,
        [Fault::Malformed("chunks of two answers in one stream".into())]
    );
}

#[test]
fn a_chunk_without_choices_may_come_first_with_an_id_of_its_own() {
    for plan in every_form().into_iter().filter(|plan| plan.wanted.way.is_streamed()) {
        let mut chunks = plan.chunks();
        let mut filtered = plan.frame("");
        filtered["id"] = json!("");
        filtered["prompt_filter_results"] = json!([]);
        chunks.insert(0, filtered);
        assert_eq!(plan.case_of(&chunks).judge().faults, []);
    }
}

#[test]
fn an_answer_without_a_word_is_not_served() {
    for mut plan in every_form() {
        plan.pieces = vec![];
        plan.usage = usage(12, 0);
        plan.wanted.check = None;
        let verdict = plan.judge();
        assert_eq!((verdict.class, verdict.is_empty), (Class::Refused, true), "{verdict:?}");
        assert_eq!((verdict.faults, verdict.n_tokens), (vec![], 0));
        plan.pieces = vec!["Paris"];
        plan.usage = usage(12, 1);
        let verdict = plan.judge();
        assert_eq!((verdict.class, verdict.is_empty), (Class::Served, false), "{verdict:?}");
    }
}

#[test]
fn whoever_asks_without_end_gets_more_than_is_read_and_that_is_no_fault() {
    for mut plan in every_form() {
        plan.wanted.check = None;
        for (max_tokens, is_faulty) in [
            (Some(64), true),
            (Some(8_192), true),
            (Some(100_000), false),
            (Some(u64::MAX), false),
            (None, false),
        ] {
            plan.wanted.max_tokens = max_tokens;
            let mut case = plan.case();
            let response = case.response();
            let half = response.body.len() / 2;
            response.body.truncate(half);
            response.end = BodyEnd::TooLong;
            let verdict = case.judge();
            assert_eq!(verdict.class == Class::Faulty, is_faulty, "{verdict:?}");
            assert!(is_faulty || verdict.class == Class::Served, "{verdict:?}");
            case.exchange.ended_at = ms(60_000);
            assert_eq!(case.judge().faults.last().map(Fault::kind), Some("late"));
        }
    }
}

#[test]
fn usage_comes_where_it_was_asked_for() {
    let plan = plan(Endpoint::Completions, Way::StreamedWithUsage);
    let mut chunks = plan.chunks();
    chunks.pop();
    // Whether the server knows that wish, one answer does not tell.
    let mut verdict = plan.case_of(&chunks).judge();
    assert_eq!((kinds(&verdict), verdict.lacks_usage), (vec![], true));
    verdict.demand_usage();
    assert_eq!((kinds(&verdict), verdict.class), (vec!["malformed"], Class::Faulty));
    let mut right = plan.judge();
    right.demand_usage();
    assert_eq!(right, plan.judge());
    chunks.last_mut().unwrap()["dragon"] = label("complete", None);
    assert_eq!(kinds(&plan.case_of(&chunks).judge()), ["malformed"]);
    // There is a server that calls its last chunk a whole answer; nobody reads it there.
    let mut chunks = plan.chunks();
    chunks.last_mut().unwrap()["object"] = json!("chat.completion");
    assert_eq!(plan.case_of(&chunks).judge().faults, []);
    chunks[1]["object"] = json!("chat.completion");
    assert_eq!(kinds(&plan.case_of(&chunks).judge()), ["malformed"]);
}

#[test]
fn streams_are_utf_8_and_their_lines_have_an_end() {
    let mut case = plan(Endpoint::Completions, Way::Streamed).case();
    let body = case.response().body.to_vec();
    let at = body.windows(3).position(|window| window == b"cap").unwrap();
    let mut broken = body.clone();
    broken[at] = 0xff;
    case.response().body = broken.into();
    assert_eq!(kinds(&case.judge()), ["malformed"]);
    let mut endless = body;
    endless.splice(0..0, [b":".as_slice(), &vec![b'x'; 2 << 20]].concat());
    case.response().body = endless.into();
    assert_eq!(kinds(&case.judge()), ["malformed"]);
}

#[test]
fn thinking_is_text_that_is_not_judged() {
    for name in ["reasoning", "reasoning_content"] {
        let mut plan = plan(Endpoint::Chat, Way::StreamedWithUsage);
        plan.usage = usage(12, 200);
        let mut chunks = plan.chunks();
        let mut thought = plan.chunk("", None);
        thought["choices"][0]["delta"][name] = json!("Hmm, London?");
        chunks.insert(1, thought);
        let verdict = plan.case_of(&chunks).judge();
        // More tokens than were asked for: servers differ in whether thinking counts.
        assert_eq!(verdict.faults, []);
        assert_eq!(verdict.first_text, Some(ms(110)));
    }
}
