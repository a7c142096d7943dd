//! How many connections there may be, in all and from one address.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use dragon_api::ApiError;
use dragon_core::admission::PayerId;
use parking_lot::Mutex;

/// Connections over a limit that are being told so with care, for which their rest is read for up to two seconds. A
/// flood of connections beyond this is told in passing.
pub const MAX_TURNED_AWAY: usize = 64;

/// The same from one address, so that a flood from one leaves room to tell others.
const MAX_TURNED_AWAY_FROM_ADDRESS: usize = MAX_TURNED_AWAY / 2;

/// Limits of connections.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) in_all: usize,
    pub(super) from_address: usize,
}

/// Places for connections.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    counts: Arc<Mutex<Counts>>,
}

#[derive(Debug, Default)]
struct Counts {
    in_all: Count,
    /// Only addresses with connections, so there are never more of these than connections.
    from: HashMap<PayerId, Count>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    n_served: usize,
    n_turned_away: usize,
}

/// What a new connection gets. The place is free again when this is dropped.
pub(super) enum Place {
    /// It is served.
    Free(Taken),
    /// It is told why not.
    None(Taken, ApiError),
    /// It is told in passing and closed.
    InPassing(ApiError),
}

/// A place that is taken.
pub(super) struct Taken {
    places: Places,
    address: PayerId,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Served,
    TurnedAway,
}

// === impl Places ===

impl Places {
    /// For a connection from this address.
    pub(super) fn take(&self, address: PayerId, limits: Limits) -> Place {
        let mut counts = self.counts.lock();
        let (in_all, from) = (counts.in_all, counts.from.get(&address).copied().unwrap_or_default());
        let error = if in_all.n_served >= limits.in_all {
            ApiError::TooManyConnections { limit: limits.in_all }
        } else if from.n_served >= limits.from_address {
            ApiError::TooManyConnectionsFromAddress { limit: limits.from_address }
        } else {
            return Place::Free(self.taken(&mut counts, address, Kind::Served));
        };
        let can_be_told =
            in_all.n_turned_away < MAX_TURNED_AWAY && from.n_turned_away < MAX_TURNED_AWAY_FROM_ADDRESS;
        if can_be_told {
            Place::None(self.taken(&mut counts, address, Kind::TurnedAway), error)
        } else {
            Place::InPassing(error)
        }
    }

    fn taken(&self, counts: &mut Counts, address: PayerId, kind: Kind) -> Taken {
        *counts.in_all.of(kind) += 1;
        *counts.from.entry(address).or_default().of(kind) += 1;
        Taken { places: self.clone(), address, kind }
    }
}

// === impl Count ===

impl Count {
    fn of(&mut self, kind: Kind) -> &mut usize {
        match kind {
            Kind::Served => &mut self.n_served,
            Kind::TurnedAway => &mut self.n_turned_away,
        }
    }
}

// === impl Taken ===

impl Drop for Taken {
    fn drop(&mut self) {
        let mut counts = self.places.counts.lock();
        *counts.in_all.of(self.kind) -= 1;
        if let Some(from) = counts.from.get_mut(&self.address) {
            *from.of(self.kind) -= 1;
            if *from == Count::default() {
                counts.from.remove(&self.address);
            }
        }
    }
}

// === impl Limits ===

impl Limits {
    /// `from_address` as configured. Left out, an address may have half of all places, so that no single one can shut
    /// out the rest, and the scripts of this machine, which all come from one address, may have them all.
    pub(super) fn new(in_all: usize, from_address: Option<NonZeroUsize>, is_loopback: bool) -> Self {
        let from_address = match (from_address, is_loopback) {
            (Some(from_address), _) => from_address.get(),
            (None, true) => in_all,
            (None, false) => in_all.div_ceil(2),
        };
        Self { in_all, from_address }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: PayerId = PayerId(1);
    const B: PayerId = PayerId(2);

    fn limits(in_all: usize, from_address: usize) -> Limits {
        Limits { in_all, from_address }
    }

    fn status(place: &Place) -> u16 {
        match place {
            Place::Free(_) => 200,
            Place::None(_, error) => error.status(),
            Place::InPassing(error) => 1000 + error.status(),
        }
    }

    #[test]
    fn places_are_free_again_when_their_connections_end() {
        let (places, limits) = (Places::default(), limits(1, 1));
        let first = places.take(A, limits);
        assert_eq!(status(&first), 200);
        assert_eq!(status(&places.take(B, limits)), 503);
        drop(first);
        assert_eq!(status(&places.take(B, limits)), 200);
        assert!(places.counts.lock().from.is_empty(), "addresses that left are forgotten");
    }

    #[test]
    fn an_address_can_fill_its_own_places_only() {
        let (places, limits) = (Places::default(), limits(3, 2));
        let taken: Vec<_> = (0..2).map(|_| places.take(A, limits)).collect();
        assert_eq!(status(&places.take(A, limits)), 429);
        let other = places.take(B, limits);
        assert_eq!(status(&other), 200);
        assert_eq!(status(&places.take(B, limits)), 503);
        drop(taken);
        assert_eq!(status(&places.take(A, limits)), 200);
    }

    #[test]
    fn those_who_are_turned_away_are_bounded_too() {
        let (places, limits) = (Places::default(), limits(0, 1));
        let told: Vec<_> = (0..MAX_TURNED_AWAY_FROM_ADDRESS).map(|_| places.take(A, limits)).collect();
        assert!(told.iter().all(|place| status(place) == 503));
        assert_eq!(status(&places.take(A, limits)), 1503);
        let others: Vec<_> = (10..200).map(|address| places.take(PayerId(address), limits)).collect();
        let n_told = others.iter().filter(|place| status(place) == 503).count();
        assert_eq!(n_told, MAX_TURNED_AWAY - MAX_TURNED_AWAY_FROM_ADDRESS);
    }

    #[test]
    fn left_out_the_limit_is_half_and_for_this_machine_all() {
        let of_address = |set, is_loopback| Limits::new(9, NonZeroUsize::new(set), is_loopback).from_address;
        assert_eq!(of_address(0, false), 5);
        assert_eq!(of_address(0, true), 9);
        assert_eq!(of_address(4, false), 4);
        assert_eq!(of_address(4, true), 4);
    }
}
