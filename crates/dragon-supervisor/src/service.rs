//! The conversation with an engine in service: errands out, tokens in.

use std::convert::Infallible;
use std::time::Instant;

use dragon_ipc::{AbortKind, Aborted, FromEngine, Step};

use crate::ending::Ending;
use crate::errand;
use crate::handshake::out_of_turn;
use crate::inflight::Violation;
use crate::link::{Ear, Mouth, SayError};
use crate::shared::Shared;

/// Serves until the conversation ends.
///
/// Both directions run in one task, and neither waits for the other: an engine that is slow to read does not
/// keep its own tokens from being delivered.
pub(crate) async fn serve(ear: Ear, mouth: Mouth, shared: &Shared) -> Ending {
    tokio::select! {
        ending = listen(ear, shared) => ending,
        never = talk(mouth, shared) => match never {},
    }
}

async fn listen(mut ear: Ear, shared: &Shared) -> Ending {
    loop {
        let message = match ear.hear().await {
            Ok(message) => message,
            Err(error) => return error.into(),
        };
        if let Err(ending) = take(message, shared) {
            return ending;
        }
        shared.ring_if_released();
    }
}

fn take(message: FromEngine, shared: &Shared) -> Result<(), Ending> {
    let mut traffic = shared.traffic.lock();
    match message {
        FromEngine::Prefilled(prefilled) => traffic.prefilled(prefilled)?,
        FromEngine::Forced(forced) => traffic.forced(forced)?,
        FromEngine::Tokens(piece) => traffic.deliver_tokens(piece)?,
        FromEngine::Aborted(Aborted { generation, kind: AbortKind::NonFinite, message }) => {
            tracing::error!(model = shared.model, "{message}");
            return Err(Ending::NonFinite(traffic.fingerprint_of(generation)));
        }
        FromEngine::Aborted(aborted) => {
            tracing::warn!(model = shared.model, kind = ?aborted.kind, "generation aborted: {}", aborted.message);
            traffic.aborted(aborted)?;
        }
        FromEngine::Heartbeat(heartbeat) => {
            drop(traffic);
            shared.heard(heartbeat, Instant::now());
        }
        FromEngine::Step(step) => {
            drop(traffic);
            take_step(step, shared)?;
        }
        other @ (FromEngine::Hello(_) | FromEngine::Ready(_) | FromEngine::Failed(_)) => {
            return Err(out_of_turn(&other));
        }
    }
    Ok(())
}

fn take_step(step: Step, shared: &Shared) -> Result<(), Ending> {
    let now = Instant::now();
    shared.stepped(step.decode, now);
    // One lock for all tokens of a step; delivering never waits.
    let mut traffic = shared.traffic.lock();
    step.outputs.into_iter().try_for_each(|output| traffic.deliver(output))?;
    traffic.progressed(now);
    Ok(())
}

async fn talk(mut mouth: Mouth, shared: &Shared) -> Infallible {
    loop {
        // Asked for before looking, so that an order which arrives in between rings.
        let rung = shared.bell.notified();
        let errand = shared.traffic.lock().take_errand();
        let Some(errand) = errand else {
            rung.await;
            continue;
        };
        match errand::run(&mut mouth, errand).await {
            Ok(()) => {}
            // The listener hears the same, after the engine's last words.
            Err(SayError::Closed) => std::future::pending().await,
            Err(SayError::Frame(error)) => {
                tracing::error!(model = shared.model, %error, "a message was not sent")
            }
        }
    }
}

// === impl Ending ===

impl From<Violation> for Ending {
    fn from(violation: Violation) -> Self {
        Self::Broken(format!("it sent {violation}"))
    }
}
