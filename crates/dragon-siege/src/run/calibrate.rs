//! What the target does in quiet, before the first attack.

use std::sync::Arc;
use std::time::Duration;

use super::Siege;
use super::attackers::Attackers;
use super::bystander::{Bystander, PAUSE};
use crate::judge::{Class, judge};
use crate::load::dice::Dice;
use crate::load::{self, Orders};
use crate::observation::{Observation, Stage};
use crate::plan::{Bound, Shape};

/// A question counts as known when it was answered right so many times: both ways, and one of them twice.
const N_TIMES: usize = 3;

/// Questions that are tried in turn before the next ones are: the models that are besieged know about one of three.
const N_IN_GROUP: usize = 4;

/// Clients of an attack in quiet: enough to show what the target does for several, few enough not to overload it.
const N_QUIET_CLIENTS: usize = 4;

/// The longest that an attack's own requests are measured in quiet.
const QUIET_MAX: Duration = Duration::from_secs(6);

/// No shot of a quiet stage comes after so many: a target that answers as fast has been measured by then.
const N_QUIET_SHOTS_MAX: u64 = 50_000;

impl Siege {
    /// Half of the time for the bystander alone (all of it where no attack is measured in quiet): first the search for
    /// questions that are answered right, then those in turn as under attack. All of it counts as quiet serving, so
    /// what is searched for is told unchecked: a wrong answer is no fault before it is known that the target knows
    /// better.
    ///
    /// Gives how many questions there are, and how many the target knows.
    pub(super) async fn calibrate(&self, bystander: &mut Bystander) -> (u64, u64) {
        let n_questions = bystander.questions_mut().len() as u64;
        let time = self.bystander_time();
        if time.is_zero() {
            return (n_questions, 0);
        }
        let began_at = self.clock.now();
        self.tell.that(Observation::Began(Stage::Calibration, began_at)).await;
        let ends_at = began_at + time;
        let n_right = self.find_right_ones(bystander, ends_at).await;
        if !self.is_over(ends_at) {
            bystander.ask_until(self, ends_at, &self.stop).await;
        }
        self.tell.that(Observation::Ended(Stage::Calibration, self.clock.now())).await;
        (n_questions, n_right)
    }

    /// Some questions at a time, each several times, until one is answered wrong; what there was no time for stays
    /// unchecked. By groups, so that a slow target is known to know something before the time is over.
    async fn find_right_ones(&self, bystander: &mut Bystander, ends_at: Duration) -> u64 {
        let mut n_right = 0;
        let n_questions = bystander.questions_mut().len();
        for group in (0..n_questions).step_by(N_IN_GROUP) {
            let mut hopeful: Vec<usize> = (group..n_questions.min(group + N_IN_GROUP)).collect();
            for n_times in 0..N_TIMES {
                let mut right = Vec::new();
                for index in hopeful {
                    if !self.is_over(ends_at) && self.is_right(bystander, index, n_times).await {
                        right.push(index);
                    }
                }
                hopeful = right;
            }
            for index in hopeful {
                if let Some(known) = bystander.questions_mut().get_mut(index) {
                    known.is_right = true;
                    n_right += 1;
                }
            }
        }
        n_right
    }

    /// Whether this question is answered right, in the way of its turn.
    async fn is_right(&self, bystander: &mut Bystander, index: usize, n_times: usize) -> bool {
        let Some(known) = bystander.questions_mut().get(index) else { return false };
        let checked = Arc::clone(known.question.checked(n_times));
        let unchecked = Arc::clone(known.question.unchecked(n_times));
        let exchange = bystander.ask(self, unchecked).await;
        self.sleep(PAUSE).await;
        exchange.is_some_and(|exchange| judge(&checked, &exchange, self.plan.rules).class == Class::Served)
    }

    /// The requests of this phase's attacks by a few clients, where their throughput under attack is compared with it.
    pub(super) async fn measure_quiet(self: &Arc<Self>, phase: usize) {
        let time = self.quiet_time();
        let stage = Stage::Quiet(phase);
        let attackers = Attackers::in_quiet(self, phase);
        if time.is_zero() || attackers.is_nobody() {
            return;
        }
        let began_at = self.clock.now();
        self.tell.that(Observation::Began(stage, began_at)).await;
        let orders = Orders {
            shape: Shape::Closed { n_clients: N_QUIET_CLIENTS, ramp: Duration::ZERO },
            bound: Bound { lasts: time, n_max: N_QUIET_SHOTS_MAX },
            seed: Dice::of(self.plan.seed, stage).seed(),
            clock: self.clock,
            began_at,
            stop: self.stop.clone(),
        };
        load::fire(&attackers, &orders).await;
        self.tell.that(Observation::Ended(stage, self.clock.now())).await;
    }

    fn bystander_time(&self) -> Duration {
        if self.plan.n_measured() == 0 { self.plan.calibration } else { self.plan.calibration / 2 }
    }

    /// For each phase that is measured in quiet.
    fn quiet_time(&self) -> Duration {
        let n_measured = u32::try_from(self.plan.n_measured()).unwrap_or(u32::MAX).max(1);
        (self.plan.calibration / 2 / n_measured).min(QUIET_MAX)
    }

    fn is_over(&self, ends_at: Duration) -> bool {
        self.stop.is_cancelled() || self.clock.now() >= ends_at
    }
}
