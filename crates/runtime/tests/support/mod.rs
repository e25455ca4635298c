//! Jobs of two vertices on several TaskExecutors that speak over loopback, and what their tasks said.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(dead_code, reason = "each test uses its part")]

use std::collections::{BTreeMap, HashMap};
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use common::config::Configuration;
use dataflow::checkpoint::{
    Alignment, CheckpointAcknowledgement, CheckpointBarrier, CheckpointLocation, CheckpointNotice, CheckpointOptions,
    CheckpointReport, SnapshotKind,
};
use dataflow::deployment::{
    InputChannelDescriptor, InputGateDescriptor, ResultPartitionDescriptor, TaskDeploymentDescriptor, TaskStateUpdate,
};
use dataflow::operator_spec::{ConnectorSpec, NotNullEnforcer, ReadColumn, SinkSpec, SourceSpec};
use dataflow::{
    ExecutionAttemptId, ExecutionState, Field, JobId, JobVertex, LeaderEpoch, OperatorDescriptor, OperatorId,
    OperatorSpec, PartitionId, Partitioning, RowType, Split, TypeKind, VertexId,
};
use runtime::{ResultsRequest, TaskEvents, TaskExecutor, TaskExecutorSettings};
use tokio::net::TcpListener;

pub const JOB: JobId = JobId(7);
pub const SOURCE: OperatorId = OperatorId(1);
pub const COLLECT: OperatorId = OperatorId(2);

/// An executor and the address of its exchange.
pub struct Worker {
    pub id: String,
    pub address: String,
    pub executor: TaskExecutor,
}

pub async fn worker(id: &str) -> Worker {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let settings = TaskExecutorSettings::new(id, &Configuration::new()).unwrap();
    Worker { id: id.to_owned(), address, executor: TaskExecutor::start(settings, listener) }
}

/// Everything that tasks said.
#[derive(Default)]
pub struct Told {
    updates: Mutex<HashMap<ExecutionAttemptId, Vec<TaskStateUpdate>>>,
    reports: Mutex<Vec<CheckpointReport>>,
    changed: Condvar,
}

impl TaskEvents for Told {
    fn state_changed(&self, update: TaskStateUpdate) {
        self.updates.lock().unwrap().entry(update.attempt).or_default().push(update);
        self.changed.notify_all();
    }

    fn request_split(&self, _attempt: ExecutionAttemptId, _operator: OperatorId) {}

    fn watermark(&self, _attempt: ExecutionAttemptId, _operator: OperatorId, _watermark: i64) {}

    fn checkpoint(&self, report: CheckpointReport) {
        self.reports.lock().unwrap().push(report);
        self.changed.notify_all();
    }
}

impl Told {
    /// Waits for the last word of an attempt.
    pub fn end_of(&self, attempt: ExecutionAttemptId) -> TaskStateUpdate {
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut updates = self.updates.lock().unwrap();
        loop {
            let last = updates.get(&attempt).and_then(|updates| updates.last());
            if let Some(last) = last.filter(|last| last.state.is_terminal()) {
                return last.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{attempt} has not ended: {:?}", updates.get(&attempt));
            updates = self.changed.wait_timeout(updates, left).unwrap().0;
        }
    }

    /// Waits until this many tasks have acknowledged a checkpoint; a decline is a failure of the test.
    pub async fn acknowledged(&self, checkpoint_id: u64, tasks: usize) -> Vec<CheckpointAcknowledgement> {
        for _ in 0..1_500 {
            let reports = self.reports.lock().unwrap().clone();
            let acknowledged = reports.into_iter().filter_map(|report| match report {
                CheckpointReport::Acknowledged(one) => Some(one).filter(|one| one.checkpoint_id == checkpoint_id),
                CheckpointReport::Declined(decline) => panic!("{decline:?}"),
                CheckpointReport::EndOfData(_) => None,
            });
            let acknowledged: Vec<_> = acknowledged.collect();
            if acknowledged.len() == tasks {
                return acknowledged;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("checkpoint {checkpoint_id} was not acknowledged: {:?}", self.reports.lock().unwrap());
    }

    /// Waits until this many tasks have come to the end of their rows.
    pub async fn ends_of_data(&self, tasks: usize) {
        for _ in 0..1_500 {
            let is_end = |report: &&CheckpointReport| matches!(report, CheckpointReport::EndOfData(_));
            if self.reports.lock().unwrap().iter().filter(is_end).count() >= tasks {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("not all rows have gone on");
    }

    pub fn states_of(&self, attempt: ExecutionAttemptId) -> Vec<ExecutionState> {
        let updates = self.updates.lock().unwrap();
        updates.get(&attempt).into_iter().flatten().map(|update| update.state).collect()
    }
}

/// One BIGINT column `n`.
pub fn numbers() -> RowType {
    RowType::new(vec![Field::new("n", TypeKind::BigInt.nullable())])
}

pub fn attempt(vertex: OperatorId, subtask: u32) -> ExecutionAttemptId {
    ExecutionAttemptId { job: JOB, vertex: VertexId::from(vertex), subtask, attempt: 0 }
}

/// A job: a generator of numbers, and a Collect behind it.
pub struct Job {
    pub options: BTreeMap<String, String>,
    pub parallelism: u32,
    /// Parallelism of what is behind the generator.
    pub consumers: u32,
    pub partitioning: Partitioning,
}

impl Job {
    pub fn new(options: &[(&str, &str)], parallelism: u32, partitioning: Partitioning) -> Self {
        let options = options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Self { options, parallelism, consumers: parallelism, partitioning }
    }

    fn source_spec(&self) -> SourceSpec {
        SourceSpec {
            connector: ConnectorSpec {
                table: "numbers".into(),
                connector: "datagen".into(),
                options: self.options.clone(),
                physical: numbers(),
                partition_keys: Vec::new(),
                primary_key: Vec::new(),
            },
            read: vec![ReadColumn::Physical(0)],
            projection: None,
            watermark: None,
        }
    }

    fn vertex(&self, id: OperatorId, name: &str, parallelism: u32, spec: OperatorSpec) -> JobVertex {
        JobVertex {
            id: VertexId::from(id),
            name: name.into(),
            parallelism,
            max_parallelism: 128,
            operators: vec![OperatorDescriptor { id, name: name.into(), spec, output: numbers() }],
        }
    }

    fn task(&self, vertex: JobVertex, subtask: u32) -> TaskDeploymentDescriptor {
        TaskDeploymentDescriptor {
            attempt: ExecutionAttemptId { job: JOB, vertex: vertex.id, subtask, attempt: 0 },
            epoch: LeaderEpoch(1),
            job_name: "job".into(),
            config: BTreeMap::new(),
            vertex,
            slot: 0,
            inputs: Vec::new(),
            outputs: Vec::new(),
            checkpointing: None,
            restore: None,
        }
    }

    /// A subtask of the generator.
    pub fn source(&self, subtask: u32) -> TaskDeploymentDescriptor {
        let vertex =
            self.vertex(SOURCE, "Source: numbers[1]", self.parallelism, OperatorSpec::Source(self.source_spec()));
        let mut task = self.task(vertex, subtask);
        let forward = self.partitioning == Partitioning::Forward;
        task.outputs = vec![ResultPartitionDescriptor {
            partition: PartitionId { producer: task.attempt, output: 0 },
            target: VertexId::from(COLLECT),
            partitioning: self.partitioning.clone(),
            num_subpartitions: if forward { 1 } else { self.consumers },
            max_parallelism: 128,
            row_type: numbers(),
        }];
        task
    }

    /// A subtask of the Collect; `producers` are where the subtasks of the generator run.
    pub fn collect(&self, subtask: u32, producers: &[&Worker]) -> TaskDeploymentDescriptor {
        self.consumer(subtask, producers, "Collect[2]", OperatorSpec::Collect)
    }

    /// A subtask of a filesystem sink that writes to this folder.
    pub fn sink(&self, subtask: u32, producers: &[&Worker], folder: &str) -> TaskDeploymentDescriptor {
        let options = [("path", folder), ("format", "csv")];
        let spec = SinkSpec {
            connector: ConnectorSpec {
                table: "written".into(),
                connector: "filesystem".into(),
                options: options.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
                physical: numbers(),
                partition_keys: Vec::new(),
                primary_key: Vec::new(),
            },
            input: numbers(),
            metadata: vec![],
            primary_key: Vec::new(),
            not_null: NotNullEnforcer::Error,
            type_length: Default::default(),
            insert_only: true,
        };
        self.consumer(subtask, producers, "Sink: written[2]", OperatorSpec::Sink(spec))
    }

    fn consumer(
        &self,
        subtask: u32,
        producers: &[&Worker],
        name: &str,
        spec: OperatorSpec,
    ) -> TaskDeploymentDescriptor {
        let mut task = self.task(self.vertex(COLLECT, name, self.consumers, spec), subtask);
        let forward = self.partitioning == Partitioning::Forward;
        let feeds = (0..self.parallelism).filter(|producer| !forward || *producer == subtask);
        let channels = feeds.map(|producer| InputChannelDescriptor {
            partition: PartitionId { producer: attempt(SOURCE, producer), output: 0 },
            subpartition: if forward { 0 } else { subtask },
            resource_id: producers[producer as usize].id.clone(),
            data_address: producers[producer as usize].address.clone(),
        });
        task.inputs = vec![InputGateDescriptor {
            input: 0,
            partitioning: self.partitioning.clone(),
            row_type: numbers(),
            channels: channels.collect(),
        }];
        task
    }

    /// Gives the generator's subtasks their splits, as a JobManager does.
    pub async fn assign_splits(&self, workers: &[&Worker]) {
        let factory = connectors::factory("datagen").unwrap();
        let mut enumerator = factory.create_enumerator(&self.source_spec(), self.parallelism).unwrap();
        let splits = enumerator.discover().await.unwrap();
        let mut of: Vec<Vec<Split>> = vec![Vec::new(); self.parallelism as usize];
        for (index, split) in splits.into_iter().enumerate() {
            of[index % self.parallelism as usize].push(split);
        }
        for (subtask, splits) in of.into_iter().enumerate() {
            let source = attempt(SOURCE, subtask as u32);
            assert!(workers[subtask].executor.add_splits(source, SOURCE, splits, true));
        }
    }
}

/// The notice that starts a checkpoint whose files go to this folder.
pub fn trigger(checkpoint_id: u64, alignment: Alignment, folder: &std::path::Path) -> CheckpointNotice {
    let exclusive = folder.join(format!("chk-{checkpoint_id}")).to_str().unwrap().to_owned();
    let location = CheckpointLocation { exclusive, shared: None };
    let options = CheckpointOptions { kind: SnapshotKind::Checkpoint, alignment, location };
    let timestamp = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
    CheckpointNotice::Trigger(CheckpointBarrier { checkpoint_id, timestamp, options })
}

/// The numbers in result batches.
pub fn numbers_in(response: &proto::v1::CollectResultsResponse) -> Vec<i64> {
    use arrow_array::cast::AsArray;
    let mut all = Vec::new();
    for batch in &response.batches {
        let reader = arrow_ipc::reader::StreamReader::try_new(&batch.ipc[..], None).unwrap();
        for rows in reader {
            let rows = rows.unwrap();
            all.extend_from_slice(rows.column(0).as_primitive::<arrow_array::types::Int64Type>().values());
        }
    }
    all
}

/// Asks the first attempt of a subtask for its results.
pub fn results(subtask: u32, offset: u64, max_wait: Duration) -> ResultsRequest {
    ResultsRequest { job: JOB, operator: COLLECT, subtask, attempt: 0, version: 0, offset, max_wait }
}

/// Fetches the results of one subtask to their end.
pub async fn fetch_all(worker: &Worker, subtask: u32) -> Vec<i64> {
    let (mut offset, mut all) = (0, Vec::new());
    loop {
        let wait = Duration::from_secs(10);
        let response = worker.executor.collect(results(subtask, offset, wait)).await.unwrap();
        offset += response.batches.len() as u64;
        all.extend(numbers_in(&response));
        if response.complete {
            return all;
        }
    }
}
