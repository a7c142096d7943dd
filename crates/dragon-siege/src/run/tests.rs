//! Whole sieges of a small server that does what it should.

use std::process::{Child, Command};
use std::sync::Mutex;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{Receiver, channel};

use super::*;
use crate::ask::{Ask, Signal};
use crate::attack::by_name;
use crate::client::tests::request;
use crate::exchange::Reply;
use crate::judge::Rules;
use crate::observation::{Stage, Who};
use crate::plan::{Arrivals, Bound, Phase, Recovery, Shape, Strike, Target};
use crate::target::{Asked, discover};

const MODEL: &str = "small-1";

/// A server, and what it was sent.
#[derive(Debug, Default)]
struct Server {
    /// What it does before each answer.
    takes: Duration,
    /// The only key that it lets in.
    key: Option<&'static str>,
    /// The answer to `/ready`.
    ready: Mutex<Option<Value>>,
    /// `authorization` of every request for words, with the body.
    seen: Mutex<Vec<(Option<String>, Value)>>,
}

impl Server {
    async fn start(self) -> (Arc<Self>, Target) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Arc::new(self);
        let serving = Arc::clone(&server);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(Arc::clone(&serving).serve(stream));
            }
        });
        let place = Place::parse(&format!("http://{address}/v1")).unwrap();
        let asked = Asked { api_key: server.key.map(str::to_owned), ..Asked::default() };
        let discovered = discover(&place, &[address], asked).await.unwrap();
        assert_eq!(discovered.server.as_deref(), Some("small"));
        assert_eq!(discovered.models, [MODEL, "small-2"]);
        (server, discovered.target)
    }

    async fn serve(self: Arc<Self>, mut stream: TcpStream) {
        while let Some(request) = request(&mut stream).await {
            let (status, body) = self.answer(&request).await;
            let kind = if body.starts_with("data: ") { "text/event-stream" } else { "application/json" };
            let head = format!(
                "HTTP/1.1 {status} X\r\nserver: small\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            if stream.write_all((head + &body).as_bytes()).await.is_err() {
                return;
            }
        }
    }

    async fn answer(&self, request: &str) -> (u16, String) {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let key = head.lines().find_map(|line| line.strip_prefix("authorization: Bearer "));
        if self.key.is_some() && self.key != key {
            return (401, json!({"error":{"message":"who are you?"}}).to_string());
        }
        match head.lines().next().unwrap() {
            "GET /v1/models HTTP/1.1" => {
                (200, json!({"object":"list","data":[{"id":MODEL},{"id":"small-2"}]}).to_string())
            }
            "GET /ready HTTP/1.1" => match &*self.ready.lock().unwrap() {
                Some(page) => (200, page.to_string()),
                None => (404, json!({"error":{"message":"no such page"}}).to_string()),
            },
            "POST /v1/chat/completions HTTP/1.1" | "POST /v1/completions HTTP/1.1" => {
                let Ok(body) = serde_json::from_str::<Value>(body) else {
                    return (400, json!({"error":{"message":"that is no JSON"}}).to_string());
                };
                self.seen.lock().unwrap().push((key.map(str::to_owned), body.clone()));
                tokio::time::sleep(self.takes).await;
                (200, completion(&body))
            }
            _ => (404, json!({"error":{"message":"no such page"}}).to_string()),
        }
    }

    fn n_seen(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

/// Knows one thing only.
fn completion(body: &Value) -> String {
    let text = if body.to_string().contains("capital of France") { "It is Paris." } else { "I do not know." };
    let usage = json!({"prompt_tokens":5,"completion_tokens":4,"total_tokens":9});
    let is_chat = body.get("messages").is_some();
    let object = if is_chat { "chat.completion" } else { "text_completion" };
    if body.get("stream") != Some(&Value::Bool(true)) {
        let mut choice = json!({"index":0,"finish_reason":"stop"});
        if is_chat {
            choice["message"] = json!({"role":"assistant","content":text});
        } else {
            choice["text"] = text.into();
        }
        return json!({"id":"1","object":object,"created":1,"model":MODEL,"choices":[choice],"usage":usage})
            .to_string();
    }
    let object = if is_chat { "chat.completion.chunk" } else { "text_completion" };
    let chunk = |text: Option<&str>, finish: Option<&str>| {
        let mut choice = json!({"index":0,"finish_reason":finish});
        if is_chat {
            choice["delta"] = text.map_or_else(|| json!({}), |text| json!({"content":text}));
        } else {
            choice["text"] = text.unwrap_or_default().into();
        }
        let chunk = json!({"id":"1","object":object,"created":1,"model":MODEL,"choices":[choice]});
        format!("data: {chunk}\n\n")
    };
    let mut stream = chunk(Some(text), None) + &chunk(None, Some("stop"));
    if body.get("stream_options").is_some() {
        let last = json!({"id":"1","object":object,"created":1,"model":MODEL,"choices":[],"usage":usage});
        stream += &format!("data: {last}\n\n");
    }
    stream + "data: [DONE]\n\n"
}

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn phase(attacks: &[(&str, u32)], shape: Shape, lasts: Duration, n_max: u64) -> Phase {
    let attacks = attacks.iter().map(|(name, weight)| (by_name(name).unwrap(), *weight)).collect();
    Phase { name: "a phase".to_owned(), attacks, shape, bound: Bound { lasts, n_max } }
}

const fn closed(n_clients: usize) -> Shape {
    Shape::Closed { n_clients, ramp: Duration::ZERO }
}

fn plan(target: Target, calibration: Duration, phases: Vec<Phase>) -> Arc<Plan> {
    Arc::new(Plan {
        target,
        rules: Rules { deadline: ms(2_000), grace: ms(500) },
        patience: ms(3_000),
        seed: 4_711,
        calibration,
        phases,
        rest: ms(10),
        max_strikes: 3,
    })
}

async fn collect(mut receiver: Receiver<Observation>) -> Vec<Observation> {
    let mut all = Vec::new();
    while let Some(observation) = receiver.recv().await {
        all.push(observation);
    }
    all
}

async fn siege(plan: Arc<Plan>) -> (Ended, Vec<Observation>) {
    let (sender, receiver) = channel(CHANNEL_LEN);
    let (ended, all) = tokio::join!(run(plan, sender, CancellationToken::new()), collect(receiver));
    (ended.unwrap(), all)
}

fn asks(all: &[Observation], whose: Who) -> Vec<&Ask> {
    let ask = |observation| match observation {
        &Observation::Exchanged { who, ref ask, .. } if who == whose => Some(&**ask),
        _ => None,
    };
    all.iter().filter_map(ask).collect()
}

fn n_sent(all: &[Observation], whose: Who) -> usize {
    all.iter().filter(|observation| matches!(observation, Observation::Sent(who) if *who == whose)).count()
}

fn strikes(all: &[Observation]) -> Vec<Strike> {
    let strike = |observation: &Observation| match observation {
        Observation::Struck(strike) => Some(*strike),
        _ => None,
    };
    all.iter().filter_map(strike).collect()
}

fn stages(all: &[Observation]) -> Vec<(bool, Stage)> {
    let stage = |observation: &Observation| match observation {
        Observation::Began(stage, _) => Some((true, *stage)),
        Observation::Ended(stage, _) => Some((false, *stage)),
        _ => None,
    };
    all.iter().filter_map(stage).collect()
}

#[tokio::test]
async fn a_siege_goes_from_quiet_to_its_last_phase_and_tells_all_of_it() {
    let (server, target) = Server { takes: ms(2), ..Server::default() }.start().await;
    assert_eq!(target.server_pid, Some(std::process::id()).filter(|_| cfg!(target_os = "linux")));
    let phases = vec![
        phase(&[("overload", 3), ("wrong-endpoint", 1)], closed(5), ms(60_000), 200),
        phase(&[("disconnect", 1)], closed(3), ms(300), u64::MAX),
    ];
    let (ended, all) = siege(plan(target, ms(1_200), phases)).await;

    let expected = [Stage::Calibration, Stage::Quiet(0), Stage::Phase(0), Stage::Phase(1)];
    let expected: Vec<_> = expected.iter().flat_map(|stage| [(true, *stage), (false, *stage)]).collect();
    assert_eq!(stages(&all), expected);

    // Those of the two attacks of the first phase are as many as they weigh, and the answers came.
    let began = all.iter().position(|one| matches!(one, Observation::Began(Stage::Phase(0), _))).unwrap();
    let attack = &all[began..];
    let (overload, wrong) = (Who::Attack("overload"), Who::Attack("wrong-endpoint"));
    let (n_overload, n_wrong) = (asks(attack, overload).len(), asks(attack, wrong).len());
    assert_eq!((n_overload + n_wrong, ended.phases[0].n_fired), (200, 200));
    assert!((25..80).contains(&n_wrong), "{n_wrong}");
    for who in [Who::Bystander, overload, wrong] {
        assert!(n_sent(attack, who) > 0);
        assert_eq!(n_sent(attack, who), asks(attack, who).len());
    }
    // In quiet only the requests that want words.
    assert!(!asks(&all[..began], overload).is_empty() && asks(&all[..began], wrong).is_empty());
    for observation in &all {
        if let Observation::Exchanged { exchange, .. } = observation {
            assert!(matches!(exchange.reply, Reply::Response(_)), "{exchange:?}");
            assert!(exchange.intended_at <= exchange.sent_at && exchange.sent_at <= exchange.ended_at);
        }
    }
    let n_hostile = all.iter().filter(|one| matches!(one, Observation::Hostile { .. })).count() as u64;
    assert_eq!((n_hostile, n_hostile >= 3), (ended.phases[1].n_fired, true));
    assert_eq!(all.iter().any(|one| matches!(one, Observation::Memory { .. })), cfg!(target_os = "linux"));

    assert!(!ended.was_interrupted);
    // It knows one question, and only that one is checked from then on.
    assert!(ended.n_questions > 10 && ended.n_right <= 1, "{ended:?}");
    let is_checked = |ask: &&&Ask| ask.expects.wanted().is_some_and(|wanted| wanted.check.is_some());
    for ask in asks(&all, Who::Bystander).iter().filter(is_checked) {
        assert!(
            ended.n_right == 1 && completion(&serde_json::from_slice(&ask.body).unwrap()).contains("Paris")
        );
    }
    // The bystander has a key of its own, so that it can be told from the attackers.
    let seen = server.seen.lock().unwrap();
    assert!(seen.iter().any(|(key, _)| key.as_deref() == Some("dragon-siege-bystander")));
    assert!(seen.iter().any(|(key, _)| key.is_none()));
}

#[tokio::test]
async fn a_seed_repeats_the_requests() {
    let row = async || {
        let (_, target) = Server::default().start().await;
        let phases = vec![phase(&[("overload", 1), ("malformed", 1)], closed(1), ms(60_000), 60)];
        let (_, all) = siege(plan(target, Duration::ZERO, phases)).await;
        let attackers = |observation: &Observation| match observation {
            Observation::Exchanged { who: Who::Attack(_), ask, .. } => Some(ask.body.clone()),
            _ => None,
        };
        all.iter().filter_map(attackers).collect::<Vec<_>>()
    };
    let first = row().await;
    assert_eq!(first.len(), 60);
    assert_eq!(first, row().await);
}

#[tokio::test]
async fn without_calibration_there_is_none() {
    let (_, target) = Server::default().start().await;
    let phases = vec![phase(&[("overload", 1)], closed(1), ms(60_000), 5)];
    let (ended, all) = siege(plan(target, Duration::ZERO, phases)).await;
    assert_eq!(stages(&all), [(true, Stage::Phase(0)), (false, Stage::Phase(0))]);
    assert_eq!(ended.n_right, 0);
}

#[tokio::test]
async fn open_shapes_count_from_when_shots_were_due() {
    let (_, target) = Server { takes: ms(100), ..Server::default() }.start().await;
    let shape = Shape::Open { rate_per_s: 200.0, arrivals: Arrivals::Constant, ramp: Duration::ZERO };
    let phases = vec![phase(&[("many-small", 1)], shape, ms(500), u64::MAX)];
    let (ended, all) = siege(plan(target, Duration::ZERO, phases)).await;
    assert_eq!((ended.phases[0].n_fired, ended.phases[0].n_unsent), (100, 0));
    let mut intended: Vec<Duration> = all
        .iter()
        .filter_map(|one| match one {
            Observation::Exchanged { who: Who::Attack(_), exchange, .. } => Some(exchange.intended_at),
            _ => None,
        })
        .collect();
    intended.sort_unstable();
    assert!(intended.windows(2).all(|pair| pair[1] - pair[0] == ms(5)), "{intended:?}");
}

#[tokio::test]
async fn in_closed_shapes_a_slow_count_is_not_the_target_s_time() {
    let (_, target) = Server::default().start().await;
    let phases = vec![phase(&[("many-small", 1)], closed(4), ms(60_000), 12)];
    let (sender, mut receiver) = channel(1);
    let count_slowly = async {
        let mut latencies = Vec::new();
        while let Some(observation) = receiver.recv().await {
            tokio::time::sleep(ms(20)).await;
            if let Observation::Exchanged { who: Who::Attack(_), exchange, .. } = observation {
                latencies.push(exchange.latency());
            }
        }
        latencies
    };
    let plan = plan(target, Duration::ZERO, phases);
    let (ended, mut latencies) = tokio::join!(run(plan, sender, CancellationToken::new()), count_slowly);
    latencies.sort_unstable();
    // Each was told after several of the others; a busy machine may be slow once.
    assert!(latencies.len() == 12 && latencies[6] < ms(40), "{latencies:?}");
    assert!(ended.unwrap().longest_wait >= ms(60));
}

#[tokio::test]
async fn a_key_that_the_server_does_not_know_is_left_out() {
    // Nobody gave a key, and the server lets nobody in with one.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                while let Some(request) = request(&mut stream).await {
                    let has_key = request.contains("authorization:");
                    let (status, body) =
                        if has_key { (401, "{}") } else { (200, "{\"data\":[{\"id\":\"m\"}]}") };
                    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", body.len());
                    stream.write_all((head + body).as_bytes()).await.unwrap();
                }
            });
        }
    });
    let place = Place::parse(&format!("http://{address}")).unwrap();
    let target = discover(&place, &[address], Asked::default()).await.unwrap().target;
    let phases = vec![phase(&[("many-small", 1)], closed(1), ms(60_000), 5)];
    let (_, all) = siege(plan(target, Duration::ZERO, phases)).await;
    let statuses: Vec<u16> = all
        .iter()
        .filter_map(|one| match one {
            Observation::Exchanged { exchange, .. } => match &exchange.reply {
                Reply::Response(response) => Some(response.status.as_u16()),
                Reply::None(_) => None,
            },
            _ => None,
        })
        .collect();
    assert!(statuses.len() > 5 && statuses.iter().all(|status| *status == 200), "{statuses:?}");
}

#[tokio::test]
async fn a_given_key_is_everybody_s() {
    let (server, target) = Server { key: Some("sk-7"), ..Server::default() }.start().await;
    let phases = vec![phase(&[("many-small", 1)], closed(2), ms(60_000), 20)];
    siege(plan(target, Duration::ZERO, phases)).await;
    assert!(server.n_seen() > 20);
    assert!(server.seen.lock().unwrap().iter().all(|(key, _)| key.as_deref() == Some("sk-7")));
}

#[tokio::test]
async fn whoever_stops_it_gets_what_there_is_so_far() {
    let (_, target) = Server { takes: ms(60_000), ..Server::default() }.start().await;
    let phases = || phase(&[("overload", 1), ("slow-header", 1)], closed(6), ms(60_000), u64::MAX);
    let stop = CancellationToken::new();
    let (sender, receiver) = channel(CHANNEL_LEN);
    let mut plan = plan(target, Duration::ZERO, vec![phases(), phases()]);
    Arc::get_mut(&mut plan).unwrap().patience = ms(60_000);
    let began = std::time::Instant::now();
    let (ended, all, ()) = tokio::join!(run(plan, sender, stop.clone()), collect(receiver), async {
        tokio::time::sleep(ms(300)).await;
        stop.cancel();
    });
    let ended = ended.unwrap();
    assert!(began.elapsed() < ms(300) + crate::load::LAST_WAIT + ms(1_500), "{:?}", began.elapsed());
    assert!(ended.was_interrupted);
    assert_eq!(ended.phases.len(), 1);
    assert_eq!(stages(&all), [(true, Stage::Phase(0)), (false, Stage::Phase(0))]);
}

#[tokio::test]
async fn nobody_shoots_where_nobody_counts() {
    let (server, target) = Server::default().start().await;
    let phases = vec![phase(&[("overload", 1)], closed(4), ms(60_000), u64::MAX)];
    let (sender, receiver) = channel(CHANNEL_LEN);
    drop(receiver);
    let ended = run(plan(target, ms(1_000), phases), sender, CancellationToken::new()).await.unwrap();
    assert!(ended.was_interrupted);
    assert!(server.n_seen() <= 2, "{}", server.n_seen());
}

#[test]
fn a_run_has_a_thread_of_its_own() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (_, target) = runtime.block_on(Server::default().start());
    let phases = vec![phase(&[("many-small", 1)], closed(2), ms(60_000), 50)];
    let (sender, receiver) = channel(CHANNEL_LEN);
    let plan = plan(target, Duration::ZERO, phases);
    let thread = std::thread::spawn(move || run_blocking(plan, sender, CancellationToken::new()).unwrap());
    let all = runtime.block_on(collect(receiver));
    assert_eq!(thread.join().unwrap().phases[0].n_fired, 50);
    assert_eq!(asks(&all, Who::Attack("many-small")).len(), 50);
}

#[cfg(target_os = "linux")]
mod kills {
    use super::*;
    use crate::target::process;

    /// A process that does nothing, and does not stay behind.
    #[derive(Debug)]
    struct Idle(Child);

    impl Idle {
        fn start() -> Self {
            Self(Command::new("sleep").arg("60").spawn().unwrap())
        }
    }

    impl Drop for Idle {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    fn kills(lasts: Duration, n_max: u64) -> Vec<Phase> {
        vec![phase(&[("kill-engine", 1)], closed(2), lasts, n_max)]
    }

    #[tokio::test]
    async fn the_engine_that_the_user_gave_is_struck_once() {
        let (_, mut target) = Server::default().start().await;
        let mut engine = Idle::start();
        target.engine_pid = Some(engine.0.id());
        let (_, all) = siege(plan(target, Duration::ZERO, kills(ms(1_500), 6))).await;
        let strikes = strikes(&all);
        assert_eq!(strikes.len(), 1, "{strikes:?}");
        assert_eq!((strikes[0].pid, strikes[0].recovery), (engine.0.id(), Recovery::Unseen));
        if strikes[0].signal == Signal::Kill {
            assert!(!engine.0.wait().unwrap().success());
        }
    }

    #[tokio::test]
    async fn engines_that_the_server_starts_are_struck_until_the_plan_s_end() {
        let (server, target) = Server::default().start().await;
        // Keeps an engine running, and says so.
        let keeper = Arc::clone(&server);
        let keeping = tokio::spawn(async move {
            loop {
                let mut engine = Idle::start();
                *keeper.ready.lock().unwrap() =
                    Some(json!({"models":[{"id":MODEL,"state":"ready","pid":engine.0.id()}]}));
                while engine.0.try_wait().unwrap().is_none() {
                    tokio::time::sleep(ms(5)).await;
                }
                *keeper.ready.lock().unwrap() = Some(json!({"models":[{"id":MODEL,"state":"restarting"}]}));
                tokio::time::sleep(ms(50)).await;
            }
        });
        // With this seed the first three are kills.
        let (_, all) = siege(plan(target, Duration::ZERO, kills(ms(6_000), 12))).await;
        keeping.abort();
        let strikes = strikes(&all);
        assert_eq!(strikes.len(), 3, "{strikes:?}");
        for strike in &strikes {
            let Recovery::Ready(at) = strike.recovery else { panic!("{strike:?}") };
            let took = at - strike.at;
            assert!((ms(50)..ms(1_000)).contains(&took), "{strike:?}");
            assert!(!process::is_alive(strike.pid));
        }
    }

    #[tokio::test]
    async fn no_process_of_others_is_struck_whatever_the_server_says() {
        let (server, target) = Server::default().start().await;
        // The parent of this test is alive, and does not come from the server.
        let parent = std::os::unix::process::parent_id();
        *server.ready.lock().unwrap() = Some(json!({"models":[{"id":MODEL,"state":"ready","pid":parent}]}));
        let (_, all) = siege(plan(target, Duration::ZERO, kills(ms(1_500), 3))).await;
        assert_eq!(strikes(&all), []);
        assert!(process::is_alive(parent));
    }

    #[tokio::test]
    async fn what_is_no_engine_is_refused() {
        let (_, mut target) = Server::default().start().await;
        for pid in [0, 1, std::process::id(), u32::MAX] {
            target.engine_pid = Some(pid);
            let (sender, _receiver) = channel(1);
            let plan = plan(target.clone(), Duration::ZERO, Vec::new());
            let refused = run(plan, sender, CancellationToken::new()).await;
            assert!(
                matches!(refused, Err(RunError::Engine { pid: named, .. }) if named == pid),
                "{refused:?}"
            );
        }
    }
}
