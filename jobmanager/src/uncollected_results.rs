//! `UncollectedResults`: which jobs have results that no client has fetched to the end, so that TaskManagers keep them until then.

use std::collections::{HashMap, HashSet};

use dataflow::{JobGraph, JobId, OperatorId, OperatorSpec};

/// Subtasks of Collect operators that still owe their results, by job.
#[derive(Debug, Default)]
pub struct UncollectedResults {
    jobs: HashMap<JobId, HashSet<(OperatorId, u32)>>,
}

impl UncollectedResults {
    /// A job begins; one without a Collect operator owes nothing.
    pub fn add(&mut self, graph: &JobGraph) {
        let mut owed = HashSet::new();
        for vertex in &graph.vertices {
            for operator in vertex.operators.iter().filter(|operator| matches!(operator.spec, OperatorSpec::Collect)) {
                owed.extend((0..vertex.parallelism).map(|subtask| (operator.id, subtask)));
            }
        }
        if !owed.is_empty() {
            self.jobs.insert(graph.job_id, owed);
        }
    }

    /// A client has all results of a subtask.
    pub fn collected(&mut self, job: JobId, operator: OperatorId, subtask: u32) {
        if let Some(owed) = self.jobs.get_mut(&job) {
            owed.remove(&(operator, subtask));
            if owed.is_empty() {
                self.jobs.remove(&job);
            }
        }
    }

    /// Nobody wants the rest.
    pub fn forget(&mut self, job: JobId) {
        self.jobs.remove(&job);
    }

    /// Whether the job owes results.
    pub fn contains(&self, job: JobId) -> bool {
        self.jobs.contains_key(&job)
    }
}
