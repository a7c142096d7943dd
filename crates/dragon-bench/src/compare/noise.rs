//! Requests for a path that does not exist, at a fixed rate: the load that a server must not feel.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use rustix::time::{ClockId, clock_gettime};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

/// Connections that share the rate.
const N_CONNECTIONS: u32 = 4;

/// A running generator.
pub(super) struct Noise {
    workers: JoinSet<Result<()>>,
    n_answers: Arc<AtomicU64>,
    started_at: Instant,
    cpu_before: Duration,
}

/// What was sent, and what sending it cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct NoiseFigures {
    pub(super) answers_per_s: f64,
    /// Of one core, by this whole process.
    pub(super) generator_cpu_share: f64,
}

// === impl Noise ===

impl Noise {
    /// Starts with `per_second` requests a second.
    pub(super) async fn start(base: &str, per_second: u32) -> Result<Self> {
        let n_answers = Arc::new(AtomicU64::new(0));
        let mut workers = JoinSet::new();
        for _ in 0..N_CONNECTIONS {
            let (base, n_answers) = (base.to_owned(), Arc::clone(&n_answers));
            let every = Duration::from_secs(1) * N_CONNECTIONS / per_second;
            workers.spawn(async move { ask_every(&base, every, &n_answers).await });
        }
        Ok(Self { workers, n_answers, started_at: Instant::now(), cpu_before: cpu_time() })
    }

    /// Stops and says what it did.
    pub(super) fn stop(mut self) -> NoiseFigures {
        self.workers.abort_all();
        let seconds = self.started_at.elapsed().as_secs_f64();
        NoiseFigures {
            answers_per_s: self.n_answers.load(Ordering::Relaxed) as f64 / seconds,
            generator_cpu_share: cpu_time().saturating_sub(self.cpu_before).as_secs_f64() / seconds,
        }
    }
}

async fn ask_every(base: &str, every: Duration, n_answers: &AtomicU64) -> Result<()> {
    let uri: Uri = base.parse()?;
    let authority = uri.authority().context("no host")?.clone();
    let stream = TcpStream::connect((authority.host(), authority.port_u16().unwrap_or(80))).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    loop {
        ticks.tick().await;
        let request = Request::get("/v1/nothing").header("host", authority.as_str());
        let response = sender.send_request(request.body(Empty::<Bytes>::new())?).await?;
        response.into_body().collect().await?;
        n_answers.fetch_add(1, Ordering::Relaxed);
    }
}

/// Of all threads of this process.
fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}
