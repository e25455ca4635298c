//! The coordination of a cluster in a deterministic simulation: the code of JobManagers and TaskManagers behind their sockets, in virtual time, on one thread,
//! in an order that a seed draws. Messages are late, lost, reordered and told twice; processes are killed, stopped and cut off; leaders change; clients submit,
//! cancel, rescale, take savepoints.
//!
//! ```text
//!   Schedule  what happens, drawn by the seed
//!      |
//!   Cluster   processes: JobManagerProcess, TaskManagerProcess, each the real one with another network, disk, clock and executor
//!      |
//!   World     what is true, and whether the promises are kept
//!      |
//!   Scheduler runs all futures of all processes
//! ```
//! Not simulated: openraft itself (the log is one that orders what is written), tasks (they count), files of state.
//!
//! `FLINKRS_SIMULATION_SCHEDULES` (1,000) is how many schedules there are, `FLINKRS_SIMULATION_SEED` (1) the first.

mod cluster;
mod jobmanager_process;
mod schedule;
mod scheduler;
mod task;
mod taskmanager_process;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};

use schedule::{Outcome, run};
use world::Planted;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

/// The first of so many schedules that breaks a promise, on all cores.
fn first_broken(first: u64, schedules: u64, planted: Planted) -> Option<Outcome> {
    let next = AtomicU64::new(first);
    let broken = AtomicU64::new(u64::MAX);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + schedules || seed > broken.load(Ordering::Relaxed) {
                return;
            }
            if !run(seed, planted).violations.is_empty() {
                broken.fetch_min(seed, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| (0..cores).for_each(|_| drop(scope.spawn(work))));
    let seed = broken.load(Ordering::Relaxed);
    (seed != u64::MAX).then(|| run(seed, planted))
}

#[test]
fn schedules_keep_the_promises() {
    let first = setting("FLINKRS_SIMULATION_SEED", 1);
    let schedules = setting("FLINKRS_SIMULATION_SCHEDULES", 1_000);
    let broken = first_broken(first, schedules, Planted::Nothing);
    assert!(broken.is_none(), "{}", broken.map(|outcome| outcome.report()).unwrap_or_default());
}

#[test]
fn a_seed_determines_its_schedule() {
    for seed in [1, 2, 3] {
        let (once, again) = (run(seed, Planted::Nothing), run(seed, Planted::Nothing));
        let differs = once.trace.iter().zip(&again.trace).find(|(one, other)| one != other);
        assert_eq!((differs, once.steps), (None, again.steps), "seed {seed}");
    }
}

/// What is wrong on purpose is found, and by the promise that it breaks.
fn is_found(planted: Planted, promise: &str) {
    let broken = first_broken(1, 300, planted).unwrap_or_else(|| panic!("{planted:?} is not found"));
    assert!(broken.violations.iter().any(|violation| violation.contains(promise)), "{}", broken.report());
    println!("{planted:?}: seed {} breaks: {}", broken.seed, broken.violations.join("; "));
}

#[test]
fn a_log_that_takes_what_deposed_leaders_write_is_found() {
    is_found(Planted::UnfencedStore, "");
}

#[test]
fn task_managers_that_go_on_when_they_are_cut_off_are_found() {
    is_found(Planted::Patience, "begins while");
}

#[test]
fn answers_that_come_before_it_is_safe_are_found() {
    is_found(Planted::EarlyAnswer, "");
}
