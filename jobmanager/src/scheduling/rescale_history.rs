//! `RescaleHistory`: how a job came to its numbers of subtasks. Pure; people look at it, nothing is decided by it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use dataflow::{JobGraph, JobStatus, TriggerId, VertexId};

use super::resource_requirements::ResourceRequirements;
use crate::checkpointing::statistics::Distribution;

/// Why a job is to run with other numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RescaleCause {
    /// It begins.
    InitialSchedule,
    /// Somebody has asked for it.
    UpdateRequirement,
    /// There are other slots, in the reactive mode.
    NewResources,
    /// It waits for slots that were lost, and goes on with fewer, in the reactive mode.
    Failover,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RescaleEnd {
    /// All subtasks run.
    Succeeded,
    /// Other requirements came before.
    RequirementsUpdated,
    /// The numbers stay as they are.
    NothingChanged,
    /// The job ended before, in this status.
    JobEnded(JobStatus),
}

/// What becomes of one vertex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VertexRescale {
    /// Its name.
    pub name: String,
    /// As many subtasks as are asked for.
    pub desired: u32,
    /// As few as are enough.
    pub sufficient: u32,
    /// As many as it had; none at the begin.
    pub before: Option<u32>,
    /// As many as it has now; none until it runs.
    pub after: Option<u32>,
}

/// One change of a job's numbers; times are ms since the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rescale {
    /// Its id.
    pub id: TriggerId,
    /// Of the requirements that it is for.
    pub requirements_id: TriggerId,
    /// Why.
    pub cause: RescaleCause,
    /// When it began.
    pub started: i64,
    /// When and how it ended.
    pub ended: Option<(i64, RescaleEnd)>,
    /// What becomes of each vertex.
    pub vertices: BTreeMap<VertexId, VertexRescale>,
}

/// How many there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RescaleCounts {
    /// Those that did nothing.
    pub ignored: u32,
    /// Begun and not ended: 0 or 1.
    pub in_progress: u32,
    /// The job runs with the new numbers.
    pub completed: u32,
    /// The job failed before.
    pub failed: u32,
}

/// The changes of one job, the newest first.
#[derive(Debug, Clone, Default)]
pub struct RescaleHistory {
    /// How many are remembered.
    size: usize,
    records: VecDeque<Arc<Rescale>>,
    counts: RescaleCounts,
    begun: u32,
    /// How long those that ended took, ms: completed, ignored, failed.
    durations: Arc<[Distribution; 3]>,
}

impl Rescale {
    fn duration_ms(&self) -> u64 {
        self.ended.map_or(0, |(at, _)| (at - self.started).max(0).unsigned_abs())
    }
}

impl RescaleEnd {
    fn kind(self) -> usize {
        match self {
            RescaleEnd::Succeeded => 0,
            RescaleEnd::JobEnded(JobStatus::Failed) => 2,
            RescaleEnd::RequirementsUpdated | RescaleEnd::NothingChanged | RescaleEnd::JobEnded(_) => 1,
        }
    }
}

impl RescaleHistory {
    /// A history that remembers so many (`web.adaptive-scheduler.rescale-history.size`).
    pub fn with_size(self, size: usize) -> Self {
        Self { size, ..self }
    }

    /// How many are remembered.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The job is to run as `graph` says, with `before` as it was.
    pub(super) fn begin(
        &mut self,
        cause: RescaleCause,
        graph: &JobGraph,
        before: Option<&JobGraph>,
        requirements: &ResourceRequirements,
        now: i64,
    ) {
        self.end(RescaleEnd::RequirementsUpdated, now);
        self.begun += 1;
        let vertices = graph.vertices.iter().map(|vertex| {
            let bounds = requirements.0.get(&vertex.id);
            let rescale = VertexRescale {
                name: vertex.name.clone(),
                desired: bounds.map_or(vertex.parallelism, |bounds| bounds.upper_bound),
                sufficient: bounds.map_or(1, |bounds| bounds.lower_bound),
                before: before.and_then(|before| before.vertex(vertex.id)).map(|vertex| vertex.parallelism),
                after: None,
            };
            (vertex.id, rescale)
        });
        let rescale = Rescale {
            id: id_of(graph, self.begun, 1),
            requirements_id: id_of(graph, self.begun, 2),
            cause,
            started: now,
            ended: None,
            vertices: vertices.collect(),
        };
        self.counts.in_progress = 1;
        self.records.push_front(Arc::new(rescale));
        self.records.truncate(self.size.max(1));
    }

    /// What the job begins with is known better.
    pub(super) fn restart(&mut self, graph: &JobGraph, requirements: &ResourceRequirements) {
        if let Some(first) = self.records.pop_front() {
            self.begun -= 1;
            self.begin(first.cause, graph, None, requirements, first.started);
        }
    }

    /// The one that is under way has come to this.
    pub(super) fn end(&mut self, how: RescaleEnd, now: i64) {
        self.close(how, None, now);
    }

    /// All subtasks run, with these numbers.
    pub(super) fn succeeded(&mut self, graph: &JobGraph, now: i64) {
        self.close(RescaleEnd::Succeeded, Some(graph), now);
    }

    fn close(&mut self, how: RescaleEnd, after: Option<&JobGraph>, now: i64) {
        let Some(rescale) = self.records.front_mut().filter(|rescale| rescale.ended.is_none()) else { return };
        let rescale = Arc::make_mut(rescale);
        rescale.ended = Some((now, how));
        for (id, vertex) in &mut rescale.vertices {
            vertex.after = after.and_then(|graph| graph.vertex(*id)).map(|vertex| vertex.parallelism);
        }
        let duration = rescale.duration_ms();
        self.counts.in_progress = 0;
        let counts = [&mut self.counts.completed, &mut self.counts.ignored, &mut self.counts.failed];
        let kind = how.kind();
        counts.into_iter().nth(kind).into_iter().for_each(|count| *count += 1);
        Arc::make_mut(&mut self.durations)[kind].add(duration);
    }

    /// Those that are remembered, the newest first.
    pub fn records(&self) -> impl Iterator<Item = &Rescale> {
        self.records.iter().take(self.size).map(Arc::as_ref)
    }

    /// One that is remembered.
    pub fn find(&self, id: TriggerId) -> Option<&Rescale> {
        self.records().find(|rescale| rescale.id == id)
    }

    /// How many there were.
    pub fn counts(&self) -> RescaleCounts {
        self.counts
    }

    /// How often the job was rescaled: its begin does not count.
    pub fn count(&self) -> u32 {
        self.counts.completed.saturating_sub(1)
    }

    /// How long those took that completed, that did nothing, and that failed, ms.
    pub fn durations(&self) -> &[Distribution; 3] {
        &self.durations
    }
}

/// An id that no other change of any job has.
fn id_of(graph: &JobGraph, number: u32, of: u128) -> TriggerId {
    const ODD: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
    TriggerId(graph.job_id.0 ^ (u128::from(number) * 4 + of).wrapping_mul(ODD))
}

#[cfg(test)]
mod tests {
    use dataflow::{JobId, JobVertex};

    use super::*;
    use crate::scheduling::resource_requirements::ParallelismBounds;

    fn empty() -> JobGraph {
        JobGraph {
            version: dataflow::operator_spec::SPEC_VERSION,
            job_id: JobId(7),
            name: "job".into(),
            config: BTreeMap::new(),
            vertices: Vec::new(),
            edges: Vec::new(),
        }
    }

    fn graph(parallelism: u32) -> JobGraph {
        let vertex = JobVertex {
            id: VertexId(1),
            name: "Source: t[1]".into(),
            parallelism,
            max_parallelism: 128,
            operators: Vec::new(),
        };
        JobGraph { vertices: vec![vertex], ..empty() }
    }

    fn wanted(upper_bound: u32) -> ResourceRequirements {
        ResourceRequirements([(VertexId(1), ParallelismBounds { lower_bound: 1, upper_bound })].into())
    }

    #[test]
    fn each_change_has_a_begin_and_an_end() {
        let mut history = RescaleHistory::default().with_size(2);
        history.begin(RescaleCause::InitialSchedule, &graph(1), None, &wanted(1), 100);
        assert_eq!((history.counts().in_progress, history.count()), (1, 0));
        history.succeeded(&graph(1), 130);
        history.begin(RescaleCause::UpdateRequirement, &graph(2), Some(&graph(1)), &wanted(4), 200);
        // Another request comes before the first is done.
        history.begin(RescaleCause::UpdateRequirement, &graph(3), Some(&graph(1)), &wanted(3), 210);
        history.succeeded(&graph(3), 260);
        history.succeeded(&graph(3), 300);
        let counts = RescaleCounts { ignored: 1, in_progress: 0, completed: 2, failed: 0 };
        assert_eq!((history.counts(), history.count()), (counts, 1));
        let records: Vec<&Rescale> = history.records().collect();
        let vertex = &records[0].vertices[&VertexId(1)];
        assert_eq!((vertex.before, vertex.after, vertex.desired), (Some(1), Some(3), 3));
        assert_eq!(records[0].ended, Some((260, RescaleEnd::Succeeded)));
        assert_eq!(records[1].ended, Some((210, RescaleEnd::RequirementsUpdated)));
        assert_eq!((records.len(), history.durations()[0].max(), history.durations()[1].max()), (2, 50, 10));
        assert!(history.find(records[1].id).is_some() && records[0].id != records[1].id);
        history.begin(RescaleCause::UpdateRequirement, &graph(9), None, &wanted(9), 400);
        history.end(RescaleEnd::JobEnded(JobStatus::Failed), 410);
        assert_eq!(history.counts().failed, 1);
    }
}
