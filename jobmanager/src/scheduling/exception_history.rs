//! `ExceptionHistory`: the failures of a job that people can look at, and Flink's names for their kinds.

use dataflow::{Failure, FailureDomain};
use serde::{Deserialize, Serialize};

use super::execution::SlotLocation;

/// How many failures are kept (Flink's `web.exception-history-size`).
const CAPACITY: usize = 16;

/// What kind of thing failed; clients show the name of Flink's exception for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExceptionKind {
    /// A task, by its own fault or the world's.
    Task,
    /// The job is not restarted.
    RecoverySuppressed,
    /// There are not enough slots.
    NoResources,
    /// A TaskManager is gone.
    TaskManagerLost,
    /// Something of the job that runs in the JobManager, such as a split enumerator.
    Coordinator,
}

/// A failure, what kind it was of, when and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExceptionEntry {
    /// What kind.
    pub kind: ExceptionKind,
    /// The failure.
    pub failure: Failure,
    /// When, ms since the epoch.
    pub timestamp: i64,
    /// The task, when it was one: `name (1/4) - execution #0`.
    pub task_name: Option<String>,
    /// Where the task ran.
    pub location: Option<SlotLocation>,
}

/// A failure with those that came with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootEntry {
    /// What started it.
    pub exception: ExceptionEntry,
    /// What followed until the job ran again or ended.
    pub concurrent: Vec<ExceptionEntry>,
}

/// The latest failures of a job, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ExceptionHistory {
    entries: Vec<RootEntry>,
    dropped: u64,
}

impl ExceptionEntry {
    /// Name of Flink's exception.
    pub fn class(&self) -> &'static str {
        match (self.kind, self.failure.domain) {
            (ExceptionKind::Task | ExceptionKind::Coordinator, FailureDomain::User) => {
                "org.apache.flink.util.FlinkRuntimeException"
            }
            (ExceptionKind::Task, _) => "org.apache.flink.util.FlinkException",
            (ExceptionKind::Coordinator, _) => "org.apache.flink.util.FlinkException",
            (ExceptionKind::RecoverySuppressed, _) => "org.apache.flink.runtime.JobException",
            (ExceptionKind::NoResources, _) => {
                "org.apache.flink.runtime.jobmanager.scheduler.NoResourceAvailableException"
            }
            (ExceptionKind::TaskManagerLost, _) => "org.apache.flink.runtime.jobmaster.JobMasterException",
        }
    }

    /// Class and message, then a `Caused by:` line for each cause, as Java prints a stack trace.
    pub fn stack_trace(&self) -> String {
        let mut text = format!("{}: {}", self.class(), self.failure.message);
        for cause in &self.failure.causes {
            text.push_str("\nCaused by: ");
            text.push_str(cause);
        }
        text
    }
}

impl ExceptionHistory {
    /// A failure that starts something: a restart, or the job's end.
    pub fn add_root(&mut self, exception: ExceptionEntry) {
        if self.entries.len() == CAPACITY {
            self.entries.remove(0);
            self.dropped += 1;
        }
        self.entries.push(RootEntry { exception, concurrent: Vec::new() });
    }

    /// A failure that came with the latest one.
    pub fn add_concurrent(&mut self, exception: ExceptionEntry) {
        if let Some(root) = self.entries.last_mut() {
            root.concurrent.push(exception);
        }
    }

    /// The failures, oldest first.
    pub fn entries(&self) -> &[RootEntry] {
        &self.entries
    }

    /// Whether older ones are no longer here.
    pub fn is_truncated(&self) -> bool {
        self.dropped > 0
    }
}
