use dataflow::operator_spec::{OperatorSpec, SPEC_VERSION, ValuesSpec};
use dataflow::{JobVertex, OperatorDescriptor, OperatorId, RowType};
use openraft::StorageError;
use openraft::testing::{StoreBuilder, Suite};

use super::command::{NodeId, StoreTypes};
use super::database::Database;
use super::log_store::LogStore;
use super::state_machine::StateMachine;
use super::*;
use crate::checkpointing::{Owner, StoredCheckpoints};

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

#[tokio::test]
async fn accepted_jobs_outlive_the_process_and_the_epoch_grows() {
    let dir = tempfile::tempdir().unwrap();
    let store = RaftJobStore::open(dir.path().join("raft")).await.unwrap();
    let first = store.epoch();
    for id in [1, 2, 3] {
        store.put(&job(id)).await.unwrap();
    }
    let kept = |folder: &str| vec![StoredCheckpoint { folder: folder.into(), owner: Owner::Job }];
    store.reserve_checkpoint_ids(JobId(1), 17).await.unwrap();
    store.put_checkpoints(JobId(1), kept("/c/chk-3")).await.unwrap();
    store.put_checkpoints(JobId(2), kept("/c/chk-1")).await.unwrap();
    store.remove(JobId(2)).await.unwrap();
    store.close().await;
    drop(store);
    let store = RaftJobStore::open(dir.path().join("raft")).await.unwrap();
    let checkpoints = StoredCheckpoints { next_id: 17, kept: kept("/c/chk-3") };
    let stored = |id, checkpoints| StoredJob { graph: job(id), checkpoints };
    let expected = [stored(1, checkpoints), stored(3, StoredCheckpoints::default())];
    assert_eq!(store.recover().await.unwrap(), expected);
    assert!(store.epoch() > first, "{:?} after {first:?}", store.epoch());
    store.close().await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_named() {
    let error = RaftJobStore::open("/proc/nowhere".into()).await.unwrap_err().to_string();
    assert!(error.contains("/proc/nowhere") && error.contains("high-availability.storageDir"), "{error}");
}
