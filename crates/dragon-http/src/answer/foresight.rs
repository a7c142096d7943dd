//! How long answers become, learnt from those that a model has given.

use std::sync::Arc;

use dragon_core::event::{Event, Length};
use dragon_guard::finish::{Asked, Ended, Finish, Prediction};
use parking_lot::Mutex;

use crate::app::Model;
use crate::observe::Observer;

/// What is known of how long a model's answers become.
pub(crate) type Lengths = Mutex<Finish>;

/// What is expected of the answers to one prompt, and whoever is to learn what came of it.
#[derive(Debug)]
pub(super) struct Foresight {
    asked: Asked,
    expected: Prediction,
    lengths: Arc<Lengths>,
    observer: Arc<Observer>,
}

// === impl Foresight ===

impl Foresight {
    /// Of an answer that may have `n_max` tokens.
    pub(super) fn new(model: &Model, asked: Asked, n_max: u32) -> Self {
        Self {
            asked,
            expected: model.lengths.lock().predict(asked, n_max),
            lengths: Arc::clone(&model.lengths),
            observer: Arc::clone(&model.observer),
        }
    }

    /// Learns that the model made `n_made` tokens, and whether it came to an end with them.
    pub(super) fn saw(&self, n_made: u32, is_ended_by_model: bool) {
        if n_made == 0 {
            return;
        }
        let ended = if is_ended_by_model { Ended::ByItself } else { Ended::Cut };
        self.lengths.lock().observe(self.asked, n_made, ended);
        if ended == Ended::ByItself {
            self.observer.saw(Event::Ended(self.length(n_made)));
        }
    }

    const fn length(&self, n_made: u32) -> Length {
        if n_made <= self.expected.median {
            Length::UpToMedian
        } else if n_made <= self.expected.high {
            Length::UpToHigh
        } else {
            Length::Longer
        }
    }
}
