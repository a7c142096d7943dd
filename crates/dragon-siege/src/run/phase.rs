//! One phase: attacks, and the bystander beside them.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::Siege;
use super::attackers::Attackers;
use super::bystander::Bystander;
use crate::load::dice::Dice;
use crate::load::{self, Fired, Orders};
use crate::observation::{Observation, Stage};

impl Siege {
    /// Attacks, and ends when everything that was sent has ended (each request is bounded by its client's patience).
    pub(super) async fn attack(self: &Arc<Self>, index: usize, bystander: &mut Bystander) -> Fired {
        let Some(phase) = self.plan.phases.get(index) else { return Fired::default() };
        let stage = Stage::Phase(index);
        let began_at = self.clock.now();
        self.tell.that(Observation::Began(stage, began_at)).await;
        let orders = Orders {
            shape: phase.shape,
            bound: phase.bound,
            seed: Dice::of(self.plan.seed, stage).seed(),
            clock: self.clock,
            began_at,
            stop: self.stop.clone(),
        };
        let attackers = Attackers::in_earnest(self, index, orders.ends_at());

        // The bystander asks while shots are fired; where a count ends them early, until the last of them has ended.
        let over = CancellationToken::new();
        let attack = async {
            let fired = load::fire(&attackers, &orders).await;
            over.cancel();
            fired
        };
        let (fired, ()) = tokio::join!(attack, bystander.ask_until(self, orders.ends_at(), &over));

        self.tell.that(Observation::Ended(stage, self.clock.now())).await;
        fired
    }
}
