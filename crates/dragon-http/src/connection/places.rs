//! How many connections there may be.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Connections over the limit that are being told so. Telling takes at most the time of
/// [`super::turn_away`]; a flood of connections beyond this is closed without a word.
const MAX_TURNED_AWAY: usize = 64;

/// Places for connections.
pub(super) struct Places {
    served: Arc<Semaphore>,
    turned_away: Arc<Semaphore>,
}

/// What a new connection gets. The permit lives as long as the connection.
pub(super) enum Place {
    /// It is served.
    Free(OwnedSemaphorePermit),
    /// It is told that there is no place.
    None(OwnedSemaphorePermit),
    /// It is closed.
    NotEvenToSaySo,
}

// === impl Places ===

impl Places {
    pub(super) fn new(max_connections: usize) -> Self {
        Self {
            served: Arc::new(Semaphore::new(max_connections)),
            turned_away: Arc::new(Semaphore::new(MAX_TURNED_AWAY)),
        }
    }

    pub(super) fn take(&self) -> Place {
        if let Ok(permit) = Arc::clone(&self.served).try_acquire_owned() {
            return Place::Free(permit);
        }
        match Arc::clone(&self.turned_away).try_acquire_owned() {
            Ok(permit) => Place::None(permit),
            Err(_) => Place::NotEvenToSaySo,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_free_again_when_their_connections_end() {
        let places = Places::new(1);
        let first = places.take();
        assert!(matches!(first, Place::Free(_)));
        assert!(matches!(places.take(), Place::None(_)));
        drop(first);
        assert!(matches!(places.take(), Place::Free(_)));
    }

    #[test]
    fn those_who_are_turned_away_are_bounded_too() {
        let places = Places::new(0);
        let told: Vec<_> = (0..MAX_TURNED_AWAY).map(|_| places.take()).collect();
        assert!(told.iter().all(|place| matches!(place, Place::None(_))));
        assert!(matches!(places.take(), Place::NotEvenToSaySo));
    }
}
