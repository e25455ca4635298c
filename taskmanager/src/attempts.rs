//! `Attempts`: what this TaskManager has taken on and not yet told the end of, with all that another JobManager would have to know of it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dataflow::deployment::{ReaderProgress, RunningAttempt, TaskDeploymentDescriptor};
use dataflow::{ExecutionAttemptId, ExecutionState, JobId, OperatorId, Split};

/// An attempt, for people and for whoever tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// Which submission it came with. A name may come twice, and a late word of the old task must not pass for one of the new.
    pub(crate) submission: u64,
    /// The job's name.
    pub(crate) job_name: String,
    /// The vertex's name.
    pub(crate) vertex_name: String,
}

#[derive(Debug)]
struct Known {
    attempt: Attempt,
    state: ExecutionState,
    end_of_data: bool,
    readers: BTreeMap<OperatorId, ReaderProgress>,
}

#[derive(Debug, Default)]
struct Inner {
    attempts: BTreeMap<ExecutionAttemptId, Known>,
    /// What readers have got of attempts that have finished, until their job is forgotten.
    finished: BTreeMap<ExecutionAttemptId, BTreeMap<OperatorId, ReaderProgress>>,
    submissions: u64,
}

/// Attempts from their submission until the JobManager has heard of their end; clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attempts {
    inner: Arc<Mutex<Inner>>,
}

impl Attempts {
    /// Takes one on, and answers its submission; none when it is here already.
    pub(crate) fn add(&self, descriptor: &TaskDeploymentDescriptor) -> Option<u64> {
        let mut inner = self.lock();
        let submission = inner.submissions + 1;
        let attempt =
            Attempt { submission, job_name: descriptor.job_name.clone(), vertex_name: descriptor.vertex.name.clone() };
        match inner.attempts.entry(descriptor.attempt) {
            Entry::Occupied(_) => return None,
            Entry::Vacant(vacant) => vacant.insert(Known {
                attempt,
                state: ExecutionState::Deploying,
                end_of_data: false,
                readers: BTreeMap::new(),
            }),
        };
        inner.submissions = submission;
        Some(submission)
    }

    /// Its end was told, or nobody wants to hear of it. One of the same name of another submission stays.
    pub(crate) fn remove(&self, attempt: ExecutionAttemptId, submission: u64) {
        let mut inner = self.lock();
        if inner.attempts.get(&attempt).is_some_and(|known| known.attempt.submission == submission) {
            let known = inner.attempts.remove(&attempt);
            if let Some(known) = known.filter(|known| known.state == ExecutionState::Finished) {
                inner.finished.insert(attempt, known.readers);
            }
        }
    }

    /// The job has ended.
    pub(crate) fn forget_job(&self, job: JobId) {
        self.lock().finished.retain(|attempt, _| attempt.job != job);
    }

    /// One that is here.
    pub(crate) fn get(&self, attempt: ExecutionAttemptId) -> Option<Attempt> {
        self.lock().attempts.get(&attempt).map(|known| known.attempt.clone())
    }

    /// Whether one of this submission is here.
    pub(crate) fn has(&self, attempt: ExecutionAttemptId, submission: u64) -> bool {
        self.lock().attempts.get(&attempt).is_some_and(|known| known.attempt.submission == submission)
    }

    /// All, with their submissions.
    pub(crate) fn submissions(&self) -> BTreeMap<ExecutionAttemptId, u64> {
        self.lock().attempts.iter().map(|(id, known)| (*id, known.attempt.submission)).collect()
    }

    /// All, for a registration, and those that have finished and had readers.
    pub(crate) fn running(&self) -> Vec<RunningAttempt> {
        let inner = self.lock();
        let running = inner.attempts.iter().map(|(attempt, known)| RunningAttempt {
            attempt: *attempt,
            state: known.state,
            end_of_data: known.end_of_data,
            readers: known.readers.clone(),
        });
        let finished = inner.finished.iter().filter(|(_, readers)| !readers.is_empty());
        let finished = finished.map(|(attempt, readers)| RunningAttempt {
            attempt: *attempt,
            state: ExecutionState::Finished,
            end_of_data: false,
            readers: readers.clone(),
        });
        running.chain(finished).collect()
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().attempts.is_empty()
    }

    /// It has come into a state.
    pub(crate) fn note_state(&self, attempt: ExecutionAttemptId, submission: u64, state: ExecutionState) {
        self.note(attempt, submission, |known| known.state = state);
    }

    /// It waits for a last checkpoint.
    pub(crate) fn note_end_of_data(&self, attempt: ExecutionAttemptId, submission: u64) {
        self.note(attempt, submission, |known| known.end_of_data = true);
    }

    /// A reader of it asks for a split.
    pub(crate) fn note_request(&self, attempt: ExecutionAttemptId, submission: u64, operator: OperatorId) {
        self.note(attempt, submission, |known| known.readers.entry(operator).or_default().waiting = true);
    }

    /// A source of it has told how far it is.
    pub(crate) fn note_watermark(
        &self,
        attempt: ExecutionAttemptId,
        submission: u64,
        operator: OperatorId,
        watermark: i64,
    ) {
        self.note(attempt, submission, |known| {
            known.readers.entry(operator).or_default().watermark = Some(watermark);
        });
    }

    /// A reader of it is given splits.
    pub(crate) fn note_splits(
        &self,
        attempt: ExecutionAttemptId,
        operator: OperatorId,
        splits: &[Split],
        no_more_splits: bool,
    ) {
        if let Some(known) = self.lock().attempts.get_mut(&attempt) {
            let reader = known.readers.entry(operator).or_default();
            reader.given.extend(splits.iter().map(|split| split.id.clone()));
            reader.no_more_splits |= no_more_splits;
            reader.waiting = false;
        }
    }

    fn note(&self, attempt: ExecutionAttemptId, submission: u64, change: impl FnOnce(&mut Known)) {
        let mut inner = self.lock();
        if let Some(known) = inner.attempts.get_mut(&attempt).filter(|known| known.attempt.submission == submission) {
            change(known);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
