//! `ExecutionVertex`: a vertex of the job graph as it runs: the current attempt of every subtask, and the attempts before.

use dataflow::{ExecutionAttemptId, ExecutionState, JobId, JobVertex, VertexId};

use super::execution::{Execution, STATES};

/// How many earlier attempts are kept for a vertex (Flink's `jobmanager.execution.attempts-history-size`, for each subtask).
const HISTORY: usize = 16;

/// A vertex as it runs.
#[derive(Debug, Clone)]
pub struct ExecutionVertex {
    id: VertexId,
    name: String,
    executions: Vec<Execution>,
    /// Earlier rounds of attempts, oldest first.
    history: Vec<Vec<Execution>>,
}

impl ExecutionVertex {
    /// The first attempts that this JobManager makes, all CREATED.
    pub fn new(job: JobId, vertex: &JobVertex, attempt: u32, now: i64) -> Self {
        let execution = |subtask| Execution::new(ExecutionAttemptId { job, vertex: vertex.id, subtask, attempt }, now);
        ExecutionVertex {
            id: vertex.id,
            name: vertex.name.clone(),
            executions: (0..vertex.parallelism).map(execution).collect(),
            history: Vec::new(),
        }
    }

    /// A vertex with these current attempts.
    pub fn with_executions(vertex: &JobVertex, executions: Vec<Execution>) -> Self {
        ExecutionVertex { id: vertex.id, name: vertex.name.clone(), executions, history: Vec::new() }
    }

    /// New attempts for all subtasks, all CREATED.
    pub fn reset(&mut self, now: i64) {
        let next = |execution: &Execution| {
            let id = execution.id();
            Execution::new(ExecutionAttemptId { attempt: id.attempt + 1, ..id }, now)
        };
        let round = self.executions.iter().map(next).collect();
        if self.history.len() == HISTORY {
            self.history.remove(0);
        }
        self.history.push(std::mem::replace(&mut self.executions, round));
    }

    /// The vertex.
    pub fn id(&self) -> VertexId {
        self.id
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The current attempts by subtask.
    pub fn executions(&self) -> &[Execution] {
        &self.executions
    }

    /// The current attempts by subtask.
    pub fn ids(&self) -> impl Iterator<Item = ExecutionAttemptId> + '_ {
        self.executions.iter().map(Execution::id)
    }

    /// The current attempts by subtask.
    pub fn executions_mut(&mut self) -> &mut [Execution] {
        &mut self.executions
    }

    /// An attempt, current or earlier.
    pub fn attempt(&self, subtask: u32, attempt: u32) -> Option<&Execution> {
        self.history
            .iter()
            .chain(std::iter::once(&self.executions))
            .filter_map(|round| round.get(subtask as usize))
            .find(|execution| execution.id().attempt == attempt)
    }

    /// Name of a subtask's attempt for people: `name (1/4) - execution #0`.
    pub fn task_name(&self, id: ExecutionAttemptId) -> String {
        format!("{} ({}/{}) - execution #{}", self.name, id.subtask + 1, self.executions.len(), id.attempt)
    }

    /// How many subtasks are in each state.
    pub fn counts(&self) -> impl Iterator<Item = (ExecutionState, u32)> + '_ {
        STATES
            .iter()
            .map(|&state| (state, self.executions.iter().filter(|execution| execution.state() == state).count() as u32))
    }

    /// The state that the subtasks make together.
    pub fn state(&self) -> ExecutionState {
        aggregate_state(self.executions.iter().map(Execution::state))
    }
}

/// The state that several subtasks make together, by the rule of Flink's `ExecutionJobVertex`.
pub fn aggregate_state(states: impl Iterator<Item = ExecutionState> + Clone) -> ExecutionState {
    use ExecutionState::{Canceled, Canceling, Created, Failed, Finished, Initializing, Running};
    let any = |wanted| states.clone().any(|state| state == wanted);
    match [Failed, Canceling, Canceled, Initializing, Running].into_iter().find(|&state| any(state)) {
        Some(state) => state,
        None if any(Finished) && states.clone().all(|state| state == Finished) => Finished,
        None if any(Finished) => Running,
        None => Created,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ExecutionState::*;

    #[test]
    fn several_states_make_one() {
        let table: [(&[ExecutionState], ExecutionState); 7] = [
            (&[Created, Scheduled], Created),
            (&[Deploying, Deploying], Created),
            (&[Running, Initializing], Initializing),
            (&[Running, Finished], Running),
            (&[Finished, Deploying], Running),
            (&[Finished, Finished], Finished),
            (&[Canceled, Failed, Running], Failed),
        ];
        for (states, expected) in table {
            assert_eq!(aggregate_state(states.iter().copied()), expected, "{states:?}");
        }
    }
}
