//! Flights in virtual time: tokens come at a given speed, words and sentences end at random.

use proptest::prelude::*;

use dragon_core::admission::N_USEFUL_TOKENS;

use super::*;

const N_CUE: u32 = 6;

/// One flight. Times in microseconds.
#[derive(Debug, Clone)]
struct Flight {
    allowed_us: u64,
    waited_us: u64,
    step_us: u64,
    n_max: u32,
    n_waiting: usize,
    /// Tokens between two ends of words, and words between two ends of sentences.
    word: u32,
    sentence: u32,
    /// A planted mistake: by how much later than it is the deadline is taken to be.
    mistaken_by: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Ended {
    /// All tokens were made.
    Complete,
    Landed(Landing, Moment),
    /// The deadline came.
    Cut,
}

// === impl Flight ===

impl Flight {
    fn moment(&self, n_made: u32) -> Moment {
        let step = Duration::from_micros(self.step_us);
        let allowed = Duration::from_micros(self.allowed_us);
        let flown = step * (n_made - 1);
        Moment {
            read: Duration::ZERO,
            flown,
            left: allowed.saturating_sub(Duration::from_micros(self.waited_us) + flown),
            allowed,
            step,
            cue_time: step * 3,
            n_cue: N_CUE,
            is_last_word: false,
            n_useful: N_USEFUL_TOKENS,
            n_made,
            n_max: self.n_max,
            n_budget: None,
            pressure: Pressure::of_queue(self.n_waiting, 4),
        }
    }

    fn fly(&self) -> Ended {
        for n_made in 1.. {
            let moment = self.moment(n_made);
            if n_made >= self.n_max {
                return Ended::Complete;
            }
            if moment.left.is_zero() {
                return Ended::Cut;
            }
            let believed = Moment { left: moment.left + self.mistaken_by, ..moment };
            let Some(landing) = decide(&believed) else { continue };
            let may_land = match landing.urgency {
                Urgency::AtSentence => n_made.is_multiple_of(self.word * self.sentence),
                Urgency::AtWord => n_made.is_multiple_of(self.word),
                Urgency::Anywhere => true,
            };
            if may_land {
                return Ended::Landed(landing, moment);
            }
        }
        Ended::Cut
    }

    /// Whether it was not cut, and a landing is over before the deadline at the speed it was planned with.
    fn is_in_time(&self) -> bool {
        match self.fly() {
            Ended::Complete => true,
            Ended::Landed(landing, moment) => {
                moment.cue_time + moment.step * landing.n_tail + moment.margin() <= moment.left
            }
            Ended::Cut => false,
        }
    }

    /// Tokens that could be made before an answer must be on its way.
    fn n_possible_before_margin(&self) -> u64 {
        let margin_us = u64::try_from(self.moment(1).margin().as_micros()).unwrap();
        self.allowed_us.saturating_sub(self.waited_us + margin_us) / self.step_us
    }

    /// Tokens that could be made before the deadline.
    fn n_possible(&self) -> u64 {
        self.allowed_us.saturating_sub(self.waited_us) / self.step_us
    }
}

fn flights() -> impl Strategy<Value = Flight> {
    (100_000_u64..20_000_000, 0_u64..1000, 200_u64..400_000, 1_u32..5_000, 0_usize..200, 1_u32..20, 1_u32..30)
        .prop_map(|(allowed_us, waited, step_us, n_max, n_waiting, word, sentence)| Flight {
            waited_us: allowed_us * waited * waited / 1_000_000,
            allowed_us,
            step_us,
            n_max,
            n_waiting,
            word,
            sentence,
            mistaken_by: Duration::ZERO,
        })
        // Bounds the time of the test.
        .prop_filter("many tokens", |flight| flight.n_possible().min(u64::from(flight.n_max)) < 5_000)
}

proptest! {
    #[test]
    fn a_landing_is_over_before_the_deadline_at_the_speed_it_was_planned_with(flight in flights()) {
        if let Ended::Landed(landing, moment) = flight.fly() {
            prop_assert!(flight.is_in_time(), "{landing:?} at {moment:?}");
            prop_assert!((MIN_TAIL..=MAX_TAIL).contains(&landing.n_tail));
            prop_assert!(moment.n_made + N_CUE + landing.n_tail <= flight.n_max);
        }
    }

    #[test]
    fn who_has_time_and_tokens_for_a_landing_is_never_cut(flight in flights()) {
        let n_least = u64::from(2 * N_TO_WORD_END + N_TO_SENTENCE_END + 2 * MIN_TAIL + N_CUE);
        if flight.fly() == Ended::Cut && flight.n_max > 100 {
            let n_possible = flight.n_possible_before_margin();
            prop_assert!(n_possible < n_least + 4, "{n_possible} possible");
        }
    }

    #[test]
    fn a_longer_queue_never_makes_an_answer_longer(flight in flights(), more in 1_usize..100) {
        let busier = Flight { n_waiting: flight.n_waiting + more, ..flight.clone() };
        if let (Ended::Landed(landing, moment), Ended::Landed(earlier, earlier_moment)) = (flight.fly(), busier.fly()) {
            // Sentences end where they end: one of them may lie between the two.
            let slack = flight.word * flight.sentence;
            prop_assert!(earlier_moment.n_made <= moment.n_made + slack.min(N_TO_SENTENCE_END));
            prop_assert!(earlier.n_tail <= landing.n_tail.max(earlier.n_tail.min(landing.n_tail + 1)));
        }
        prop_assert!(flight.moment(1).flight_under_pressure(Duration::from_secs(5))
            >= busier.moment(1).flight_under_pressure(Duration::from_secs(5)));
        prop_assert!(flight.moment(1).wanted_tail(Pressure::of_queue(flight.n_waiting, 4))
            >= busier.moment(1).wanted_tail(Pressure::of_queue(busier.n_waiting, 4)));
    }

    #[test]
    fn under_load_an_answer_is_still_useful(flight in flights()) {
        if let Ended::Landed(Landing { why: Why::Load, .. }, moment) = flight.fly() {
            prop_assert!(moment.n_made + N_CUE + MIN_TAIL >= N_USEFUL_TOKENS);
        }
    }
}

#[test]
fn a_planted_late_landing_is_caught() {
    assert!(usual().is_in_time());
    assert!(!Flight { mistaken_by: Duration::from_secs(1), ..usual() }.is_in_time());
}

/// 10 s, 100 tokens a second, nobody waits.
fn usual() -> Flight {
    Flight {
        allowed_us: 10_000_000,
        waited_us: 0,
        step_us: 10_000,
        n_max: 4000,
        n_waiting: 0,
        word: 2,
        sentence: 5,
        mistaken_by: Duration::ZERO,
    }
}

#[test]
fn a_usual_answer_lands_about_a_second_before_its_deadline() {
    let Ended::Landed(landing, moment) = usual().fly() else { panic!("it flies on") };
    assert_eq!((landing.why, landing.n_tail), (Why::Deadline, MAX_TAIL));
    assert!(
        (Duration::from_millis(1000)..Duration::from_millis(1400)).contains(&moment.left),
        "{:?}",
        moment.left
    );
}

#[test]
fn an_answer_that_reaches_its_limit_in_time_is_left_alone() {
    assert_eq!(Flight { n_max: 900, ..usual() }.fly(), Ended::Complete);
    assert_eq!(Flight { n_max: 980, ..usual() }.fly(), Ended::Complete);
    assert!(matches!(Flight { n_max: 1100, ..usual() }.fly(), Ended::Landed(..)));
}

#[test]
fn a_queue_makes_answers_shorter_smoothly_down_to_what_is_useful() {
    let n_made: Vec<u32> = [0, 1, 4, 12, 40, 400]
        .into_iter()
        .map(|n_waiting| match (Flight { n_waiting, ..usual() }).fly() {
            Ended::Landed(_, moment) => moment.n_made,
            ended => panic!("{ended:?}"),
        })
        .collect();
    assert!(n_made.is_sorted_by(|a, b| a > b), "{n_made:?}");
    // The cue and the tail are in each turn as well.
    assert!(n_made[2].abs_diff(n_made[0] / 2) < 40, "{n_made:?}");
    assert!(n_made[5] >= N_USEFUL_TOKENS - N_CUE - MIN_TAIL && n_made[5] < 32, "{n_made:?}");
}

#[test]
fn a_slow_model_lands_as_well() {
    let slow = Flight { step_us: 200_000, ..usual() };
    let Ended::Landed(landing, moment) = slow.fly() else { panic!("it flies on") };
    assert!(landing.n_tail >= 16, "{landing:?}");
    assert!(moment.n_made >= 12, "{moment:?}");
}

#[test]
fn without_time_there_is_no_landing() {
    assert_eq!(Flight { step_us: 1_500_000, ..usual() }.fly(), Ended::Cut);
    assert_eq!(Flight { waited_us: 9_900_000, ..usual() }.fly(), Ended::Cut);
}
