//! What an execution graph is told, and what it asks for.

use std::sync::Arc;
use std::time::Duration;

use dataflow::deployment::TaskStateUpdate;
use dataflow::{ExecutionAttemptId, Failure, JobGraph, JobStatus, VertexId};

use super::exception_history::ExceptionKind;
use super::execution::SlotLocation;
use super::rescale_history::RescaleCause;
use super::resource_requirements::ResourceRequirements;

/// What happens to a job.
#[derive(Debug, Clone)]
pub enum GraphEvent {
    /// It is to run.
    Start,
    /// It cannot start yet, and why not; it is tried again.
    StartDelayed(Failure),
    /// The slots it asked for: one for each subtask index that has none, shared by the vertices.
    SlotsGranted(Vec<SlotLocation>),
    /// There were not enough slots in time.
    SlotsTimedOut(Failure),
    /// A TaskManager reports on an attempt.
    StateChanged(TaskStateUpdate),
    /// A call to an attempt's TaskManager has failed (to submit it, to give it splits). It may run all the same.
    CallFailed {
        /// The attempt.
        attempt: ExecutionAttemptId,
        /// Why.
        failure: Failure,
    },
    /// An attempt does not run: its TaskManager no longer knows it, or it cannot be sent to one.
    AttemptFailed {
        /// The attempt.
        attempt: ExecutionAttemptId,
        /// Why.
        failure: Failure,
    },
    /// A TaskManager is gone, and everything that ran there.
    TaskManagerLost {
        /// Its name.
        resource_id: String,
        /// Why.
        failure: Failure,
    },
    /// A part of the job that runs in the JobManager has failed.
    CoordinatorFailed(Failure),
    /// Somebody cancels it.
    Cancel,
    /// What of it runs at this TaskManager is to run elsewhere.
    Vacate(String),
    /// It is to run with other numbers of subtasks, from its last checkpoint.
    Rescale(Arc<JobGraph>, ResourceRequirements, RescaleCause),
    /// The pause before a restart is over.
    RestartDue,
    /// The JobManager goes away; the job may run again under another.
    Suspend,
}

/// What a job needs done.
#[derive(Debug, Clone, PartialEq)]
pub enum GraphCommand {
    /// Ask for slots.
    RequestSlots(u32),
    /// Give all slots back.
    ReleaseSlots,
    /// Begin to find the splits of the sources in these vertices anew.
    StartSources(Vec<VertexId>),
    /// Stop finding the splits of the sources in these vertices.
    StopSources(Vec<VertexId>),
    /// All readers of the sources in these vertices run on under this JobManager: go on finding splits for them.
    AdoptSources(Vec<VertexId>),
    /// Send these attempts to their TaskManagers, in this order.
    Deploy(Vec<ExecutionAttemptId>),
    /// Tell the TaskManager that runs it to cancel an attempt.
    CancelTask {
        /// The attempt.
        attempt: ExecutionAttemptId,
        /// The TaskManager.
        resource_id: String,
    },
    /// Come back with [`GraphEvent::RestartDue`] after this pause.
    RestartAfter(Duration),
    /// The job has reached its end (or is suspended): nothing follows.
    Ended(JobStatus),
}

/// A failure and what kind of thing failed.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    /// What kind.
    pub kind: ExceptionKind,
    /// The failure.
    pub failure: Failure,
    /// The attempt, when it was one.
    pub attempt: Option<ExecutionAttemptId>,
}
