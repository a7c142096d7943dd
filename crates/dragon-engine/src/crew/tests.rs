use proptest::prelude::*;

use super::*;

/// A machine of `n_cores` on which `n_hogs` other processes always want to run, as the measurements show it: with
/// a core for every thread a call is as fast as its threads; otherwise every barrier waits for a time slice.
#[derive(Debug, Clone, Copy)]
struct Machine {
    n_cores: u32,
    n_hogs: u32,
}

impl Machine {
    fn call(self, n_threads: u32, n_rows: usize) -> Call {
        let work = Duration::from_millis(2 + n_rows as u64);
        let n_free = self.n_cores.saturating_sub(self.n_hogs).max(1);
        if n_threads <= n_free {
            let wall = work / n_threads;
            Call { n_rows, wall, cpu: wall.mul_f64(0.97) }
        } else {
            let wall = work * 2;
            Call { n_rows, wall, cpu: wall.mul_f64(0.5) }
        }
    }

    /// The number of threads after so many calls.
    fn run(self, crew: &mut Crew, n_calls: usize, sizes: &[usize]) -> u32 {
        for n_rows in sizes.iter().cycle().take(n_calls) {
            crew.record(self.call(crew.n_threads(), *n_rows));
        }
        crew.n_threads()
    }

    fn total(self, crew: &mut Crew, n_calls: usize) -> Duration {
        (0..n_calls)
            .map(|_| {
                let call = self.call(crew.n_threads(), 1);
                crew.record(call);
                call.wall
            })
            .sum()
    }
}

#[test]
fn a_quiet_machine_keeps_all_threads_and_never_tries_fewer() {
    let quiet = Machine { n_cores: 4, n_hogs: 0 };
    let mut crew = Crew::new(4);
    for _ in 0..10_000 {
        assert_eq!(crew.n_threads(), 4);
        crew.record(quiet.call(4, 1));
    }
}

#[test]
fn a_busy_process_takes_one_thread_away_and_gives_it_back() {
    let (quiet, busy) = (Machine { n_cores: 2, n_hogs: 0 }, Machine { n_cores: 2, n_hogs: 1 });
    let mut crew = Crew::new(2);
    assert_eq!(quiet.run(&mut crew, 100, &[1]), 2);
    busy.run(&mut crew, 50, &[1]);
    assert_eq!(crew.levels[crew.level], 1);
    busy.run(&mut crew, 5_000, &[1]);
    assert_eq!(crew.levels[crew.level], 1);
    quiet.run(&mut crew, 4_000, &[1]);
    assert_eq!(crew.levels[crew.level], 2);
}

#[test]
fn trials_cost_little_while_the_machine_stays_busy() {
    let busy = Machine { n_cores: 2, n_hogs: 1 };
    let mut crew = Crew::new(2);
    busy.run(&mut crew, 1_000, &[1]);
    let best = busy.call(1, 1).wall * 10_000;
    assert!(busy.total(&mut crew, 10_000) < best.mul_f64(1.03));
}

#[test]
fn short_disturbances_that_fewer_threads_do_not_mend_change_nothing_for_long() {
    let mut crew = Crew::new(2);
    let mut n_with_one = 0;
    for _ in 0..5_000 {
        // Two threads are disturbed but still faster than one.
        let wall = Duration::from_millis(if crew.n_threads() == 2 { 7 } else { 10 });
        n_with_one += u32::from(crew.n_threads() == 1);
        crew.record(Call { n_rows: 8, wall, cpu: wall.mul_f64(0.7) });
    }
    assert_eq!(crew.level, 0);
    assert!(n_with_one < 50, "{n_with_one}");
}

proptest! {
    /// Whatever the machine and the mix of calls, it ends where a call is fastest, or one step from it.
    #[test]
    fn it_finds_its_place(n_cores in 1_u32..9, n_hogs in 0_u32..9, sizes in prop::collection::vec(1_usize..5, 1..4)) {
        let machine = Machine { n_cores, n_hogs };
        let mut crew = Crew::new(n_cores);
        machine.run(&mut crew, 20_000, &sizes);
        let fastest = crew.levels.iter().min_by_key(|n| machine.call(**n, 1).wall).copied();
        prop_assert_eq!(crew.levels.get(crew.level).copied(), fastest);
    }

    #[test]
    fn the_number_of_threads_stays_in_its_range(
        n_max in 0_u32..9,
        calls in prop::collection::vec((1_usize..70, 0_u64..50_000, 0_u64..50_000), 0..400),
    ) {
        let mut crew = Crew::new(n_max);
        for (n_rows, wall, cpu) in calls {
            prop_assert!((1..=n_max.max(1)).contains(&crew.n_threads()));
            crew.record(Call { n_rows, wall: Duration::from_micros(wall), cpu: Duration::from_micros(cpu) });
        }
    }
}
