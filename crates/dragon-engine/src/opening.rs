//! The first words with the server, on the main thread: who are you, what shall I load.
//!
//! No other thread exists yet, because the sandbox binds only threads that are started after it, and what it may let
//! through is known when the model is.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;

use dragon_ipc::{Decoder, EngineExit, FromEngine, Hello, LoadFailure, LoadSpec, PROTOCOL_VERSION, ToEngine};

use crate::exit::{end_process, end_process_saying};
use crate::startup::StartupError;

/// Bytes asked of the socket at once: a hello and an order to load are a few hundred.
const READ_BYTES: usize = 4096;

/// The conversation before the threads take it over.
#[derive(Debug)]
pub(crate) struct Opening {
    socket: UnixStream,
    decoder: Decoder,
}

// === impl Opening ===

impl Opening {
    /// Says hello.
    pub(crate) fn begin(socket: UnixStream) -> Self {
        let mut opening = Self { socket, decoder: Decoder::default() };
        let build = env!("CARGO_PKG_VERSION").to_owned();
        opening.say(&FromEngine::Hello(Hello { protocol_version: PROTOCOL_VERSION, build }));
        opening
    }

    /// Waits for the server's hello and for the model that it wants.
    ///
    /// # Errors
    /// See [`StartupError`].
    pub(crate) fn wait_for_load(&mut self) -> Result<LoadSpec, StartupError> {
        match self.hear()? {
            ToEngine::Hello(hello) if hello.protocol_version == PROTOCOL_VERSION => {}
            ToEngine::Hello(hello) => return Err(StartupError::Version { server: hello.protocol_version }),
            _ => return Err(StartupError::OutOfOrder("a hello")),
        }
        match self.hear()? {
            ToEngine::Load(spec) => Ok(spec),
            _ => Err(StartupError::OutOfOrder("a model to load")),
        }
    }

    /// Says why there will be no service, and ends the process.
    pub(crate) fn fail(mut self, failure: LoadFailure, exit: EngineExit) -> ! {
        self.say(&FromEngine::Failed(failure));
        end_process(exit);
    }

    /// The socket, and what has been read from it beyond the order to load.
    pub(crate) fn into_parts(self) -> (UnixStream, Decoder) {
        (self.socket, self.decoder)
    }

    fn say(&mut self, message: &FromEngine) {
        let frame = match dragon_ipc::encode(message) {
            Ok(frame) => frame,
            Err(error) => {
                end_process_saying(EngineExit::Internal, &format!("a message has no frame: {error}"))
            }
        };
        if self.socket.write_all(&frame).is_err() {
            end_process(EngineExit::ParentGone);
        }
    }

    fn hear(&mut self) -> Result<ToEngine, StartupError> {
        let mut buffer = [0; READ_BYTES];
        loop {
            if let Some(message) = self.decoder.next_message()? {
                return Ok(message);
            }
            match self.socket.read(&mut buffer) {
                Ok(0) => return Err(StartupError::ParentGone),
                Ok(n_bytes) => self.decoder.push(&buffer[..n_bytes]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(StartupError::ParentGone),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(protocol_version: u32) -> ToEngine {
        ToEngine::Hello(Hello { protocol_version, build: String::new() })
    }

    fn load() -> ToEngine {
        ToEngine::Load(LoadSpec {
            path: "/model".into(),
            n_ctx_seq: 1,
            n_slots: 1,
            n_prefill_chunk: 1,
            n_threads: 1,
            cache_type: dragon_ipc::CacheType::F16,
            flash_attention: dragon_ipc::FlashAttention::Auto,
            n_gpu_layers: 0,
            n_max_kept_bytes: 0,
            n_max_draft: 0,
            self_test: dragon_ipc::SelfTest::Timed,
            probe_sandbox: false,
        })
    }

    /// What the engine makes of these messages, and its end of the conversation.
    fn hears(messages: &[ToEngine]) -> (Result<LoadSpec, StartupError>, Opening) {
        let (mut server, engine) = UnixStream::pair().unwrap();
        let bytes: Vec<u8> =
            messages.iter().flat_map(|message| dragon_ipc::encode(message).unwrap()).collect();
        server.write_all(&bytes).unwrap();
        server.shutdown(std::net::Shutdown::Write).unwrap();
        let mut opening = Opening::begin(engine);
        (opening.wait_for_load(), opening)
    }

    #[test]
    fn another_version_is_named_and_ends_with_the_code_for_it() {
        let error = hears(&[hello(PROTOCOL_VERSION + 1)]).0.unwrap_err();
        assert!(matches!(error, StartupError::Version { server } if server == PROTOCOL_VERSION + 1));
        assert_eq!(error.exit(), EngineExit::Protocol);
        assert!(error.to_failure().message.contains("one build"));
    }

    #[test]
    fn nothing_comes_before_hello_and_load() {
        let cancel = ToEngine::Cancel { generation: 1, choice: None };
        assert!(matches!(hears(std::slice::from_ref(&cancel)).0, Err(StartupError::OutOfOrder(_))));
        let hello = hello(PROTOCOL_VERSION);
        assert!(matches!(hears(&[hello.clone(), hello.clone()]).0, Err(StartupError::OutOfOrder(_))));
        assert!(matches!(hears(std::slice::from_ref(&hello)).0, Err(StartupError::ParentGone)));
        assert!(hears(&[hello, load(), cancel]).0.is_ok());
    }

    #[test]
    fn what_came_after_the_order_to_load_is_not_lost() {
        let cancel = ToEngine::Cancel { generation: 7, choice: None };
        let (heard, opening) = hears(&[hello(PROTOCOL_VERSION), load(), cancel.clone()]);
        heard.unwrap();
        let (_socket, mut decoder) = opening.into_parts();
        assert_eq!(decoder.next_message::<ToEngine>().unwrap(), Some(cancel));
    }

    #[test]
    fn what_is_no_message_is_a_mistake_of_the_server() {
        let (mut server, engine) = UnixStream::pair().unwrap();
        server.write_all(&u32::MAX.to_le_bytes()).unwrap();
        let error = Opening::begin(engine).wait_for_load().unwrap_err();
        assert!(matches!(error, StartupError::Frame(_)), "{error}");
        assert_eq!(error.exit(), EngineExit::Protocol);
    }
}
