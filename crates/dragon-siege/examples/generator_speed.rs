//! What the generator can do by itself: requests a second against a server that sends the same bytes to everybody.
//!
//! ```sh
//! taskset -c 0 target/release/examples/generator_speed serve 9090 &
//! taskset -c 1 target/release/examples/generator_speed fire http://127.0.0.1:9090 many-small 64 10
//! ```
//!
//! The tally takes what it is told and judges it, and does nothing else; `unjudged` as the last word leaves that out too.

#![expect(clippy::print_stdout, reason = "its figures are its purpose")]

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use dragon_siege::attack::by_name;
use dragon_siege::judge::{Rules, judge};
use dragon_siege::observation::Observation;
use dragon_siege::plan::{Bound, Phase, Plan, Shape};
use dragon_siege::run::{CHANNEL_LEN, run_blocking};
use dragon_siege::target::{Asked, Place, discover};
use http_body_util::Full;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{Receiver, channel};
use tokio_util::sync::CancellationToken;

const MODELS: &str =
    r#"{"object":"list","data":[{"id":"static-1","object":"model","created":1,"owned_by":"nobody"}]}"#;

const ANSWER: &str = r#"{"id":"1","object":"chat.completion","created":1,"model":"static-1","choices":[{"index":0,"message":{"role":"assistant","content":"Yes."},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}"#;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve", port] => serve(port.parse()?),
        ["fire", url, attack, n_clients, seconds, rest @ ..] => {
            fire(url, attack, n_clients.parse()?, seconds.parse()?, rest != ["unjudged"])
        }
        _ => Err("serve PORT, or fire URL ATTACK CLIENTS SECONDS [unjudged]".into()),
    }
}

fn serve(port: u16) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service_fn(answer));
            // Clients leave as they like.
            drop(tokio::spawn(connection));
        }
    })
}

async fn answer(request: Request<hyper::body::Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = if request.uri().path() == "/v1/models" { MODELS } else { ANSWER };
    let mut response = Response::new(Full::from(body));
    let kind = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    Ok(response)
}

fn fire(url: &str, attack: &str, n_clients: usize, seconds: u64, is_judged: bool) -> Outcome {
    let place = Place::parse(url)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let discovered = runtime.block_on(discover(&place, &place.resolve()?, Asked::default()))?;
    let rules = Rules { deadline: Duration::from_secs(10), grace: Duration::from_millis(250) };
    let lasts = Duration::from_secs(seconds);
    let plan = Plan {
        target: discovered.target,
        rules,
        patience: Duration::from_secs(15),
        seed: 1,
        calibration: Duration::ZERO,
        phases: vec![Phase {
            name: attack.to_owned(),
            attacks: vec![(by_name(attack).ok_or("no such attack")?, 1)],
            shape: Shape::Closed { n_clients, ramp: Duration::ZERO },
            bound: Bound { lasts, n_max: u64::MAX },
        }],
        rest: Duration::ZERO,
        max_strikes: 0,
    };
    let (sender, receiver) = channel(CHANNEL_LEN);
    let tally = std::thread::spawn(move || count(receiver, is_judged.then_some(rules)));
    let ended = run_blocking(Arc::new(plan), sender, CancellationToken::new())?;
    let (n_ended, n_faulty) = tally.join().map_err(|_| "the tally has failed")?;
    let per_s = n_ended / seconds.max(1);
    println!("{n_ended} answers ({n_faulty} judged faulty), {per_s}/s; {} sent again", ended.n_resent);
    Ok(())
}

fn count(mut receiver: Receiver<Observation>, rules: Option<Rules>) -> (u64, u64) {
    let (mut n_ended, mut n_faulty) = (0, 0);
    let mut batch = Vec::new();
    loop {
        if receiver.blocking_recv_many(&mut batch, CHANNEL_LEN) == 0 {
            return (n_ended, n_faulty);
        }
        for observation in batch.drain(..) {
            let Observation::Exchanged { ask, exchange, .. } = observation else { continue };
            n_ended += 1;
            n_faulty += rules.map_or(0, |rules| u64::from(!judge(&ask, &exchange, rules).faults.is_empty()));
        }
    }
}
