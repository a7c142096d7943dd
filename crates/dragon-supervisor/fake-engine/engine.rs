//! The well-behaved part.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io::Read;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use dragon_ipc::{
    DecodeCall, Decoder, End, Forced, FromEngine, Heartbeat, Hello, LoadSpec, MAX_TOKENS_PER_PIECE, Output,
    PROTOCOL_VERSION, Ready, Start, Step, TextLane, ToEngine, TokenizePiece, TokensPiece,
};

use crate::fault::{self, say};
use crate::script::Script;

/// More often than a real engine's, so that tests need not wait.
const HEARTBEAT_EVERY: Duration = Duration::from_millis(20);

const BOS: u32 = 256;

struct Engine {
    socket: UnixStream,
    inbox: Receiver<ToEngine>,
    script: Script,
    texts: HashMap<u64, String>,
    /// Long texts in work, with the time when each is done.
    slow_texts: VecDeque<(Instant, TokenizePiece)>,
    prompts: HashMap<u64, Vec<u32>>,
    produced: HashMap<u64, Vec<u32>>,
    running: BTreeMap<u64, Running>,
    /// Whether no text is answered any more.
    is_mute: bool,
    beat: Heartbeat,
    beat_at: Instant,
}

struct Running {
    start: Start,
    prompt: Vec<u32>,
    n_made: u32,
}

pub(crate) fn run() {
    let mut socket = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned().unwrap());
    let name = std::env::args().next().unwrap();
    if let Some((_, fault)) = name.rsplit_once(".hello-") {
        fault::commit(fault, &mut socket);
    }
    say(&mut socket, &FromEngine::Hello(Hello { protocol_version: PROTOCOL_VERSION, build: "fake".into() }));
    let (to_inbox, inbox) = sync_channel(16);
    let ear = socket.try_clone().unwrap();
    thread::spawn(move || hear(ear, &to_inbox));
    assert!(matches!(inbox.recv().unwrap(), ToEngine::Hello(_)));
    let ToEngine::Load(load) = inbox.recv().unwrap() else { panic!("the load comes second") };
    let script = Script::new(&load.path);
    get_ready(&mut socket, &script, &load);
    let engine = Engine {
        socket,
        inbox,
        script,
        texts: HashMap::new(),
        slow_texts: VecDeque::new(),
        prompts: HashMap::new(),
        produced: HashMap::new(),
        running: BTreeMap::new(),
        is_mute: false,
        beat: Heartbeat::default(),
        beat_at: Instant::now(),
    };
    engine.run();
}

fn hear(mut socket: UnixStream, inbox: &SyncSender<ToEngine>) {
    let mut decoder = Decoder::default();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        while let Some(message) = decoder.next_message().unwrap() {
            if let ToEngine::Load(load) = &message {
                fault::DEAF.store(Script::new(&load.path).has("deaf"), Ordering::Relaxed);
            }
            inbox.send(message).unwrap();
        }
        match socket.read(&mut buffer) {
            Ok(n_read @ 1..) => decoder.push(&buffer[..n_read]),
            Ok(0) | Err(_) => fault::connection_ended(),
        }
    }
}

fn get_ready(socket: &mut UnixStream, script: &Script, load: &LoadSpec) {
    if !script.has("orphan") {
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL)).unwrap();
    }
    eprintln!("INFO loading");
    thread::sleep(Duration::from_millis(script.number("load-ms").unwrap_or(0)));
    if let Some(fault) = script.text("load-fault") {
        eprint!("ERROR about to fail");
        fault::commit(fault, socket);
    }
    let ready = Ready {
        n_vocab: 257,
        n_ctx_train: load.n_ctx_seq,
        n_ctx_seq: load.n_ctx_seq,
        n_slots: script.number("slots").map_or(load.n_slots, |n| u32::try_from(n).unwrap()),
        keeps_prefixes: false,
        load_ms: 0,
        self_test_ms: 0,
        decode_us: 0,
        max_token_bytes: 1,
        system_info: surroundings(),
        sandbox: String::new(),
    };
    say(socket, &FromEngine::Ready(ready));
}

/// Where this process finds itself, for a test to look at.
fn surroundings() -> String {
    let names: Vec<_> = std::env::vars().map(|(name, _)| name).collect();
    let directory = std::env::current_dir().unwrap();
    let leads_group = rustix::process::getpgrp() == rustix::process::getpid();
    let core = rustix::process::getrlimit(rustix::process::Resource::Core).maximum;
    format!(
        "env={} cwd={} leads_group={leads_group} core={core:?} files={}",
        names.join("+"),
        directory.display(),
        open_files().join("+")
    )
}

/// What is open here.
fn open_files() -> Vec<String> {
    let entries = std::fs::read_dir("/proc/self/fd").unwrap();
    let targets = entries.filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok());
    targets.map(|target| target.display().to_string()).collect()
}

impl Running {
    fn n_max_tokens(&self) -> u32 {
        self.start.choices[0].n_max_tokens
    }
}

impl Engine {
    fn run(mut self) {
        let step_time = Duration::from_millis(self.script.number("step-ms").unwrap_or(1));
        loop {
            match self.inbox.recv_timeout(step_time) {
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => self.step(),
                Err(RecvTimeoutError::Disconnected) => fault::sleep_forever(),
            }
            if self.slow_texts.front().is_some_and(|(done_at, _)| *done_at <= Instant::now()) {
                let (_, piece) = self.slow_texts.pop_front().unwrap();
                self.answer(&piece);
            }
            if self.beat_at.elapsed() >= HEARTBEAT_EVERY {
                self.beat_at = Instant::now();
                self.send_heartbeat();
            }
        }
    }

    fn take(&mut self, message: ToEngine) {
        match message {
            ToEngine::Hello(_) | ToEngine::Load(_) => panic!("said twice"),
            ToEngine::Tokenize(piece) => self.tokenize(piece),
            ToEngine::Prompt(piece) => {
                self.prompts.entry(piece.generation).or_default().extend(piece.tokens);
            }
            // The same for each choice, since these are always equally far.
            ToEngine::Produced(piece) if piece.choice == 0 => {
                self.produced.entry(piece.generation).or_default().extend(piece.tokens);
            }
            ToEngine::Produced(_) => {}
            ToEngine::Start(start) => {
                let prompt = self.prompts.remove(&start.generation).unwrap();
                let produced = self.produced.remove(&start.generation).unwrap_or_default();
                self.beat.n_prefill_tokens += prompt.len() as u64;
                if start.choices[0].closing.is_none() {
                    let echo = prompt.iter().cycle().take(produced.len());
                    assert!(echo.eq(&produced), "that is not what was made");
                }
                let n_made = u32::try_from(produced.len()).unwrap();
                self.running.insert(start.generation, Running { start, prompt, n_made });
            }
            ToEngine::Cancel { generation, choice } => {
                if let Some(running) = self.running.get_mut(&generation) {
                    running
                        .start
                        .choices
                        .retain(|running| choice.is_some_and(|index| running.index != index));
                }
                self.running.retain(|_, running| !running.start.choices.is_empty());
            }
            // Its choices are always equally far, so only single ones can be forced.
            ToEngine::Force(force) => {
                if let Some(running) = self.running.get_mut(&force.generation) {
                    running.n_made = force.n_kept + u32::try_from(force.tokens.len()).unwrap();
                    running
                        .start
                        .choices
                        .iter_mut()
                        .for_each(|choice| choice.n_max_tokens = force.n_max_tokens);
                    let forced = Forced { generation: force.generation, choice: force.choice };
                    say(&mut self.socket, &FromEngine::Forced(forced));
                }
            }
            // Nobody is ever slow here.
            ToEngine::Ration(_) => {}
        }
    }

    /// A token is a byte.
    fn tokenize(&mut self, piece: TokenizePiece) {
        self.texts.entry(piece.call).or_default().push_str(&piece.text);
        if !piece.last || (self.script.has("mute") && (self.is_mute || self.script.may_fail())) {
            self.is_mute |= piece.last;
            return;
        }
        match (piece.lane, self.script.number("long-text-ms")) {
            (TextLane::Long, Some(ms)) => {
                let free_at = self.slow_texts.back().map_or_else(Instant::now, |(done_at, _)| *done_at);
                self.slow_texts.push_back((free_at + Duration::from_millis(ms), piece));
            }
            _ => self.answer(&piece),
        }
    }

    fn answer(&mut self, piece: &TokenizePiece) {
        let text = self.texts.remove(&piece.call).unwrap();
        let bos = piece.add_special.then_some(BOS);
        let tokens: Vec<u32> = bos.into_iter().chain(text.bytes().map(u32::from)).collect();
        for tokens in tokens.chunks(MAX_TOKENS_PER_PIECE) {
            let tokens = TokensPiece { call: piece.call, tokens: tokens.to_vec(), last: false };
            say(&mut self.socket, &FromEngine::Tokens(tokens));
        }
        let end = TokensPiece { call: piece.call, tokens: vec![], last: true };
        say(&mut self.socket, &FromEngine::Tokens(end));
    }

    /// One token for every choice: the prompt again and again.
    fn step(&mut self) {
        if self.running.is_empty() {
            return;
        }
        if let Some(generation) = self.fails_with() {
            fault::commit_with(self.script.text("fault").unwrap(), &mut self.socket, generation);
        }
        let mut outputs = Vec::new();
        for (id, running) in &mut self.running {
            let token = running.prompt[running.n_made as usize % running.prompt.len()];
            running.n_made += 1;
            let end = (running.n_made == running.n_max_tokens()).then_some(End::MaxTokens);
            outputs.extend(running.start.choices.iter().map(|choice| Output {
                generation: *id,
                choice: choice.index,
                token,
                piece: format!("{token} ").into_bytes(),
                logprobs: None,
                end,
            }));
        }
        self.running.retain(|_, running| running.n_made < running.n_max_tokens());
        self.beat.n_steps += 1;
        self.beat.decode_us += 1000;
        self.beat.n_decode_tokens += outputs.len() as u64;
        let decode = Some(DecodeCall { n_rows: u32::try_from(outputs.len()).unwrap(), took_us: 1000 });
        say(&mut self.socket, &FromEngine::Step(Step { step: self.beat.n_steps, outputs, decode }));
    }

    /// The generation with which it is time to fail.
    fn fails_with(&self) -> Option<u64> {
        let poison = self.script.number("poison").map(|token| u32::try_from(token).unwrap());
        let is_poisoned = |running: &Running| poison.is_some_and(|poison| running.prompt.contains(&poison));
        let poisoned = self.running.iter().find(|(_, running)| is_poisoned(running)).map(|(id, _)| *id);
        let is_time =
            self.script.number("after") == Some(self.beat.n_decode_tokens) && self.script.may_fail();
        poisoned.or_else(|| self.running.keys().next().copied().filter(|_| is_time))
    }

    fn send_heartbeat(&mut self) {
        let n_busy: usize = self.running.values().map(|running| running.start.choices.len()).sum();
        self.beat.n_busy_slots = u32::try_from(n_busy).unwrap();
        say(&mut self.socket, &FromEngine::Heartbeat(self.beat));
    }
}
