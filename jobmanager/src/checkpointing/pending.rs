//! `PendingCheckpoint`: one checkpoint or savepoint from its triggering to its end, as the coordinator keeps it.

use std::collections::{BTreeMap, BTreeSet};

use dataflow::checkpoint::{
    AfterSavepoint, CheckpointAcknowledgement, CheckpointBarrier, CheckpointLocation, CheckpointOptions, SnapshotKind,
    TaskSnapshot,
};
use dataflow::{ExecutionAttemptId, VertexId};

use super::coordinator::CheckpointPlan;

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Tasks have still to acknowledge.
    Collecting,
    /// All have.
    Acknowledged,
    /// Its metadata is being written.
    Publishing,
}

/// One checkpoint that has not ended.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingCheckpoint {
    /// What is sent to the sources.
    pub barrier: CheckpointBarrier,
    /// The tasks that take part.
    pub tasks: Vec<ExecutionAttemptId>,
    /// Subtasks that had ended before.
    pub finished: Vec<(VertexId, u32)>,
    /// What has been acknowledged.
    pub snapshots: BTreeMap<(VertexId, u32), TaskSnapshot>,
    waiting: BTreeSet<ExecutionAttemptId>,
    /// Who asked for it.
    pub(super) ticket: Option<u64>,
    /// When it has taken too long, ms since the epoch.
    pub(super) deadline: i64,
    pub(super) stage: Stage,
    /// The job has failed while it was being published.
    pub(super) interrupted: bool,
}

impl PendingCheckpoint {
    pub(super) fn new(barrier: CheckpointBarrier, plan: CheckpointPlan, ticket: Option<u64>, deadline: i64) -> Self {
        PendingCheckpoint {
            barrier,
            waiting: plan.tasks.iter().copied().collect(),
            tasks: plan.tasks,
            finished: plan.finished,
            snapshots: BTreeMap::new(),
            ticket,
            deadline,
            stage: Stage::Collecting,
            interrupted: false,
        }
    }

    /// Its number.
    pub fn id(&self) -> u64 {
        self.barrier.checkpoint_id
    }

    /// What it is for.
    pub fn kind(&self) -> SnapshotKind {
        self.options().kind
    }

    /// Where it goes.
    pub fn location(&self) -> &CheckpointLocation {
        &self.options().location
    }

    /// Whether it is a savepoint.
    pub fn is_savepoint(&self) -> bool {
        matches!(self.kind(), SnapshotKind::Savepoint { .. })
    }

    /// Whether the job ends with it.
    pub fn stops_job(&self) -> bool {
        matches!(self.kind(), SnapshotKind::Savepoint { after, .. } if after != AfterSavepoint::Continue)
    }

    /// Whether the job goes on from it: savepoints that do not end the job belong to the user, who may delete them, and nothing is
    /// committed by them.
    pub fn is_restore_point(&self) -> bool {
        !self.is_savepoint() || self.stops_job()
    }

    pub(super) fn waits_for(&self, attempt: ExecutionAttemptId) -> bool {
        self.waiting.contains(&attempt)
    }

    /// A task has done its part; what is told twice counts once.
    pub(super) fn acknowledge(&mut self, acknowledgement: CheckpointAcknowledgement) {
        let CheckpointAcknowledgement { attempt, snapshot, .. } = acknowledgement;
        if !self.waiting.remove(&attempt) {
            return;
        }
        self.snapshots.insert((attempt.vertex, attempt.subtask), snapshot);
        if self.waiting.is_empty() {
            self.stage = Stage::Acknowledged;
        }
    }

    fn options(&self) -> &CheckpointOptions {
        &self.barrier.options
    }
}
