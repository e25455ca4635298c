//! `JobArchive`: jobs that have ended, for people to look at. In memory; the oldest go first.

use std::sync::Arc;
use std::time::Duration;

use dataflow::JobId;
use indexmap::IndexMap;

use crate::scheduling::ExecutionGraph;

/// Jobs that have ended, in the order of their ends.
#[derive(Debug, Clone)]
pub struct JobArchive {
    capacity: usize,
    expiration: Duration,
    jobs: IndexMap<JobId, (i64, Arc<ExecutionGraph>)>,
}

impl JobArchive {
    /// An archive that keeps so many jobs (`completed-application-store.max-capacity`) for so long (`.expiration-time`).
    pub fn new(capacity: usize, expiration: Duration) -> Self {
        JobArchive { capacity, expiration, jobs: IndexMap::new() }
    }

    /// Files a job that ended at `now`, ms since the epoch.
    pub fn insert(&mut self, graph: ExecutionGraph, now: i64) {
        let id = graph.graph().job_id;
        self.jobs.shift_remove(&id);
        self.jobs.insert(id, (now, Arc::new(graph)));
        self.expire(now);
    }

    /// Drops what is too old or too much.
    pub fn expire(&mut self, now: i64) {
        let oldest = now.saturating_sub(i64::try_from(self.expiration.as_millis()).unwrap_or(i64::MAX));
        self.jobs.retain(|_, (ended, _)| *ended >= oldest);
        let surplus = self.jobs.len().saturating_sub(self.capacity);
        self.jobs.drain(..surplus);
    }

    /// A job.
    pub fn get(&self, job: JobId) -> Option<&Arc<ExecutionGraph>> {
        self.jobs.get(&job).map(|(_, graph)| graph)
    }

    /// All jobs.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<ExecutionGraph>> {
        self.jobs.values().map(|(_, graph)| graph)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduling::RestartStrategy;
    use dataflow::JobGraph;

    fn job(id: u128) -> ExecutionGraph {
        let graph = JobGraph {
            version: 1,
            job_id: JobId(id),
            name: "job".into(),
            config: Default::default(),
            vertices: Vec::new(),
            edges: Vec::new(),
        };
        ExecutionGraph::new(Arc::new(graph), RestartStrategy::Never, 0)
    }

    #[test]
    fn old_jobs_go_by_age_and_by_number() {
        let mut archive = JobArchive::new(2, Duration::from_millis(100));
        let ids = |archive: &JobArchive| archive.iter().map(|job| job.graph().job_id.0).collect::<Vec<_>>();
        archive.insert(job(1), 0);
        archive.insert(job(2), 10);
        archive.insert(job(3), 20);
        assert_eq!(ids(&archive), [2, 3]);
        archive.expire(111);
        assert_eq!(ids(&archive), [3]);
        assert!(archive.get(JobId(3)).is_some() && archive.get(JobId(2)).is_none());
    }
}
