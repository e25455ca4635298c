//! `TaskThread`: the thread of one task, from deployment to its last word.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Waker;
use std::thread::JoinHandle;

use common::clock::Clock;
use dataflow::deployment::TaskStateUpdate;
use dataflow::{ExecutionAttemptId, ExecutionState, Failure};

use super::build::TaskBuilder;
use super::signal::Signal;
use super::task::Step;
use crate::checkpointing::SnapshotWriter;
use crate::events::TaskEvents;
use crate::exchange::queue::{ChannelFailure, ChannelQueue};
use crate::metrics::{TaskMetrics, Wait};

const STACK_SIZE: usize = 8 << 20;

/// What a thread needs beside its task.
pub(crate) struct TaskThread {
    attempt: ExecutionAttemptId,
    name: String,
    signal: Arc<Signal>,
    clock: Clock,
    events: Arc<dyn TaskEvents>,
    metrics: Arc<TaskMetrics>,
    queues: Vec<Arc<ChannelQueue>>,
    snapshots: SnapshotWriter,
}

/// How a task ended.
enum End {
    Finished,
    Canceled,
    Failed(Failure),
}

impl TaskThread {
    /// The signal of a thread to come, and the waker that gives it.
    pub(crate) fn signal() -> (Arc<Signal>, Waker) {
        let signal = Arc::new(Signal::default());
        (signal.clone(), Waker::from(signal))
    }

    /// Starts the thread. `ended` is called at its very end, before the last word.
    pub(crate) fn spawn(
        builder: TaskBuilder,
        signal: Arc<Signal>,
        ended: impl FnOnce() + Send + 'static,
    ) -> std::io::Result<JoinHandle<()>> {
        let descriptor = &builder.descriptor;
        let (attempt, vertex) = (descriptor.attempt, &descriptor.vertex);
        let name = format!("{} ({}/{})#{}", vertex.name, attempt.subtask + 1, vertex.parallelism, attempt.attempt);
        let thread = TaskThread {
            attempt,
            name: name.clone(),
            signal,
            clock: builder.settings.clock.clone(),
            events: builder.events.clone(),
            metrics: builder.metrics.clone(),
            queues: builder.queues.concat(),
            snapshots: builder.snapshots.clone(),
        };
        // A thread's name cannot hold a zero byte, a vertex's can.
        std::thread::Builder::new().name(name.replace('\0', " ")).stack_size(STACK_SIZE).spawn(move || {
            thread.run(builder, ended);
        })
    }

    fn run(&self, builder: TaskBuilder, ended: impl FnOnce()) {
        self.signal.belongs_to_this_thread();
        let _span = tracing::info_span!("task", job = %self.attempt.job, task = self.name).entered();
        // The task is dropped in there too: what it holds is free before its end is told.
        let end = guarded(&self.name, || self.drive(builder));
        self.metrics.time.stop(self.clock.instant());
        let (state, failure) = match end {
            End::Finished => (ExecutionState::Finished, None),
            End::Canceled => (ExecutionState::Canceled, None),
            End::Failed(failure) => (ExecutionState::Failed, Some(failure)),
        };
        if state != ExecutionState::Finished {
            self.snapshots.cancel_all(self.attempt);
            let why = failure.as_ref().map_or_else(|| "it was cancelled".to_owned(), Failure::one_line);
            for queue in &self.queues {
                queue.fail(ChannelFailure::ProducerEnded(why.clone()));
            }
        }
        match &failure {
            Some(failure) => tracing::warn!("task failed: {}", failure.one_line()),
            None => tracing::info!("task is {state}"),
        }
        ended();
        let metrics = Some(self.metrics.snapshot(self.clock.instant()));
        self.events.state_changed(TaskStateUpdate { attempt: self.attempt, state, failure, metrics });
    }

    fn drive(&self, builder: TaskBuilder) -> End {
        self.tell(ExecutionState::Initializing);
        let began = self.clock.instant();
        let mut task = match builder.build() {
            Ok(task) => task,
            Err(failure) => return End::Failed(failure),
        };
        let took = self.clock.instant().saturating_duration_since(began);
        self.metrics.initialization_ms.set(took.as_millis() as u64);
        self.tell(ExecutionState::Running);
        loop {
            match task.step() {
                Ok(Step::Worked) => {}
                Ok(Step::Wait { wait, until }) => self.wait(wait, until),
                Ok(Step::Finished) => return End::Finished,
                Ok(Step::Canceled) => return End::Canceled,
                Err(failure) => return End::Failed(failure),
            }
        }
    }

    fn wait(&self, wait: Wait, until: Option<std::time::Instant>) {
        let time = &self.metrics.time;
        time.wait(wait, self.clock.instant());
        self.signal.wait(until);
        time.resume(self.clock.instant());
    }

    fn tell(&self, state: ExecutionState) {
        tracing::debug!("task is {state}");
        let update = TaskStateUpdate { attempt: self.attempt, state, failure: None, metrics: None };
        self.events.state_changed(update);
    }
}

/// A panic is the end of its task, not of the process.
fn guarded(task: &str, drive: impl FnOnce() -> End) -> End {
    catch_unwind(AssertUnwindSafe(drive)).unwrap_or_else(|panic| {
        let message = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let message = message.or_else(|| panic.downcast_ref::<String>().cloned());
        let message = message.unwrap_or_else(|| "the panic has no message".to_owned());
        let failure = Failure::internal(format!("task '{task}' panicked; this is a mistake in flinkrs"));
        End::Failed(failure.caused_by(message))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_failure() {
        let End::Failed(failure) = guarded("Sink (1/1)#0", || panic!("index out of bounds")) else {
            panic!("it has failed");
        };
        assert!(failure.message.contains("'Sink (1/1)#0'"));
        assert_eq!(failure.causes, ["index out of bounds"]);
    }
}
