//! How much a queue presses for shorter answers.

/// From 0 (nobody waits) to 1 (endlessly many wait).
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Pressure(f64);

// === impl Pressure ===

impl Pressure {
    /// Nobody waits.
    pub const NONE: Self = Self(0.0);

    /// The pressure of a queue before this many slots.
    ///
    /// With `r` requests waiting for each slot, all of them are served within one deadline's time if each takes its
    /// `1 / (1 + r)` part of it; so that is what is left of a flight, and the pressure is the rest.
    pub fn of_queue(n_waiting: usize, n_slots: u32) -> Self {
        let rounds = n_waiting as f64 / f64::from(n_slots.max(1));
        Self(rounds / (1.0 + rounds))
    }

    /// The part that the pressure leaves: 1 where nobody waits.
    pub(super) fn rest(self) -> f64 {
        1.0 - self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_gets_an_equal_part_of_the_time() {
        assert_eq!(Pressure::of_queue(0, 8), Pressure::NONE);
        assert_eq!(Pressure::of_queue(8, 8).rest(), 0.5);
        assert_eq!(Pressure::of_queue(24, 8).rest(), 0.25);
        assert_eq!(Pressure::of_queue(1, 0).rest(), 0.5);
    }

    proptest! {
        #[test]
        fn grows_with_the_queue_and_stays_within_its_range(n_waiting in 0_usize..100_000, n_slots in 0_u32..300) {
            let pressure = Pressure::of_queue(n_waiting, n_slots);
            prop_assert!((0.0..1.0).contains(&pressure.0));
            prop_assert!(Pressure::of_queue(n_waiting + 1, n_slots) > pressure);
        }
    }
}
