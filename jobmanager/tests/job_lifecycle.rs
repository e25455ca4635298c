//! Jobs from their submission over REST to their end, with TaskManagers that speak the wire and do what the test says.

#![allow(clippy::unwrap_used, reason = "a test ends where something is wrong")]

mod common;

use ::common::config::format_duration;
use common::*;
use dataflow::{ExecutionState, JobId};
use prost::Message;
use std::time::Duration;

const FIXED_DELAY: [(&str, &str); 2] =
    [("restart-strategy.type", "fixed-delay"), ("restart-strategy.fixed-delay.delay", "10 ms")];

#[tokio::test]
async fn a_job_runs_on_two_task_managers_and_finishes() {
    let jobmanager = start(&[]).await;
    let mut a = ScriptedTaskManager::start(&jobmanager, "a", 1).await;
    let mut b = ScriptedTaskManager::start(&jobmanager, "b", 1).await;
    let job = JobId(0x11);
    let answer = submit(&jobmanager, &graph(0x11, 2, &[])).await;
    assert_eq!(answer["jobid"], job.to_string());
    let (on_a, on_b) = (a.submitted(2).await, b.submitted(2).await);
    assert_eq!(on_a.iter().map(|d| (d.attempt.vertex.0, d.attempt.subtask)).collect::<Vec<_>>(), [(1, 0), (2, 0)]);
    assert_eq!(on_b[1].inputs[0].channels[0].data_address, a.registration.data_address);
    for state in [ExecutionState::Initializing, ExecutionState::Running] {
        for (task_manager, tasks) in [(&mut a, &on_a), (&mut b, &on_b)] {
            for task in tasks {
                assert!(task_manager.update(task.attempt, state).await);
            }
        }
    }
    a.report(vec![(
        on_a[0].attempt,
        dataflow::deployment::TaskMetricsSnapshot { records_out: 5, watermark: Some(99), ..Default::default() },
    )]);
    let path = format!("/jobs/{job}/vertices/{:032x}", 1);
    let watermarks = eventually(&jobmanager, &format!("{path}/watermarks"), |v| v != &serde_json::json!([])).await;
    assert_eq!(watermarks, serde_json::json!([{"id": "0.currentInputWatermark", "value": "99"}]));
    let aggregated = json(&jobmanager, "GET", &format!("{path}/subtasks/metrics?get=numRecordsOut&agg=sum")).await.1;
    assert_eq!(aggregated, serde_json::json!([{"id": "numRecordsOut", "sum": 5.0}]));
    let overview = json(&jobmanager, "GET", "/overview").await.1;
    assert_eq!((&overview["slots-total"], &overview["slots-available"]), (&2.into(), &0.into()));

    let results = format!("/jobs/{job}/results/{:032x}?subtask=1&offset=3", 2);
    let (status, body) = http(&jobmanager, "GET", &results, "").await;
    let collected = proto::v1::CollectResultsResponse::decode(body.as_slice()).unwrap();
    assert_eq!(
        (status, &collected.batches[0].ipc[..], &collected.batches[0].kinds[..]),
        (200, &b"rows"[..], &b"3"[..])
    );

    for (task_manager, tasks) in [(&mut a, &on_a), (&mut b, &on_b)] {
        for task in tasks {
            assert!(task_manager.update(task.attempt, ExecutionState::Finished).await);
        }
    }
    wait_for(&jobmanager, job, "FINISHED").await;
    let details = json(&jobmanager, "GET", &format!("/v1/jobs/{job}")).await.1;
    assert_eq!(details["vertices"][1]["metrics"]["read-records"], 14);
    assert_eq!(details["status-counts"]["FINISHED"], 2);
    let result = json(&jobmanager, "GET", &format!("/jobs/{job}/execution-result")).await.1;
    assert_eq!(result["job-execution-result"]["application-status"], "SUCCEEDED");
    assert_eq!(json(&jobmanager, "GET", "/overview").await.1["slots-available"], 2);
    // The results of subtask 0 are still owed: only when they were fetched is the job forgotten by TaskManagers.
    http(&jobmanager, "GET", &results.replace("subtask=1", "subtask=0"), "").await;
    assert!(matches!(a.call().await, Call::Release(released) if released == job));
    assert_eq!(json(&jobmanager, "PATCH", &format!("/jobs/{job}?mode=cancel")).await.0, 409);
    jobmanager.shutdown().await;
}

#[tokio::test]
async fn cancelling_waits_for_the_tasks() {
    let jobmanager = start(&[]).await;
    let mut a = ScriptedTaskManager::start(&jobmanager, "a", 1).await;
    submit(&jobmanager, &graph(0x12, 1, &[])).await;
    let tasks = a.submitted(2).await;
    for task in &tasks {
        a.update(task.attempt, ExecutionState::Running).await;
    }
    assert_eq!(json(&jobmanager, "PATCH", &format!("/jobs/{}?mode=cancel", JobId(0x12))).await.0, 202);
    wait_for(&jobmanager, JobId(0x12), "CANCELLING").await;
    for task in &tasks {
        assert!(matches!(a.call().await, Call::Cancel(attempt) if attempt == task.attempt));
    }
    for task in &tasks {
        a.update(task.attempt, ExecutionState::Canceled).await;
    }
    wait_for(&jobmanager, JobId(0x12), "CANCELED").await;
    assert!(matches!(a.call().await, Call::Release(_)));
}

#[tokio::test]
async fn a_failure_without_a_restart_strategy_names_its_cause() {
    let jobmanager = start(&[]).await;
    let mut a = ScriptedTaskManager::start(&jobmanager, "a", 1).await;
    submit(&jobmanager, &graph(0x13, 1, &[])).await;
    let tasks = a.submitted(2).await;
    a.update(tasks[0].attempt, ExecutionState::Failed).await;
    assert!(matches!(a.call().await, Call::Cancel(attempt) if attempt == tasks[1].attempt));
    assert!(!a.update(tasks[0].attempt, ExecutionState::Running).await, "a failed attempt is no longer wanted");
    a.update(tasks[1].attempt, ExecutionState::Canceled).await;
    wait_for(&jobmanager, JobId(0x13), "FAILED").await;
    let exceptions = json(&jobmanager, "GET", &format!("/jobs/{}/exceptions", JobId(0x13))).await.1;
    let entry = &exceptions["exceptionHistory"]["entries"][0];
    let trace = entry["stacktrace"].as_str().unwrap();
    assert!(trace.contains("Recovery is suppressed by NoRestartBackoffTimeStrategy"), "{trace}");
    assert!(trace.contains("division by zero"), "{trace}");
    assert_eq!(entry["concurrentExceptions"][0]["taskName"], "Source: values[1] (1/1) - execution #0");
    assert_eq!(entry["concurrentExceptions"][0]["taskManagerId"], "a");
}

#[tokio::test]
async fn a_killed_task_manager_is_noticed_at_once_and_the_job_restarts_elsewhere() {
    let jobmanager = start(&[]).await;
    let mut a = ScriptedTaskManager::start(&jobmanager, "a", 1).await;
    submit(&jobmanager, &graph(0x14, 1, &FIXED_DELAY)).await;
    let tasks = a.submitted(2).await;
    for task in &tasks {
        a.update(task.attempt, ExecutionState::Running).await;
    }
    let address = a.registration.rpc_address.clone();
    a.kill();
    eventually(&jobmanager, "/taskmanagers", |v| v["taskmanagers"].as_array().unwrap().is_empty()).await;
    let mut b = ScriptedTaskManager::start(&jobmanager, "b", 1).await;
    let again = b.submitted(2).await;
    assert!(again.iter().all(|task| task.attempt.attempt == 1));
    let exceptions = json(&jobmanager, "GET", &format!("/jobs/{}/exceptions", JobId(0x14))).await.1;
    let trace = exceptions["exceptionHistory"]["entries"][0]["stacktrace"].as_str().unwrap();
    assert!(trace.contains(&format!("TaskManager a at {address} is lost: ")), "{trace}");
    for task in &again {
        b.update(task.attempt, ExecutionState::Finished).await;
    }
    wait_for(&jobmanager, JobId(0x14), "FINISHED").await;
}

#[tokio::test]
async fn silence_loses_a_task_manager_but_a_broken_stream_does_not() {
    let timeout = format_duration(Duration::from_millis(400));
    let jobmanager = start(&[("heartbeat.timeout", &timeout)]).await;
    let mut a = ScriptedTaskManager::start(&jobmanager, "a", 1).await;
    submit(&jobmanager, &graph(0x15, 1, &FIXED_DELAY)).await;
    let tasks = a.submitted(2).await;
    for task in &tasks {
        a.update(task.attempt, ExecutionState::Running).await;
    }
    // Back in time, with one task only: the other has failed, and the job restarts.
    a.break_stream();
    a.register(vec![tasks[0].attempt]).await;
    // What still runs is cancelled before the restart.
    a.cancelled(tasks[0].attempt).await;
    a.update(tasks[0].attempt, ExecutionState::Canceled).await;
    assert_eq!(a.submitted(2).await[0].attempt.attempt, 1);
    // And now nothing more is heard of it, though its port is open.
    eventually(&jobmanager, "/taskmanagers", |v| v["taskmanagers"].as_array().unwrap().is_empty()).await;
}

#[tokio::test]
async fn a_job_without_slots_waits_then_fails_with_flinks_words() {
    let jobmanager = start(&[("slot.request.timeout", "100 ms")]).await;
    let _a = ScriptedTaskManager::start(&jobmanager, "a", 1).await;
    submit(&jobmanager, &graph(0x16, 2, &[])).await;
    wait_for(&jobmanager, JobId(0x16), "FAILED").await;
    let result = json(&jobmanager, "GET", &format!("/jobs/{}/execution-result", JobId(0x16))).await.1;
    let trace = result["job-execution-result"]["failure-cause"]["stack-trace"].as_str().unwrap();
    assert!(
        trace.contains("NoResourceAvailableException: Could not acquire the minimum required resources."),
        "{trace}"
    );
    assert!(trace.contains("the job needs 2 slots; 1 TaskManagers offer 1"), "{trace}");
}

#[tokio::test]
async fn what_cannot_run_is_refused_with_the_place() {
    let jobmanager = start(&[]).await;
    let post = |body: String| {
        let jobmanager = &jobmanager;
        async move {
            let (status, body) = http(jobmanager, "POST", "/jobs", &body).await;
            (status, String::from_utf8(body).unwrap())
        }
    };
    let (status, text) = post("{\"version\": 1,\n \"oops\"".into()).await;
    assert_eq!(status, 400);
    assert!(text.contains("line 2 column"), "{text}");
    let mut wrong = graph(0x17, 1, &[]);
    wrong.edges.clear();
    let (status, text) = post(serde_json::to_string(&wrong).unwrap()).await;
    assert_eq!(status, 400);
    assert!(text.contains("input 0 of vertex 'Collect[2]' is not connected"), "{text}");
    let wrong = graph(0x18, 1, &[("restart-strategy.type", "sometimes")]);
    let (status, text) = post(serde_json::to_string(&wrong).unwrap()).await;
    assert!(status == 400 && text.contains("'sometimes'"), "{status} {text}");
    submit(&jobmanager, &graph(0x19, 1, &[])).await;
    let (status, text) = post(serde_json::to_string(&graph(0x19, 1, &[])).unwrap()).await;
    assert!(status == 409 && text.contains("DuplicateJobSubmissionException"), "{status} {text}");
}

#[tokio::test]
async fn a_job_kept_by_raft_runs_again_under_the_next_jobmanager_until_it_has_ended() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().to_str().unwrap();
    let settings = [("high-availability.type", "raft"), ("high-availability.storageDir", place)];
    let jobmanager = start(&settings).await;
    submit(&jobmanager, &graph(0x1a, 1, &[])).await;
    jobmanager.shutdown().await;

    let jobmanager = start(&settings).await;
    let mut a = ScriptedTaskManager::start(&jobmanager, "a", 1).await;
    for task in a.submitted(2).await {
        assert_eq!(task.attempt.job, JobId(0x1a));
        a.update(task.attempt, ExecutionState::Finished).await;
    }
    wait_for(&jobmanager, JobId(0x1a), "FINISHED").await;
    jobmanager.shutdown().await;

    let jobmanager = start(&settings).await;
    let jobs = json(&jobmanager, "GET", "/jobs").await.1;
    assert_eq!(jobs, serde_json::json!({"jobs": [{"id": JobId(0x1a).to_string(), "status": "FINISHED"}]}));
    let result = json(&jobmanager, "GET", &format!("/jobs/{}/execution-result", JobId(0x1a))).await.1;
    assert_eq!(result["job-execution-result"]["application-status"], "SUCCEEDED");
    jobmanager.shutdown().await;
}

#[tokio::test]
async fn high_availability_that_cannot_be_had_is_said() {
    for (settings, words) in [
        (&[("high-availability.type", "raft")][..], "high-availability.storageDir is not set"),
        (&[("high-availability.type", "zookeeper")][..], "'zookeeper'"),
    ] {
        let mut config = ::common::config::Configuration::new();
        for (key, value) in settings.iter().chain(&[("jobmanager.rpc.port", "0"), ("rest.port", "0")]) {
            config.set(*key, *value, ::common::config::Origin::Program);
        }
        let Err(error) = jobmanager::JobManager::start(&config).await else { panic!("it started") };
        assert!(error.to_string().contains(words), "{error}");
    }
}
