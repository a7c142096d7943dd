use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use tokio::sync::mpsc;

use super::*;
use crate::ask::{Expects, Signal};
use crate::exchange::{BodyEnd, HostileEnd, Reply, Response, Silence};
use crate::judge::{Class, Fault, Outcome};
use crate::observation::{Stage, Who};
use crate::plan::{self, Strike};

const OVERLOAD: Who = Who::Attack("overload");

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn facts(is_open: bool) -> Facts {
    Facts {
        began: Instant::now(),
        rules: Rules { deadline: s(10), grace: Duration::from_millis(250) },
        origin: Origin { url: "http://127.0.0.1:1".to_owned(), has_api_key: false, deadline: s(10) },
        secret: Secret::default(),
        calibration: s(5),
        phases: vec![PhaseFacts { name: "overload".to_owned(), lasts: s(10), is_open }],
    }
}

fn response(status: u16) -> Reply {
    let mut headers = HeaderMap::new();
    headers.insert("server", HeaderValue::from_static("made-up/1"));
    Reply::Response(Response {
        status: StatusCode::from_u16(status).unwrap(),
        headers,
        body: Bytes::from_static(b"{}"),
        arrivals: Vec::new(),
        end: BodyEnd::Whole,
    })
}

fn exchanged(who: Who, sent_at: Duration, ended_at: Duration, reply: Reply) -> Observation {
    let ask = Ask {
        method: Method::POST,
        path: "/v1/completions".to_owned(),
        headers: Vec::new(),
        body: Bytes::from_static(b"{}"),
        expects: Expects::Rejection,
    };
    Observation::Exchanged {
        who,
        ask: Arc::new(ask),
        exchange: Exchange { intended_at: sent_at, sent_at, ended_at, reply },
    }
}

fn verdict(class: Class, faults: Vec<Fault>) -> Verdict {
    Verdict {
        class,
        outcome: Some(Outcome::Complete),
        faults,
        n_tokens: 7,
        first_text: Some(Duration::from_millis(50)),
        is_checked: false,
        is_empty: false,
        lacks_usage: false,
    }
}

/// A judge for whom the status says everything.
fn by_status(_: &Ask, exchange: &Exchange) -> Verdict {
    match &exchange.reply {
        Reply::Response(response) if response.status == 200 => verdict(Class::Served, Vec::new()),
        Reply::Response(response) if response.status == 503 => verdict(Class::Refused, Vec::new()),
        Reply::Response(response) => {
            verdict(Class::Faulty, vec![Fault::WrongStatus(response.status.as_u16())])
        }
        Reply::None(_) => verdict(Class::Faulty, vec![Fault::Unanswered("hung".to_owned())]),
    }
}

fn book_of(is_open: bool, observations: Vec<Observation>) -> Book {
    let mut book = Book::open(facts(is_open));
    for observation in observations {
        book.enter(observation, by_status);
    }
    book
}

#[test]
fn everything_is_counted_where_it_belongs() {
    let tally = book_of(
        false,
        vec![
            Observation::Began(Stage::Calibration, s(0)),
            exchanged(Who::Bystander, s(0), s(1), response(200)),
            Observation::Ended(Stage::Calibration, s(4)),
            Observation::Began(Stage::Quiet(0), s(4)),
            exchanged(OVERLOAD, s(4), s(5), response(200)),
            Observation::Ended(Stage::Quiet(0), s(6)),
            Observation::Began(Stage::Phase(0), s(6)),
            Observation::Memory { at: s(7), n_bytes: 4096 },
            exchanged(OVERLOAD, s(6), s(8), response(503)),
            exchanged(Who::Bystander, s(6), s(9), response(200)),
            exchanged(OVERLOAD, s(6), s(9), response(500)),
            exchanged(OVERLOAD, s(6), s(10), Reply::None(Silence::Hung)),
            exchanged(OVERLOAD, s(6), s(10), Reply::None(Silence::Unreachable("refused".to_owned()))),
            Observation::Hostile { who: OVERLOAD, began_at: s(6), ended_at: s(7), end: HostileEnd::Left },
            Observation::Struck(Strike {
                signal: Signal::Kill,
                pid: 1,
                at: s(7),
                recovery: plan::Recovery::Ready(Duration::from_millis(7300)),
            }),
            Observation::Ended(Stage::Phase(0), s(16)),
        ],
    )
    .close();

    assert_eq!(tally.calibration.counts.served, 1);
    assert!((tally.calibration.lasted_s - 4.0).abs() < 1e-9);
    assert_eq!(tally.server.as_deref(), Some("made-up/1"));
    assert!(tally.is_labelled);

    assert_eq!((tally.bystander.counts.n, tally.bystander.latency.n), (1, 1), "the quiet is not in it");
    assert!((tally.bystander.lasted_s - 10.0).abs() < 1e-9);

    let [phase] = tally.phases.as_slice() else { panic!("one phase") };
    assert_eq!(phase.quiet[0].1.counts.served, 1);
    assert!((phase.began_s - 6.0).abs() < 1e-9);
    let (name, overload) = &phase.attacks[0];
    assert_eq!(*name, "overload");
    assert_eq!((overload.counts.n, overload.counts.refused, overload.counts.faulty), (4, 1, 3));
    assert_eq!((overload.counts.n_with("unanswered"), overload.counts.n_with("wrong status")), (2, 1));
    assert_eq!(overload.counts.statuses, [(500, 1), (503, 1)]);
    assert_eq!(overload.counts.hostile, [("left".to_owned(), 1)]);
    assert_eq!(overload.latency.n, 3, "a connection that failed at once is no latency");
    assert_eq!(overload.served_latency.n, 0);
    assert_eq!(overload.n_tokens, 0, "only served answers' tokens count");
    assert_eq!(phase.bystander.n_tokens, 7);
    assert_eq!(phase.memory, [(7.0, 4096)]);
    assert_eq!(phase.strikes[0].recovery.ready_after_ms(), Some(300.0));
    assert_eq!(phase.timeline.len(), 5);
    assert_eq!(phase.timeline.iter().map(|second| second.n_open).collect::<Vec<_>>(), [5, 5, 4, 2, 0]);
    let kinds: Vec<&str> = phase.samples.iter().map(|sample| sample.kind.as_str()).collect();
    assert_eq!(kinds, ["unanswered", "unanswered", "wrong status"]);
}

#[test]
fn waiting_for_what_never_comes_does_not_make_the_target_slower() {
    let phase = |last_served_at: Duration| {
        let book = book_of(
            false,
            vec![
                Observation::Began(Stage::Phase(0), s(0)),
                exchanged(OVERLOAD, s(0), last_served_at, response(200)),
                exchanged(OVERLOAD, s(9), s(24), Reply::None(Silence::Hung)),
                Observation::Ended(Stage::Phase(0), s(24)),
            ],
        );
        book.close().phases.remove(0).attacks.remove(0).1.lasted_s
    };
    assert!((phase(s(5)) - 10.0).abs() < 1e-9, "as long as shots were fired");
    assert!((phase(s(13)) - 13.0).abs() < 1e-9, "longer where answers still came");
}

#[test]
fn a_siege_that_was_broken_off_has_figures_too() {
    let book = book_of(
        false,
        vec![
            Observation::Began(Stage::Phase(0), s(0)),
            exchanged(OVERLOAD, s(0), s(3), response(200)),
            exchanged(OVERLOAD, s(0), s(4), response(503)),
        ],
    );
    let serving = book.close().phases.remove(0).attacks.remove(0).1;
    assert!((serving.lasted_s - 4.0).abs() < 1e-9);
}

#[test]
fn usage_is_demanded_of_those_who_have_sent_it_in_quiet() {
    let tally = |in_quiet: bool| {
        let (mut book, bystander) = (Book::open(facts(false)), Who::Bystander);
        let served = |lacks_usage| Verdict { lacks_usage, ..verdict(Class::Served, Vec::new()) };
        for (stage, lacks_usage) in
            [(Stage::Calibration, in_quiet), (Stage::Quiet(0), false), (Stage::Phase(0), true)]
        {
            book.enter(Observation::Began(stage, s(0)), by_status);
            book.enter(exchanged(bystander, s(0), s(1), response(200)), |_, _| served(lacks_usage));
        }
        book.close()
    };
    for (lacks_it_in_quiet, n_faulty) in [(true, 0), (false, 1)] {
        let tally = tally(lacks_it_in_quiet);
        assert_eq!(tally.lacks_usage, lacks_it_in_quiet);
        assert_eq!(tally.calibration.counts.faulty, 0);
        assert_eq!(tally.bystander.counts.n_with("malformed"), n_faulty);
    }
}

#[test]
fn a_key_that_the_target_repeats_is_on_no_screen() {
    let facts = Facts { secret: Secret::new(Some("sk-sekret-123")), ..facts(false) };
    let mut book = Book::open(facts);
    let repeats = |_: &Ask, _: &Exchange| {
        verdict(Class::Faulty, vec![Fault::Malformed("no JSON: \"Bearer sk-sekret-1\"".to_owned())])
    };
    book.enter(Observation::Began(Stage::Phase(0), s(0)), repeats);
    book.enter(exchanged(OVERLOAD, s(0), s(1), response(200)), repeats);
    let shown = book.snapshot(s(1)).latest_faults;
    assert_eq!(shown, ["overload: malformed: no JSON: \"Bearer [API key]\""]);
}

#[test]
fn a_question_that_is_too_hard_in_quiet_is_no_fault() {
    let wrong = |_: &Ask, _: &Exchange| verdict(Class::Faulty, vec![Fault::WrongContent("5".to_owned())]);
    let mut book = Book::open(facts(false));
    for stage in [Stage::Calibration, Stage::Phase(0)] {
        book.enter(Observation::Began(stage, s(0)), wrong);
        book.enter(exchanged(Who::Bystander, s(0), s(1), response(200)), wrong);
    }
    let tally = book.close();
    assert_eq!((tally.calibration.counts.served, tally.calibration.counts.faulty), (1, 0));
    assert_eq!(tally.phases[0].bystander.counts.faulty, 1);
}

#[test]
fn lateness_of_the_tool_counts_only_where_shots_have_a_time_of_their_own() {
    let late = || {
        let Observation::Exchanged { who, ask, mut exchange } =
            exchanged(OVERLOAD, s(1), s(2), response(200))
        else {
            unreachable!("it is one")
        };
        exchange.intended_at = Duration::from_millis(990);
        vec![
            Observation::Began(Stage::Phase(0), s(0)),
            Observation::Exchanged { who, ask, exchange },
            exchanged(Who::Bystander, s(1), s(2), response(200)),
        ]
    };
    let lag = book_of(true, late()).close().send_lag;
    assert_eq!(lag.n, 1);
    assert!((lag.at(100.0).unwrap() - 10.0).abs() < 0.1, "{lag:?}");
    assert_eq!(book_of(false, late()).close().send_lag.n, 0);
}

#[test]
fn the_screen_sees_the_current_stage() {
    let mut book = book_of(
        false,
        vec![
            Observation::Began(Stage::Calibration, s(0)),
            exchanged(Who::Bystander, s(0), s(1), response(200)),
            Observation::Began(Stage::Phase(0), s(4)),
            Observation::Sent(OVERLOAD),
            Observation::Sent(OVERLOAD),
            exchanged(OVERLOAD, s(4), s(5), response(500)),
        ],
    );
    let snapshot = book.snapshot(s(9));
    assert_eq!(snapshot.stage, "phase 1 of 1: overload");
    assert!((snapshot.progress - 0.5).abs() < 1e-9, "{}", snapshot.progress);
    assert_eq!((snapshot.attack.n, snapshot.bystander.n, snapshot.n_open), (1, 0, 1));
    assert_eq!(snapshot.latency.n, 1);
    assert_eq!(snapshot.latest_faults, ["overload: wrong status: 500"]);
    assert_eq!(snapshot.timeline.len(), 10);
    assert_eq!(snapshot.timeline[9].n_open, 1);
    assert!(!snapshot.is_over && book.last_snapshot(s(9)).is_over);
}

#[test]
fn it_shows_the_counts_although_nothing_arrives_and_ends_with_the_last_sender() {
    let (sender, receiver) = mpsc::channel(4);
    let board = Board::default();
    let shown = board.clone();
    let counting = std::thread::spawn(move || {
        run_with(receiver, facts(false), &shown, |ask, exchange, _| by_status(ask, exchange))
    });
    sender.blocking_send(Observation::Began(Stage::Phase(0), s(0))).unwrap();
    sender.blocking_send(exchanged(OVERLOAD, s(0), s(1), response(200))).unwrap();
    let give_up_at = Instant::now() + s(20);
    while board.look().attack.served == 0 {
        assert!(Instant::now() < give_up_at, "the screen never saw it");
        std::thread::sleep(Duration::from_millis(10));
    }
    let seen_at = board.look().at;
    while board.look().at == seen_at {
        assert!(Instant::now() < give_up_at, "no new copy came");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(!board.look().is_over);
    drop(sender);
    let tally = counting.join().unwrap().unwrap();
    assert_eq!(tally.phases[0].attacks[0].1.counts.served, 1);
    assert!(board.look().is_over);
}
