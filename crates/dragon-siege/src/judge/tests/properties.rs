//! For all bytes.

use proptest::prelude::*;

use super::*;

#[test]
fn a_right_answer_cut_anywhere_is_never_served() {
    for plan in every_form() {
        let n_bytes = plan.case().response().body.len();
        for cut_at in 0..n_bytes {
            for end in [BodyEnd::Whole, BodyEnd::Cut("reset".into()), BodyEnd::Hung] {
                let verdict = plan.case().cut(cut_at, end.clone()).judge();
                assert_eq!(verdict.class, Class::Faulty, "{cut_at} of {n_bytes}, {end:?}, {:?}", plan.wanted);
            }
        }
    }
}

#[test]
fn how_a_stream_arrives_does_not_matter() {
    for plan in every_form().into_iter().filter(|plan| plan.wanted.way.is_streamed()) {
        let right = plan.judge();
        let n_bytes = plan.case().response().body.len();
        for n_at_once in [1, 2, 3, 7, 100, n_bytes] {
            let mut case = plan.case();
            let lens = (n_at_once..n_bytes).step_by(n_at_once).chain([n_bytes]);
            case.response().arrivals = lens.map(|body_len| Arrival { at: ms(1_200), body_len }).collect();
            assert_eq!(case.judge(), Verdict { first_text: Some(ms(200)), ..right.clone() });
        }
        // Without times the end is all that is known.
        let mut case = plan.case();
        case.response().arrivals.clear();
        assert_eq!(case.judge(), Verdict { first_text: Some(ms(500)), ..right });
    }
}

fn any_ask() -> impl Strategy<Value = Ask> {
    (0_usize..12, 0..3, any::<bool>()).prop_map(|(form, expects, is_head)| {
        let wanted = every_form()[form].wanted.clone();
        let mut ask = ask(match expects {
            0 => Expects::Answer(wanted),
            1 => Expects::Either(wanted),
            _ => Expects::Rejection,
        });
        if is_head {
            ask.method = Method::HEAD;
        }
        ask
    })
}

/// Bytes with much in them that an answer has.
fn any_body() -> impl Strategy<Value = Vec<u8>> {
    let bytes = |text: &'static str| Just(text.as_bytes().to_vec());
    let right = (0_usize..12, any::<prop::sample::Index>(), any::<u8>(), any::<bool>()).prop_map(
        |(form, index, byte, is_changed)| {
            let mut body = every_form()[form].case().response().body.to_vec();
            if is_changed {
                let at = index.index(body.len());
                body[at] = byte;
            }
            body
        },
    );
    let parts = prop::collection::vec(
        prop_oneof![
            bytes("data: "),
            bytes("\n\n"),
            bytes("[DONE]"),
            bytes("{"),
            bytes("}"),
            bytes("["),
            bytes("]"),
            bytes("\"choices\":"),
            bytes("\"usage\":"),
            bytes("\"dragon\":"),
            bytes("\"error\":"),
            bytes("\"delta\":"),
            bytes("\"index\":"),
            bytes("18446744073709551615"),
            bytes("1e999"),
            bytes("null"),
            bytes("\"\\ud800\""),
            bytes(","),
            prop::collection::vec(any::<u8>(), 0..5),
        ],
        0..60,
    );
    prop_oneof![right, parts.prop_map(|parts| parts.concat())]
}

proptest! {
    #[test]
    fn whatever_comes_is_judged_and_is_in_one_column(
        ask in any_ask(),
        status in prop_oneof![Just(200_u16), Just(429), Just(400), 100_u16..1000],
        content_type in prop::sample::select(vec!["application/json", "text/event-stream", "text/html", "\u{e9}", ""]),
        body in any_body(),
        arrivals in prop::collection::vec((any::<u32>(), 0_usize..3_000), 0..6),
        end in prop::sample::select(vec![
            BodyEnd::Whole, BodyEnd::Cut(String::new()), BodyEnd::Hung, BodyEnd::TooLong,
        ]),
        times in any::<[u32; 3]>(),
    ) {
        let mut exchange = response(status, Some(content_type), body);
        let Reply::Response(response) = &mut exchange.reply else { unreachable!() };
        response.end = end;
        response.arrivals = arrivals
            .into_iter()
            .map(|(at, body_len)| Arrival { at: ms(at.into()), body_len })
            .collect();
        let [intended_at, sent_at, ended_at] = times.map(|time| ms(time.into()));
        exchange = Exchange { intended_at, sent_at, ended_at, ..exchange };
        let verdict = judge(&ask, &exchange, RULES);
        prop_assert_eq!(verdict.faults.is_empty(), verdict.class != Class::Faulty);
        let is_whole = matches!(&exchange.reply, Reply::Response(response) if response.end == BodyEnd::Whole);
        prop_assert!(is_whole || verdict.class == Class::Faulty);
    }
}
