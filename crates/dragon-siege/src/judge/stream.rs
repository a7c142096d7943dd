//! Streams, chunk by chunk.

use std::time::Duration;

use dragon_sse::{Decoder, Event};

use super::answer::{Answer, Finish, Label, frame, index, malformed, required, words};
use super::document::{Choice as ChoiceFields, Document};
use super::{Fault, NO_USAGE, error_body, excerpt};
use crate::ask::{Endpoint, Wanted, Way};
use crate::exchange::{BodyEnd, Exchange, Response};

/// A stream as far as it was read.
struct Reader<'w> {
    wanted: &'w Wanted,
    answer: Answer<'static>,
    /// Of the first chunk with choices.
    id: Option<String>,
    is_done: bool,
}

/// Reads a stream as far as it can be read; what is wrong with it is the fault.
pub(super) fn read(
    wanted: &Wanted,
    response: &Response,
    exchange: &Exchange,
) -> (Answer<'static>, Option<Fault>) {
    let mut reader = Reader { wanted, answer: Answer::default(), id: None, is_done: false };
    let fault = reader.read(response, exchange).err();
    (reader.answer, fault)
}

// === impl Reader ===

impl Reader<'_> {
    fn read(&mut self, response: &Response, exchange: &Exchange) -> Result<(), Fault> {
        let mut decoder = Decoder::default();
        let mut events = Vec::new();
        let mut rest: &[u8] = &response.body;
        let mut n_read = 0;
        for arrival in &response.arrivals {
            let n_new = arrival.body_len.saturating_sub(n_read).min(rest.len());
            let (piece, after) = rest.split_at(n_new);
            (rest, n_read) = (after, n_read + n_new);
            self.take_piece(piece, arrival.at, &mut decoder, &mut events)?;
        }
        self.take_piece(rest, exchange.ended_at, &mut decoder, &mut events)?;
        self.end(&response.body, &response.end, &decoder)
    }

    fn take_piece(
        &mut self,
        piece: &[u8],
        at: Duration,
        decoder: &mut Decoder,
        events: &mut Vec<Event>,
    ) -> Result<(), Fault> {
        let pushed = decoder.push(piece, events);
        for event in events.drain(..) {
            self.take(&event, at)?;
        }
        pushed.map_err(|too_long| malformed(too_long.to_string()))
    }

    fn take(&mut self, event: &Event, at: Duration) -> Result<(), Fault> {
        if self.is_done {
            return Err(malformed(format!("{:?} after `[DONE]`", excerpt(&event.data))));
        }
        if event.is_done() {
            self.is_done = true;
            return Ok(());
        }
        let document: Document<'_> = match serde_json::from_str(&event.data) {
            Ok(document) => document,
            Err(error) => {
                return Err(match error_body::find(event.data.as_bytes()) {
                    Some(found) => self.broken_off_by(&error_body::message(&found)),
                    None => malformed(format!("no JSON of a chunk: {error}: {:?}", excerpt(&event.data))),
                });
            }
        };
        if let Some(error) = &document.error {
            return Err(self.broken_off_by(&error_body::message(error)));
        }
        if self.answer.label.is_some() {
            return Err(malformed("a chunk after the one with the label"));
        }
        self.take_chunk(&document, at)
    }

    /// An error within the stream. It is all there is, or what there was was cut.
    fn broken_off_by(&self, message: &str) -> Fault {
        if self.answer.n_pieces == 0 {
            Fault::ErrorAsSuccess(format!("a stream of nothing but an error: {message}"))
        } else {
            Fault::Truncated(format!("by an error event: {message}"))
        }
    }

    fn take_chunk(&mut self, document: &Document<'_>, at: Duration) -> Result<(), Fault> {
        let object = frame(document)?;
        let id = required(document.id.as_ref(), "id")?.as_str();
        let choices = required(document.choices.as_ref(), "choices")?;
        // Chunks without choices belong to no answer: some gateways put one with an id of its own before the first.
        match &self.id {
            _ if choices.is_empty() => {}
            None => self.id = Some(id.to_owned()),
            Some(first) if first == id => {}
            Some(_) => return Err(malformed("chunks of two answers in one stream")),
        }
        let right = match self.wanted.endpoint {
            Endpoint::Chat => "chat.completion.chunk",
            Endpoint::Completions => "text_completion",
        };
        // Of the chunk with the usage nobody reads it, and there are servers that have it wrong just there.
        if object != right && !choices.is_empty() {
            return Err(malformed(format!("`object` is {:?} instead of {right}", excerpt(object))));
        }
        for choice in choices {
            self.take_choice(choice, at)?;
        }
        if document.usage.is_some() {
            self.answer.usage = document.usage;
        }
        self.answer.label = Label::read(document)?;
        Ok(())
    }

    fn take_choice(&mut self, fields: &ChoiceFields<'_>, at: Duration) -> Result<(), Fault> {
        let index = index(fields)?;
        let (text, n_bytes_beside, calls) = words(self.wanted.endpoint, fields, true)?;
        let has_words = !text.is_empty() || n_bytes_beside > 0;
        let choice = self.answer.choice(index);
        if has_words && choice.finish.is_some() {
            return Err(malformed(format!("choice {index} goes on after its finish_reason")));
        }
        choice.n_text_bytes += text.len();
        choice.n_bytes_beside += n_bytes_beside;
        choice.calls |= calls;
        if let Some(finish) = &fields.finish_reason {
            let finish = Finish::read(finish.as_str())?;
            if choice.finish.replace(finish).is_some_and(|before| before != finish) {
                return Err(malformed(format!("choice {index} has two different finish_reasons")));
            }
        }
        if has_words {
            self.answer.n_pieces += 1;
            self.answer.first_text_at.get_or_insert(at);
        }
        if index == 0 && self.wanted.check.is_some() {
            self.answer.text.to_mut().push_str(text);
        }
        Ok(())
    }

    /// Whether it ended as it should.
    fn end(&self, body: &[u8], end: &BodyEnd, decoder: &Decoder) -> Result<(), Fault> {
        if *end == BodyEnd::TooLong {
            // We have cut it.
            return Ok(());
        }
        let has_finish = !self.answer.choices.is_empty()
            && self.answer.choices.iter().all(|choice| choice.finish.is_some());
        let what = match (has_finish, self.is_done) {
            (_, true) if !decoder.is_between_events() => {
                return Err(malformed("half an event after `[DONE]`"));
            }
            (true, true) => return self.check_whole(body, end),
            (true, false) => "no `[DONE]`",
            (false, true) => "no finish_reason",
            (false, false) => "neither a finish_reason nor `[DONE]`",
        };
        Err(Fault::Truncated(match end {
            BodyEnd::Cut(why) => format!("{what}: {why}"),
            BodyEnd::Hung => format!("{what}, and nothing more came"),
            BodyEnd::Whole | BodyEnd::TooLong => what.to_owned(),
        }))
    }

    fn check_whole(&self, body: &[u8], end: &BodyEnd) -> Result<(), Fault> {
        match end {
            // What a client of events reads is whole, but the next response on this connection would not be found.
            BodyEnd::Cut(why) => {
                return Err(Fault::Truncated(format!("the end of the body is missing: {why}")));
            }
            BodyEnd::Hung => return Err(Fault::Truncated("the body does not end after `[DONE]`".to_owned())),
            BodyEnd::Whole | BodyEnd::TooLong => {}
        }
        if str::from_utf8(body).is_err() {
            return Err(malformed("the stream is not UTF-8"));
        }
        let is_labelled = self.answer.label.is_some();
        if is_labelled && self.answer.usage.is_none() && self.wanted.way == Way::StreamedWithUsage {
            return Err(malformed(NO_USAGE));
        }
        if is_labelled && self.answer.choices.iter().any(|choice| choice.finish == Some(Finish::Other)) {
            return Err(malformed("the finish_reason is none that is documented"));
        }
        Ok(())
    }
}
