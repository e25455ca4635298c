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
            if let Some(class) = class_of(cause) {
                text.push_str(class);
                text.push_str(": ");
            }
            text.push_str(cause);
        }
        text
    }
}

/// The class of the exception that Flink raises with such a message, where rows are what is wrong.
fn class_of(message: &str) -> Option<&'static str> {
    let is_text = message.starts_with("For input string:");
    Some(match message {
        "/ by zero" | "Division by zero" | "Division undefined" => "java.lang.ArithmeticException",
        _ if is_text && message.ends_with("Invalid character found.") => "java.lang.NumberFormatException",
        _ if is_text => "java.time.DateTimeException",
        _ if message.contains("NOT NULL, however, a null value is being written") => {
            "org.apache.flink.table.runtime.operators.sink.constraint.EnforcerException"
        }
        _ if message.starts_with("SingleValueAggFunction ") => "org.apache.flink.table.api.TableRuntimeException",
        _ if message.starts_with("RowTime field should not be null") => "java.lang.RuntimeException",
        _ => return None,
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_have_the_classes_that_flink_raises() {
        let failure = Failure::user("/ by zero").context("operator 'Calc[2]' failed");
        let entry =
            ExceptionEntry { kind: ExceptionKind::Task, failure, timestamp: 0, task_name: None, location: None };
        let lines: Vec<String> = entry.stack_trace().lines().map(str::to_owned).collect();
        assert_eq!(lines[0], "org.apache.flink.util.FlinkRuntimeException: operator 'Calc[2]' failed");
        assert_eq!(lines[1], "Caused by: java.lang.ArithmeticException: / by zero");
        assert_eq!(class_of("For input string: '2024-13-01'."), Some("java.time.DateTimeException"));
        assert_eq!(class_of("the disk is full"), None);
    }
}
