//! `Execution`: one attempt to run one subtask: its state, when it came into each, where it runs, its counters.
//!
//! ```text
//! CREATED -> SCHEDULED -> DEPLOYING -> INITIALIZING -> RUNNING -> FINISHED
//!    any that has not ended -> CANCELING -> CANCELED,   any that has not ended -> FAILED
//! ```

use std::sync::Arc;

use dataflow::deployment::TaskMetricsSnapshot;
use dataflow::{ExecutionAttemptId, ExecutionState};
use serde::{Deserialize, Serialize};

/// Where a TaskManager is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskManagerLocation {
    /// Its name.
    pub resource_id: String,
    /// `host:port` of its gRPC service.
    pub rpc_address: String,
    /// `host:port` of its exchange.
    pub data_address: String,
}

/// A slot of a TaskManager.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotLocation {
    /// The TaskManager.
    #[serde(with = "shared")]
    pub task_manager: Arc<TaskManagerLocation>,
    /// Index of the slot.
    pub slot: u32,
}

/// What is shared is written as if it were not.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::TaskManagerLocation;

    pub(super) fn serialize<S: Serializer>(it: &Arc<TaskManagerLocation>, serializer: S) -> Result<S::Ok, S::Error> {
        it.as_ref().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(it: D) -> Result<Arc<TaskManagerLocation>, D::Error> {
        TaskManagerLocation::deserialize(it).map(Arc::new)
    }
}

/// One attempt.
#[derive(Debug, Clone)]
pub struct Execution {
    id: ExecutionAttemptId,
    state: ExecutionState,
    /// When it came into each state, by [`state_index`]; 0 when it never did.
    entered: [i64; STATES.len()],
    slot: Option<SlotLocation>,
    metrics: Option<(i64, TaskMetricsSnapshot)>,
}

/// All states.
pub const STATES: [ExecutionState; 10] = [
    ExecutionState::Created,
    ExecutionState::Scheduled,
    ExecutionState::Deploying,
    ExecutionState::Initializing,
    ExecutionState::Running,
    ExecutionState::Finished,
    ExecutionState::Canceling,
    ExecutionState::Canceled,
    ExecutionState::Failed,
    ExecutionState::Reconciling,
];

fn state_index(state: ExecutionState) -> usize {
    STATES.iter().position(|&other| other == state).expect("STATES lists every state")
}

/// How far a state is along the way; reports that would go back are late ones.
fn rank(state: ExecutionState) -> u8 {
    match state {
        ExecutionState::Created | ExecutionState::Reconciling => 0,
        ExecutionState::Scheduled => 1,
        ExecutionState::Deploying => 2,
        ExecutionState::Initializing => 3,
        ExecutionState::Running => 4,
        ExecutionState::Canceling => 5,
        ExecutionState::Finished | ExecutionState::Canceled | ExecutionState::Failed => 6,
    }
}

impl Execution {
    /// An attempt in state CREATED.
    pub fn new(id: ExecutionAttemptId, now: i64) -> Self {
        let mut entered = [0; STATES.len()];
        entered[state_index(ExecutionState::Created)] = now;
        Execution { id, state: ExecutionState::Created, entered, slot: None, metrics: None }
    }

    /// An attempt that was deployed under an earlier JobManager: it has finished, or it is not known yet whether it still runs.
    pub fn adopted(id: ExecutionAttemptId, slot: Option<SlotLocation>, finished: bool, since: i64, now: i64) -> Self {
        let mut this = Execution::new(id, since);
        for state in [ExecutionState::Scheduled, ExecutionState::Deploying] {
            this.entered[state_index(state)] = since;
        }
        this.slot = slot;
        this.state = if finished { ExecutionState::Finished } else { ExecutionState::Reconciling };
        this.entered[state_index(this.state)] = now;
        this
    }

    /// Moves on to a state. False, and nothing happens, when that would be a step back or out of an end.
    pub fn transition(&mut self, state: ExecutionState, now: i64) -> bool {
        if self.state.is_terminal() || rank(state) <= rank(self.state) {
            return false;
        }
        self.state = state;
        self.entered[state_index(state)] = now;
        true
    }

    /// Gives it a slot.
    pub fn assign(&mut self, slot: SlotLocation) {
        self.slot = Some(slot);
    }

    /// Takes newer counters.
    pub fn record_metrics(&mut self, snapshot: TaskMetricsSnapshot, now: i64) {
        self.metrics = Some((now, snapshot));
    }

    /// Its id.
    pub fn id(&self) -> ExecutionAttemptId {
        self.id
    }

    /// Its state.
    pub fn state(&self) -> ExecutionState {
        self.state
    }

    /// When it came into a state; 0 when it never did.
    pub fn entered(&self, state: ExecutionState) -> i64 {
        self.entered[state_index(state)]
    }

    /// Its slot, once it has one.
    pub fn slot(&self) -> Option<&SlotLocation> {
        self.slot.as_ref()
    }

    /// The TaskManager of its slot.
    pub fn resource_id(&self) -> Option<&str> {
        self.slot.as_ref().map(|slot| slot.task_manager.resource_id.as_str())
    }

    /// Its latest counters, and when they came, ms since the epoch.
    pub fn metrics(&self) -> Option<&(i64, TaskMetricsSnapshot)> {
        self.metrics.as_ref()
    }

    /// When it ended.
    pub fn end_time(&self) -> Option<i64> {
        self.state.is_terminal().then(|| self.entered(self.state))
    }

    /// Whether a TaskManager may be running it: it was sent there and has not ended.
    pub fn is_deployed(&self) -> bool {
        !self.state.is_terminal() && self.entered(ExecutionState::Deploying) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dataflow::{JobId, VertexId};

    #[test]
    fn states_only_go_forward() {
        use ExecutionState::*;
        let id = ExecutionAttemptId { job: JobId(1), vertex: VertexId(2), subtask: 0, attempt: 0 };
        let mut execution = Execution::new(id, 1);
        let table = [
            (Scheduled, true),
            (Deploying, true),
            (Running, true),
            (Initializing, false),
            (Running, false),
            (Canceling, true),
            (Running, false),
            (Canceled, true),
            (Failed, false),
        ];
        for (now, (state, moves)) in (2..).zip(table) {
            assert_eq!(execution.transition(state, now), moves, "{state}");
        }
        assert_eq!(execution.state(), Canceled);
        assert_eq!((execution.entered(Running), execution.entered(Initializing)), (4, 0));
        assert_eq!(execution.end_time(), Some(9));
    }
}
