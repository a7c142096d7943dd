//! Answers, refusals, rejections, and statuses that are none of these.

use super::*;

fn answer() -> Expects {
    Expects::Answer(plan(Endpoint::Chat, Way::Whole).wanted)
}

fn either() -> Expects {
    Expects::Either(plan(Endpoint::Chat, Way::Whole).wanted)
}

fn judged(expects: Expects, exchange: &Exchange) -> (Class, Vec<&'static str>) {
    let verdict = judge(&ask(expects), exchange, RULES);
    (verdict.class, kinds(&verdict))
}

#[test]
fn a_correct_request_is_refused_in_good_form_only_by_some_statuses() {
    for status in [429, 503, 504] {
        assert_eq!(judged(answer(), &error(status)), (Class::Refused, vec![]), "{status}");
    }
    for status in [400, 401, 404, 408, 413, 422, 500, 501, 502] {
        assert_eq!(judged(answer(), &error(status)), (Class::Faulty, vec!["wrong status"]), "{status}");
    }
    for status in [201, 204, 302] {
        let other = response(status, None, "");
        assert_eq!(judged(answer(), &other), (Class::Faulty, vec!["wrong status"]), "{status}");
    }
}

#[test]
fn who_asks_for_errors_gets_422_where_a_fallback_would_be() {
    let mut ask = ask(answer());
    ask.headers.push((HeaderName::from_static("x-dragon-fallback"), HeaderValue::from_static("error")));
    assert_eq!(judge(&ask, &error(422), RULES).class, Class::Refused);
    ask.headers[0].1 = HeaderValue::from_static("answer");
    assert_eq!(judge(&ask, &error(422), RULES).class, Class::Faulty);
}

#[test]
fn a_wrong_request_is_rejected() {
    for status in [400, 401, 403, 404, 405, 413, 415, 422] {
        assert_eq!(judged(Expects::Rejection, &error(status)), (Class::Rejected, vec![]), "{status}");
    }
    for status in [429, 503] {
        assert_eq!(judged(Expects::Rejection, &error(status)), (Class::Refused, vec![]), "{status}");
    }
    for status in [500, 502, 504] {
        assert_eq!(
            judged(Expects::Rejection, &error(status)),
            (Class::Faulty, vec!["wrong status"]),
            "{status}"
        );
    }
    let served = plan(Endpoint::Chat, Way::Whole).case().exchange;
    assert_eq!(judged(Expects::Rejection, &served), (Class::Faulty, vec!["wrong status"]));
    let streamed = plan(Endpoint::Chat, Way::Streamed).case().exchange;
    assert_eq!(judged(Expects::Rejection, &streamed), (Class::Faulty, vec!["wrong status"]));
    let moved = response(301, None, "");
    assert_eq!(judged(Expects::Rejection, &moved), (Class::Faulty, vec!["wrong status"]));
    assert_eq!(judged(Expects::Rejection, &error(200)), (Class::Faulty, vec!["error as success"]));
}

#[test]
fn where_both_are_right_both_are_taken() {
    let served = plan(Endpoint::Chat, Way::Whole).case().exchange;
    assert_eq!(judged(either(), &served), (Class::Served, vec![]));
    assert_eq!(judged(either(), &error(400)), (Class::Rejected, vec![]));
    for status in [429, 503, 504] {
        assert_eq!(judged(either(), &error(status)), (Class::Refused, vec![]), "{status}");
    }
    assert_eq!(judged(either(), &error(500)), (Class::Faulty, vec!["wrong status"]));
}

#[test]
fn errors_have_openais_form_whatever_they_are() {
    let json = Some("application/json");
    let bad = [
        (Some("text/html"), "<html>503 Service Unavailable</html>"),
        (Some("text/plain"), "busy"),
        (Some("text/plain"), r#"{"error": {"message": "busy"}}"#),
        (None, ""),
        (None, r#"{"error": {"message": "busy"}}"#),
        (json, ""),
        (json, "{}"),
        (json, "null"),
        (json, r#"{"error": "busy"}"#),
        (json, r#"{"error": {"message": ""}}"#),
        (json, r#"{"error": {"message": "  "}}"#),
        (json, r#"{"error": {"message": 3}}"#),
        (json, r#"{"object": "error", "message": "busy"}"#),
        (json, r#"{"detail": "Not Found"}"#),
    ];
    for (content_type, body) in bad {
        assert_eq!(judged(answer(), &response(503, content_type, body)), (Class::Faulty, vec!["malformed"]));
        assert_eq!(
            judged(Expects::Rejection, &response(404, content_type, body)),
            (Class::Faulty, vec!["malformed"])
        );
        assert_eq!(
            judged(answer(), &response(500, content_type, body)),
            (Class::Faulty, vec!["wrong status", "malformed"])
        );
    }
    let good = r#"{"error": {"message": "no \"slot\" is free", "code": 503, "type": "unavailable_error"}}"#;
    assert_eq!(
        judged(answer(), &response(503, Some("application/json; charset=utf-8"), good)).0,
        Class::Refused
    );
}

#[test]
fn an_answer_with_the_status_of_an_error_is_a_lie() {
    for plan in every_form() {
        let mut case = plan.case();
        case.response().status = StatusCode::SERVICE_UNAVAILABLE;
        assert_eq!(kinds(&case.judge()), ["lie"]);
        case.response().status = StatusCode::INTERNAL_SERVER_ERROR;
        assert_eq!(kinds(&case.judge()), ["wrong status", "lie"]);
    }
}

#[test]
fn the_answer_to_head_has_no_body() {
    let mut ask = ask(Expects::Rejection);
    let head = response(405, Some("application/json"), "");
    assert_eq!(judge(&ask, &head, RULES).class, Class::Faulty);
    ask.method = Method::HEAD;
    assert_eq!(judge(&ask, &head, RULES).class, Class::Rejected);
}

#[test]
fn an_error_that_breaks_off_is_truncated() {
    let whole = Case { ask: ask(answer()), exchange: error(503) };
    for end in [BodyEnd::Cut("reset".into()), BodyEnd::Hung, BodyEnd::Whole] {
        assert_eq!(kinds(&whole.clone().cut(20, end).judge()), ["truncated"]);
    }
}

#[test]
fn a_labelled_fallback_is_a_refusal_and_none_of_its_words_is_the_models() {
    for plan in every_form().into_iter().filter(|plan| !plan.label.is_null()) {
        let fallback = Plan {
            pieces: vec!["I am busy."],
            finish: "length",
            usage: usage(0, 0),
            label: label("fallback", Some("busy")),
            ..plan
        };
        let verdict = fallback.judge();
        assert_eq!((verdict.class, &verdict.faults), (Class::Refused, &vec![]));
        assert_eq!((verdict.n_tokens, verdict.first_text), (0, None));
        assert_eq!(verdict.outcome, Some(Outcome::Fallback));
    }
}

#[test]
fn every_kind_is_listed_once_in_the_order_of_the_report() {
    let all = [
        Fault::Unanswered(String::new()),
        Fault::Truncated(String::new()),
        Fault::Malformed(String::new()),
        Fault::ErrorAsSuccess(String::new()),
        Fault::WrongStatus(500),
        Fault::Late { by: ms(3) },
        Fault::Lie(String::new()),
        Fault::WrongContent(String::new()),
    ];
    assert_eq!(all.each_ref().map(Fault::kind), Fault::KINDS);
    assert_eq!(all[4].to_string(), "wrong status: 500");
    assert_eq!(all[5].to_string(), "late: by 3 ms");
    assert_eq!(Fault::Lie("seven".into()).to_string(), "lie: seven");
}
