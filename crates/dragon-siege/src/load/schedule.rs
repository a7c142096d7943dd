//! When the shots of an open shape are due. Pure: shape and seed decide.

use std::time::Duration;

use crate::plan::{Arrivals, Shape};

/// Times since the phase began, in order, without end.
#[derive(Debug, Clone)]
pub struct Schedule(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Rate(Rate),
    Bursts { n_at_once: u64, every: Duration, n_given: u64 },
}

/// The shot of number `k` is due when the integral of the rate reaches the `k`-th of a row of numbers: whole numbers
/// for equal distances, the arrivals of a Poisson process of rate 1 for independent ones.
#[derive(Debug, Clone)]
struct Rate {
    per_s: f64,
    ramp_s: f64,
    arrivals: Arrivals,
    dice: fastrand::Rng,
    integral: f64,
}

// === impl Schedule ===

impl Schedule {
    /// `None` for closed shapes, whose shots are due when somebody is free.
    #[must_use]
    pub fn new(shape: Shape, seed: u64) -> Option<Self> {
        match shape {
            Shape::Closed { .. } => None,
            Shape::Open { rate_per_s, arrivals, ramp } => Some(Self(Kind::Rate(Rate {
                per_s: rate_per_s,
                ramp_s: ramp.as_secs_f64(),
                arrivals,
                dice: fastrand::Rng::with_seed(seed),
                integral: 0.0,
            }))),
            Shape::Bursts { n_at_once, every } => {
                Some(Self(Kind::Bursts { n_at_once: n_at_once as u64, every, n_given: 0 }))
            }
        }
    }
}

impl Iterator for Schedule {
    type Item = Duration;

    /// `None` where it is never: without a rate, or beyond what a clock can show.
    fn next(&mut self) -> Option<Duration> {
        match &mut self.0 {
            Kind::Rate(rate) => rate.next(),
            Kind::Bursts { n_at_once, every, n_given } => {
                let n_bursts = n_given.checked_div(*n_at_once)?;
                *n_given += 1;
                every.checked_mul(u32::try_from(n_bursts).ok()?)
            }
        }
    }
}

// === impl Rate ===

impl Rate {
    fn next(&mut self) -> Option<Duration> {
        if self.per_s.is_nan() || self.per_s <= 0.0 {
            return None;
        }
        let due = match self.arrivals {
            Arrivals::Constant => {
                let due = self.when();
                self.integral += 1.0;
                due
            }
            Arrivals::Poisson => {
                // `f64` is below 1, so the logarithm is finite.
                self.integral -= (1.0 - self.dice.f64()).ln();
                self.when()
            }
        };
        Duration::try_from_secs_f64(due).ok()
    }

    /// Seconds until the integral of the rate is what it is now. The rate grows evenly during the ramp.
    fn when(&self) -> f64 {
        let within_ramp = self.per_s * self.ramp_s / 2.0;
        if self.integral < within_ramp {
            (2.0 * self.ramp_s * self.integral / self.per_s).sqrt()
        } else {
            self.ramp_s + (self.integral - within_ramp) / self.per_s
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn open(rate_per_s: f64, arrivals: Arrivals, ramp_s: f64) -> Shape {
        Shape::Open { rate_per_s, arrivals, ramp: Duration::from_secs_f64(ramp_s) }
    }

    fn within(shape: Shape, seed: u64, seconds: f64) -> Vec<f64> {
        let times = Schedule::new(shape, seed).unwrap().map(|due| due.as_secs_f64());
        times.take_while(|due| *due < seconds).collect()
    }

    #[test]
    fn constant_arrivals_are_at_equal_distances() {
        assert_eq!(within(open(4.0, Arrivals::Constant, 0.0), 1, 1.0), [0.0, 0.25, 0.5, 0.75]);
    }

    #[test]
    fn a_ramp_has_half_of_the_shots_and_then_all_of_them() {
        let times = within(open(100.0, Arrivals::Constant, 10.0), 1, 20.0);
        let n_before = |seconds: f64| times.iter().filter(|due| **due < seconds).count();
        assert_eq!((n_before(5.0), n_before(10.0), n_before(20.0)), (125, 500, 1_500));
    }

    #[test]
    fn poisson_arrivals_have_the_mean_and_the_spread_of_their_kind() {
        for seed in 0..5 {
            let times = within(open(1_000.0, Arrivals::Poisson, 0.0), seed, 100.0);
            let n = times.len() as f64;
            // Five standard deviations.
            assert!((n - 100_000.0).abs() < 5.0 * 316.3, "seed {seed}: {n}");
            let gaps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
            let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
            let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
            // Exponential: the standard deviation is the mean.
            assert!((variance.sqrt() / mean - 1.0).abs() < 0.03, "seed {seed}: {} {mean}", variance.sqrt());
        }
    }

    #[test]
    fn a_poisson_ramp_has_the_same_integral() {
        let n: usize =
            (0..20).map(|seed| within(open(100.0, Arrivals::Poisson, 10.0), seed, 10.0).len()).sum();
        assert!((n as f64 - 10_000.0).abs() < 500.0, "{n}");
    }

    #[test]
    fn bursts_come_all_at_once() {
        let shape = Shape::Bursts { n_at_once: 3, every: Duration::from_millis(500) };
        assert_eq!(within(shape, 1, 1.2), [0.0, 0.0, 0.0, 0.5, 0.5, 0.5, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn closed_shapes_have_no_schedule_and_no_rate_no_shots() {
        assert!(Schedule::new(Shape::Closed { n_clients: 3, ramp: Duration::ZERO }, 1).is_none());
        for rate in [0.0, -1.0, f64::NAN] {
            assert_eq!(Schedule::new(open(rate, Arrivals::Poisson, 0.0), 1).unwrap().next(), None);
        }
        let nobody = Shape::Bursts { n_at_once: 0, every: Duration::from_secs(1) };
        assert_eq!(Schedule::new(nobody, 1).unwrap().next(), None);
    }

    proptest! {
        #[test]
        fn times_never_go_back_and_the_seed_repeats_them(
            rate in 0.01..1e6_f64,
            is_poisson: bool,
            ramp_s in 0.0..100.0_f64,
            seed: u64,
        ) {
            let arrivals = if is_poisson { Arrivals::Poisson } else { Arrivals::Constant };
            let shape = open(rate, arrivals, ramp_s);
            let times: Vec<_> = Schedule::new(shape, seed).unwrap().take(500).collect();
            prop_assert_eq!(times.len(), 500);
            prop_assert!(times.is_sorted());
            let again: Vec<_> = Schedule::new(shape, seed).unwrap().take(500).collect();
            prop_assert_eq!(times, again);
        }

        #[test]
        fn the_count_up_to_any_time_is_the_integral_of_the_rate(
            rate in 1.0..1_000.0_f64,
            ramp_s in 0.0..20.0_f64,
            until_s in 0.0..40.0_f64,
        ) {
            let n = within(open(rate, Arrivals::Constant, ramp_s), 0, until_s).len() as f64;
            let ramped = until_s.min(ramp_s);
            let of_ramp = if ramp_s > 0.0 { rate * ramped * ramped / (2.0 * ramp_s) } else { 0.0 };
            let integral = of_ramp + rate * (until_s - ramp_s).max(0.0);
            prop_assert!((n - integral).abs() <= 1.001, "{} {}", n, integral);
        }
    }
}
