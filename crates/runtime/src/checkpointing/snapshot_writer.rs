//! `SnapshotWriter`: the threads that store what tasks have snapshotted, and tell when it is durable. They may block; tasks never do.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use common::clock::Clock;
use dataflow::checkpoint::{
    CheckpointAcknowledgement, CheckpointDecline, CheckpointLocation, CheckpointMetrics, CheckpointReport,
    KeyedStateHandle, OperatorSubtaskState, SnapshotKind, TaskSnapshot,
};
use dataflow::{CheckpointBarrier, ExecutionAttemptId, Failure, OperatorId, OperatorSnapshot, Split, StateStorage};

use super::channel_state::{InFlight, store_in_flight};
use super::local_state::LocalState;
use super::outstanding::OutstandingSnapshot;
use super::recording_storage::RecordingStorage;
use crate::events::TaskEvents;

/// Threads of one TaskManager that store snapshots: they wait for disks and networks most of the time.
const MAX_THREADS: usize = 4;

/// Tells the storage of one checkpoint.
pub(crate) type StorageOf = dyn Fn(&CheckpointLocation) -> Box<dyn StateStorage> + Send + Sync;

/// What a task has snapshotted.
pub(crate) struct TakenSnapshot {
    pub(crate) attempt: ExecutionAttemptId,
    pub(crate) barrier: Arc<CheckpointBarrier>,
    pub(crate) operators: Vec<OperatorPart>,
    pub(crate) in_flight: Vec<InFlight>,
    /// All but the asynchronous part.
    pub(crate) metrics: CheckpointMetrics,
    pub(crate) events: Arc<dyn TaskEvents>,
    pub(crate) outstanding: OutstandingSnapshot,
    /// Where copies of it stay on this machine; none where that is not wanted.
    pub(crate) local: Option<LocalState>,
}

/// Of one operator.
pub(crate) struct OperatorPart {
    pub(crate) id: OperatorId,
    pub(crate) snapshot: OperatorSnapshot,
    /// Of a source.
    pub(crate) splits: Vec<Split>,
}

/// Stores snapshots of all tasks of a TaskManager, oldest first. Clones share its threads, which are started when they are needed.
#[derive(Clone)]
pub(crate) struct SnapshotWriter {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Clock,
    storage_of: Box<StorageOf>,
    state: Mutex<State>,
    /// Told when something is queued, and at the end.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<(Ticket, TakenSnapshot)>,
    /// What is being stored.
    active: Vec<Ticket>,
    threads: usize,
    idle: usize,
    closed: bool,
}

/// Names a snapshot while it is queued or stored.
#[derive(Clone)]
struct Ticket {
    attempt: ExecutionAttemptId,
    checkpoint_id: u64,
    cancelled: Arc<AtomicBool>,
}

impl SnapshotWriter {
    /// A writer without threads yet.
    pub(crate) fn new(clock: Clock, storage_of: Box<StorageOf>) -> Self {
        let shared = Shared { clock, storage_of, state: Mutex::default(), changed: Condvar::new() };
        Self { shared: Arc::new(shared) }
    }

    /// Takes a snapshot over. What comes of it is told to its [`TaskEvents`].
    pub(crate) fn submit(&self, snapshot: TakenSnapshot) {
        let ticket = Ticket {
            attempt: snapshot.attempt,
            checkpoint_id: snapshot.barrier.checkpoint_id,
            cancelled: Arc::default(),
        };
        let mut state = self.shared.lock();
        if state.closed {
            return;
        }
        state.queue.push_back((ticket, snapshot));
        if state.idle < state.queue.len() && state.threads < MAX_THREADS {
            let shared = self.shared.clone();
            let name = format!("checkpoint-io-{}", state.threads);
            match std::thread::Builder::new().name(name).spawn(move || shared.work()) {
                Ok(_) => state.threads += 1,
                Err(error) if state.threads == 0 => {
                    let (_, snapshot) = state.queue.pop_back().expect("it was pushed above");
                    drop(state);
                    let failure = Failure::external("a snapshot needs a thread to store it, and the system gives none");
                    snapshot.decline(failure.caused_by(error));
                    return;
                }
                Err(_) => {}
            }
        }
        drop(state);
        self.shared.changed.notify_one();
    }

    /// The checkpoint will never be complete: nobody wants to hear of the task's part.
    pub(crate) fn cancel(&self, attempt: ExecutionAttemptId, checkpoint_id: u64) {
        self.cancel_where(|ticket| ticket.attempt == attempt && ticket.checkpoint_id == checkpoint_id);
    }

    /// The task has failed or was cancelled.
    pub(crate) fn cancel_all(&self, attempt: ExecutionAttemptId) {
        self.cancel_where(|ticket| ticket.attempt == attempt);
    }

    fn cancel_where(&self, matches: impl Fn(&Ticket) -> bool) {
        let mut state = self.shared.lock();
        let (cancelled, kept) = std::mem::take(&mut state.queue).into_iter().partition(|(ticket, _)| matches(ticket));
        state.queue = kept;
        state.active.iter().filter(|ticket| matches(ticket)).for_each(Ticket::cancel);
        drop(state);
        // Dropping a snapshot frees files: not under the lock.
        drop::<VecDeque<_>>(cancelled);
    }

    /// The TaskManager shuts down: what is queued is dropped, and threads end.
    pub(crate) fn close(&self) {
        let mut state = self.shared.lock();
        state.closed = true;
        state.active.iter().for_each(Ticket::cancel);
        let queued = std::mem::take(&mut state.queue);
        drop(state);
        self.shared.changed.notify_all();
        drop(queued);
    }
}

impl Ticket {
    fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }
}

impl Shared {
    fn work(&self) {
        while let Some((ticket, snapshot)) = self.next() {
            snapshot.store(&ticket, self);
            self.lock().active.retain(|active| !Arc::ptr_eq(&active.cancelled, &ticket.cancelled));
        }
    }

    /// The next one; none at the end.
    fn next(&self) -> Option<(Ticket, TakenSnapshot)> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some((ticket, snapshot)) = state.queue.pop_front() {
                state.active.push(ticket.clone());
                return Some((ticket, snapshot));
            }
            state.idle += 1;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TakenSnapshot {
    fn store(self, ticket: &Ticket, shared: &Shared) {
        let start = shared.clock.instant();
        let Self { attempt, barrier, operators, in_flight, metrics, events, outstanding, local } = self;
        let checkpoint_id = barrier.checkpoint_id;
        let storage = RecordingStorage::new((shared.storage_of)(&barrier.options.location));
        let local = local.filter(|_| !matches!(barrier.options.kind, SnapshotKind::Savepoint { .. }));
        let store = || {
            let operators = match &local {
                Some(local) => {
                    let operators = store_operators(operators, &local.storage(checkpoint_id, &storage), ticket)?;
                    let handles = operators.values().flat_map(|state| &state.keyed);
                    local.note(checkpoint_id, handles.flat_map(KeyedStateHandle::files));
                    operators
                }
                None => store_operators(operators, &storage, ticket)?,
            };
            Ok(TaskSnapshot { operators, channels: store_in_flight(&in_flight, &storage)? })
        };
        // A panic is the end of this snapshot, not of the thread.
        let stored = catch_unwind(AssertUnwindSafe(store)).unwrap_or_else(|_| {
            Err(Failure::internal("a thread that stores snapshots panicked; this is a mistake in flinkrs"))
        });
        let is_cancelled = ticket.is_cancelled();
        if is_cancelled || stored.is_err() {
            // The JobManager never hears of these files.
            storage.discard();
            local.iter().for_each(|local| local.aborted(checkpoint_id));
        }
        if is_cancelled {
            return;
        }
        let report = match stored {
            Ok(snapshot) => CheckpointReport::Acknowledged(CheckpointAcknowledgement {
                attempt,
                checkpoint_id,
                snapshot,
                metrics: CheckpointMetrics { async_ms: elapsed_ms(start, shared), ..metrics },
            }),
            Err(failure) => {
                let failure = failure.context(format!("the snapshot of checkpoint {checkpoint_id} was not stored"));
                CheckpointReport::Declined(CheckpointDecline { attempt, checkpoint_id, failure, is_subsumed: false })
            }
        };
        events.checkpoint(report);
        drop(outstanding);
    }

    fn decline(self, failure: Failure) {
        let (attempt, checkpoint_id) = (self.attempt, self.barrier.checkpoint_id);
        let decline = CheckpointDecline { attempt, checkpoint_id, failure, is_subsumed: false };
        self.events.checkpoint(CheckpointReport::Declined(decline));
    }
}

fn elapsed_ms(start: Instant, shared: &Shared) -> u64 {
    shared.clock.instant().saturating_duration_since(start).as_millis() as u64
}

/// Stores keyed state, operator after operator.
fn store_operators(
    parts: Vec<OperatorPart>,
    storage: &dyn StateStorage,
    ticket: &Ticket,
) -> Result<BTreeMap<OperatorId, OperatorSubtaskState>, Failure> {
    let mut operators = BTreeMap::new();
    for OperatorPart { id, snapshot, splits } in parts {
        let mut state = OperatorSubtaskState { keyed: Vec::new(), items: snapshot.items, splits };
        if let Some(keyed) = snapshot.keyed
            && !ticket.is_cancelled()
        {
            state.keyed.push(keyed.store(storage)?);
        }
        if !state.is_empty() {
            operators.insert(id, state);
        }
    }
    Ok(operators)
}
