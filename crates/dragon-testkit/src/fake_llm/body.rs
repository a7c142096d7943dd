//! Bodies that come piece by piece with a pause before each, and end well or badly.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

/// A body.
pub(super) struct Paced {
    pieces: Pieces,
    pace: Option<Pace>,
    end: End,
    /// What came before the end has been sent.
    is_flushed: bool,
    /// Its request is on its way as long as this is.
    _place: Option<Place>,
}

/// What is still to come.
pub(super) enum Pieces {
    /// All there is, of a known length.
    One(Option<Bytes>),
    /// Made when they are due, so that thousands of streams take no memory.
    Many(Box<dyn Iterator<Item = Bytes> + Send>),
}

/// How a body ends after its pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// As HTTP ends a body.
    Whole,
    /// The connection ends.
    Cut,
    /// It does not.
    Never,
}

/// A pause before each piece, kept on average.
struct Pace {
    pause: Duration,
    next: Pin<Box<Sleep>>,
}

/// Counts who is on the way.
#[derive(Debug, Clone, Default)]
pub(super) struct Places(Arc<AtomicUsize>);

/// One who is on the way.
#[derive(Debug)]
pub(super) struct Place(Arc<AtomicUsize>);

// === impl Paced ===

impl Paced {
    /// All of it at once.
    pub(super) fn whole(body: Bytes) -> Self {
        Self { pieces: Pieces::One(Some(body)), pace: None, end: End::Whole, is_flushed: false, _place: None }
    }

    /// Piece by piece.
    pub(super) fn new(pieces: Pieces, pause: Duration, end: End, place: Option<Place>) -> Self {
        let pace = (!pause.is_zero()).then(|| Pace { pause, next: Box::pin(sleep(pause)) });
        Self { pieces, pace, end, is_flushed: false, _place: place }
    }
}

impl Body for Paced {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(pace) = &mut self.pace {
            ready!(pace.next.as_mut().poll(context));
            // From when it was due, not from now: a busy machine does not slow a stream down.
            let due = pace.next.deadline() + pace.pause;
            pace.next.as_mut().reset(due);
        }
        let piece = match &mut self.pieces {
            Pieces::One(piece) => piece.take(),
            Pieces::Many(pieces) => pieces.next(),
        };
        match (piece, self.end) {
            (Some(piece), _) => Poll::Ready(Some(Ok(Frame::data(piece)))),
            (None, End::Whole) => Poll::Ready(None),
            // Or the error would take its place.
            (None, End::Cut) if !self.is_flushed => {
                self.is_flushed = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            (None, End::Cut) => Poll::Ready(Some(Err(io::Error::other("cut on purpose")))),
            // Nobody wakes it; whoever waits gives up.
            (None, End::Never) => Poll::Pending,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.pieces, self.end) {
            (Pieces::One(piece), End::Whole) => {
                SizeHint::with_exact(piece.as_ref().map_or(0, |piece| piece.len() as u64))
            }
            _ => SizeHint::default(),
        }
    }
}

// === impl Places ===

impl Places {
    /// Takes a place; so many others are there.
    pub(super) fn take(&self) -> (Place, usize) {
        let n_others = self.0.fetch_add(1, Ordering::Relaxed);
        (Place(Arc::clone(&self.0)), n_others)
    }
}

// === impl Place ===

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
