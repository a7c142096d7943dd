//! The conversation with an engine in service: errands out, tokens in.

use std::convert::Infallible;
use std::time::Instant;

use dragon_ipc::{FromEngine, Step};

use crate::errand;
use crate::handshake::out_of_turn;
use crate::inflight::Violation;
use crate::life::Ending;
use crate::link::{Ear, Mouth, SayError};
use crate::shared::Shared;
use crate::traffic::Delivery;

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
    }
}

fn take(message: FromEngine, shared: &Shared) -> Result<(), Ending> {
    let delivery = match message {
        FromEngine::Step(step) => return take_step(step, shared),
        FromEngine::Heartbeat(heartbeat) => {
            shared.heard(heartbeat, Instant::now());
            return Ok(());
        }
        FromEngine::Prefilled(prefilled) => shared.traffic.lock().prefilled(prefilled)?,
        FromEngine::Forced(forced) => shared.traffic.lock().forced(forced)?,
        FromEngine::Tokens(piece) => shared.traffic.lock().deliver_tokens(piece)?,
        FromEngine::Aborted(aborted) => {
            tracing::warn!(model = shared.model, kind = ?aborted.kind, "generation aborted: {}", aborted.message);
            shared.traffic.lock().aborted(aborted)
        }
        other => return Err(out_of_turn(&other)),
    };
    warn_if_never_asked(&delivery, shared);
    Ok(())
}

fn take_step(step: Step, shared: &Shared) -> Result<(), Ending> {
    shared.stepped(step.decode, Instant::now());
    // One lock for all tokens of a step; delivering never waits.
    let mut traffic = shared.traffic.lock();
    for output in step.outputs {
        let delivery = traffic.deliver(output)?;
        warn_if_never_asked(&delivery, shared);
    }
    Ok(())
}

/// Late messages are no news: who they were for has left. A name that never was is a bug of the engine, but
/// one that hurts nobody.
fn warn_if_never_asked(delivery: &Delivery, shared: &Shared) {
    if *delivery == Delivery::NeverAsked {
        tracing::warn!(model = shared.model, "the engine answered what was never asked; ignored");
    }
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
