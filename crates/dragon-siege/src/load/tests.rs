use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::*;
use crate::plan::Arrivals;

/// What the workers of a crew did: shot, intended, really fired.
#[derive(Debug, Default)]
struct Diary {
    shots: Mutex<Vec<(u64, Duration, Duration)>>,
    n_open: AtomicUsize,
    n_open_most: AtomicUsize,
    n_hired: AtomicUsize,
}

#[derive(Debug, Clone)]
struct Sleepers {
    clock: Clock,
    takes: Duration,
    diary: Arc<Diary>,
}

impl Crew for Sleepers {
    type Worker = Self;

    fn hire(&self) -> Self {
        self.diary.n_hired.fetch_add(1, Ordering::Relaxed);
        self.clone()
    }
}

impl Worker for Sleepers {
    async fn fire(&mut self, number: u64, intended_at: Duration) {
        let n_open = self.diary.n_open.fetch_add(1, Ordering::Relaxed) + 1;
        self.diary.n_open_most.fetch_max(n_open, Ordering::Relaxed);
        self.diary.shots.lock().unwrap().push((number, intended_at, self.clock.now()));
        tokio::time::sleep(self.takes).await;
        self.diary.n_open.fetch_sub(1, Ordering::Relaxed);
    }
}

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn orders(shape: Shape, lasts: Duration, n_max: u64) -> Orders {
    let clock = Clock::start();
    Orders {
        shape,
        bound: Bound { lasts, n_max },
        seed: 5,
        clock,
        began_at: clock.now(),
        stop: CancellationToken::new(),
    }
}

fn sleepers(orders: &Orders, takes: Duration) -> Sleepers {
    Sleepers { clock: orders.clock, takes, diary: Arc::default() }
}

fn shots(crew: &Sleepers) -> Vec<(u64, Duration, Duration)> {
    crew.diary.shots.lock().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn a_closed_loop_keeps_its_clients_busy_until_time_is_over() {
    let orders = orders(Shape::Closed { n_clients: 3, ramp: Duration::ZERO }, ms(1_000), u64::MAX);
    let crew = sleepers(&orders, ms(300));
    let fired = fire(&crew, &orders).await;
    // At 0, 300, 600 and 900 ms; the last ones are waited for.
    assert_eq!(fired, Fired { n_fired: 12, n_unsent: 0 });
    assert_eq!(orders.clock.now(), ms(1_200));
    assert_eq!(crew.diary.n_open_most.load(Ordering::Relaxed), 3);
    let mut numbers: Vec<u64> = shots(&crew).iter().map(|shot| shot.0).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..12).collect::<Vec<u64>>());
}

#[tokio::test(start_paused = true)]
async fn a_closed_loop_ends_at_its_count() {
    let orders = orders(Shape::Closed { n_clients: 8, ramp: Duration::ZERO }, ms(100_000), 21);
    let crew = sleepers(&orders, ms(10));
    assert_eq!(fire(&crew, &orders).await.n_fired, 21);
    assert_eq!((shots(&crew).len(), orders.clock.now()), (21, ms(30)));
}

#[tokio::test(start_paused = true)]
async fn clients_of_a_closed_loop_begin_over_the_ramp() {
    let orders = orders(Shape::Closed { n_clients: 4, ramp: ms(1_000) }, ms(1_000), 4);
    let crew = sleepers(&orders, ms(10_000));
    fire(&crew, &orders).await;
    let began: Vec<Duration> = shots(&crew).iter().map(|shot| shot.1).collect();
    assert_eq!(began, [ms(0), ms(250), ms(500), ms(750)]);
}

#[tokio::test(start_paused = true)]
async fn an_open_loop_does_not_wait_for_the_target() {
    let shape = Shape::Open { rate_per_s: 100.0, arrivals: Arrivals::Constant, ramp: Duration::ZERO };
    let orders = orders(shape, ms(1_000), u64::MAX);
    let crew = sleepers(&orders, ms(5_000));
    assert_eq!(fire(&crew, &orders).await, Fired { n_fired: 100, n_unsent: 0 });
    let shots = shots(&crew);
    assert!(shots.iter().all(|(_, intended_at, at)| intended_at == at), "{shots:?}");
    assert_eq!(shots.last(), Some(&(99, ms(990), ms(990))));
    assert_eq!(crew.diary.n_open_most.load(Ordering::Relaxed), 100);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_free_fires_again() {
    let shape = Shape::Open { rate_per_s: 100.0, arrivals: Arrivals::Constant, ramp: Duration::ZERO };
    let orders = orders(shape, ms(1_000), u64::MAX);
    let crew = sleepers(&orders, ms(25));
    assert_eq!(fire(&crew, &orders).await.n_fired, 100);
    assert_eq!(crew.diary.n_hired.load(Ordering::Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn a_full_open_loop_fires_late_and_counts_from_when_it_was_due() {
    let shape = Shape::Open { rate_per_s: 100.0, arrivals: Arrivals::Constant, ramp: Duration::ZERO };
    let orders = orders(shape, ms(1_000), 8);
    let crew = sleepers(&orders, ms(100));
    let schedule = Schedule::new(orders.shape, orders.seed).unwrap();
    assert_eq!(open::fire(&crew, &orders, schedule, 2).await, Fired { n_fired: 8, n_unsent: 0 });
    assert_eq!(crew.diary.n_open_most.load(Ordering::Relaxed), 2);
    let shots = shots(&crew);
    // The third was due at 20 ms, and the first ended at 100 ms.
    assert_eq!(shots[2], (2, ms(20), ms(100)));
    assert_eq!(shots[7], (7, ms(70), ms(310)));
}

#[tokio::test(start_paused = true)]
async fn what_a_full_open_loop_never_fired_is_counted() {
    let shape = Shape::Open { rate_per_s: 100.0, arrivals: Arrivals::Constant, ramp: Duration::ZERO };
    let orders = orders(shape, ms(1_000), u64::MAX);
    let crew = sleepers(&orders, ms(400));
    let schedule = Schedule::new(orders.shape, orders.seed).unwrap();
    // Two at 0, 400 and 800 ms each; the others of the hundred were due all the same.
    assert_eq!(open::fire(&crew, &orders, schedule, 2).await, Fired { n_fired: 6, n_unsent: 94 });
    assert!(orders.clock.now() < ms(1_300), "{:?}", orders.clock.now());
}

#[tokio::test(start_paused = true)]
async fn bursts_are_fired_at_once() {
    let shape = Shape::Bursts { n_at_once: 5, every: ms(400) };
    let orders = orders(shape, ms(1_000), u64::MAX);
    let crew = sleepers(&orders, ms(10));
    assert_eq!(fire(&crew, &orders).await.n_fired, 15);
    let at: Vec<Duration> = shots(&crew).iter().map(|shot| shot.2).collect();
    assert_eq!(at, [[ms(0); 5], [ms(400); 5], [ms(800); 5]].concat());
}

#[tokio::test(start_paused = true)]
async fn whoever_stops_it_does_not_wait_for_the_last_ones() {
    let shapes = [
        Shape::Closed { n_clients: 5, ramp: ms(100) },
        Shape::Open { rate_per_s: 100.0, arrivals: Arrivals::Poisson, ramp: ms(100) },
        Shape::Bursts { n_at_once: 5, every: ms(100) },
    ];
    for shape in shapes {
        let orders = orders(shape, ms(60_000), u64::MAX);
        let crew = sleepers(&orders, ms(3_600_000));
        let stop = orders.stop.clone();
        let (fired, ()) = tokio::join!(fire(&crew, &orders), async {
            tokio::time::sleep(ms(3_000)).await;
            stop.cancel();
        });
        assert_eq!(fired.n_unsent, 0, "{shape:?}");
        assert!(fired.n_fired >= 5, "{shape:?}");
        assert_eq!(orders.clock.now(), ms(3_000) + LAST_WAIT, "{shape:?}");
    }
}
