use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use dataflow::operator_spec::{OperatorSpec, SPEC_VERSION, ValuesSpec};
use dataflow::{JobStatus, JobVertex, OperatorDescriptor, OperatorId, RowType};
use openraft::StorageError;
use openraft::testing::{StoreBuilder, Suite};

use super::command::{NodeId, StoreTypes};
use super::database::Database;
use super::log_store::LogStore;
use super::state_machine::StateMachine;
use super::*;
use crate::checkpointing::{Owner, StoredCheckpoint, StoredProgress};

struct Builder;

impl StoreBuilder<StoreTypes, LogStore, StateMachine, tempfile::TempDir> for Builder {
    async fn build(&self) -> Result<(tempfile::TempDir, LogStore, StateMachine), StorageError<NodeId>> {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::open(dir.path()).unwrap();
        Ok((dir, LogStore::new(database.clone()), StateMachine::open(database).unwrap()))
    }
}

#[test]
fn the_stores_keep_openrafts_contract() {
    Suite::test_all(Builder).unwrap();
}

fn job(id: u128) -> JobGraph {
    let spec = OperatorSpec::Values(ValuesSpec { output: RowType::default(), rows: Vec::new() });
    let operator = OperatorDescriptor { id: OperatorId(id), name: "values".into(), spec, output: RowType::default() };
    let vertex = JobVertex {
        id: operator.id.into(),
        name: "values".into(),
        parallelism: 1,
        max_parallelism: 128,
        operators: vec![operator],
    };
    JobGraph {
        version: SPEC_VERSION,
        job_id: JobId(id),
        name: format!("job {id}"),
        config: BTreeMap::new(),
        vertices: vec![vertex],
        edges: Vec::new(),
    }
}

/// How a job ended that ran on no TaskManager.
fn ended(id: u128) -> EndedJob {
    let deployment = DeploymentRecord {
        deployed_at: 1,
        created_at: 1,
        running_since: 1,
        restarts: 0,
        requirements: Default::default(),
        exceptions: Default::default(),
        slots: Vec::new(),
        vertices: Vec::new(),
    };
    let entered = vec![(JobStatus::Finished, 2)];
    EndedJob { graph: job(id), status: JobStatus::Finished, entered, deployment, failure: None }
}

/// A group of one in this folder, as its leader writes to it.
struct Alone {
    node: RaftNode,
    store: RaftJobStore,
    epoch: LeaderEpoch,
}

impl Alone {
    async fn open(dir: PathBuf) -> Self {
        let settings = NodeSettings {
            dir,
            address: "127.0.0.1:6123".into(),
            peers: Vec::new(),
            election_timeout: Duration::from_millis(250),
            internal: ::transport::Internal::default(),
        };
        let node = RaftNode::open(settings).await.unwrap();
        node.form().await.unwrap();
        let mut changes = GroupNode::changes(&node);
        while !matches!(node.standing(), Standing::Leads(_)) {
            changes.next().await;
        }
        let epoch = node.write(StoreCommand::BeginEpoch).await.unwrap();
        Alone { store: RaftJobStore::new(Arc::new(node.clone()), epoch), node, epoch }
    }

    fn progress_of(&self, job: JobId) -> Option<StoredProgress> {
        self.node.inner.state.state().jobs().find(|stored| stored.graph.job_id == job).map(|it| it.progress.clone())
    }
}

#[tokio::test]
async fn accepted_jobs_outlive_the_process_and_the_epoch_grows() {
    let dir = tempfile::tempdir().unwrap();
    let first = Alone::open(dir.path().join("raft")).await;
    let store = &first.store;
    for id in [1, 2, 3] {
        store.put(&job(id)).await.unwrap();
    }
    let stored = |folder: &str, foreign: &[&str]| StoredCheckpoint {
        folder: folder.into(),
        owner: Owner::Job,
        foreign: foreign.iter().map(|&location| location.to_owned()).collect(),
    };
    let pointers =
        CheckpointPointers { kept: vec![stored("/c/chk-3", &["/theirs"])], subsumed: vec![stored("/c/chk-2", &[])] };
    for numbers in [Reservation::CheckpointIds(17), Reservation::Attempts(5), Reservation::Attempts(4)] {
        store.reserve(JobId(1), numbers).await.unwrap();
    }
    store.put_checkpoints(JobId(1), &pointers, &Default::default()).await.unwrap();
    store.end(&ended(2)).await.unwrap();
    // As when a checkpoint is complete at the moment in which its job ends.
    store.put_checkpoints(JobId(2), &pointers, &Default::default()).await.unwrap();
    store.reserve(JobId(2), Reservation::Attempts(9)).await.unwrap();
    assert_eq!(first.progress_of(JobId(2)), None);
    first.node.close().await;
    let old = first.epoch;
    drop(first);
    let second = Alone::open(dir.path().join("raft")).await;
    let progress = StoredProgress { next_id: 17, next_attempt: 5, checkpoints: pointers, ..StoredProgress::default() };
    let stored = |id, progress| StoredJob { graph: job(id), progress };
    let expected = [stored(1, progress), stored(3, StoredProgress::default())];
    assert_eq!(second.store.recover().await.unwrap(), expected);
    assert!(second.epoch > old, "{:?} after {old:?}", second.epoch);
    second.node.close().await;
}

#[tokio::test]
async fn who_led_before_changes_nothing_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let group = Alone::open(dir.path().join("raft")).await;
    group.store.put(&job(1)).await.unwrap();
    let epoch = group.node.write(StoreCommand::BeginEpoch).await.unwrap();
    let next = RaftJobStore::new(Arc::new(group.node.clone()), epoch);
    let refused = group.store.end(&ended(1)).await.unwrap_err().to_string();
    assert!(refused.contains("epoch 1 is over, epoch 2 is in force"), "{refused}");
    assert!(group.store.put(&job(2)).await.is_err());
    assert_eq!(next.recover().await.unwrap().len(), 1);
    next.end(&ended(1)).await.unwrap();
    assert_eq!((next.recover().await.unwrap(), next.ended().await.unwrap()), (Vec::new(), vec![ended(1)]));
    for id in 2..110 {
        next.end(&ended(id)).await.unwrap();
    }
    let kept: Vec<u128> = next.ended().await.unwrap().iter().map(|job| job.graph.job_id.0).collect();
    assert_eq!(kept, (10..110).collect::<Vec<_>>());
    group.node.close().await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_named() {
    let settings = NodeSettings {
        dir: "/proc/nowhere".into(),
        address: String::new(),
        peers: Vec::new(),
        election_timeout: Duration::from_millis(250),
        internal: ::transport::Internal::default(),
    };
    let error = RaftNode::open(settings).await.unwrap_err().to_string();
    assert!(error.contains("/proc/nowhere") && error.contains("high-availability.storageDir"), "{error}");
}

#[tokio::test]
async fn catalogs_outlive_the_process_and_only_what_follows_on_them_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let first = Alone::open(dir.path().join("raft")).await;
    let store = &first.store;
    assert_eq!(store.catalog("c").await.unwrap(), None);
    assert!(!store.put_catalog("c", 1, "from nowhere").await.unwrap());
    assert!(store.put_catalog("c", 0, "a").await.unwrap());
    assert!(store.put_catalog("c", 1, "b").await.unwrap());
    assert!(!store.put_catalog("c", 1, "too late").await.unwrap());
    first.node.close().await;
    drop(first);
    let second = Alone::open(dir.path().join("raft")).await;
    let store = &second.store;
    let kept = StoredCatalog { name: "c".into(), version: 2, document: "b".into() };
    assert_eq!(store.catalog("c").await.unwrap(), Some(kept));
    second.node.close().await;
}

#[tokio::test]
async fn a_new_group_takes_over_a_backup_and_one_that_keeps_something_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let old = Alone::open(dir.path().join("old")).await;
    for id in [1, 2, 3] {
        old.store.put(&job(id)).await.unwrap();
    }
    old.store.reserve(JobId(1), Reservation::Attempts(5)).await.unwrap();
    old.store.end(&ended(2)).await.unwrap();
    old.store.end(&ended(3)).await.unwrap();
    assert!(old.store.put_catalog("c", 0, "a").await.unwrap());
    let backup = old.node.backup(17).await.unwrap();
    let document = serde_json::to_vec(&backup).unwrap();
    assert_eq!(Backup::read(&document).unwrap(), backup);
    assert!(matches!(old.node.restore(backup.clone()).await, Err(BackupError::NotEmpty)));
    let ended_before = old.store.ended().await.unwrap();
    old.node.close().await;

    let new = Alone::open(dir.path().join("new")).await;
    new.node.restore(backup).await.unwrap();
    let refused = new.store.put(&job(7)).await.unwrap_err().to_string();
    assert!(refused.contains("epoch 1 is over"), "{refused}");
    new.node.close().await;
    drop(new);
    // It is there after the process has ended, and another one ends behind those of the backup.
    let new = Alone::open(dir.path().join("new")).await;
    assert!(new.epoch.0 > old.epoch.0 + 1_000, "{:?}", new.epoch);
    let progress = StoredProgress { next_attempt: 1_005, ..StoredProgress::default() };
    assert_eq!(new.store.recover().await.unwrap(), [StoredJob { graph: job(1), progress }]);
    assert_eq!(new.store.catalog("c").await.unwrap().map(|catalog| catalog.document), Some("a".to_owned()));
    new.store.end(&ended(1)).await.unwrap();
    assert_eq!(new.store.ended().await.unwrap(), [&ended_before[..], &[ended(1)]].concat());
    new.node.close().await;
}

#[test]
fn a_backup_of_a_later_release_is_refused_by_name() {
    let refused = |document: &str| Backup::read(document.as_bytes()).unwrap_err().to_string();
    let later = refused(r#"{"flinkrs-backup": 9, "release": "4.5.6", "state": "of another kind"}"#);
    assert!(later.contains("format 9") && later.contains("4.5.6"), "{later}");
    assert!(refused("{}").contains("no backup"));
}

#[tokio::test]
async fn the_folder_of_a_later_release_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let first = Alone::open(dir.path().join("raft")).await;
    first.node.close().await;
    drop(first);
    let database = Database::open(&dir.path().join("raft")).unwrap();
    let mut batch = rocksdb::WriteBatch::default();
    database.put(&mut batch, super::database::META, b"format", &99).unwrap();
    database.write(batch).unwrap();
    drop(database);
    let settings = NodeSettings {
        dir: dir.path().join("raft"),
        address: "127.0.0.1:6123".into(),
        peers: Vec::new(),
        election_timeout: Duration::from_millis(250),
        internal: ::transport::Internal::default(),
    };
    let error = RaftNode::open(settings).await.unwrap_err().to_string();
    assert!(error.contains("version 99") && error.contains("newer release"), "{error}");
}
