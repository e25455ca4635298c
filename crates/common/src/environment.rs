//! `Environment`: what the coordination of a cluster takes from outside beside messages: time, chance, and who runs its futures.
//!
//! A process has [`Environment::system`]. A simulation gives another one, and is then the master of all that happens, and in which order.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::random::Random;

/// A future that somebody else runs.
pub type BoxedTask = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs futures.
pub trait Executor: Send + Sync {
    /// Takes a future, and polls it when it is woken.
    fn execute(&self, task: BoxedTask);
}

/// Time, chance, and who runs futures; clones share them.
#[derive(Clone, Default)]
pub struct Environment {
    clock: Clock,
    simulation: Option<Simulation>,
}

#[derive(Clone)]
struct Simulation {
    executor: Arc<dyn Executor>,
    random: Arc<Mutex<Random>>,
}

impl Environment {
    /// The machine's: its clock, its chance, and the tokio runtime that is there when a task is spawned.
    pub fn system() -> Self {
        Self::default()
    }

    /// The machine's with another clock.
    pub fn with_clock(clock: Clock) -> Self {
        Environment { clock, simulation: None }
    }

    /// One that a simulation gives.
    pub fn simulated(clock: Clock, executor: Arc<dyn Executor>, random: Random) -> Self {
        Environment { clock, simulation: Some(Simulation { executor, random: Arc::new(Mutex::new(random)) }) }
    }

    /// Its time.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// A generator of its own for a part of the program.
    pub fn random(&self) -> Random {
        match &self.simulation {
            Some(simulation) => simulation.random.lock().unwrap_or_else(PoisonError::into_inner).fork(),
            None => Random::from_system(),
        }
    }

    /// Runs a future beside the others; it runs on when the handle is dropped.
    pub fn spawn<F>(&self, future: F) -> Task<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let ended = CancellationToken::new();
        let guard = ended.clone().drop_guard();
        let abort = CancellationToken::new();
        let aborted = abort.clone();
        let task = async move {
            let _guard = guard;
            if let Some(output) = aborted.run_until_cancelled_owned(future).await {
                // Who has dropped the handle does not want to know.
                let _ = answer.send(output);
            }
        };
        match &self.simulation {
            Some(simulation) => simulation.executor.execute(Box::pin(task)),
            None => drop(tokio::spawn(task)),
        }
        Task { abort, ended, result }
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment").field("clock", &self.clock).finish_non_exhaustive()
    }
}

/// A future that runs elsewhere.
#[derive(Debug)]
pub struct Task<T> {
    abort: CancellationToken,
    /// Cancelled when the future is gone.
    ended: CancellationToken,
    result: oneshot::Receiver<T>,
}

impl<T> Task<T> {
    /// Drops the future where it stands.
    pub fn abort(&self) {
        self.abort.cancel();
    }

    /// Whether it has ended, in one way or another.
    pub fn is_finished(&self) -> bool {
        self.ended.is_cancelled()
    }

    /// Waits for its end; none when it was aborted or has panicked.
    pub async fn output(self) -> Option<T> {
        self.result.await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_answers_or_is_aborted() {
        let environment = Environment::system();
        assert_eq!(environment.spawn(async { 7 }).output().await, Some(7));
        let endless = environment.spawn(std::future::pending::<()>());
        endless.abort();
        assert_eq!(endless.output().await, None);
    }
}
