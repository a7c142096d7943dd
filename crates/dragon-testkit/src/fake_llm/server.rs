//! The server: its settings, its thread, and what it makes of a request.

use std::{
    future, io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use http::Request;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use tokio::time::sleep;

use super::answer::Answer;
use super::background::Background;
use super::behaviour::{Behaviour, When};
use super::body::{Place, Places};
use super::connection::{self, Resetter};
use super::documents;
use super::question::{self, Endpoint, Question, Route};
use super::reply::{self, Reply};

/// Longer prompts get 413.
const MAX_BODY_BYTES: usize = 32 << 20;

/// How a fake server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// What it does.
    pub behaviour: Behaviour,
    /// When it does it; otherwise everything is right.
    pub when: When,
    /// Whether answers have the label `dragon`.
    pub has_labels: bool,
    /// Time for each token.
    pub token_pause: Duration,
    /// Tokens of answers to what is no known question.
    pub n_filler: usize,
    /// Who comes while so many others are being answered gets 503.
    pub n_answered_max: usize,
    /// Where it listens on the loopback address; 0: anywhere.
    pub port: u16,
}

/// A running fake server. Stopped when dropped, with everything that is on its way.
#[derive(Debug)]
pub struct FakeLlm(Background);

/// What all connections share.
#[derive(Debug)]
pub(super) struct Shared {
    settings: Settings,
    places: Places,
    n_asked: AtomicU64,
    /// Of the newest request.
    last_prompt: Mutex<String>,
}

// === impl Settings ===

impl Settings {
    /// A server of this behaviour, at once and always.
    #[must_use]
    pub fn of(behaviour: Behaviour) -> Self {
        Self {
            behaviour,
            when: When::Always,
            has_labels: behaviour.needs_labels(),
            token_pause: Duration::ZERO,
            n_filler: 24,
            n_answered_max: usize::MAX,
            port: 0,
        }
    }
}

// === impl FakeLlm ===

impl FakeLlm {
    /// Starts a server of this behaviour on a free port.
    ///
    /// # Panics
    /// Where that cannot be.
    #[must_use]
    pub fn start(behaviour: Behaviour) -> Self {
        Self::start_with(Settings::of(behaviour)).expect("a server can be started")
    }

    /// Starts a server.
    ///
    /// # Errors
    /// Where its port cannot be had.
    pub fn start_with(settings: Settings) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            settings,
            places: Places::default(),
            n_asked: AtomicU64::new(0),
            last_prompt: Mutex::default(),
        });
        let serve = move |stream| connection::serve(stream, Arc::clone(&shared));
        Background::start(settings.port, serve).map(Self)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// The same for a command line.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }
}

// === impl Shared ===

impl Shared {
    /// Whether connections may end with a reset.
    pub(super) fn resets(&self) -> bool {
        self.settings.behaviour == Behaviour::Reset
    }

    /// Answers a request; an error ends the connection.
    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
        resetter: Option<&Resetter>,
    ) -> io::Result<Reply> {
        let (place, n_others) = self.places.take();
        let fault = self.fault(n_others);
        let (head, body) = request.into_parts();
        let endpoint = match question::route(&head.method, head.uri.path()) {
            Ok(Route::Models) => return Ok(reply::json(200, &documents::models())),
            Ok(Route::Generate(endpoint)) => endpoint,
            Err(wrong) => return Ok(self.turn_away(&wrong, fault)),
        };
        let body = match Limited::new(body, MAX_BODY_BYTES).collect().await {
            Ok(body) => body.to_bytes(),
            Err(_) => {
                let wrong = question::too_long(MAX_BODY_BYTES);
                return Ok(self.turn_away(&wrong, fault));
            }
        };
        let question = match question::read(endpoint, &head.headers, &body) {
            Ok(question) => question,
            Err(wrong) => return Ok(self.turn_away(&wrong, fault)),
        };
        if n_others >= self.settings.n_answered_max {
            return Ok(reply::error(503, "too many are being answered"));
        }
        self.reply(question, fault, place, resetter).await
    }

    fn fault(&self, n_others: usize) -> Behaviour {
        match self.settings.when {
            When::Always => self.settings.behaviour,
            When::Beside(n) if n_others > n => self.settings.behaviour,
            When::After(n) if self.n_asked.load(Ordering::Relaxed) >= n => self.settings.behaviour,
            When::Beside(_) | When::After(_) => Behaviour::Correct,
        }
    }

    /// What a wrong request gets.
    fn turn_away(&self, wrong: &question::Wrong, fault: Behaviour) -> Reply {
        match fault {
            Behaviour::HtmlErrors => reply::page(wrong.status),
            Behaviour::EmptyErrors => reply::empty(wrong.status),
            Behaviour::FailsOnWrong => reply::error(500, &wrong.message),
            Behaviour::AcceptsWrong => {
                let question = Question::any(Endpoint::Chat);
                reply::whole(&self.right_answer(question), Behaviour::Correct)
            }
            _ => reply::wrong(wrong),
        }
    }

    fn right_answer(&self, question: Question) -> Answer {
        let id = self.n_asked.fetch_add(1, Ordering::Relaxed) + 1;
        Answer::to(question, id, self.settings.n_filler, self.settings.has_labels)
    }

    async fn reply(
        &self,
        question: Question,
        fault: Behaviour,
        place: Place,
        resetter: Option<&Resetter>,
    ) -> io::Result<Reply> {
        let others = self.exchange_prompts(&question.prompt);
        let is_streamed = question.is_streamed;
        let mut answer = self.right_answer(question);
        let mut pause = self.settings.token_pause;
        match fault {
            Behaviour::Hang => future::pending().await,
            Behaviour::Reset => {
                return Err(resetter.map_or_else(|| io::Error::other("no socket"), Resetter::reset));
            }
            Behaviour::Late(by) => sleep(by).await,
            Behaviour::EmptyBody => return Ok(reply::empty(200)),
            Behaviour::HtmlAsSuccess => return Ok(reply::page(200)),
            Behaviour::PlainText => return Ok(reply::plain(answer.text())),
            Behaviour::InternalErrors => return Ok(reply::error(500, "this should not happen")),
            Behaviour::NotFound => return Ok(reply::error(404, "there is no model")),
            Behaviour::RefusesEverybody => return Ok(reply::error(503, "busy")),
            Behaviour::RefusesInHtml => return Ok(reply::page(503)),
            Behaviour::ErrorAsSuccess if !is_streamed => {
                return Ok(reply::json(200, &documents::error(500, "out of memory")));
            }
            Behaviour::LyingFinish => answer.finish = "length",
            Behaviour::LyingLabel => {
                answer.label["outcome"] = "landed".into();
                answer.label["reason"] = "deadline".into();
            }
            Behaviour::LyingUsage => answer.n_total += 7,
            Behaviour::NoTokens => {
                answer.n_completion = 0;
                answer.n_total = answer.n_prompt;
            }
            Behaviour::WrongContent => answer = answer.replaced_by_that_to(&others, self.settings.n_filler),
            _ => {}
        }
        if is_streamed {
            return Ok(reply::stream(answer, fault, pause, place));
        }
        pause *= u32::try_from(answer.tokens.len()).unwrap_or(u32::MAX);
        if !pause.is_zero() {
            sleep(pause).await;
        }
        Ok(reply::whole(&answer, fault))
    }

    /// Remembers a prompt, and gives out another that was asked before it.
    fn exchange_prompts(&self, prompt: &str) -> String {
        let mut last = self.last_prompt.lock().unwrap_or_else(PoisonError::into_inner);
        if *last == prompt { String::new() } else { std::mem::replace(&mut *last, prompt.to_owned()) }
    }
}
