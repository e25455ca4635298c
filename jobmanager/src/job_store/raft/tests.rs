use dataflow::operator_spec::{OperatorSpec, SPEC_VERSION, ValuesSpec};
use dataflow::{JobVertex, OperatorDescriptor, OperatorId, RowType};
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
        Ok((dir, LogStore::new(database.clone()), StateMachine::new(database)))
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

impl RaftJobStore {
    fn progress_of(&self, job: JobId) -> Option<StoredProgress> {
        self.state.progress_of(job).unwrap()
    }
}

#[tokio::test]
async fn accepted_jobs_outlive_the_process_and_the_epoch_grows() {
    let dir = tempfile::tempdir().unwrap();
    let store = RaftJobStore::open(dir.path().join("raft")).await.unwrap();
    let first = store.epoch();
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
    store.put_checkpoints(JobId(1), &pointers).await.unwrap();
    store.remove(JobId(2)).await.unwrap();
    // As when a checkpoint is complete at the moment in which its job ends.
    store.put_checkpoints(JobId(2), &pointers).await.unwrap();
    store.reserve(JobId(2), Reservation::Attempts(9)).await.unwrap();
    assert_eq!(store.progress_of(JobId(2)), None);
    store.close().await;
    drop(store);
    let store = RaftJobStore::open(dir.path().join("raft")).await.unwrap();
    let progress = StoredProgress { next_id: 17, next_attempt: 5, checkpoints: pointers };
    let stored = |id, progress| StoredJob { graph: job(id), progress };
    let expected = [stored(1, progress), stored(3, StoredProgress::default())];
    assert_eq!(store.recover().await.unwrap(), expected);
    assert!(store.epoch() > first, "{:?} after {first:?}", store.epoch());
    store.close().await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_named() {
    let error = RaftJobStore::open("/proc/nowhere".into()).await.unwrap_err().to_string();
    assert!(error.contains("/proc/nowhere") && error.contains("high-availability.storageDir"), "{error}");
}

#[tokio::test]
async fn catalogs_outlive_the_process_and_only_what_follows_on_them_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = RaftJobStore::open(dir.path().join("raft")).await.unwrap();
    assert_eq!(store.catalog("c").await.unwrap(), None);
    assert!(!store.put_catalog("c", 1, "from nowhere").await.unwrap());
    assert!(store.put_catalog("c", 0, "a").await.unwrap());
    assert!(store.put_catalog("c", 1, "b").await.unwrap());
    assert!(!store.put_catalog("c", 1, "too late").await.unwrap());
    store.close().await;
    drop(store);
    let store = RaftJobStore::open(dir.path().join("raft")).await.unwrap();
    let kept = StoredCatalog { name: "c".into(), version: 2, document: "b".into() };
    assert_eq!(store.catalog("c").await.unwrap(), Some(kept));
    store.close().await;
}
