//! The server's end of the conversation.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use dragon_ipc::{
    Aborted, CacheType, Choice, Decoder, End, FlashAttention, FromEngine, GenerationId, Heartbeat, Hello,
    LoadSpec, Output, PROTOCOL_VERSION, Prefilled, ProducedPiece, PromptPiece, Ready, Sampling, Start,
    TextLane, ToEngine, TokenizePiece, encode,
};

/// Longer than anything takes here, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running engine. Killed when dropped.
pub(crate) struct Engine {
    pub(crate) child: Child,
    socket: Option<UnixStream>,
    messages: Receiver<FromEngine>,
    /// How the prompts so far came into their cells, in the order of their ends.
    pub(crate) prefilled: Vec<Prefilled>,
}

/// What one choice gave.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) text: Vec<u8>,
    pub(crate) tokens: Vec<u32>,
    pub(crate) end: Option<End>,
}

pub(crate) fn hello(protocol_version: u32) -> ToEngine {
    ToEngine::Hello(Hello { protocol_version, build: "test".to_owned() })
}

pub(crate) fn load_spec() -> LoadSpec {
    LoadSpec {
        path: dragon_testkit::tiny::tiny_model_path(),
        n_ctx_seq: 1024,
        n_slots: 8,
        n_prefill_chunk: 64,
        n_threads: 2,
        cache_type: CacheType::F32,
        flash_attention: FlashAttention::Auto,
        n_gpu_layers: 0,
        n_max_kept_bytes: 0,
        n_max_draft: 0,
        self_test: dragon_ipc::SelfTest::Timed,
        probe_sandbox: false,
    }
}

pub(crate) fn greedy() -> Sampling {
    Sampling { ignore_eos: true, ..Sampling::greedy() }
}

pub(crate) fn start(
    generation: GenerationId,
    n_choices: u32,
    n_max_tokens: u32,
    sampling: Sampling,
) -> Start {
    let choices = (0..n_choices).map(|index| Choice::new(index, n_max_tokens)).collect();
    Start { generation, choices, sampling, n_top_logprobs: None }
}

impl Engine {
    /// The process, with nothing said yet.
    pub(crate) fn spawn() -> Self {
        Self::spawn_by(Command::new(env!("CARGO_BIN_EXE_dragon-engine")))
    }

    /// A process that is the engine or starts it with the same standard input.
    pub(crate) fn spawn_by(mut command: Command) -> Self {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let child = command
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // As the server does: threads that wait must not spin, or tests beside tests crawl.
            .env("GOMP_SPINCOUNT", "0")
            .spawn()
            .unwrap();
        let messages = read_in_background(ours.try_clone().unwrap());
        Self { child, socket: Some(ours), messages, prefilled: Vec::new() }
    }

    /// An engine that has loaded a model.
    pub(crate) fn ready(spec: LoadSpec) -> (Self, Ready) {
        Self::spawn().load(spec)
    }

    /// Shakes hands and loads a model.
    pub(crate) fn load(self, spec: LoadSpec) -> (Self, Ready) {
        let mut engine = self;
        engine.send(&hello(PROTOCOL_VERSION));
        engine.send(&ToEngine::Load(spec));
        assert!(
            matches!(engine.next(), FromEngine::Hello(hello) if hello.protocol_version == PROTOCOL_VERSION)
        );
        match engine.next() {
            FromEngine::Ready(ready) => (engine, ready),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn send(&mut self, message: &ToEngine) {
        self.send_bytes(&encode(message).unwrap());
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        self.socket.as_mut().unwrap().write_all(bytes).unwrap();
    }

    /// Closes our end, as a server that dies does.
    pub(crate) fn hang_up(&mut self) {
        let socket = self.socket.take().unwrap();
        socket.shutdown(std::net::Shutdown::Both).unwrap();
    }

    /// The next message that is not a heartbeat.
    pub(crate) fn next(&mut self) -> FromEngine {
        loop {
            match self.messages.recv_timeout(PATIENCE).expect("the engine says nothing") {
                FromEngine::Heartbeat(_) => {}
                message => return message,
            }
        }
    }

    /// The next heartbeat; loses messages before it.
    pub(crate) fn next_heartbeat(&mut self) -> Heartbeat {
        loop {
            if let FromEngine::Heartbeat(heartbeat) = self.messages.recv_timeout(PATIENCE).unwrap() {
                return heartbeat;
            }
        }
    }

    /// The first heartbeat with this many busy slots.
    pub(crate) fn wait_for_busy_slots(&mut self, n_busy: u32) -> Heartbeat {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            let heartbeat = self.next_heartbeat();
            if heartbeat.n_busy_slots == n_busy {
                return heartbeat;
            }
        }
        panic!("there were never {n_busy} busy slots");
    }

    /// Starts a generation of whose only choice an earlier engine produced this much.
    pub(crate) fn resume(&mut self, prompt: &[u32], produced: &[u32], start: Start) {
        let piece = ProducedPiece { generation: start.generation, choice: 0, tokens: produced.to_vec() };
        self.send(&ToEngine::Produced(piece));
        self.begin(prompt, start);
    }

    pub(crate) fn begin(&mut self, prompt: &[u32], start: Start) {
        let generation = start.generation;
        self.send(&ToEngine::Prompt(PromptPiece { generation, tokens: prompt.to_vec() }));
        self.send(&ToEngine::Start(start));
    }

    pub(crate) fn tokenize(&mut self, text: &str, add_special: bool) -> Vec<u32> {
        self.send(&ToEngine::Tokenize(TokenizePiece {
            call: 1,
            lane: TextLane::of(text.len()),
            text: text.to_owned(),
            last: true,
            add_special,
        }));
        let mut tokens = Vec::new();
        loop {
            match self.next() {
                FromEngine::Tokens(piece) => {
                    tokens.extend(piece.tokens);
                    if piece.last {
                        return tokens;
                    }
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// Collects until this many choices have ended.
    pub(crate) fn answers(&mut self, n_choices: usize) -> BTreeMap<(GenerationId, u32), Answer> {
        let mut answers: BTreeMap<_, Answer> = BTreeMap::new();
        while answers.values().filter(|answer| answer.end.is_some()).count() < n_choices {
            for output in self.next_outputs() {
                let answer = answers.entry((output.generation, output.choice)).or_default();
                assert_eq!(answer.end, None, "a token after the end");
                answer.text.extend(output.piece);
                answer.tokens.push(output.token);
                answer.end = output.end;
            }
        }
        answers
    }

    /// Collects until this many choices of one generation have ended; what others still say is lost.
    pub(crate) fn answers_of(&mut self, generation: GenerationId, n_choices: usize) -> BTreeMap<u32, Answer> {
        let mut answers: BTreeMap<_, Answer> = BTreeMap::new();
        while answers.values().filter(|answer| answer.end.is_some()).count() < n_choices {
            for output in self.next_outputs().into_iter().filter(|output| output.generation == generation) {
                let answer = answers.entry(output.choice).or_default();
                answer.text.extend(output.piece);
                answer.tokens.push(output.token);
                answer.end = output.end;
            }
        }
        answers
    }

    pub(crate) fn next_outputs(&mut self) -> Vec<Output> {
        loop {
            match self.next() {
                FromEngine::Step(step) => return step.outputs,
                FromEngine::Prefilled(prefilled) => self.prefilled.push(prefilled),
                other => panic!("{other:?}"),
            }
        }
    }

    pub(crate) fn next_aborted(&mut self) -> Aborted {
        loop {
            match self.next() {
                FromEngine::Aborted(aborted) => return aborted,
                FromEngine::Step(_) | FromEngine::Prefilled(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Waits until the other end of the socket is closed, by whoever held it.
    pub(crate) fn wait_for_hang_up(&mut self) {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if self.messages.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Disconnected) {
                return;
            }
        }
        panic!("the engine lives on");
    }

    /// Waits for the process to end and says how long that took.
    pub(crate) fn wait(&mut self) -> (ExitStatus, Duration) {
        let started_at = Instant::now();
        while started_at.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, started_at.elapsed());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the engine does not end");
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_in_background(mut socket: UnixStream) -> Receiver<FromEngine> {
    let (sender, receiver) = channel_of_tests();
    std::thread::spawn(move || {
        let mut decoder = Decoder::default();
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(n_bytes) = socket.read(&mut buffer) {
            decoder.push(&buffer[..n_bytes]);
            while let Some(message) = decoder.next_message().unwrap() {
                if sender.send(message).is_err() {
                    return;
                }
            }
            if n_bytes == 0 {
                return;
            }
        }
    });
    receiver
}

#[expect(clippy::disallowed_methods, reason = "a test reads everything before it looks at anything")]
fn channel_of_tests() -> (std::sync::mpsc::Sender<FromEngine>, Receiver<FromEngine>) {
    channel()
}
