//! A simulated task: a source that counts, or a sink that commits what it was sent when a checkpoint is complete. It does to checkpoints what tasks of
//! the runtime do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use common::environment::Environment;
use dataflow::checkpoint::{
    AfterSavepoint, CheckpointAcknowledgement, CheckpointBarrier, CheckpointNotice, CheckpointReport,
    OperatorStateItem, OperatorSubtaskState, Redistribution, SnapshotKind, TaskSnapshot,
};
use dataflow::deployment::{TaskDeploymentDescriptor, TaskStateUpdate};
use dataflow::{ExecutionAttemptId, ExecutionState, Failure, OperatorId, OperatorSpec, Split};
use serde_json::{Value, json};
use taskmanager::simulation::TaskEvents;
use tokio::sync::mpsc;

use super::world::{Rows, Transaction, World};

/// The key of a job's configuration that says how many rows each split has.
pub const ROWS: &str = "simulation.rows";

/// What a task is told.
pub enum Mail {
    Cancel,
    Splits(Vec<Split>, bool),
    Checkpoint(CheckpointNotice),
}

/// What goes from a source to its sink.
pub enum Element {
    Rows(Rows),
    Barrier(CheckpointBarrier),
    End,
}

/// How a task goes on.
enum Next {
    On,
    Ends(ExecutionState),
}

/// One attempt.
pub struct Task {
    world: Arc<World>,
    environment: Environment,
    attempt: ExecutionAttemptId,
    operator: OperatorId,
    descriptor: TaskDeploymentDescriptor,
    events: Arc<dyn TaskEvents>,
    mail: mpsc::UnboundedReceiver<Mail>,
    /// Of a source.
    splits: BTreeMap<String, (Split, u64)>,
    no_more_splits: bool,
    limit: Option<u64>,
    /// Of a sink.
    received: Rows,
    prepared: Vec<Transaction>,
    /// The last barrier.
    last: u64,
    /// The savepoint behind which it holds still.
    held: Option<u64>,
    /// All its rows have gone on.
    ended: bool,
    /// The first checkpoint after that: it may end when this one, or a later one, is complete.
    last_of_all: Option<u64>,
}

impl Task {
    pub fn new(
        world: Arc<World>,
        environment: Environment,
        descriptor: TaskDeploymentDescriptor,
        events: Arc<dyn TaskEvents>,
        mail: mpsc::UnboundedReceiver<Mail>,
    ) -> Self {
        Task {
            world,
            environment,
            attempt: descriptor.attempt,
            operator: descriptor.vertex.operators[0].id,
            limit: descriptor.config.get(ROWS).and_then(|rows| rows.parse().ok()),
            descriptor,
            events,
            mail,
            splits: BTreeMap::new(),
            no_more_splits: false,
            received: Rows::new(),
            prepared: Vec::new(),
            last: 0,
            held: None,
            ended: false,
            last_of_all: None,
        }
    }

    pub async fn run(mut self) {
        let is_source = matches!(self.descriptor.vertex.operators[0].spec, OperatorSpec::Source(_));
        let mut output = is_source.then(|| self.world.open_channel(self.attempt));
        self.pause(8).await;
        self.is(ExecutionState::Initializing, None);
        self.restore();
        self.pause(8).await;
        self.is(ExecutionState::Running, None);
        let mut input = None;
        let end = loop {
            let next = match (&mut output, &mut input) {
                (Some(output), _) => self.source_step(output).await,
                (None, Some(input)) => self.sink_step(input).await,
                (None, None) => {
                    let producer = self.descriptor.inputs[0].channels[0].partition.producer;
                    input = self.world.take_channel(producer);
                    self.wait_for_mail(Duration::from_millis(5)).await
                }
            };
            if let Next::Ends(state) = next {
                break state;
            }
            if self.world.fails() {
                break ExecutionState::Failed;
            }
        };
        let failure = (end == ExecutionState::Failed).then(|| Failure::external("it fails by chance"));
        self.world.ends(self.attempt);
        self.is(end, failure);
    }

    async fn pause(&self, longest_ms: u64) {
        let pause = self.world.up_to(Duration::from_millis(longest_ms));
        self.world.clock().sleep(pause).await;
    }

    fn is(&self, state: ExecutionState, failure: Option<Failure>) {
        let metrics = state.is_terminal().then(Default::default);
        self.world.note(format!("task {} is {state}", self.attempt));
        self.events.state_changed(TaskStateUpdate { attempt: self.attempt, state, failure, metrics });
    }

    fn restore(&mut self) {
        let Some(restore) = &self.descriptor.restore else { return };
        let Some(state) = restore.operators.get(&self.operator) else { return };
        for payload in state.items_named("committable") {
            let transaction: Transaction = serde_json::from_value(payload.clone()).expect("a transaction");
            self.world.commit(self.attempt, restore.checkpoint_id, &transaction);
        }
    }

    async fn wait_for_mail(&mut self, limit: Duration) -> Next {
        let clock = self.world.clock();
        match clock.timeout(limit, self.mail.recv()).await {
            Some(Some(mail)) => self.on_mail(mail, None),
            Some(None) => Next::Ends(ExecutionState::Canceled),
            None => Next::On,
        }
    }

    async fn source_step(&mut self, output: &mpsc::UnboundedSender<Element>) -> Next {
        let clock = self.world.clock();
        let pause = Duration::from_millis(10) + self.world.up_to(Duration::from_millis(30));
        match clock.timeout(pause, self.mail.recv()).await {
            Some(Some(mail)) => return self.on_mail(mail, Some(output)),
            Some(None) => return Next::Ends(ExecutionState::Canceled),
            None => {}
        }
        if self.held.is_some() || self.ended {
            return Next::On;
        }
        let limit = self.limit.unwrap_or(u64::MAX);
        let mut rows = Rows::new();
        for (id, (_, position)) in &mut self.splits {
            let to = limit.min(*position + 1 + self.world.below(5));
            if to > *position {
                rows.insert(id.clone(), (*position, to));
                *position = to;
            }
        }
        if !rows.is_empty() {
            // A sink that is gone takes nothing, and this task with it.
            let _ = output.send(Element::Rows(rows));
        } else if self.limit.is_some() && self.no_more_splits {
            let _ = output.send(Element::End);
            self.rows_have_ended();
        }
        Next::On
    }

    async fn sink_step(&mut self, input: &mut mpsc::UnboundedReceiver<Element>) -> Next {
        tokio::select! {
            biased;
            mail = self.mail.recv() => match mail {
                Some(mail) => self.on_mail(mail, None),
                None => Next::Ends(ExecutionState::Canceled),
            },
            Some(element) = input.recv(), if self.held.is_none() => {
                match element {
                    Element::Rows(rows) => {
                        for (split, (from, to)) in rows {
                            self.received.entry(split).or_insert((from, to)).1 = to;
                        }
                    }
                    Element::Barrier(barrier) => self.on_barrier(barrier, None),
                    Element::End => self.rows_have_ended(),
                }
                Next::On
            }
        }
    }

    fn rows_have_ended(&mut self) {
        self.ended = true;
        self.events.checkpoint(CheckpointReport::EndOfData(self.attempt));
    }

    fn on_mail(&mut self, mail: Mail, output: Option<&mpsc::UnboundedSender<Element>>) -> Next {
        match mail {
            Mail::Cancel => return Next::Ends(ExecutionState::Canceled),
            Mail::Splits(splits, last) => {
                for split in splits {
                    let position = split.payload["position"].as_u64().unwrap_or(0);
                    self.splits.insert(split.id.clone(), (split, position));
                }
                self.no_more_splits |= last;
            }
            Mail::Checkpoint(CheckpointNotice::Trigger(barrier)) => self.on_barrier(barrier, output),
            Mail::Checkpoint(CheckpointNotice::Completed { checkpoint_id }) => {
                let (done, open) = std::mem::take(&mut self.prepared)
                    .into_iter()
                    .partition(|transaction: &Transaction| transaction.checkpoint <= checkpoint_id);
                self.prepared = open;
                let done: Vec<Transaction> = done;
                for transaction in &done {
                    self.world.commit(self.attempt, checkpoint_id, transaction);
                }
                let ends =
                    self.held == Some(checkpoint_id) || self.last_of_all.is_some_and(|first| checkpoint_id >= first);
                if ends {
                    return Next::Ends(ExecutionState::Finished);
                }
            }
            Mail::Checkpoint(CheckpointNotice::Aborted { checkpoint_id }) => {
                self.held.take_if(|held| *held == checkpoint_id);
            }
        }
        Next::On
    }

    fn on_barrier(&mut self, barrier: CheckpointBarrier, output: Option<&mpsc::UnboundedSender<Element>>) {
        let id = barrier.checkpoint_id;
        if id <= self.last {
            return;
        }
        self.last = id;
        if self.ended {
            self.last_of_all.get_or_insert(id);
        }
        if !self.received.is_empty() {
            let name = format!("{}-{}-{id}", self.attempt.subtask, self.attempt.attempt);
            self.prepared.push(Transaction { name, checkpoint: id, rows: std::mem::take(&mut self.received) });
        }
        if matches!(barrier.options.kind, SnapshotKind::Savepoint { after, .. } if after != AfterSavepoint::Continue) {
            self.held = Some(id);
        }
        let item = |name: &str, payload: Value| OperatorStateItem {
            name: name.to_owned(),
            redistribution: Redistribution::Split,
            payload,
        };
        let mut state = OperatorSubtaskState::default();
        state.items.push(item("attempt", json!(self.attempt.attempt)));
        state.items.extend(self.prepared.iter().map(|it| item("committable", json!(it))));
        state.splits = self
            .splits
            .values()
            .map(|(split, position)| {
                let mut split = split.clone();
                split.payload["position"] = json!(position);
                split
            })
            .collect();
        let snapshot = TaskSnapshot { operators: [(self.operator, state)].into(), channels: Vec::new() };
        if let Some(output) = output {
            let _ = output.send(Element::Barrier(barrier));
        }
        // It is stored beside the task, which may end meanwhile.
        let (world, events, attempt) = (self.world.clone(), self.events.clone(), self.attempt);
        self.environment.spawn(async move {
            let pause = world.up_to(Duration::from_millis(20));
            world.clock().sleep(pause).await;
            let metrics = Default::default();
            events.checkpoint(CheckpointReport::Acknowledged(CheckpointAcknowledgement {
                attempt,
                checkpoint_id: id,
                snapshot,
                metrics,
            }));
        });
    }
}
