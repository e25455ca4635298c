//! What the event loop does about checkpoints: it asks the coordinator, and carries its commands out.

use std::collections::BTreeMap;

use dataflow::checkpoint::{CheckpointNotice, CheckpointReport};
use dataflow::{ExecutionAttemptId, Failure, VertexId};
use tracing::{info, warn};

use super::event_loop::JobMaster;
use super::outbox::Call;
use super::sources::Assignment;
use crate::checkpointing::statistics::{RestoredCheckpoint, StoredStatistics};
use crate::checkpointing::{CheckpointCommand, CheckpointEvent, PendingCheckpoint};
use crate::scheduling::{GraphCommand, GraphEvent};

/// What the commands of the execution graph mean for checkpoints.
pub(super) fn consequence(commands: &[GraphCommand], finished: Option<ExecutionAttemptId>) -> CheckpointEvent {
    let ended = commands.iter().find_map(|command| match command {
        GraphCommand::Ended(status) => Some(*status),
        _ => None,
    });
    match (ended, finished) {
        (Some(status), _) => CheckpointEvent::Ended(status),
        _ if commands.iter().any(|command| matches!(command, GraphCommand::StopSources(_))) => {
            CheckpointEvent::Interrupted
        }
        (_, Some(attempt)) => CheckpointEvent::TaskFinished(attempt),
        _ => CheckpointEvent::Tick,
    }
}

impl JobMaster {
    /// A task tells of a checkpoint.
    pub(super) fn on_report(&mut self, report: CheckpointReport) -> bool {
        match report {
            CheckpointReport::Acknowledged(acknowledgement) => {
                let (id, attempt) = (acknowledgement.checkpoint_id, acknowledgement.attempt);
                if self.graph.is_live(attempt) {
                    let now = self.context.environment.clock().now_millis();
                    let (snapshot, metrics) = (&acknowledgement.snapshot, acknowledgement.metrics);
                    let statistics = self.graph.checkpoints_mut();
                    statistics.acknowledged(id, attempt.vertex, attempt.subtask, snapshot, metrics, now);
                }
                self.on_checkpoint(CheckpointEvent::Acknowledged(Box::new(acknowledgement)))
            }
            CheckpointReport::Declined(decline) if self.graph.is_live(decline.attempt) => {
                let task = self.task_name(decline.attempt);
                let failure = decline.failure.context(format!("{task} has declined the checkpoint"));
                let checkpoint_id = decline.checkpoint_id;
                self.on_checkpoint(match decline.is_subsumed {
                    true => CheckpointEvent::Subsumed { checkpoint_id, failure },
                    false => CheckpointEvent::Failed { checkpoint_id, failure },
                })
            }
            CheckpointReport::EndOfData(attempt) if self.graph.is_live(attempt) => {
                self.on_checkpoint(CheckpointEvent::EndOfData(attempt))
            }
            CheckpointReport::Declined(_) | CheckpointReport::EndOfData(_) => false,
        }
    }

    /// Lets the coordinator decide and carries its commands out; true when the job has ended.
    pub(super) fn on_checkpoint(&mut self, event: CheckpointEvent) -> bool {
        let Some(checkpoints) = &mut self.checkpoints else { return false };
        let (graph, sources, is_open) = (&self.graph, &self.sources, self.adoption.is_open());
        let plan = || graph.checkpoint_plan().filter(|_| sources.are_whole() && !is_open);
        let commands = checkpoints.coordinator.handle(event, &plan, self.context.environment.clock().now_millis());
        let mut ended = false;
        for command in commands {
            ended |= self.carry_out_checkpoint(command);
        }
        if let Some(checkpoints) = &mut self.checkpoints {
            checkpoints.set_timer();
        }
        ended
    }

    /// The metadata of a checkpoint was written, or could not be.
    pub(super) fn on_published(&mut self, checkpoint_id: u64, result: Result<u64, Failure>) -> bool {
        let Some(checkpoints) = &mut self.checkpoints else { return false };
        let mut ended = match result {
            Ok(metadata_size) => {
                let Some((path, deleted)) = checkpoints.published(checkpoint_id) else { return false };
                let statistics = self.graph.checkpoints_mut();
                statistics.completed(checkpoint_id, path, metadata_size);
                deleted.into_iter().for_each(|id| statistics.discarded(id));
                info!("Job {}: checkpoint {checkpoint_id} is complete", self.handle.job());
                self.on_checkpoint(CheckpointEvent::Published(checkpoint_id))
            }
            Err(failure) => {
                checkpoints.not_published(checkpoint_id);
                let failure = failure.context("the metadata of the checkpoint could not be written");
                self.on_checkpoint(CheckpointEvent::PublicationFailed { checkpoint_id, failure })
            }
        };
        if std::mem::take(&mut self.restart_waits) {
            ended |= self.on_event(GraphEvent::RestartDue);
        }
        ended
    }

    /// Whether it is still open if a checkpoint is complete.
    pub(super) fn is_publishing(&self) -> bool {
        self.checkpoints.as_ref().is_some_and(|checkpoints| checkpoints.coordinator.is_publishing())
    }

    /// Starts the sources of these vertices, from the last complete checkpoint if there is one, and keeps what the tasks get of it.
    pub(super) fn start_sources(&mut self, vertices: &[VertexId]) -> Result<Vec<Assignment>, Failure> {
        let job = self.graph.graph().clone();
        let restore = match &self.checkpoints {
            Some(checkpoints) => checkpoints.restore(&job)?,
            None => None,
        };
        self.restore = match restore {
            None => Default::default(),
            Some((checkpoint, assignment)) => {
                info!("Job {} goes on from checkpoint {} in {}", self.handle.job(), checkpoint.id(), checkpoint.folder);
                let restored_at = self.context.environment.clock().now_millis();
                self.graph.checkpoints_mut().restored(RestoredCheckpoint {
                    id: checkpoint.id(),
                    restored_at,
                    is_savepoint: checkpoint.metadata.kind == checkpoint::SnapshotType::Savepoint,
                    external_path: checkpoint.external_path(),
                });
                assignment
            }
        };
        self.sources.start(&job, vertices, &self.restore.sources, &self.handle)
    }

    fn carry_out_checkpoint(&mut self, command: CheckpointCommand) -> bool {
        let Some(checkpoints) = &mut self.checkpoints else { return false };
        match command {
            CheckpointCommand::ReserveIds(next_id) => checkpoints.reserve_ids(next_id),
            CheckpointCommand::Trigger { barrier, attempts, finished } => {
                let (id, kind) = (barrier.checkpoint_id, barrier.options.kind);
                let vertices: Vec<_> =
                    self.graph.vertices().iter().map(|v| (v.id(), v.executions().len() as u32)).collect();
                self.graph.checkpoints_mut().triggered(id, kind, vertices, barrier.timestamp);
                match self.sources.snapshot() {
                    Ok(sources) => {
                        checkpoints.triggered(id, sources);
                        self.record_finished(id, finished, barrier.timestamp);
                        self.notify(&attempts, &CheckpointNotice::Trigger(barrier));
                    }
                    Err(failure) => return self.on_checkpoint(CheckpointEvent::Failed { checkpoint_id: id, failure }),
                }
            }
            CheckpointCommand::Publish(pending) => {
                let job = self.graph.graph().clone();
                let path = checkpoint::external_path(pending.location());
                let statistics = if pending.is_restore_point() {
                    self.graph.checkpoints_mut().tell_store(pending.id(), &path)
                } else {
                    StoredStatistics::default()
                };
                checkpoints.publish(*pending, &job, statistics);
            }
            CheckpointCommand::NotifyCompleted { checkpoint_id, attempts } => {
                self.notify(&attempts, &CheckpointNotice::Completed { checkpoint_id });
            }
            CheckpointCommand::Abort { pending, reason } => self.abort_checkpoint(&pending, &reason),
            CheckpointCommand::DiscardSnapshot(snapshot) => checkpoints.discard_snapshot(&snapshot),
            CheckpointCommand::Answer { ticket, answer } => checkpoints.answer(ticket, answer),
            CheckpointCommand::FailJob(failure) => return self.on_event(GraphEvent::CoordinatorFailed(failure)),
        }
        false
    }

    fn abort_checkpoint(&mut self, pending: &PendingCheckpoint, reason: &str) {
        warn!("Job {}: checkpoint {} is aborted: {reason}", self.handle.job(), pending.id());
        let now = self.context.environment.clock().now_millis();
        self.graph.checkpoints_mut().failed(pending.id(), reason, now);
        if let Some(checkpoints) = &mut self.checkpoints {
            checkpoints.abort(pending);
        }
        self.notify(&pending.tasks, &CheckpointNotice::Aborted { checkpoint_id: pending.id() });
    }

    /// Subtasks that had finished before have nothing to acknowledge.
    fn record_finished(&mut self, checkpoint_id: u64, finished: Vec<(VertexId, u32)>, now: i64) {
        let statistics = self.graph.checkpoints_mut();
        for (vertex, subtask) in finished {
            statistics.acknowledged(checkpoint_id, vertex, subtask, &Default::default(), Default::default(), now);
        }
    }

    /// Tells those attempts that still run, one call for each TaskManager.
    fn notify(&self, attempts: &[ExecutionAttemptId], notice: &CheckpointNotice) {
        let mut by_task_manager: BTreeMap<String, Vec<ExecutionAttemptId>> = BTreeMap::new();
        for attempt in attempts.iter().filter(|attempt| self.graph.is_live(**attempt)) {
            if let Some(resource_id) = self.resource_id(*attempt) {
                by_task_manager.entry(resource_id).or_default().push(*attempt);
            }
        }
        for (resource_id, attempts) in by_task_manager {
            if let Some(outbox) = self.outboxes.get(&resource_id) {
                outbox.send(Call::Checkpoint { attempts, notice: notice.clone() });
            }
        }
    }

    fn task_name(&self, attempt: ExecutionAttemptId) -> String {
        let vertex = self.graph.vertices().iter().find(|vertex| vertex.id() == attempt.vertex);
        vertex.map_or_else(|| attempt.to_string(), |vertex| vertex.task_name(attempt))
    }
}
