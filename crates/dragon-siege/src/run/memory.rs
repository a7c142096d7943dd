//! Looks at the target's memory now and then, where its process is known.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::{AbortHandle, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval};

use super::Siege;
use crate::observation::Observation;
use crate::target::memory;

/// Between two looks: each takes some milliseconds of another thread.
const EVERY: Duration = Duration::from_millis(500);

/// Looking ends when it is dropped.
#[derive(Debug)]
pub(super) struct Watch(Option<AbortHandle>);

pub(super) fn watch(siege: &Arc<Siege>) -> Watch {
    let Some(pid) = siege.plan.target.server_pid else { return Watch(None) };
    let siege = Arc::clone(siege);
    let task = tokio::spawn(async move {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let at = siege.clock.now();
            // A server that has ended has no memory, and may not come back under this number.
            let Ok(Some(n_bytes)) = spawn_blocking(move || memory::of_tree(pid)).await else { return };
            siege.tell.that(Observation::Memory { at, n_bytes }).await;
        }
    });
    Watch(Some(task.abort_handle()))
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}
