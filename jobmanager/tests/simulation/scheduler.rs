//! `Scheduler`: runs the futures of all simulated processes on one thread, in an order that a seed draws, in virtual time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use common::clock::ManualClock;
use common::environment::{BoxedTask, Environment, Executor};
use common::random::Random;

/// A simulated process, for as long as it lives. The number of one that has died is not used again.
pub type Process = u64;

/// Runs futures one step at a time.
pub struct Scheduler {
    pub clock: ManualClock,
    inner: Mutex<Inner>,
}

struct Inner {
    random: Random,
    /// Those that can go on, by their numbers: in which order one step has woken them says nothing (`watch` draws lots of its own).
    ready: BTreeMap<u64, Arc<Job>>,
    /// Those of processes that are stopped.
    held: BTreeMap<u64, Arc<Job>>,
    spawned: u64,
    stopped: BTreeSet<Process>,
    /// All, to be dropped with their process.
    jobs: Vec<Weak<Job>>,
    processes: Process,
    steps: u64,
}

struct Job {
    id: u64,
    process: Process,
    future: Mutex<Option<BoxedTask>>,
    queued: AtomicBool,
    scheduler: Weak<Scheduler>,
}

impl Wake for Job {
    fn wake(self: Arc<Self>) {
        if self.queued.swap(true, Ordering::Relaxed) {
            return;
        }
        if let Some(scheduler) = self.scheduler.upgrade() {
            scheduler.queue(self);
        }
    }
}

/// The futures of one process.
struct Spawner {
    process: Process,
    scheduler: Weak<Scheduler>,
}

impl Executor for Spawner {
    fn execute(&self, task: BoxedTask) {
        if let Some(scheduler) = self.scheduler.upgrade() {
            scheduler.add(self.process, task);
        }
    }
}

impl Scheduler {
    pub fn new(seed: u64) -> Arc<Self> {
        let inner = Inner {
            random: Random::from_seed(seed),
            ready: BTreeMap::new(),
            held: BTreeMap::new(),
            spawned: 0,
            stopped: BTreeSet::new(),
            jobs: Vec::new(),
            processes: 0,
            steps: 0,
        };
        Arc::new(Scheduler { clock: ManualClock::at_millis(1_700_000_000_000), inner: Mutex::new(inner) })
    }

    /// A new process, and what its parts take from outside.
    pub fn process(self: &Arc<Self>) -> (Process, Environment) {
        let mut inner = self.inner();
        inner.processes += 1;
        let process = inner.processes;
        let random = inner.random.fork();
        drop(inner);
        (process, self.environment(process, random))
    }

    fn environment(self: &Arc<Self>, process: Process, random: Random) -> Environment {
        let spawner = Spawner { process, scheduler: Arc::downgrade(self) };
        Environment::simulated(self.clock.clock(), Arc::new(spawner), random)
    }

    /// Runs a future in a process.
    pub fn spawn(self: &Arc<Self>, process: Process, task: impl Future<Output = ()> + Send + 'static) {
        self.add(process, Box::pin(task));
    }

    /// Ends a process where it stands.
    pub fn kill(&self, process: Process) {
        self.end_where(|job| job.process == process);
        self.inner().stopped.remove(&process);
    }

    /// Ends all processes.
    pub fn end(&self) {
        self.end_where(|_| true);
    }

    fn end_where(&self, which: impl Fn(&Job) -> bool) {
        let mut dead = Vec::new();
        {
            let mut inner = self.inner();
            inner.jobs.retain(|job| job.strong_count() > 0);
            // Held here, so that nothing is dropped while the lock is.
            dead.extend(inner.jobs.iter().filter_map(Weak::upgrade).filter(|job| which(job)));
            inner.ready.retain(|_, job| !which(job));
            inner.held.retain(|_, job| !which(job));
        }
        for job in dead {
            // What is dropped may wake others.
            let future = job.future.lock().unwrap_or_else(PoisonError::into_inner).take();
            drop(future);
        }
    }

    /// Stops a process (SIGSTOP), or has it go on.
    pub fn stop(&self, process: Process, stopped: bool) {
        let mut inner = self.inner();
        if stopped {
            inner.stopped.insert(process);
            return;
        }
        inner.stopped.remove(&process);
        let (go_on, held) = std::mem::take(&mut inner.held).into_iter().partition(|(_, job)| job.process == process);
        inner.held = held;
        let go_on: BTreeMap<u64, Arc<Job>> = go_on;
        inner.ready.extend(go_on);
    }

    pub fn is_stopped(&self, process: Process) -> bool {
        self.inner().stopped.contains(&process)
    }

    /// How many steps were made.
    pub fn steps(&self) -> u64 {
        self.inner().steps
    }

    /// Runs until `is_over` says so.
    pub fn run(&self, is_over: impl Fn() -> bool) {
        while !is_over() {
            match self.next() {
                Some(job) => self.step(&job),
                None => {
                    let Some(pause) = self.clock.next_wake() else { panic!("nobody waits for anything") };
                    // Threads wake up late, and by chance.
                    let late = self.inner().random.below(200);
                    self.clock.advance(pause + Duration::from_micros(late));
                }
            }
        }
    }

    fn next(&self) -> Option<Arc<Job>> {
        let mut inner = self.inner();
        loop {
            let ready = inner.ready.len() as u64;
            if ready == 0 {
                return None;
            }
            let chosen = inner.random.below(ready) as usize;
            let id = *inner.ready.keys().nth(chosen)?;
            let job = inner.ready.remove(&id)?;
            if inner.stopped.contains(&job.process) {
                inner.held.insert(id, job);
                continue;
            }
            inner.steps += 1;
            return Some(job);
        }
    }

    fn step(&self, job: &Arc<Job>) {
        job.queued.store(false, Ordering::Relaxed);
        let waker = Waker::from(job.clone());
        let mut place = job.future.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = match place.as_mut() {
            Some(future) => future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready(),
            None => false,
        };
        let over = if ended { place.take() } else { None };
        drop(place);
        drop(over);
    }

    fn add(self: &Arc<Self>, process: Process, task: BoxedTask) {
        let mut inner = self.inner();
        inner.spawned += 1;
        let job = Arc::new(Job {
            id: inner.spawned,
            process,
            future: Mutex::new(Some(task)),
            queued: AtomicBool::new(true),
            scheduler: Arc::downgrade(self),
        });
        inner.jobs.push(Arc::downgrade(&job));
        if inner.jobs.len().is_multiple_of(1024) {
            inner.jobs.retain(|job| job.strong_count() > 0);
        }
        inner.ready.insert(job.id, job);
    }

    fn queue(&self, job: Arc<Job>) {
        self.inner().ready.insert(job.id, job);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
