//! What a TaskExecutor tells whoever runs it. Implemented by the TaskManager, which passes it on to the JobManager.

use dataflow::checkpoint::CheckpointReport;
use dataflow::deployment::TaskStateUpdate;
use dataflow::{ExecutionAttemptId, OperatorId};

/// Told what happens to tasks. Called from task threads; must not wait.
pub trait TaskEvents: Send + Sync {
    /// The attempt has changed its state. The update of a terminal state is the last word of an attempt and carries its final counters.
    fn state_changed(&self, update: TaskStateUpdate);

    /// A source reader has run out of splits; answer with [`TaskExecutor::add_splits`](crate::TaskExecutor::add_splits).
    fn request_split(&self, attempt: ExecutionAttemptId, operator: OperatorId);

    /// A source that aligns with others tells how far it is; answer with [`TaskExecutor::align_watermarks`](crate::TaskExecutor::align_watermarks).
    fn watermark(&self, attempt: ExecutionAttemptId, operator: OperatorId, watermark: i64);

    /// What a task tells of a checkpoint. Also called from threads that store snapshots.
    fn checkpoint(&self, report: CheckpointReport);
}
