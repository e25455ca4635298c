//! What the tests of the storage share: an S3 server, and metadata to store.
#![allow(dead_code, missing_docs, clippy::unwrap_used)]

pub mod s3_server;

use std::collections::BTreeMap;

use checkpoint::{CheckpointMetadata, OperatorState, SnapshotType, SourceState};
use dataflow::authoring::Split;
use dataflow::checkpoint::{
    ChannelId, ChannelStateHandle, KeyedStateHandle, OperatorStateItem, OperatorSubtaskState, Redistribution, StateFile,
};
use dataflow::{JobId, OperatorId, VertexId};
use serde_json::json;

/// A checkpoint of one operator with one subtask, which needs these files: `shared` by their name, a private one and a file of batches in flight.
pub fn metadata(checkpoint_id: u64, shared: &[(&str, StateFile)], private: StateFile) -> CheckpointMetadata {
    let keyed = KeyedStateHandle::Incremental {
        backend_id: "backend".into(),
        key_groups: 0..=127,
        shared: shared.iter().map(|(name, file)| ((*name).to_owned(), file.clone())).collect(),
        private: [("CURRENT".to_owned(), private.clone())].into(),
        new_bytes: private.bytes,
    };
    let canonical =
        KeyedStateHandle::Canonical { key_groups: 0..=1, file: private.clone(), offsets: vec![0, private.bytes] };
    let item = OperatorStateItem {
        name: "watermark".into(),
        redistribution: Redistribution::Union,
        payload: json!({ "watermark": 17 }),
    };
    let split = |id: &str| Split { id: id.into(), payload: json!({ "offset": 3 }) };
    let state =
        OperatorSubtaskState { keyed: vec![keyed, canonical], items: vec![item], splits: vec![split("events-0")] };
    CheckpointMetadata {
        checkpoint_id,
        job_id: JobId(0xa1),
        job_name: "orders".into(),
        timestamp: 1_700_000_000_000,
        kind: SnapshotType::Checkpoint,
        operators: vec![OperatorState {
            id: OperatorId(0xb2),
            name: "GroupAggregate[2]".into(),
            vertex: VertexId(0xb2),
            parallelism: 1,
            max_parallelism: 128,
            subtasks: BTreeMap::from([(0, state)]),
            source: Some(SourceState {
                enumerator: json!({ "seen": ["events-0"] }),
                unassigned: vec![split("events-1")],
            }),
        }],
        channels: vec![ChannelStateHandle {
            channel: ChannelId {
                source: VertexId(0xa0),
                source_subtask: 0,
                output: 0,
                target: VertexId(0xb2),
                target_subtask: 0,
            },
            at_consumer: true,
            offset: 0,
            length: private.bytes,
            file: private,
        }],
    }
}
