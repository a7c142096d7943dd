//! So many clients, each its next shot after its last has ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;

use super::{Crew, Fired, Orders, Worker};
use crate::plan::Shape;

pub(super) async fn fire<C: Crew>(crew: &C, orders: &Orders) -> Fired {
    let Shape::Closed { n_clients, ramp } = orders.shape else { return Fired::default() };
    let next = Arc::new(AtomicU64::new(0));
    let mut running = JoinSet::new();
    for client in 0..n_clients {
        let begins_at = orders.began_at + begins_after(client, n_clients, ramp);
        running.spawn(serve(crew.hire(), orders.clone(), Arc::clone(&next), begins_at));
    }
    orders.drain(running).await;
    Fired { n_fired: next.load(Ordering::Relaxed).min(orders.bound.n_max), n_unsent: 0 }
}

/// Clients begin one after the other over the ramp.
fn begins_after(client: usize, n_clients: usize, ramp: Duration) -> Duration {
    ramp.mul_f64(client as f64 / n_clients.max(1) as f64)
}

async fn serve(mut worker: impl Worker, orders: Orders, next: Arc<AtomicU64>, begins_at: Duration) {
    if !orders.wait_until(begins_at).await {
        return;
    }
    while !orders.is_over() {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= orders.bound.n_max {
            return;
        }
        worker.fire(number, orders.clock.now()).await;
    }
}
