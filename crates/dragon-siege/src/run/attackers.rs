//! Those who fire the shots of a stage's attacks.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Siege, kill};
use crate::ask::{Ask, Script, Shot, Signal};
use crate::attack::{Attack, Criterion};
use crate::client::{Client, play};
use crate::exchange::HostileEnd;
use crate::load::dice::Dice;
use crate::load::{Crew, Worker};
use crate::observation::{Observation, Stage, Who};
use crate::plan::Shape;

/// The attackers of a stage.
#[derive(Debug)]
pub(super) struct Attackers {
    siege: Arc<Siege>,
    phase: usize,
    dice: Dice,
    only: Option<Criterion>,
    /// Hostile connections are left then.
    ends_at: Option<Duration>,
    /// Shots have times of their own. Else one is to be sent when its client is free and whoever counts has heard of it.
    has_own_times: bool,
    total_weight: u64,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Attacker {
    attackers: Arc<Attackers>,
    client: Client,
}

// === impl Attackers ===

impl Attackers {
    /// For all attacks of this phase, until this time.
    pub(super) fn in_earnest(siege: &Arc<Siege>, phase: usize, ends_at: Duration) -> Arc<Self> {
        Self::new(siege, phase, Stage::Phase(phase), None, Some(ends_at))
    }

    /// For those attacks of this phase whose requests want words of the model.
    pub(super) fn in_quiet(siege: &Arc<Siege>, phase: usize) -> Arc<Self> {
        Self::new(siege, phase, Stage::Quiet(phase), Some(Criterion::OwnThroughput), None)
    }

    fn new(
        siege: &Arc<Siege>,
        phase: usize,
        stage: Stage,
        only: Option<Criterion>,
        ends_at: Option<Duration>,
    ) -> Arc<Self> {
        let (siege, dice) = (Arc::clone(siege), Dice::of(siege.plan.seed, stage));
        let shape = siege.plan.phases.get(phase).map(|phase| phase.shape);
        let has_own_times =
            matches!(stage, Stage::Phase(_)) && !matches!(shape, None | Some(Shape::Closed { .. }));
        let mut attackers = Self { siege, phase, dice, only, ends_at, has_own_times, total_weight: 0 };
        attackers.total_weight = attackers.attacks().map(|(_, weight)| weight).sum();
        Arc::new(attackers)
    }

    /// Whether there is nothing to fire.
    pub(super) fn is_nobody(&self) -> bool {
        self.total_weight == 0
    }

    fn attacks(&self) -> impl Iterator<Item = (&dyn Attack, u64)> {
        let phase = self.siege.plan.phases.get(self.phase);
        let attacks = phase.into_iter().flat_map(|phase| &phase.attacks);
        attacks
            .filter(|(attack, _)| self.only.is_none_or(|only| attack.criterion() == only))
            .map(|(attack, weight)| (&**attack, u64::from(*weight)))
    }

    /// Which attack has its turn: each in so many parts as it weighs.
    fn choose(&self, dice: &mut fastrand::Rng) -> Option<&dyn Attack> {
        if self.is_nobody() {
            return None;
        }
        let mut at = dice.u64(..self.total_weight);
        for (attack, weight) in self.attacks() {
            if at < weight {
                return Some(attack);
            }
            at -= weight;
        }
        None
    }
}

impl Crew for Arc<Attackers> {
    type Worker = Attacker;

    fn hire(&self) -> Attacker {
        Attacker { attackers: Self::clone(self), client: Client::new(Arc::clone(&self.siege.attackers)) }
    }
}

// === impl Attacker ===

impl Worker for Attacker {
    async fn fire(&mut self, number: u64, intended_at: Duration) {
        let attackers = Arc::clone(&self.attackers);
        let siege = &attackers.siege;
        let mut dice = attackers.dice.of_shot(number);
        let Some(attack) = attackers.choose(&mut dice) else { return };
        let who = Who::Attack(attack.name());
        match attack.shot(&siege.context(), &mut dice) {
            Shot::Ask(ask) => self.ask(who, ask, intended_at).await,
            Shot::Hostile(script) => self.play(who, &script).await,
            Shot::Kill(signal) => strike(siege, signal, &mut dice).await,
        }
    }
}

impl Attacker {
    async fn ask(&mut self, who: Who, ask: Arc<Ask>, intended_at: Duration) {
        let siege = &self.attackers.siege;
        siege.tell.that(Observation::Sent(who)).await;
        // Where whoever counts is behind, that is not the target's time.
        let intended_at = if self.attackers.has_own_times { intended_at } else { siege.clock.now() };
        let n_resent_before = self.client.n_resent();
        let exchange = self.client.ask(&ask, intended_at).await;
        siege.n_resent.fetch_add(self.client.n_resent() - n_resent_before, Ordering::Relaxed);
        siege.tell.that(Observation::Exchanged { who, ask, exchange }).await;
    }

    /// No answer is owed for it, so it is left when the phase is over.
    async fn play(&self, who: Who, script: &Script) {
        let siege = &self.attackers.siege;
        let began_at = siege.clock.now();
        let play = play(&siege.connector, script);
        let over = async {
            match self.attackers.ends_at {
                Some(at) => tokio::time::sleep_until(siege.clock.instant(at)).await,
                None => std::future::pending().await,
            }
        };
        let end = tokio::select! {
            end = play => end,
            () = over => HostileEnd::Left,
            () = siege.stop.cancelled() => HostileEnd::Left,
        };
        let ended_at = siege.clock.now();
        siege.tell.that(Observation::Hostile { who, began_at, ended_at, end }).await;
    }
}

async fn strike(siege: &Siege, signal: Signal, dice: &mut fastrand::Rng) {
    match &siege.killer {
        // A plan for a target without an engine of ours: nothing to do, and no hurry to do it again.
        None => siege.sleep(kill::NOBODY_PAUSE).await,
        Some(killer) => {
            if let Some(strike) = killer.strike(signal, dice).await {
                siege.tell.that(Observation::Struck(strike)).await;
            }
        }
    }
}
