//! Watches an engine in service for as long as it moves.

use std::time::{Duration, Instant};

use tokio::time::{MissedTickBehavior, interval};

use crate::shared::Shared;
use crate::starved::Starvation;
use crate::watchdog::{Hang, LOOK_EVERY, Sight, Watchdog};

/// Ends when the engine of this process has not moved for `limit`, though it could have.
pub(crate) async fn watch(shared: &Shared, pid: u32, limit: Duration) -> Hang {
    let (mut watchdog, mut starvation) = (Watchdog::new(limit), Starvation::of(pid));
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let progress = shared.progress();
        let sight = Sight {
            at: Instant::now(),
            heard_at: progress.heartbeat.map(|heard| heard.at),
            stepped_at: progress.last_step_at,
            busy_since: progress.busy_since,
            usual_step: progress.mean_step.unwrap_or_default(),
            oldest_text: shared.traffic.lock().oldest_short_text(),
            starved_for: starvation.since_last(),
        };
        if let Some(hang) = watchdog.look(sight) {
            return hang;
        }
    }
}
