//! What clients ask for and ask about again, over REST: savepoints, checkpoints, stop, disposal. Whether there is such a job shows in the outcome only.

#![allow(clippy::unwrap_used, reason = "a test ends where something is wrong")]

mod common;

use common::*;
use jobmanager::JobManager;
use serde_json::{Value, json};

const NOBODY: &str = "00000000000000000000000000000000";

/// Asks for an operation; the id to ask about it with.
async fn trigger(jobmanager: &JobManager, path: &str, body: &str, expected: u16) -> String {
    let (status, answer) = http(jobmanager, "POST", path, body).await;
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(status, expected, "{answer}");
    assert_eq!(answer.as_object().unwrap().len(), 1, "{answer}");
    let id = answer["request-id"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 32);
    id
}

/// The outcome of an operation that has failed.
async fn failure(jobmanager: &JobManager, path: &str) -> (String, String) {
    let answer = eventually(jobmanager, path, |answer| answer["status"]["id"] == "COMPLETED").await;
    let cause = &answer["operation"]["failure-cause"];
    let text = |key: &str| cause[key].as_str().unwrap_or_else(|| panic!("no {key} in {answer}")).to_owned();
    (text("class"), text("stack-trace"))
}

#[tokio::test]
async fn an_unknown_job_shows_in_the_outcome() {
    let jobmanager = start(&[]).await;
    for (path, body, polled) in [
        ("savepoints", r#"{"cancel-job": false}"#, "savepoints"),
        ("savepoints", "{\"bogus\": 1}", "savepoints"),
        ("savepoints", "", "savepoints"),
        (
            "stop",
            r#"{"targetDirectory": null, "drain": true, "formatType": "NATIVE", "triggerId": null}"#,
            "savepoints",
        ),
        ("checkpoints", r#"{"checkpointType": "FULL"}"#, "checkpoints"),
    ] {
        let id = trigger(&jobmanager, &format!("/jobs/{NOBODY}/{path}"), body, 202).await;
        let (class, trace) = failure(&jobmanager, &format!("/v1/jobs/{NOBODY}/{polled}/{id}")).await;
        assert_eq!(class, "java.util.concurrent.CompletionException");
        let expected = format!(
            "java.util.concurrent.CompletionException: org.apache.flink.runtime.messages.FlinkJobNotFoundException: Could not find Flink job ({NOBODY})"
        );
        assert_eq!(trace, expected, "{path}");
    }
}

#[tokio::test]
async fn a_client_may_name_the_operation_itself() {
    let jobmanager = start(&[]).await;
    let own = "0123456789abcdef0123456789abcdef";
    let body = json!({ "triggerId": own }).to_string();
    for _ in 0..2 {
        assert_eq!(trigger(&jobmanager, &format!("/jobs/{NOBODY}/savepoints"), &body, 202).await, own);
    }
    failure(&jobmanager, &format!("/jobs/{NOBODY}/savepoints/{own}")).await;
    // Savepoints and checkpoints do not share their ids.
    assert_eq!(common::json(&jobmanager, "GET", &format!("/jobs/{NOBODY}/checkpoints/{own}")).await.0, 404);
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_at_once() {
    let jobmanager = start(&[]).await;
    let unknown = "11111111111111111111111111111111";
    let (status, answer) = common::json(&jobmanager, "GET", &format!("/jobs/{NOBODY}/savepoints/{unknown}")).await;
    let expected = format!(
        "org.apache.flink.runtime.rest.handler.RestHandlerException: There is no savepoint operation with triggerId={unknown} for job {NOBODY}."
    );
    assert_eq!((status, answer), (404, json!({ "errors": [expected] })));
    for (path, body) in [
        (format!("/jobs/{NOBODY}/savepoints"), "{nonsense"),
        (format!("/jobs/{NOBODY}/stop"), r#"{"drain": "perhaps"}"#),
        (format!("/jobs/{NOBODY}/checkpoints"), r#"{"checkpointType": "INCREMENTAL"}"#),
        ("/jobs/xyz/savepoints".to_owned(), "{}"),
        ("/savepoint-disposal".to_owned(), "{}"),
    ] {
        let (status, answer) = http(&jobmanager, "POST", &path, body).await;
        assert_eq!(status, 400, "{path}: {}", String::from_utf8_lossy(&answer));
    }
    assert_eq!(common::json(&jobmanager, "GET", &format!("/savepoint-disposal/{unknown}")).await.0, 404);
}

#[tokio::test]
async fn a_savepoint_that_is_not_there_cannot_be_disposed_of() {
    let jobmanager = start(&[]).await;
    let id = trigger(&jobmanager, "/savepoint-disposal", r#"{"savepoint-path": "file:///nowhere/at/all"}"#, 200).await;
    let (class, trace) = failure(&jobmanager, &format!("/savepoint-disposal/{id}")).await;
    assert_eq!(class, "org.apache.flink.util.FlinkException");
    assert!(
        trace.starts_with("org.apache.flink.util.FlinkException: Could not dispose savepoint file:///nowhere/at/all.")
    );
    assert!(trace.contains("\nCaused by: ") && trace.contains("/nowhere/at/all"), "{trace}");
}

#[tokio::test]
async fn a_savepoint_under_way_when_its_jobmanager_is_lost_has_failed_and_one_that_had_ended_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let (storage, savepoints) = (dir.path().join("ha").display().to_string(), dir.path().display().to_string());
    let settings = [
        ("high-availability.type", "raft"),
        ("high-availability.storageDir", storage.as_str()),
        ("execution.checkpointing.savepoint-dir", savepoints.as_str()),
    ];
    let jobmanager = start(&settings).await;
    let mut task_manager = ScriptedTaskManager::start(&jobmanager, "a", 2).await;
    let job = graph(0x31, 2, &[]);
    submit(&jobmanager, &job).await;
    for task in task_manager.submitted(4).await {
        task_manager.update(task.attempt, dataflow::ExecutionState::Running).await;
    }
    let ended = trigger(&jobmanager, &format!("/jobs/{NOBODY}/savepoints"), "{}", 202).await;
    let before = failure(&jobmanager, &format!("/jobs/{NOBODY}/savepoints/{ended}")).await;
    // Nobody ever acknowledges it.
    let path = format!("/jobs/{}/savepoints", job.job_id);
    let id = trigger(&jobmanager, &path, "{}", 202).await;
    assert!(matches!(task_manager.call().await, Call::Checkpoint(..)));
    jobmanager.shutdown().await;
    let next = start(&settings).await;
    let (class, trace) = failure(&next, &format!("{path}/{id}")).await;
    assert_eq!(class, "java.util.concurrent.CompletionException");
    assert!(trace.contains("the JobManager that led was lost while the savepoint was under way"), "{trace}");
    assert_eq!(failure(&next, &format!("/jobs/{NOBODY}/savepoints/{ended}")).await, before);
}
