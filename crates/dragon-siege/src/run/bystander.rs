//! The ordinary client beside every attack.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use tokio_util::sync::CancellationToken;

use super::questions::{self, Question};
use super::{RunError, Siege};
use crate::ask::Ask;
use crate::client::{Caller, Client, page};
use crate::exchange::{Exchange, Reply};
use crate::load::LAST_WAIT;
use crate::observation::{Observation, Who};

/// Between an answer and the next question: an ordinary client does not send as fast as it can.
pub(super) const PAUSE: Duration = Duration::from_millis(100);

/// The key that it sends where the user gave none, as ordinary clients send one: by keys a server can tell those who
/// share an address with an attacker from the attacker.
const OWN_KEY: &str = "dragon-siege-bystander";

/// One client with ordinary questions.
#[derive(Debug)]
pub(super) struct Bystander {
    client: Client,
    questions: Vec<Known>,
    has_own_key: bool,
    /// Questions asked so far, of those in turn.
    n_asked: usize,
}

/// A question, and whether it was answered right each time in quiet.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) question: Question,
    pub(super) is_right: bool,
}

// === impl Bystander ===

impl Bystander {
    /// With a key of its own, unless the user gave one or the server knows which keys there are.
    pub(super) async fn new(siege: &Siege) -> Result<Self, RunError> {
        let target = &siege.plan.target;
        let mut client = client(siege)?;
        let has_own_key = target.api_key.is_none() && is_admitted(&mut client, siege).await;
        let questions: Vec<Known> = questions::all(&target.model, has_own_key.then_some(OWN_KEY))
            .into_iter()
            .map(|question| Known { question, is_right: false })
            .collect();
        Ok(Self { client, questions, has_own_key, n_asked: 0 })
    }

    pub(super) fn n_resent(&self) -> u64 {
        self.client.n_resent()
    }

    /// Whether it sends a key of its own, and the attackers none.
    pub(super) fn has_own_key(&self) -> bool {
        self.has_own_key
    }

    pub(super) fn questions_mut(&mut self) -> &mut [Known] {
        &mut self.questions
    }

    /// Asks the next question in turn, and tells; checked only if it was right in quiet.
    pub(super) async fn ask_next(&mut self, siege: &Siege) {
        let n_questions = self.questions.len();
        let (round, at) = (self.n_asked / n_questions.max(1), self.n_asked % n_questions.max(1));
        let Some(known) = self.questions.get(at) else { return };
        // Another way for each question, and for the same question in the next round.
        let turn = at + round;
        let question = &known.question;
        let ask = if known.is_right { question.checked(turn) } else { question.unchecked(turn) };
        let ask = Arc::clone(ask);
        self.n_asked += 1;
        self.ask(siege, ask).await;
    }

    /// Asks this and tells; gives the answer to look at. `None` where the run was stopped meanwhile.
    pub(super) async fn ask(&mut self, siege: &Siege, ask: Arc<Ask>) -> Option<Exchange> {
        siege.tell.that(Observation::Sent(Who::Bystander)).await;
        let exchange = tokio::select! {
            exchange = self.client.ask(&ask, siege.clock.now()) => exchange,
            () = has_waited_after(&siege.stop) => return None,
        };
        let told = exchange.clone();
        siege.tell.that(Observation::Exchanged { who: Who::Bystander, ask, exchange: told }).await;
        Some(exchange)
    }

    /// Asks one question after the other until this time, or until it is over; at least one.
    pub(super) async fn ask_until(&mut self, siege: &Siege, at: Duration, over: &CancellationToken) {
        loop {
            self.ask_next(siege).await;
            tokio::select! {
                () = over.cancelled() => return,
                () = siege.sleep(PAUSE) => {}
            }
            if siege.stop.is_cancelled() || siege.clock.now() >= at {
                return;
            }
        }
    }
}

async fn has_waited_after(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(LAST_WAIT).await;
}

/// A client with the user's key, where there is one. A key of its own is in its questions: they are repeated with it.
fn client(siege: &Siege) -> Result<Client, RunError> {
    let plan = &siege.plan;
    let caller = Caller::new(
        Arc::clone(&siege.connector),
        siege.clock,
        &plan.target.host,
        plan.target.api_key.as_deref(),
        plan.rules.deadline,
        plan.patience,
    )?;
    Ok(Client::new(Arc::new(caller)))
}

/// Whether the server lets this client's key in, as it says when nothing has to be computed. Where it does not say
/// anything, that is for others to tell.
async fn is_admitted(client: &mut Client, siege: &Siege) -> bool {
    let models = Ask { headers: vec![questions::bearer(OWN_KEY)], ..page("/v1/models") };
    let reply = tokio::select! {
        exchange = client.ask(&models, siege.clock.now()) => exchange.reply,
        () = siege.stop.cancelled() => return true,
    };
    let Reply::Response(response) = reply else { return true };
    response.status != StatusCode::UNAUTHORIZED && response.status != StatusCode::FORBIDDEN
}
