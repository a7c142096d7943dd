//! Hands an answer to the client, whole or as a stream, and settles it with its label.

use std::collections::VecDeque;

use bytes::Bytes;
use dragon_api::{ApiError, ChoiceAnswer, DONE, Delivery, FallbackMode, StreamEncoder, label_headers};
use dragon_core::event::Event;
use dragon_core::label::{FinishReason, Outcome};
use dragon_guard::landing::cue::Inside;
use tokio::sync::mpsc;
use tokio::time::timeout_at;
use tokio_util::task::TaskTracker;

use super::ask::Ask;
use super::choice::Step;
use super::lookout::Circle;
use super::making::Making;
use crate::deadline::WRITE_GRACE;
use crate::reply::{self, Reply};

/// Events between the task that makes them and the connection that sends them. A client that reads is never
/// behind; one that does not fills this and the kernel's buffers, and is cut at the deadline.
const STREAM_EVENTS: usize = 64;

/// Delivers the answer in the way that the client asked for.
pub(super) async fn deliver(ask: Ask, making: Making, tasks: &TaskTracker) -> Result<Reply, ApiError> {
    match ask.request.delivery {
        Delivery::Whole => whole(&ask, making).await,
        Delivery::Stream { include_usage } => stream(ask, making, include_usage, tasks).await,
    }
}

async fn whole(ask: &Ask, mut making: Making) -> Result<Reply, ApiError> {
    let mut answers: Vec<ChoiceAnswer> = (0..making.n_choices()).map(|_| empty_answer(ask)).collect();
    while let Some((index, step)) = making.next().await {
        if let Some(answer) = answers.get_mut(index as usize) {
            extend(answer, step);
        }
    }
    let label = making.label(ask);
    ask.settled(&label, making.usage().n_completion);
    if let (Outcome::Fallback, FallbackMode::Error, Some(reason)) =
        (label.outcome, ask.fallback, label.reason)
        && making.usage().n_completion == 0
    {
        return Err(making.unanswered(reason));
    }
    let mut reply = reply::document(ask.head.whole(&answers, &making.usage(), &label));
    for (name, value) in label_headers(&label) {
        reply::set_header(&mut reply, name, value);
    }
    Ok(reply)
}

fn empty_answer(ask: &Ask) -> ChoiceAnswer {
    ChoiceAnswer {
        reasoning: None,
        text: String::new(),
        logprobs: ask.request.top_logprobs.map(|_| Vec::new()),
        finish: FinishReason::Length,
    }
}

fn extend(answer: &mut ChoiceAnswer, step: Step) {
    if let Some(ending) = step.ending {
        answer.finish = ending.finish;
        if ending.outcome == Outcome::Fallback {
            answer.logprobs = None;
        }
    }
    let delta = match step.retraction {
        Some(retraction) => {
            retract(answer, &retraction.circle);
            Some(retraction.instead)
        }
        None => step.delta,
    };
    let Some(delta) = delta else { return };
    answer.text.push_str(&delta.text);
    if !delta.reasoning.is_empty() {
        answer.reasoning.get_or_insert_default().push_str(&delta.reasoning);
    }
    if let (Some(all), Some(new)) = (&mut answer.logprobs, delta.logprobs) {
        all.extend(new);
    }
}

/// Leaves the good part of an answer. Log-probabilities belong to tokens, which are another account: they are dropped.
fn retract(answer: &mut ChoiceAnswer, circle: &Circle) {
    let spoilt = match circle.inside {
        Inside::Answer => &mut answer.text,
        Inside::Thinking => answer.reasoning.get_or_insert_default(),
    };
    spoilt.truncate(circle.good_part(spoilt).len());
    answer.logprobs = None;
}

/// The head of the answer waits for the first text or the verdict, because after it no status can change.
async fn stream(
    ask: Ask,
    mut making: Making,
    include_usage: bool,
    tasks: &TaskTracker,
) -> Result<Reply, ApiError> {
    let opening = until_first_text(&mut making).await;
    let has_text = opening.iter().any(|(_, step)| !is_fallback(step));
    if let (FallbackMode::Error, false, Some(reason)) = (ask.fallback, has_text, making.label(&ask).reason) {
        return Err(making.unanswered(reason));
    }
    let (events, receiver) = mpsc::channel(STREAM_EVENTS);
    let encoder = StreamEncoder { head: ask.head.clone(), include_usage };
    tasks.spawn(StreamWriter { encoder, ask, making, events }.write(opening));
    Ok(reply::event_stream(receiver))
}

/// The first step that is the model's, after those choices that end without it; or all steps, where none is.
async fn until_first_text(making: &mut Making) -> VecDeque<(u32, Step)> {
    let mut steps = VecDeque::new();
    while let Some((choice, step)) = making.next().await {
        let is_the_models = !is_fallback(&step);
        steps.push_back((choice, step));
        if is_the_models {
            break;
        }
    }
    steps
}

fn is_fallback(step: &Step) -> bool {
    step.ending.is_some_and(|ending| ending.outcome == Outcome::Fallback)
}

/// Writes one stream; lives in a task of its own and ends when the stream does or the client is gone.
struct StreamWriter {
    ask: Ask,
    making: Making,
    encoder: StreamEncoder,
    events: mpsc::Sender<Bytes>,
}

/// The client no longer takes what is written.
struct Gone;

// === impl StreamWriter ===

impl StreamWriter {
    async fn write(mut self, opening: VecDeque<(u32, Step)>) {
        // Whoever is gone needs no further word; dropping the run frees its slots.
        match self.write_all(opening).await {
            Ok(()) => self.ask.settled(&self.making.label(&self.ask), self.making.usage().n_completion),
            Err(Gone) => self.ask.observer.saw(Event::Left),
        }
    }

    async fn write_all(&mut self, mut opening: VecDeque<(u32, Step)>) -> Result<(), Gone> {
        let openings = (0..self.making.n_choices()).flat_map(|choice| self.encoder.opening(choice)).collect();
        self.send(openings).await?;
        while let Some((choice, step)) = self.next(&mut opening).await? {
            let is_last = opening.is_empty() && self.making.is_done();
            let bytes = self.encode(choice, &step, is_last);
            self.send(bytes).await?;
        }
        let mut end = Vec::new();
        if self.encoder.include_usage {
            end.extend(self.encoder.usage(&self.making.usage(), &self.making.label(&self.ask)));
        }
        end.extend_from_slice(DONE);
        self.send(end).await
    }

    async fn next(&mut self, opening: &mut VecDeque<(u32, Step)>) -> Result<Option<(u32, Step)>, Gone> {
        if let Some(step) = opening.pop_front() {
            return Ok(Some(step));
        }
        tokio::select! {
            biased;
            () = self.events.closed() => Err(Gone),
            step = self.making.next() => Ok(step),
        }
    }

    fn encode(&self, choice: u32, step: &Step, is_last: bool) -> Vec<u8> {
        let mut bytes =
            step.delta.as_ref().map(|delta| self.encoder.delta(choice, delta)).unwrap_or_default();
        if let Some(ending) = step.ending {
            let carries_label = is_last && !self.encoder.include_usage;
            let label = carries_label.then(|| self.making.label(&self.ask));
            bytes.extend(self.encoder.finish(choice, ending.finish, label.as_ref()));
        }
        bytes
    }

    async fn send(&mut self, bytes: Vec<u8>) -> Result<(), Gone> {
        if bytes.is_empty() {
            return Ok(());
        }
        let cut_at = self.ask.deadline().at() + WRITE_GRACE;
        match timeout_at(cut_at, self.events.send(bytes.into())).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Gone),
        }
    }
}
