//! What a failure does to a job: which vertices are cancelled, and whether and when they start again.

use std::collections::BTreeSet;

use dataflow::{ExecutionAttemptId, ExecutionState, Failure, JobStatus};

use super::{ExecutionGraph, Pause, Phase};
use crate::scheduling::exception_history::{ExceptionEntry, ExceptionKind};
use crate::scheduling::graph_event::{GraphCommand, Trouble};
use crate::scheduling::restart_strategy::RestartDecision;

impl ExecutionGraph {
    pub(super) fn on_task_manager_lost(
        &mut self,
        resource_id: &str,
        failure: &Failure,
        now: i64,
        out: &mut Vec<GraphCommand>,
    ) {
        for slot in &mut self.slots {
            slot.take_if(|slot| slot.task_manager.resource_id == resource_id);
        }
        let lost: Vec<ExecutionAttemptId> = self.attempts_at(resource_id).collect();
        for attempt in lost {
            if let Some(execution) = self.execution_mut(attempt) {
                execution.transition(ExecutionState::Failed, now);
            }
            let trouble =
                Trouble { kind: ExceptionKind::TaskManagerLost, failure: failure.clone(), attempt: Some(attempt) };
            self.fail(trouble, now, out);
        }
    }

    pub(super) fn fail_attempt(
        &mut self,
        attempt: ExecutionAttemptId,
        failure: Failure,
        now: i64,
        out: &mut Vec<GraphCommand>,
    ) {
        let failed =
            self.execution_mut(attempt).is_some_and(|execution| execution.transition(ExecutionState::Failed, now));
        if failed {
            self.last_modification = now;
            self.fail(Trouble { kind: ExceptionKind::Task, failure, attempt: Some(attempt) }, now, out);
        }
    }

    /// Decides what a failure does to the job.
    pub(super) fn fail(&mut self, trouble: Trouble, now: i64, out: &mut Vec<GraphCommand>) {
        let may_recover = trouble.failure.retry;
        let lost = trouble.kind == ExceptionKind::TaskManagerLost;
        let region = match trouble.attempt {
            Some(attempt) if self.phase != Phase::WaitingForSlots => self.regions.of(attempt.vertex),
            _ => self.regions.all(),
        };
        let entry = self.entry(trouble, now);
        match self.phase {
            Phase::Cancelling | Phase::Ended(_) => return,
            Phase::Failing => return self.exceptions.add_concurrent(entry),
            Phase::Restarting(_) if may_recover => {
                self.moves_no_more(now);
                self.exceptions.add_concurrent(entry);
                return self.restart_with(&region, now, out);
            }
            Phase::Created | Phase::WaitingForSlots | Phase::Running | Phase::Restarting(_) => {}
        }
        let why = if may_recover {
            match self.restart_strategy.on_failure(now, lost) {
                RestartDecision::Restart(pause) => {
                    self.exceptions.add_root(entry);
                    self.phase = Phase::Restarting(Pause::Lasts);
                    self.note_status(JobStatus::Restarting, now);
                    out.push(GraphCommand::StopSources(self.ids(&region)));
                    out.push(GraphCommand::RestartAfter(pause));
                    self.cancel_vertices(&region, now, out);
                    self.restarting = region;
                    return;
                }
                RestartDecision::Fail => format!("Recovery is suppressed by {}", self.restart_strategy),
            }
        } else {
            "The failure is not recoverable".to_owned()
        };
        self.give_up(entry, why, now, out);
    }

    /// The job fails for good.
    fn give_up(&mut self, entry: ExceptionEntry, why: String, now: i64, out: &mut Vec<GraphCommand>) {
        let mut failure = entry.failure.clone();
        failure.message = format!("{}: {}", entry.class(), failure.message);
        let root = ExceptionEntry {
            kind: ExceptionKind::RecoverySuppressed,
            failure: failure.context(why),
            timestamp: now,
            task_name: None,
            location: None,
        };
        self.exceptions.add_root(root.clone());
        self.exceptions.add_concurrent(entry);
        self.root_failure = Some(root);
        self.phase = Phase::Failing;
        self.note_status(JobStatus::Failing, now);
        out.push(self.stop_all_sources());
        self.cancel_all(now, out);
    }

    /// Why a job has not started yet, for people. What is tried again and again is told once.
    pub(super) fn delay(&mut self, failure: Failure, now: i64) {
        let known = self.exceptions.entries().last().is_some_and(|last| last.exception.failure == failure);
        if !known {
            let entry = self.entry(Trouble { kind: ExceptionKind::Coordinator, failure, attempt: None }, now);
            self.exceptions.add_root(entry);
            self.last_modification = now;
        }
    }

    fn entry(&self, trouble: Trouble, now: i64) -> ExceptionEntry {
        let vertex = trouble.attempt.and_then(|id| self.vertices.iter().find(|vertex| vertex.id() == id.vertex));
        ExceptionEntry {
            kind: trouble.kind,
            failure: trouble.failure,
            timestamp: now,
            task_name: vertex.zip(trouble.attempt).map(|(vertex, id)| vertex.task_name(id)),
            location: trouble.attempt.and_then(|id| self.execution(id)?.slot().cloned()),
        }
    }

    pub(super) fn cancel(&mut self, now: i64, out: &mut Vec<GraphCommand>) {
        if self.phase == Phase::Cancelling {
            return;
        }
        self.phase = Phase::Cancelling;
        self.root_failure = None;
        self.note_status(JobStatus::Cancelling, now);
        out.push(self.stop_all_sources());
        self.cancel_all(now, out);
    }

    /// Another region has failed while some restart: it restarts with them.
    /// The restart is for more than another place to run.
    pub(super) fn moves_no_more(&mut self, now: i64) {
        if std::mem::take(&mut self.moves) {
            self.note_status(JobStatus::Restarting, now);
        }
    }

    pub(super) fn restart_with(&mut self, region: &BTreeSet<usize>, now: i64, out: &mut Vec<GraphCommand>) {
        let more: BTreeSet<usize> = region.difference(&self.restarting).copied().collect();
        if !more.is_empty() {
            out.push(GraphCommand::StopSources(self.ids(&more)));
            self.cancel_vertices(&more, now, out);
            self.restarting.extend(more);
        }
    }

    pub(super) fn restart(&mut self, now: i64, out: &mut Vec<GraphCommand>) {
        self.restarts += 1;
        let mut region = std::mem::take(&mut self.restarting);
        if self.replace_graph(now) {
            region = self.regions.all();
        } else {
            for &vertex in &region {
                self.vertices[vertex].reset(now);
            }
        }
        if region.len() == self.vertices.len() {
            self.slots.clear();
            out.push(GraphCommand::ReleaseSlots);
        }
        self.schedule(&region, now, out);
    }

    pub(super) fn cancel_all(&mut self, now: i64, out: &mut Vec<GraphCommand>) {
        self.cancel_vertices(&self.regions.all(), now, out);
    }

    /// Cancels every attempt that has not ended; those that were never sent away end at once.
    pub(super) fn cancel_vertices(&mut self, vertices: &BTreeSet<usize>, now: i64, out: &mut Vec<GraphCommand>) {
        let executions = vertices.iter().flat_map(|&vertex| self.vertices[vertex].ids()).collect::<Vec<_>>();
        for id in executions {
            let Some(execution) = self.execution_mut(id) else { continue };
            let deployed = execution.is_deployed();
            if !execution.transition(ExecutionState::Canceling, now) {
                continue;
            }
            match execution.slot().filter(|_| deployed) {
                Some(slot) => out.push(GraphCommand::CancelTask {
                    attempt: execution.id(),
                    resource_id: slot.task_manager.resource_id.clone(),
                }),
                None => {
                    execution.transition(ExecutionState::Canceled, now);
                }
            }
        }
    }

    pub(super) fn restarting_tasks_have_ended(&self) -> bool {
        let mut executions = self.restarting.iter().flat_map(|&vertex| self.vertices[vertex].executions());
        executions.all(|execution| execution.state().is_terminal())
    }
}
