//! The receiving end of a generation.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, ready};

use dragon_ipc::GenerationId;
use tokio::sync::mpsc;

use crate::job::{Event, Force, Token};
use crate::shared::Shared;
use crate::traffic::Entered;

/// A generation in progress. Dropping it before its end cancels it: the engine frees its slots within a step.
///
/// It outlives its engine: where that dies, the next one goes on with it, and all that shows here is a pause
/// ([`Generation::n_replays`]).
#[derive(Debug)]
pub struct Generation {
    shared: Arc<Shared>,
    id: GenerationId,
    events: mpsc::Receiver<Event>,
    n_replays: Arc<AtomicU32>,
    /// Choices of which nothing more is handed out.
    cancelled: Vec<u32>,
    /// Choices that are to be forced, each with what came of it meanwhile.
    forcing: Vec<(u32, Vec<Token>)>,
    /// What is to be handed out before anything that comes.
    ready: VecDeque<Event>,
}

/// How many engines a generation has outlived: the count goes on for whoever keeps this without listening.
#[derive(Debug, Clone)]
pub struct Outlived(Arc<AtomicU32>);

// === impl Outlived ===

impl Outlived {
    /// So many so far.
    pub fn n_engines(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

// === impl Generation ===

impl Generation {
    pub(crate) fn new(shared: Arc<Shared>, entered: Entered) -> Self {
        let Entered { id, events, n_replays } = entered;
        let (cancelled, forcing, ready) = (Vec::new(), Vec::new(), VecDeque::new());
        Self { shared, id, events, n_replays, cancelled, forcing, ready }
    }

    /// The next event; `None` after every choice has ended or was cancelled, and after [`Event::Lost`]. Cancel
    /// safe.
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// [`Generation::next`] for those who wait for several at once.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Event>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Poll::Ready(Some(event));
            }
            match ready!(self.events.poll_recv(context)) {
                // It had arrived before the choice was cancelled.
                Some(Event::Token(token)) if self.cancelled.contains(&token.choice) => {}
                Some(Event::Forced { choice }) if self.cancelled.contains(&choice) => {}
                Some(Event::Token(token)) => {
                    if let Some(token) = self.pass(token) {
                        return Poll::Ready(Some(Event::Token(token)));
                    }
                }
                Some(Event::Forced { choice }) => {
                    self.forcing.retain(|(forcing, _)| *forcing != choice);
                    return Poll::Ready(Some(Event::Forced { choice }));
                }
                event => return Poll::Ready(event),
            }
        }
    }

    /// Lets a choice go on from given tokens. What it makes beyond those that are kept is void, so nothing is heard of
    /// it until [`Event::Forced`]; or until its end, where it ends by itself first. Then all of it is handed out, as if
    /// it had never been forced. Whether it can be forced: it runs, and was never forced before.
    pub fn force(&mut self, choice: u32, force: Force) -> bool {
        let is_taken = self.shared.traffic.lock().force(self.id, choice, force);
        if is_taken {
            self.forcing.push((choice, Vec::new()));
            self.shared.bell.notify_one();
        }
        is_taken
    }

    /// Engines that it has outlived so far.
    pub fn n_replays(&self) -> u32 {
        self.n_replays.load(Ordering::Relaxed)
    }

    /// The same, for those who do not hold it.
    pub fn outlived(&self) -> Outlived {
        Outlived(Arc::clone(&self.n_replays))
    }

    /// Its name, for [`crate::Engine::ration`].
    pub fn id(&self) -> GenerationId {
        self.id
    }

    /// Lets a token through, unless its choice is being forced. Then it is held, or all that was held becomes ready
    /// with it.
    fn pass(&mut self, token: Token) -> Option<Token> {
        let Some(place) = self.forcing.iter().position(|(choice, _)| *choice == token.choice) else {
            return Some(token);
        };
        let is_last = token.end.is_some();
        self.forcing[place].1.push(token);
        if is_last {
            let (_, held) = self.forcing.swap_remove(place);
            self.ready.extend(held.into_iter().map(Event::Token));
        }
        None
    }

    /// Stops one choice: no more of its tokens come, and the engine frees its slot within a step. Nothing happens
    /// if it has ended, or if there is no such choice.
    pub fn cancel_choice(&mut self, index: u32) {
        self.cancelled.push(index);
        self.shared.traffic.lock().cancel_choice(self.id, index);
        self.shared.bell.notify_one();
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        self.shared.traffic.lock().abandon(self.id);
        self.shared.bell.notify_one();
    }
}
