//! Hands an answer to the client, whole or as a stream, and settles it with its label.

use bytes::Bytes;
use dragon_api::{ApiError, ChoiceAnswer, DONE, Delivery, FallbackMode, StreamEncoder, label_headers};
use dragon_core::label::{Ending, FinishReason, Outcome, Reason};
use tokio::sync::mpsc;
use tokio::time::timeout_at;
use tokio_util::task::TaskTracker;

use super::ask::Ask;
use super::choice::{Step, finish_of};
use super::run::Run;
use crate::deadline::WRITE_GRACE;
use crate::reply::{self, Reply};

/// Events between the task that makes them and the connection that sends them. A client that reads is never
/// behind; one that does not fills this and the kernel's buffers, and is cut at the deadline.
const STREAM_EVENTS: usize = 64;

/// Delivers the answer in the way that the client asked for.
pub(super) async fn deliver(ask: Ask, run: Run, tasks: &TaskTracker) -> Result<Reply, ApiError> {
    match ask.request.delivery {
        Delivery::Whole => whole(&ask, run).await,
        Delivery::Stream { include_usage } => stream(ask, run, include_usage, tasks).await,
    }
}

async fn whole(ask: &Ask, mut run: Run) -> Result<Reply, ApiError> {
    let mut answers: Vec<ChoiceAnswer> = (0..run.n_choices()).map(|_| empty_answer(ask)).collect();
    while let Some((index, step)) = run.next().await {
        if let Some(answer) = answers.get_mut(index as usize) {
            extend(answer, step);
        }
    }
    let label = run.label(ask);
    if let (Outcome::Fallback, FallbackMode::Error, Some(reason)) =
        (label.outcome, ask.fallback, label.reason)
        && run.usage().n_completion == 0
    {
        return Err(ApiError::Unanswered(reason));
    }
    let mut reply = reply::document(ask.head.whole(&answers, &run.usage(), &label));
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
        answer.finish = finish_of(Some(ending));
        if ending.outcome == Outcome::Fallback {
            answer.logprobs = None;
        }
    }
    let Some(delta) = step.delta else { return };
    answer.text.push_str(&delta.text);
    if !delta.reasoning.is_empty() {
        answer.reasoning.get_or_insert_default().push_str(&delta.reasoning);
    }
    if let (Some(all), Some(new)) = (&mut answer.logprobs, delta.logprobs) {
        all.extend(new);
    }
}

/// The head of the answer waits for the first text or the verdict, because after it no status can change.
async fn stream(ask: Ask, mut run: Run, include_usage: bool, tasks: &TaskTracker) -> Result<Reply, ApiError> {
    let first = run.next().await;
    let ending = first.as_ref().and_then(|(_, step)| step.ending);
    if let (FallbackMode::Error, Some(reason)) = (ask.fallback, fallback_reason(ending)) {
        return Err(ApiError::Unanswered(reason));
    }
    let (events, receiver) = mpsc::channel(STREAM_EVENTS);
    let writer =
        StreamWriter { encoder: StreamEncoder { head: ask.head.clone(), include_usage }, ask, run, events };
    tasks.spawn(writer.write(first));
    Ok(reply::event_stream(receiver))
}

fn fallback_reason(ending: Option<Ending>) -> Option<Reason> {
    ending.filter(|ending| ending.outcome == Outcome::Fallback)?.reason
}

/// Writes one stream; lives in a task of its own and ends when the stream does or the client is gone.
struct StreamWriter {
    ask: Ask,
    run: Run,
    encoder: StreamEncoder,
    events: mpsc::Sender<Bytes>,
}

/// The client no longer takes what is written.
struct Gone;

// === impl StreamWriter ===

impl StreamWriter {
    async fn write(mut self, first: Option<(u32, Step)>) {
        // Whoever is gone needs no further word; dropping the run frees its slots.
        let _gone: Result<(), Gone> = self.write_all(first).await;
    }

    async fn write_all(&mut self, first: Option<(u32, Step)>) -> Result<(), Gone> {
        let openings = (0..self.run.n_choices()).flat_map(|choice| self.encoder.opening(choice)).collect();
        self.send(openings).await?;
        let mut next = first;
        while let Some((choice, step)) = next {
            let bytes = self.encode(choice, &step);
            self.send(bytes).await?;
            next = tokio::select! {
                biased;
                () = self.events.closed() => return Err(Gone),
                next = self.run.next() => next,
            };
        }
        let mut end = Vec::new();
        if self.encoder.include_usage {
            end.extend(self.encoder.usage(&self.run.usage(), &self.run.label(&self.ask)));
        }
        end.extend_from_slice(DONE);
        self.send(end).await
    }

    fn encode(&self, choice: u32, step: &Step) -> Vec<u8> {
        let mut bytes =
            step.delta.as_ref().map(|delta| self.encoder.delta(choice, delta)).unwrap_or_default();
        if let Some(ending) = step.ending {
            let carries_label = self.run.is_done() && !self.encoder.include_usage;
            let label = carries_label.then(|| self.run.label(&self.ask));
            bytes.extend(self.encoder.finish(choice, ending.finish, label.as_ref()));
        }
        bytes
    }

    async fn send(&mut self, bytes: Vec<u8>) -> Result<(), Gone> {
        if bytes.is_empty() {
            return Ok(());
        }
        let cut_at = self.ask.deadline.at() + WRITE_GRACE;
        match timeout_at(cut_at, self.events.send(bytes.into())).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Gone),
        }
    }
}
