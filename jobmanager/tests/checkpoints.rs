//! Checkpoints of a job whose TaskManager does what the test says: taken, published, restored from.

#![allow(clippy::unwrap_used, reason = "a test ends where something is wrong")]

mod common;

use std::path::{Path, PathBuf};

use common::*;
use dataflow::checkpoint::{
    CheckpointAcknowledgement, CheckpointBarrier, CheckpointDecline, CheckpointMetrics, CheckpointNotice,
    CheckpointReport, OperatorStateItem, OperatorSubtaskState, Redistribution, SnapshotKind, TaskSnapshot,
};
use dataflow::deployment::TaskDeploymentDescriptor;
use dataflow::operator_spec::{ConnectorSpec, ReadColumn, SourceSpec};
use dataflow::{
    ExecutionAttemptId, ExecutionState, Failure, Field, JobGraph, JobId, OperatorId, OperatorSpec, RowType, Split,
    TypeKind,
};
use jobmanager::JobManager;

const RESTART: [(&str, &str); 3] = [
    ("execution.checkpointing.interval", "20 ms"),
    ("restart-strategy.type", "fixed-delay"),
    ("restart-strategy.fixed-delay.delay", "10 ms"),
];

/// Settings of a job that takes checkpoints every 20 ms below this folder.
fn settings(dir: &Path) -> Vec<(&str, &str)> {
    let mut settings = RESTART.to_vec();
    settings.push(("execution.checkpointing.dir", dir.to_str().unwrap()));
    settings
}

fn folder(dir: &Path, job: u128, id: u64) -> PathBuf {
    dir.join(JobId(job).to_string()).join(format!("chk-{id}"))
}

async fn run(task_manager: &mut ScriptedTaskManager) -> Vec<TaskDeploymentDescriptor> {
    let tasks = task_manager.submitted(2).await;
    for task in &tasks {
        task_manager.update(task.attempt, ExecutionState::Running).await;
    }
    tasks
}

/// The next barrier, and who gets it.
async fn triggered(task_manager: &mut ScriptedTaskManager) -> (Vec<ExecutionAttemptId>, CheckpointBarrier) {
    loop {
        if let Call::Checkpoint(attempts, CheckpointNotice::Trigger(barrier)) = task_manager.call().await {
            return (attempts, barrier);
        }
    }
}

/// Every task acknowledges; the operator of vertex 1 keeps how far it is.
async fn acknowledge(task_manager: &mut ScriptedTaskManager, tasks: &[TaskDeploymentDescriptor], id: u64) {
    for task in tasks {
        let mut snapshot = TaskSnapshot::default();
        if task.attempt.vertex.0 == 1 {
            let payload = serde_json::json!({ "position": id });
            let item = OperatorStateItem { name: "position".into(), redistribution: Redistribution::Split, payload };
            let state = OperatorSubtaskState { items: vec![item], ..Default::default() };
            snapshot.operators.insert(OperatorId(1), state);
        }
        let (attempt, metrics) = (task.attempt, CheckpointMetrics::default());
        let acknowledgement = CheckpointAcknowledgement { attempt, checkpoint_id: id, snapshot, metrics };
        task_manager.report_checkpoint(&CheckpointReport::Acknowledged(acknowledgement)).await;
    }
}

/// Takes part in the next checkpoint until the tasks hear that it is complete.
async fn complete(task_manager: &mut ScriptedTaskManager, tasks: &[TaskDeploymentDescriptor]) -> u64 {
    let (attempts, barrier) = triggered(task_manager).await;
    assert_eq!(attempts, [tasks[0].attempt], "the barrier goes to the source");
    let id = barrier.checkpoint_id;
    acknowledge(task_manager, tasks, id).await;
    match task_manager.call().await {
        Call::Checkpoint(told, CheckpointNotice::Completed { checkpoint_id }) => {
            assert_eq!((told.len(), checkpoint_id), (2, id));
        }
        other => panic!("{other:?}"),
    }
    id
}

fn restored(task: &TaskDeploymentDescriptor) -> (u64, Vec<serde_json::Value>) {
    let restore = task.restore.as_ref().expect("it starts from a checkpoint");
    let items = restore.operators.values().flat_map(|state| state.items_named("position").cloned()).collect();
    (restore.checkpoint_id, items)
}

async fn finish(jobmanager: &JobManager, task_manager: &mut ScriptedTaskManager, tasks: &[TaskDeploymentDescriptor]) {
    for task in tasks {
        task_manager.update(task.attempt, ExecutionState::Finished).await;
    }
    wait_for(jobmanager, tasks[0].attempt.job, "FINISHED").await;
}

async fn gone(path: &Path) {
    let gone = async {
        while path.exists() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LIMIT, gone).await.unwrap_or_else(|_| panic!("{} stays", path.display()));
}

#[tokio::test]
async fn a_failed_job_goes_on_from_its_last_complete_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    let jobmanager = start(&[]).await;
    let mut a = ScriptedTaskManager::start(&jobmanager, "a", 1).await;
    submit(&jobmanager, &graph(0x21, 1, &settings(dir.path()))).await;
    let tasks = run(&mut a).await;
    assert!(tasks.iter().all(|task| task.restore.is_none()));
    assert!(tasks[0].checkpointing.as_ref().is_some_and(|descriptor| descriptor.final_checkpoint));
    assert_eq!(complete(&mut a, &tasks).await, 1);
    assert!(folder(dir.path(), 0x21, 1).join("_metadata").exists());
    assert_eq!(complete(&mut a, &tasks).await, 2);
    gone(&folder(dir.path(), 0x21, 1)).await;
    // The next one is under way when a task fails.
    let (_, barrier) = triggered(&mut a).await;
    assert_eq!(barrier.checkpoint_id, 3);
    a.update(tasks[1].attempt, ExecutionState::Failed).await;
    a.update(tasks[0].attempt, ExecutionState::Canceled).await;
    let again = loop {
        if let Call::Submit(first) = a.call().await {
            break [vec![*first], a.submitted(1).await].concat();
        }
    };
    assert_eq!(restored(&again[0]), (2, vec![serde_json::json!({"position": 2})]));
    assert_eq!(restored(&again[1]), (2, vec![]));
    for task in &again {
        a.update(task.attempt, ExecutionState::Running).await;
    }
    assert_eq!(complete(&mut a, &again).await, 4, "no number is used twice");
    let job_folder = folder(dir.path(), 0x21, 4).parent().unwrap().to_owned();
    std::fs::create_dir(job_folder.join("shared")).unwrap();
    // As when a task still stores a file for a checkpoint that was aborted.
    std::fs::create_dir_all(folder(dir.path(), 0x21, 3)).unwrap();
    std::fs::write(folder(dir.path(), 0x21, 3).join("late"), b"state").unwrap();
    finish(&jobmanager, &mut a, &again).await;
    gone(&job_folder).await;
    assert!(dir.path().exists());
}

#[tokio::test]
async fn with_spare_slots_a_killed_task_manager_costs_one_restart_and_less_than_a_second_by_default() {
    let dir = tempfile::tempdir().unwrap();
    let jobmanager = start(&[]).await;
    let mut a = ScriptedTaskManager::start(&jobmanager, "a", 1).await;
    let mut b = ScriptedTaskManager::start(&jobmanager, "b", 1).await;
    let config =
        [("execution.checkpointing.interval", "20 ms"), ("execution.checkpointing.dir", dir.path().to_str().unwrap())];
    submit(&jobmanager, &graph(0x28, 1, &config)).await;
    let tasks = run(&mut a).await;
    let id = complete(&mut a, &tasks).await;
    let killed = std::time::Instant::now();
    a.kill();
    let again = b.submitted(2).await;
    assert!(killed.elapsed() < std::time::Duration::from_secs(1), "{:?}", killed.elapsed());
    assert!(again.iter().all(|task| task.attempt.attempt == 1));
    assert_eq!(restored(&again[0]).0, id);
}

#[tokio::test]
async fn a_declined_checkpoint_fails_the_job_unless_it_is_tolerated() {
    let dir = tempfile::tempdir().unwrap();
    let jobmanager = start(&[]).await;
    let mut a = ScriptedTaskManager::start(&jobmanager, "a", 1).await;
    let mut config = settings(dir.path());
    config.push(("execution.checkpointing.tolerable-failed-checkpoints", "1"));
    config.push(("restart-strategy.type", "none"));
    submit(&jobmanager, &graph(0x22, 1, &config)).await;
    let tasks = run(&mut a).await;
    for id in [1, 2] {
        assert_eq!(triggered(&mut a).await.1.checkpoint_id, id);
        let failure = Failure::external("No space left on device");
        let decline = CheckpointDecline { attempt: tasks[1].attempt, checkpoint_id: id, failure, is_subsumed: false };
        a.report_checkpoint(&CheckpointReport::Declined(decline)).await;
    }
    wait_for(&jobmanager, JobId(0x22), "FAILING").await;
    let exceptions = json(&jobmanager, "GET", &format!("/jobs/{}/exceptions", JobId(0x22))).await.1;
    let trace = exceptions["exceptionHistory"]["entries"][0]["stacktrace"].as_str().unwrap();
    for words in ["Exceeded checkpoint tolerable failure threshold", "No space left on device", "Collect[2] (1/1)"] {
        assert!(trace.contains(words), "{trace}");
    }
}

#[tokio::test]
async fn the_next_jobmanager_goes_on_from_the_last_checkpoint_with_new_numbers() {
    let (dir, store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let place = store.path().to_str().unwrap();
    let raft = [("high-availability.type", "raft"), ("high-availability.storageDir", place)];
    let jobmanager = start(&raft).await;
    let mut a = ScriptedTaskManager::start(&jobmanager, "a", 1).await;
    submit(&jobmanager, &graph(0x23, 1, &settings(dir.path()))).await;
    let tasks = run(&mut a).await;
    assert_eq!(complete(&mut a, &tasks).await, 1);
    assert_eq!(triggered(&mut a).await.1.checkpoint_id, 2);
    a.kill();
    jobmanager.shutdown().await;

    let jobmanager = start(&raft).await;
    let mut b = ScriptedTaskManager::start(&jobmanager, "b", 1).await;
    let tasks = run(&mut b).await;
    assert_eq!(restored(&tasks[0]), (1, vec![serde_json::json!({"position": 1})]));
    let (_, barrier) = triggered(&mut b).await;
    assert!(barrier.checkpoint_id > 2, "2 was used: {}", barrier.checkpoint_id);
    b.kill();
    jobmanager.shutdown().await;

    // What cannot be read fails the job, and is not begun anew.
    std::fs::remove_file(folder(dir.path(), 0x23, 1).join("_metadata")).unwrap();
    let jobmanager = start(&raft).await;
    wait_for(&jobmanager, JobId(0x23), "FAILED").await;
    let exceptions = json(&jobmanager, "GET", &format!("/jobs/{}/exceptions", JobId(0x23))).await.1;
    let trace = exceptions["exceptionHistory"]["entries"][0]["stacktrace"].as_str().unwrap();
    assert!(trace.contains("chk-1") && trace.contains("_metadata"), "{trace}");
    jobmanager.shutdown().await;
}

#[tokio::test]
async fn tasks_run_on_under_the_next_jobmanager_which_completes_what_was_open() {
    let (dir, store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let raft = [("high-availability.type", "raft"), ("high-availability.storageDir", store.path().to_str().unwrap())];
    let jobmanager = start(&raft).await;
    let mut a = ScriptedTaskManager::start(&jobmanager, "a", 1).await;
    submit(&jobmanager, &graph(0x2c, 1, &settings(dir.path()))).await;
    let tasks = run(&mut a).await;
    assert_eq!(complete(&mut a, &tasks).await, 1);
    let open = triggered(&mut a).await.1.checkpoint_id;
    let epoch = a.epoch;
    jobmanager.shutdown().await;

    let jobmanager = start(&raft).await;
    let path = format!("/jobs/{}", JobId(0x2c));
    assert_eq!(json(&jobmanager, "GET", &path).await.1["state"], "RUNNING");
    a.come_to(&jobmanager, tasks.iter().map(|task| task.attempt).collect()).await;
    assert!(a.epoch > epoch, "{} after {epoch}", a.epoch);
    // What the JobManager before may not have said: which checkpoint is complete, and that the open one never will be.
    let (mut completed, mut aborted) = (Vec::new(), Vec::new());
    let barrier = loop {
        match a.call().await {
            Call::Checkpoint(told, CheckpointNotice::Completed { checkpoint_id }) => {
                completed.push((told.len(), checkpoint_id));
            }
            Call::Checkpoint(_, CheckpointNotice::Aborted { checkpoint_id }) => aborted.push(checkpoint_id),
            Call::Checkpoint(told, CheckpointNotice::Trigger(barrier)) => {
                assert_eq!(told, [tasks[0].attempt]);
                break barrier;
            }
            other => panic!("nothing is deployed again: {other:?}"),
        }
    };
    assert_eq!(completed, [(2, 1)]);
    assert!(aborted.contains(&open) && !aborted.contains(&1), "{aborted:?} of {open}");
    assert!(barrier.checkpoint_id > open, "{} after {open}", barrier.checkpoint_id);
    acknowledge(&mut a, &tasks, barrier.checkpoint_id).await;
    finish(&jobmanager, &mut a, &tasks).await;
    jobmanager.shutdown().await;
}

#[tokio::test]
async fn only_what_no_longer_runs_starts_again_under_the_next_jobmanager() {
    let store = tempfile::tempdir().unwrap();
    let raft = [("high-availability.type", "raft"), ("high-availability.storageDir", store.path().to_str().unwrap())];
    let jobmanager = start(&raft).await;
    let mut a = ScriptedTaskManager::start(&jobmanager, "a", 1).await;
    submit(&jobmanager, &graph(0x2d, 1, &RESTART[1..])).await;
    let tasks = run(&mut a).await;
    jobmanager.shutdown().await;
    let jobmanager = start(&raft).await;
    a.come_to(&jobmanager, vec![tasks[0].attempt]).await;
    // The one that goes with the one that is missing.
    a.cancelled(tasks[0].attempt).await;
    a.update(tasks[0].attempt, ExecutionState::Canceled).await;
    assert_eq!(a.submitted(2).await[0].attempt.attempt, 1);
    jobmanager.shutdown().await;
}

#[tokio::test]
async fn a_job_that_was_cancelled_is_cancelled_by_the_next_jobmanager() {
    let store = tempfile::tempdir().unwrap();
    let raft = [("high-availability.type", "raft"), ("high-availability.storageDir", store.path().to_str().unwrap())];
    let jobmanager = start(&raft).await;
    let mut a = ScriptedTaskManager::start(&jobmanager, "a", 1).await;
    submit(&jobmanager, &graph(0x2e, 1, &RESTART[1..])).await;
    let tasks = run(&mut a).await;
    let path = format!("/jobs/{}?mode=cancel", JobId(0x2e));
    assert_eq!(json(&jobmanager, "PATCH", &path).await.0, 202);
    jobmanager.shutdown().await;
    let jobmanager = start(&raft).await;
    let calls = tasks.len();
    a.come_to(&jobmanager, tasks.iter().map(|task| task.attempt).collect()).await;
    let mut cancelled = std::collections::BTreeSet::new();
    while cancelled.len() < calls {
        if let Call::Cancel(attempt) = a.call().await {
            cancelled.insert(attempt);
        }
    }
    for task in &tasks {
        a.update(task.attempt, ExecutionState::Canceled).await;
    }
    wait_for(&jobmanager, JobId(0x2e), "CANCELED").await;
    jobmanager.shutdown().await;
}

#[tokio::test]
async fn the_next_jobmanager_waits_for_the_disk_and_makes_new_attempts_and_deletes_what_was_left() {
    let (root, store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let dir = root.path().join("checkpoints");
    let raft = [("high-availability.type", "raft"), ("high-availability.storageDir", store.path().to_str().unwrap())];
    let jobmanager = start(&raft).await;
    let mut a = ScriptedTaskManager::start(&jobmanager, "a", 1).await;
    submit(&jobmanager, &graph(0x29, 1, &settings(&dir))).await;
    let tasks = run(&mut a).await;
    assert_eq!(complete(&mut a, &tasks).await, 1);
    a.update(tasks[0].attempt, ExecutionState::Failed).await;
    a.update(tasks[1].attempt, ExecutionState::Canceled).await;
    while !matches!(a.call().await, Call::Submit(task) if task.attempt.attempt == 1) {}
    a.kill();
    jobmanager.shutdown().await;

    // As after a crash between the metadata of a checkpoint and the pointer to it.
    let (known, unknown) = (folder(&dir, 0x29, 1), folder(&dir, 0x29, 5));
    std::fs::create_dir_all(&unknown).unwrap();
    std::fs::copy(known.join("_metadata"), unknown.join("_metadata")).unwrap();
    let away = root.path().join("away");
    std::fs::rename(&dir, &away).unwrap();
    // Nor can the folder be made anew.
    std::fs::write(&dir, b"a file").unwrap();
    let jobmanager = start(&raft).await;
    let exceptions = format!("/jobs/{}/exceptions", JobId(0x29));
    // The failure of before is there at once.
    eventually(&jobmanager, &exceptions, |answer| {
        let trace = answer["exceptionHistory"]["entries"][0]["stacktrace"].as_str().unwrap_or_default();
        trace.contains("it is tried again") && trace.contains(dir.to_str().unwrap())
    })
    .await;
    let status = json(&jobmanager, "GET", &format!("/jobs/{}/status", JobId(0x29))).await.1;
    assert_eq!(status["status"], "RUNNING", "its tasks may run on");
    std::fs::remove_file(&dir).unwrap();
    std::fs::rename(&away, &dir).unwrap();
    let mut b = ScriptedTaskManager::start(&jobmanager, "b", 1).await;
    let tasks = run(&mut b).await;
    assert_eq!(restored(&tasks[0]), (1, vec![serde_json::json!({"position": 1})]));
    assert_eq!(tasks[0].attempt.attempt, 2, "0 and 1 were made under the JobManager before");
    gone(&unknown).await;
    b.kill();
    jobmanager.shutdown().await;
    let jobmanager = start(&raft).await;
    let mut c = ScriptedTaskManager::start(&jobmanager, "c", 1).await;
    assert_eq!(run(&mut c).await[0].attempt.attempt, 3);
}

#[tokio::test]
async fn a_job_does_not_go_back_behind_its_last_checkpoint_by_itself() {
    let (dir, store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let raft = [("high-availability.type", "raft"), ("high-availability.storageDir", store.path().to_str().unwrap())];
    let jobmanager = start(&raft).await;
    let mut a = ScriptedTaskManager::start(&jobmanager, "a", 1).await;
    let mut config = settings(dir.path());
    config.push(("execution.checkpointing.num-retained", "2"));
    submit(&jobmanager, &graph(0x2a, 1, &config)).await;
    let tasks = run(&mut a).await;
    for id in [1, 2] {
        assert_eq!(complete(&mut a, &tasks).await, id);
    }
    a.kill();
    jobmanager.shutdown().await;
    std::fs::write(folder(dir.path(), 0x2a, 2).join("_metadata"), b"damaged").unwrap();
    let jobmanager = start(&raft).await;
    wait_for(&jobmanager, JobId(0x2a), "FAILED").await;
    let exceptions = json(&jobmanager, "GET", &format!("/jobs/{}/exceptions", JobId(0x2a))).await.1;
    let trace = exceptions["exceptionHistory"]["entries"][0]["stacktrace"].as_str().unwrap();
    for words in ["chk-2", "chk-1", "execution.state-recovery.path"] {
        assert!(trace.contains(words), "{trace}");
    }
    assert!(folder(dir.path(), 0x2a, 1).join("_metadata").exists(), "it is still there to go back to");
    jobmanager.shutdown().await;
}

#[tokio::test]
async fn a_job_whose_configuration_cannot_be_read_any_more_is_seen_to_have_failed() {
    let (dir, store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let raft = [("high-availability.type", "raft"), ("high-availability.storageDir", store.path().to_str().unwrap())];
    let jobmanager = start(&raft).await;
    submit(&jobmanager, &graph(0x2b, 1, &settings(dir.path()))).await;
    jobmanager.shutdown().await;
    // The job's own says nothing of it, and the cluster's is wrong now.
    let wrong = [raft[0], raft[1], ("jobmanager.execution.failover-strategy", "sometimes")];
    let jobmanager = start(&wrong).await;
    wait_for(&jobmanager, JobId(0x2b), "FAILED").await;
    let exceptions = json(&jobmanager, "GET", &format!("/jobs/{}/exceptions", JobId(0x2b))).await.1;
    let trace = exceptions["exceptionHistory"]["entries"][0]["stacktrace"].as_str().unwrap();
    assert!(trace.contains("jobmanager.execution.failover-strategy"), "{trace}");
}

#[tokio::test]
async fn a_job_starts_from_a_retained_checkpoint_at_another_parallelism_and_owns_it_only_when_it_claims_it() {
    let table = [
        (&[][..], SnapshotKind::FullCheckpoint, true),
        (&[("execution.state-recovery.claim-mode", "CLAIM")], SnapshotKind::Checkpoint, false),
        (&[("execution.state-recovery.claim-mode", "LEGACY")], SnapshotKind::Checkpoint, true),
    ];
    for (claim, kind, stays) in table {
        restore_from_retained(claim, kind, stays).await;
    }
}

async fn restore_from_retained(claim: &[(&str, &str)], kind: SnapshotKind, stays: bool) {
    let dir = tempfile::tempdir().unwrap();
    let jobmanager = start(&[]).await;
    let mut a = ScriptedTaskManager::start(&jobmanager, "a", 2).await;
    let mut config = settings(dir.path());
    config.push(("execution.checkpointing.externalized-checkpoint-retention", "RETAIN_ON_CANCELLATION"));
    submit(&jobmanager, &graph(0x24, 1, &config)).await;
    let tasks = run(&mut a).await;
    assert_eq!(complete(&mut a, &tasks).await, 1);
    assert_eq!(json(&jobmanager, "PATCH", &format!("/jobs/{}?mode=cancel", JobId(0x24))).await.0, 202);
    for task in &tasks {
        a.update(task.attempt, ExecutionState::Canceled).await;
    }
    wait_for(&jobmanager, JobId(0x24), "CANCELED").await;
    while !matches!(a.call().await, Call::Release(_)) {}

    let retained = folder(dir.path(), 0x24, 1);
    let mut config = settings(dir.path());
    config.push(("execution.state-recovery.path", retained.to_str().unwrap()));
    config.extend(claim);
    submit(&jobmanager, &graph(0x25, 2, &config)).await;
    let tasks = a.submitted(4).await;
    let items: usize = tasks.iter().map(|task| restored(task).1.len()).sum();
    assert_eq!(items, 1, "one of the two subtasks got it");
    for task in &tasks {
        a.update(task.attempt, ExecutionState::Running).await;
    }
    let (attempts, barrier) = triggered(&mut a).await;
    assert_eq!((attempts.len(), barrier.checkpoint_id), (2, 2));
    assert_eq!(barrier.options.kind, kind, "{claim:?}");
    acknowledge(&mut a, &tasks, 2).await;
    while !matches!(a.call().await, Call::Checkpoint(_, CheckpointNotice::Completed { checkpoint_id: 2 })) {}
    if stays {
        complete_next(&mut a, &tasks, 3).await;
        assert!(retained.join("_metadata").exists(), "{claim:?}");
    } else {
        gone(&retained).await;
    }
}

/// As [`complete`], at any parallelism.
async fn complete_next(task_manager: &mut ScriptedTaskManager, tasks: &[TaskDeploymentDescriptor], id: u64) {
    assert_eq!(triggered(task_manager).await.1.checkpoint_id, id);
    acknowledge(task_manager, tasks, id).await;
    while !matches!(task_manager.call().await, Call::Checkpoint(_, CheckpointNotice::Completed { checkpoint_id }) if checkpoint_id == id)
    {
    }
}

/// Two readers of files and a sink.
fn files(job: u128, folder: &Path, config: &[(&str, &str)]) -> JobGraph {
    let mut graph = graph(job, 2, config);
    let physical = RowType::new(vec![Field::new("line", TypeKind::Int.nullable())]);
    let path = folder.to_str().unwrap().to_owned();
    let options = [("path".to_owned(), path), ("format".to_owned(), "csv".to_owned())].into();
    let connector = ConnectorSpec {
        table: "c.d.t".into(),
        connector: "filesystem".into(),
        options,
        physical,
        partition_keys: vec![],
        primary_key: vec![],
    };
    graph.vertices[0].operators[0].spec = OperatorSpec::Source(SourceSpec {
        connector,
        read: vec![ReadColumn::Physical(0)],
        projection: None,
        watermark: None,
    });
    graph
}

#[tokio::test]
async fn every_split_goes_on_in_one_place_after_a_restart() {
    let (dir, input) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for name in ["a", "b", "c", "d"] {
        std::fs::write(input.path().join(name), "1\n").unwrap();
    }
    let jobmanager = start(&[]).await;
    let mut a = ScriptedTaskManager::start(&jobmanager, "a", 2).await;
    submit(&jobmanager, &files(0x27, input.path(), &settings(dir.path()))).await;
    let tasks = a.submitted(4).await;
    let (first, second) = (tasks[0].attempt, tasks[1].attempt);
    // Before all tasks run there is no checkpoint to come between.
    let (of_first, of_second) = (a.request_split(first).await, a.request_split(second).await);
    for task in &tasks {
        a.update(task.attempt, ExecutionState::Running).await;
    }
    let (_, barrier) = triggered(&mut a).await;
    // Given out behind the barrier: not among what the readers acknowledge.
    let after = a.request_split(second).await;
    assert_eq!((of_first.len(), of_second.len(), after.len()), (1, 1, 1));
    for task in &tasks {
        let mut snapshot = TaskSnapshot::default();
        let splits = [(first, &of_first), (second, &of_second)].into_iter().find(|(reader, _)| *reader == task.attempt);
        if let Some((_, splits)) = splits {
            let splits = splits.iter().map(|split| Split { id: split.id.clone(), payload: further(&split.payload) });
            let state = OperatorSubtaskState { splits: splits.collect(), ..Default::default() };
            snapshot.operators.insert(OperatorId(1), state);
        }
        let (attempt, metrics) = (task.attempt, CheckpointMetrics::default());
        let acknowledgement =
            CheckpointAcknowledgement { attempt, checkpoint_id: barrier.checkpoint_id, snapshot, metrics };
        a.report_checkpoint(&CheckpointReport::Acknowledged(acknowledgement)).await;
    }
    while !matches!(a.call().await, Call::Checkpoint(_, CheckpointNotice::Completed { .. })) {}
    a.update(tasks[3].attempt, ExecutionState::Failed).await;
    for task in &tasks[..3] {
        a.update(task.attempt, ExecutionState::Canceled).await;
    }
    let again = loop {
        if let Call::Submit(first) = a.call().await {
            break [vec![*first], a.submitted(3).await].concat();
        }
    };
    let mut given = Vec::new();
    for reader in [again[0].attempt, again[1].attempt, again[0].attempt, again[1].attempt] {
        given.extend(a.request_split(reader).await);
    }
    assert_eq!(a.request_split(again[0].attempt).await, []);
    let mut ids: Vec<(&str, u64)> = given
        .iter()
        .map(|split| (split.id.rsplit('/').next().unwrap(), split.payload["offset"].as_u64().unwrap()))
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, [("a", 1), ("b", 1), ("c", 0), ("d", 0)], "those that were being read go on where they were");
}

/// The payload of a file of which one byte was read.
fn further(payload: &serde_json::Value) -> serde_json::Value {
    let mut payload = payload.clone();
    payload["offset"] = 1.into();
    payload
}

#[tokio::test]
async fn what_cannot_be_restored_or_stored_is_refused_at_submission() {
    let dir = tempfile::tempdir().unwrap();
    let jobmanager = start(&[]).await;
    let nowhere = dir.path().join("nothing");
    let interval = ("execution.checkpointing.interval", "1 s");
    let table = [
        (vec![("execution.state-recovery.path", nowhere.to_str().unwrap())], "nothing does not exist"),
        (vec![("execution.state-recovery.path", dir.path().to_str().unwrap())], "no file '_metadata'"),
        (vec![interval], "'execution.checkpointing.dir' is not"),
        (vec![interval, ("execution.checkpointing.dir", "/proc/nowhere")], "/proc/nowhere"),
        (vec![interval, ("execution.checkpointing.dir", "hdfs://a/b")], "hdfs"),
    ];
    for (config, words) in table {
        let body = serde_json::to_string(&graph(0x26, 1, &config)).unwrap();
        let (status, body) = http(&jobmanager, "POST", "/jobs", &body).await;
        let text = String::from_utf8(body).unwrap();
        assert!(status == 400 && text.contains(words), "{config:?}: {status} {text}");
    }
}
