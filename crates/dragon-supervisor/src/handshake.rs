//! The first words: who are you, can you serve this model.

use dragon_ipc::{FromEngine, MAX_SEQUENCES, PROTOCOL_VERSION, Ready};

use crate::ending::Ending;
use crate::link::{Ear, HearError};

/// Hears the engine's hello and returns the version of its build.
pub(crate) async fn greet(ear: &mut Ear) -> Result<String, Ending> {
    match ear.hear().await? {
        FromEngine::Hello(hello) if hello.protocol_version == PROTOCOL_VERSION => Ok(hello.build),
        FromEngine::Hello(hello) => Err(Ending::Version(hello.protocol_version)),
        other => Err(out_of_turn(&other)),
    }
}

/// Hears the verdict on the model. Heartbeats may come before it.
pub(crate) async fn load(ear: &mut Ear) -> Result<Ready, Ending> {
    loop {
        match ear.hear().await? {
            FromEngine::Ready(ready) => return sane(ready),
            FromEngine::Failed(failure) => return Err(Ending::Refused(failure)),
            FromEngine::Heartbeat(_) => {}
            other => return Err(out_of_turn(&other)),
        }
    }
}

/// The engine's figures bound what the server allocates, so they are not believed blindly.
fn sane(ready: Ready) -> Result<Ready, Ending> {
    if (1..=MAX_SEQUENCES).contains(&ready.n_slots) && ready.n_ctx_seq > 0 {
        Ok(ready)
    } else {
        let (n_slots, n_ctx_seq) = (ready.n_slots, ready.n_ctx_seq);
        Err(Ending::Broken(format!("it claims {n_slots} slots of {n_ctx_seq} tokens")))
    }
}

/// The engine said something that has no place at this point.
pub(crate) fn out_of_turn(message: &FromEngine) -> Ending {
    // Only the kind: the rest may be text of a client.
    let kind = match message {
        FromEngine::Hello(_) => "a hello",
        FromEngine::Ready(_) => "a ready",
        FromEngine::Failed(_) => "a load failure",
        FromEngine::Tokens(_) => "tokens of a text",
        FromEngine::Forced(_) => "a forced choice",
        FromEngine::Prefilled(_) => "the end of a prefill",
        FromEngine::Step(_) => "a step",
        FromEngine::Aborted(_) => "an abort",
        FromEngine::Heartbeat(_) => "a heartbeat",
    };
    Ending::Broken(format!("it sent {kind} out of turn"))
}

// === impl Ending ===

impl From<HearError> for Ending {
    fn from(error: HearError) -> Self {
        match error {
            HearError::Closed => Self::Closed,
            HearError::Frame(error) => Self::Broken(error.to_string()),
        }
    }
}
