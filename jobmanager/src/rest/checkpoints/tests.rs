//! The bodies against those that a real cluster answered with (`jobmanager/tests/rest`): the same checkpoints give the same text.

use dataflow::OperatorId;
use dataflow::checkpoint::{
    AfterSavepoint, CheckpointMetrics, KeyedStateHandle, OperatorSubtaskState, SnapshotKind, StateFile, TaskSnapshot,
};
use serde_json::Value;

use super::*;

fn captured(name: &str) -> Value {
    let path = format!("{}/tests/rest/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap()
}

fn body(message: &impl serde::Serialize) -> Value {
    serde_json::to_value(message).unwrap()
}

/// A snapshot that has stored so many bytes.
fn snapshot(bytes: u64) -> TaskSnapshot {
    let file = StateFile { location: "/state".into(), bytes, checksum: 0 };
    let keyed = vec![KeyedStateHandle::Canonical { key_groups: 0..=0, file, offsets: vec![0] }];
    TaskSnapshot {
        operators: [(OperatorId(1), OperatorSubtaskState { keyed, ..Default::default() })].into(),
        channels: Vec::new(),
    }
}

/// Records a checkpoint so that it is as `shown`: the last of its subtasks has all its state.
fn replay(statistics: &mut CheckpointStatistics, shown: &Value) {
    let number = |key: &str| shown[key].as_i64().unwrap();
    let (id, subtasks) = (number("id") as u64, number("num_subtasks") as u32);
    let format = serde_json::from_value(shown["savepointFormat"].clone()).unwrap_or_default();
    let kind = match shown["checkpoint_type"].as_str().unwrap() {
        "SYNC_SAVEPOINT" => SnapshotKind::Savepoint { after: AfterSavepoint::Stop, format },
        "SAVEPOINT" => SnapshotKind::Savepoint { after: AfterSavepoint::Continue, format },
        _ => SnapshotKind::Checkpoint,
    };
    statistics.triggered(id, kind, [(VertexId(1), subtasks)], number("trigger_timestamp"));
    for subtask in 0..number("num_acknowledged_subtasks") as u32 {
        let bytes = if subtask == 0 { number("state_size") as u64 } else { 0 };
        let at = number("latest_ack_timestamp");
        statistics.acknowledged(id, VertexId(1), subtask, &snapshot(bytes), CheckpointMetrics::default(), at);
    }
    match shown["status"].as_str().unwrap() {
        "COMPLETED" => statistics.completed(id, shown["external_path"].as_str().unwrap(), 90),
        "FAILED" => {
            statistics.failed(id, shown["failure_message"].as_str().unwrap(), number("failure_timestamp"));
        }
        _ => {}
    }
    if shown["discarded"] == true {
        statistics.discarded(id);
    }
}

fn replay_history(statistics: &mut CheckpointStatistics, shown: &Value) {
    for checkpoint in shown["history"].as_array().unwrap().iter().rev() {
        replay(statistics, checkpoint);
    }
}

/// The answer, with those counted in that Flink tried to trigger before all tasks ran; flinkrs waits for them.
fn with_refused(statistics: &CheckpointStatistics, shown: &Value) -> Value {
    let mut answer = body(&statistics_of(statistics));
    let refused = shown["counts"]["failed"].as_u64().unwrap();
    for count in ["failed", "total"] {
        answer["counts"][count] = Value::from(answer["counts"][count].as_u64().unwrap() + refused);
    }
    answer
}

#[test]
fn statistics_of_a_running_job() {
    let shown = captured("job_checkpoints");
    let mut statistics = CheckpointStatistics::new(10);
    replay_history(&mut statistics, &shown);
    assert_eq!(with_refused(&statistics, &shown), shown);
}

#[test]
fn statistics_of_a_restored_job() {
    let shown = captured("failed_job_checkpoints");
    let mut statistics = CheckpointStatistics::new(10);
    replay_history(&mut statistics, &shown);
    for restored_at in [0, shown["latest"]["restored"]["restore_timestamp"].as_i64().unwrap()] {
        statistics.restored(RestoredCheckpoint {
            id: 1,
            restored_at,
            is_savepoint: false,
            external_path: shown["latest"]["restored"]["external_path"].as_str().unwrap().to_owned(),
        });
    }
    assert_eq!(with_refused(&statistics, &shown), shown);
}

#[test]
fn savepoints_and_failures() {
    let shown = captured("job_finished_checkpoints");
    let mut statistics = CheckpointStatistics::new(10);
    replay_history(&mut statistics, &shown);
    let answered = body(&statistics_of(&statistics));
    assert_eq!(answered["history"], shown["history"]);
    assert_eq!(answered["latest"], shown["latest"]);
}

/// Checkpoint 6 of the captured job: a source without state and an aggregate.
fn sixth() -> CheckpointStatistics {
    let shown = captured("job_checkpoint_details");
    let triggered_at = shown["trigger_timestamp"].as_i64().unwrap();
    let vertices: Vec<VertexId> =
        shown["tasks"].as_object().unwrap().keys().map(|vertex| vertex.parse().unwrap()).collect();
    let mut statistics = CheckpointStatistics::new(10);
    statistics.triggered(6, SnapshotKind::Checkpoint, vertices.iter().map(|vertex| (*vertex, 1)), triggered_at);
    for (vertex, task) in shown["tasks"].as_object().unwrap() {
        let metrics = CheckpointMetrics { sync_ms: 25, async_ms: 3, start_delay_ms: 11, ..Default::default() };
        let (bytes, at) = (task["state_size"].as_u64().unwrap(), task["latest_ack_timestamp"].as_i64().unwrap());
        statistics.acknowledged(6, vertex.parse().unwrap(), 0, &snapshot(bytes), metrics, at);
    }
    statistics.completed(6, shown["external_path"].as_str().unwrap(), 90);
    statistics
}

#[test]
fn details_of_a_checkpoint() {
    let statistics = sixth();
    let record = find(&statistics, "6").unwrap();
    assert_eq!(body(&with_tasks(record)), captured("job_checkpoint_details"));
    let missing = find(&statistics, "999999").unwrap_err();
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    let text = "org.apache.flink.runtime.rest.handler.RestHandlerException: Could not find checkpointing statistics for checkpoint 999999.";
    assert_eq!(missing.errors, [text]);
    assert_eq!(find(&statistics, "six").unwrap_err().status, StatusCode::BAD_REQUEST);
}

#[test]
fn subtasks_of_a_checkpoint() {
    let statistics = sixth();
    let record = find(&statistics, "6").unwrap();
    let shown = captured("job_checkpoint_details_subtasks");
    assert_eq!(body(&task_details(record, &record.tasks[1])), shown);
    // What clients read is what was written, `"NaN"` included.
    let read: TaskCheckpointDetails = serde_json::from_value(shown.clone()).unwrap();
    assert_eq!(body(&read), shown);
}

#[test]
fn a_subtask_that_has_not_acknowledged() {
    let mut statistics = CheckpointStatistics::new(10);
    statistics.triggered(1, SnapshotKind::Checkpoint, [(VertexId(1), 1)], 5);
    let record = find(&statistics, "1").unwrap();
    let task = body(&task_details(record, &record.tasks[0]));
    let pending = serde_json::json!([{"className": "pending", "index": 0, "status": "pending_or_failed"}]);
    assert_eq!((&task["subtasks"], &task["end_to_end_duration"]), (&pending, &Value::from(-1)));
    let info = body(&with_tasks(record));
    assert_eq!((&info["className"], &info["latest_ack_timestamp"]), (&"in_progress".into(), &Value::from(-1)));
    assert_eq!((info.get("external_path"), info.get("failure_message")), (None, None));
}

#[test]
fn the_configuration() {
    let settings = [
        ("execution.checkpointing.interval", "2 s"),
        ("execution.checkpointing.dir", "file:///checkpoints"),
        ("execution.checkpointing.externalized-checkpoint-retention", "RETAIN_ON_CANCELLATION"),
        ("state.backend.type", "rocksdb"),
    ];
    let configured = Configuration::from_map(settings, Origin::Job);
    assert_eq!(body(&configuration_of(&configured).unwrap()), captured("job_checkpoints_config"));
    let without = configuration_of(&Configuration::new()).unwrap();
    assert_eq!((without.interval, without.externalization.enabled), (i64::MAX, false));
    assert_eq!(without.state_backend, "HashMapStateBackend");
}
