//! Every fault of a deliberately broken server is found and named; a right server has none.
//!
//! One server for each line of the table, asked in every form.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use dragon_siege::ask::{Ask, Endpoint, Way};
use dragon_siege::judge::{Class, Verdict, judge};
use dragon_testkit::fake_llm::{Behaviour, FakeLlm, Settings, When};

use crate::asking::{RULES, WAYS, exchange, question, wrong};

/// What is found about answers in one piece, about streams, and about the answers to wrong requests.
struct Found {
    behaviour: Behaviour,
    whole: &'static [&'static str],
    stream: &'static [&'static str],
    wrong: &'static [&'static str],
}

const fn found(
    behaviour: Behaviour,
    whole: &'static [&'static str],
    stream: &'static [&'static str],
    wrong: &'static [&'static str],
) -> Found {
    Found { behaviour, whole, stream, wrong }
}

const LATE: Duration = Duration::from_secs(2);

#[rustfmt::skip]
const TABLE: [Found; 32] = [
    //    behaviour                     in one piece            as a stream             wrong requests
    found(Behaviour::Correct,           &[],                    &[],                    &[]),
    found(Behaviour::Hang,              &["unanswered"],        &["unanswered"],        &[]),
    found(Behaviour::Reset,             &["unanswered"],        &["unanswered"],        &[]),
    found(Behaviour::Late(LATE),        &["late"],              &["late"],              &[]),
    found(Behaviour::TruncatedBody,     &["truncated"],         &["truncated"],         &[]),
    found(Behaviour::TruncatedStream,   &[],                    &["truncated"],         &[]),
    found(Behaviour::StuckStream,       &[],                    &["truncated", "late"], &[]),
    found(Behaviour::MissingDone,       &[],                    &["truncated"],         &[]),
    found(Behaviour::MissingFinish,     &[],                    &["truncated"],         &[]),
    found(Behaviour::ErrorInStream,     &[],                    &["truncated"],         &[]),
    found(Behaviour::ErrorAsSuccess,    &["error as success"],  &["error as success"],  &[]),
    found(Behaviour::EmptyBody,         &["malformed"],         &["malformed"],         &[]),
    found(Behaviour::HtmlAsSuccess,     &["malformed"],         &["malformed"],         &[]),
    found(Behaviour::PlainText,         &["malformed"],         &["malformed"],         &[]),
    found(Behaviour::MissingField,      &["malformed"],         &["malformed"],         &[]),
    found(Behaviour::DataAfterDone,     &[],                    &["malformed"],         &[]),
    found(Behaviour::MixedStreams,      &[],                    &["malformed"],         &[]),
    found(Behaviour::InternalErrors,    &["wrong status"],      &["wrong status"],      &[]),
    found(Behaviour::NotFound,          &["wrong status"],      &["wrong status"],      &[]),
    // Each refusal is faultless; that nobody is served is for the criteria to say.
    found(Behaviour::RefusesEverybody,  &[],                    &[],                    &[]),
    found(Behaviour::RefusesInHtml,     &["malformed"],         &["malformed"],         &[]),
    found(Behaviour::HtmlErrors,        &[],                    &[],                    &["malformed"]),
    found(Behaviour::EmptyErrors,       &[],                    &[],                    &["malformed"]),
    found(Behaviour::AcceptsWrong,      &[],                    &[],                    &["wrong status"]),
    found(Behaviour::FailsOnWrong,      &[],                    &[],                    &["wrong status"]),
    found(Behaviour::LyingStatus,       &["lie"],               &["lie"],               &[]),
    found(Behaviour::LyingFinish,       &["lie"],               &["lie"],               &[]),
    found(Behaviour::LyingLabel,        &["lie"],               &["lie"],               &[]),
    found(Behaviour::LyingHeaders,      &["lie"],               &[],                    &[]),
    found(Behaviour::LyingUsage,        &["lie"],               &["lie"],               &[]),
    found(Behaviour::NoTokens,          &["lie"],               &["lie"],               &[]),
    found(Behaviour::WrongContent,      &["wrong content"],     &["wrong content"],     &[]),
];

/// Each endpoint in each way, with different questions.
fn questions() -> Vec<(Way, Ask)> {
    let known = [
        ("What is the capital of France?", "Paris"),
        ("What is the capital of Italy?", "Rome"),
        ("What is 17 + 25?", "42"),
        ("Repeat this word: lantern", "lantern"),
        ("Which day comes after Monday?", "Tuesday"),
        ("What is the opposite of hot?", "cold"),
    ];
    let forms = [Endpoint::Chat, Endpoint::Completions].into_iter().flat_map(|it| WAYS.map(|way| (it, way)));
    let all = forms.zip(known);
    all.map(|((endpoint, way), (text, answer))| (way, question(endpoint, way, text, answer))).collect()
}

fn wrong_ones() -> Vec<Ask> {
    vec![
        wrong("/v1/chat", "{}"),
        wrong("/v1/models", "{}"),
        wrong("/v1/chat/completions", "{\"model\":"),
        wrong("/v1/chat/completions", r#"{"model":"none","messages":[{"role":"user","content":"Hello"}]}"#),
        wrong("/v1/completions", r#"{"model":"fake-1","prompt":["a"],"max_tokens":"many"}"#),
    ]
}

/// Without usage nobody sees that it lies, or that a `length` came too early.
fn is_seen_in_usage_only(behaviour: Behaviour) -> bool {
    matches!(behaviour, Behaviour::LyingUsage | Behaviour::NoTokens | Behaviour::LyingFinish)
}

fn kinds(verdict: &Verdict) -> Vec<&'static str> {
    verdict.faults.iter().map(|fault| fault.kind()).collect()
}

async fn judged(address: SocketAddr, ask: &Ask) -> Verdict {
    judge(ask, &exchange(address, ask).await, RULES)
}

/// All at once: some answers never come, and each is waited for.
async fn all_judged(address: SocketAddr, asks: &[Ask]) -> Vec<Verdict> {
    let ask = |ask: Ask| tokio::spawn(async move { judged(address, &ask).await });
    let asked: Vec<_> = asks.iter().cloned().map(ask).collect();
    let mut verdicts = Vec::new();
    for verdict in asked {
        verdicts.push(verdict.await.unwrap());
    }
    verdicts
}

#[tokio::test]
async fn every_fault_is_found_and_named_and_no_other() {
    let (ways, asks): (Vec<Way>, Vec<Ask>) = questions().into_iter().unzip();
    for Found { behaviour, whole, stream, wrong } in TABLE {
        let llm = FakeLlm::start(behaviour);
        for (way, verdict) in ways.iter().zip(all_judged(llm.address(), &asks).await) {
            let expected = match way {
                Way::Whole => whole,
                Way::Streamed if is_seen_in_usage_only(behaviour) => &[],
                Way::Streamed | Way::StreamedWithUsage => stream,
            };
            assert_eq!(kinds(&verdict), expected, "{behaviour:?} {way:?} {verdict:?}");
            let right = match behaviour {
                Behaviour::RefusesEverybody => Class::Refused,
                _ => Class::Served,
            };
            assert_eq!(verdict.class, if expected.is_empty() { right } else { Class::Faulty });
        }
        for verdict in all_judged(llm.address(), &wrong_ones()).await {
            assert_eq!(kinds(&verdict), wrong, "{behaviour:?} {verdict:?}");
            assert_eq!(verdict.class, if wrong.is_empty() { Class::Rejected } else { Class::Faulty });
        }
    }
}

#[test]
fn the_table_has_every_broken_server() {
    let discriminants = |behaviours: &mut dyn Iterator<Item = Behaviour>| -> BTreeSet<String> {
        let name =
            |behaviour: Behaviour| format!("{behaviour:?}").split('(').next().unwrap_or_default().to_owned();
        behaviours.map(name).collect()
    };
    let in_table = discriminants(&mut TABLE.iter().map(|found| found.behaviour));
    let all = discriminants(&mut Behaviour::ALL.into_iter().map(|(_, behaviour)| behaviour));
    assert_eq!(in_table, all);
}

#[tokio::test]
async fn a_right_server_with_labels_has_no_fault() {
    let llm = FakeLlm::start_with(Settings { has_labels: true, ..Settings::of(Behaviour::Correct) }).unwrap();
    for (way, ask) in questions() {
        let verdict = judged(llm.address(), &ask).await;
        assert_eq!(kinds(&verdict), Vec::<&str>::new(), "{way:?} {verdict:?}");
        assert!(verdict.outcome.is_some());
        assert!(verdict.n_tokens > 0 && verdict.first_text.is_some());
    }
}

/// Whoever measures in quiet first finds nothing wrong with a server that breaks under load.
#[tokio::test]
async fn a_server_that_breaks_under_load_is_right_in_quiet() {
    for (behaviour, kind) in
        [(Behaviour::WrongContent, "wrong content"), (Behaviour::TruncatedStream, "truncated")]
    {
        let settings = Settings {
            when: When::Beside(3),
            token_pause: Duration::from_millis(50),
            ..Settings::of(behaviour)
        };
        let llm = FakeLlm::start_with(settings).unwrap();
        let streams: Vec<Ask> =
            questions().into_iter().filter(|(way, _)| way.is_streamed()).map(|(_, ask)| ask).collect();
        for ask in &streams {
            assert_eq!(judged(llm.address(), ask).await.class, Class::Served);
        }
        let many: Vec<Ask> = streams.iter().cycle().take(12).cloned().collect();
        let verdicts = all_judged(llm.address(), &many).await;
        assert!(verdicts.iter().flat_map(kinds).all(|other| other == kind), "{verdicts:?}");
        let n_faulty = verdicts.iter().filter(|verdict| verdict.class == Class::Faulty).count();
        assert!(n_faulty > 0 && n_faulty < 12, "{behaviour:?}: {verdicts:?}");
    }
}
