//! Checkpoints of tasks on two TaskExecutors: taken while rows flow, restored, and no row is lost or doubled.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dataflow::checkpoint::{
    Alignment, CheckpointAcknowledgement, CheckpointNotice, CheckpointingDescriptor, TaskRestore,
};
use dataflow::deployment::TaskDeploymentDescriptor;
use dataflow::{ExecutionState, Partitioning, Split};
use support::{COLLECT, Job, SOURCE, Told, Worker, attempt, fetch_all, numbers_in, results, trigger, worker};

const ALIGNED: Alignment = Alignment::Aligned { timeout_ms: None };

fn sequence(rows: i64, rows_per_second: &str, consumers: u32) -> Job {
    let end = (rows - 1).to_string();
    let options = [
        ("fields.n.kind", "sequence"),
        ("fields.n.start", "0"),
        ("fields.n.end", end.as_str()),
        ("rows-per-second", rows_per_second),
    ];
    Job { consumers, ..Job::new(&options, 1, Partitioning::Hash { keys: vec![0] }) }
}

/// What one task acknowledged.
fn of(all: &[CheckpointAcknowledgement], task: dataflow::ExecutionAttemptId) -> &CheckpointAcknowledgement {
    all.iter().find(|one| one.attempt == task).unwrap()
}

fn splits_of(all: &[CheckpointAcknowledgement]) -> Vec<Split> {
    of(all, attempt(SOURCE, 0)).snapshot.operators[&SOURCE].splits.clone()
}

/// Numbers of all visible files of a folder, in order.
fn written(folder: &Path) -> Vec<i64> {
    let files = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap());
    let visible = files.filter(|file| !file.file_name().to_str().unwrap().starts_with('.'));
    let texts = visible.map(|file| std::fs::read_to_string(file.path()).unwrap());
    let mut all: Vec<i64> =
        texts.flat_map(|text| text.lines().map(|line| line.parse().unwrap()).collect::<Vec<_>>()).collect();
    all.sort_unstable();
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_job_writes_every_row_once() {
    const ROWS: i64 = 60_000;
    let folder = tempfile::tempdir().unwrap();
    let (output, state) = (folder.path().join("output"), folder.path().join("state"));
    let (left, right) = (worker("tm-1").await, worker("tm-2").await);
    let told = Arc::new(Told::default());
    let job = sequence(ROWS, "40000", 2);
    let workers: [&Worker; 2] = [&left, &right];
    let sink = |subtask: u32, restore: Option<TaskRestore>| {
        let task = job.sink(subtask, &[&left], output.to_str().unwrap());
        TaskDeploymentDescriptor {
            checkpointing: Some(CheckpointingDescriptor { final_checkpoint: true }),
            restore,
            ..task
        }
    };
    let source = || TaskDeploymentDescriptor {
        checkpointing: Some(CheckpointingDescriptor { final_checkpoint: true }),
        ..job.source(0)
    };
    left.executor.deploy(source(), told.clone()).unwrap();
    for (subtask, worker) in workers.iter().enumerate() {
        worker.executor.deploy(sink(subtask as u32, None), told.clone()).unwrap();
    }
    job.assign_splits(&[&left]).await;
    let has_written = || right.executor.report().tasks.iter().any(|(_, metrics)| metrics.records_in > 2_000);
    while !has_written() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(left.executor.notify_checkpoint(attempt(SOURCE, 0), trigger(1, ALIGNED, &state)));
    let first = told.acknowledged(1, 3).await;
    assert!(written(&output).is_empty(), "nothing is visible before the checkpoint is complete");
    // The job fails between the completion of the checkpoint and its commit.
    tokio::time::sleep(Duration::from_millis(100)).await;
    for (task, worker) in [(attempt(SOURCE, 0), &left), (attempt(COLLECT, 0), &left), (attempt(COLLECT, 1), &right)] {
        assert!(worker.executor.cancel(task));
        assert_eq!(told.end_of(task).state, ExecutionState::Canceled);
    }
    let told = Arc::new(Told::default());
    for (subtask, worker) in workers.iter().enumerate() {
        let operators = of(&first, attempt(COLLECT, subtask as u32)).snapshot.operators.clone();
        let restore = TaskRestore { checkpoint_id: 1, operators, channels: Vec::new() };
        worker.executor.deploy(sink(subtask as u32, Some(restore)), told.clone()).unwrap();
    }
    left.executor.deploy(source(), told.clone()).unwrap();
    assert!(left.executor.add_splits(attempt(SOURCE, 0), SOURCE, splits_of(&first), true));
    told.ends_of_data(3).await;
    assert!(written(&output).len() < ROWS as usize, "the last rows wait for the last checkpoint");
    assert!(left.executor.notify_checkpoint(attempt(SOURCE, 0), trigger(2, ALIGNED, &state)));
    told.acknowledged(2, 3).await;
    for (task, worker) in [(attempt(SOURCE, 0), &left), (attempt(COLLECT, 0), &left), (attempt(COLLECT, 1), &right)] {
        assert!(worker.executor.notify_checkpoint(task, CheckpointNotice::Completed { checkpoint_id: 2 }));
        let end = told.end_of(task);
        assert_eq!(end.state, ExecutionState::Finished, "{:?}", end.failure);
    }
    let all = written(&output);
    assert!(all.iter().copied().eq(0..ROWS), "{} rows", all.len());
}

/// Takes an unaligned checkpoint of a job whose sink is stuck, and restores it with two subtasks in place of one.
async fn stuck_sink(remote: bool, alignment: Alignment) {
    const ROWS: i64 = 900_000;
    let folder = tempfile::tempdir().unwrap();
    let (left, right) = (worker("tm-1").await, worker("tm-2").await);
    let sink = if remote { &right } else { &left };
    let told = Arc::new(Told::default());
    let job = sequence(ROWS, "100000000", 1);
    left.executor.deploy(job.source(0), told.clone()).unwrap();
    sink.executor.deploy(job.collect(0, &[&left]), told.clone()).unwrap();
    job.assign_splits(&[&left]).await;
    let source = |left: &Worker| {
        let report = left.executor.report();
        report.tasks.into_iter().find(|(id, _)| *id == attempt(SOURCE, 0)).unwrap().1
    };
    let mut before = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let now = source(&left).records_out;
        if now > 0 && now == before {
            break;
        }
        before = now;
    }
    assert!(source(&left).back_pressured_ms > 0 && before < ROWS as u64);
    assert!(left.executor.notify_checkpoint(attempt(SOURCE, 0), trigger(1, alignment, folder.path())));
    let taken = told.acknowledged(1, 2).await;
    // The source stays aligned if the sink has moved the barrier first.
    assert!(of(&taken, attempt(COLLECT, 0)).metrics.unaligned, "remote: {remote}");
    let channels: Vec<_> = taken.iter().flat_map(|one| one.snapshot.channels.clone()).collect();
    assert!(!channels.is_empty(), "rows are in flight");
    for (task, worker) in [(attempt(SOURCE, 0), &left), (attempt(COLLECT, 0), sink)] {
        assert!(worker.executor.cancel(task));
        told.end_of(task);
    }
    // The sink was stuck all the time: what it has is what it had at the barrier.
    let mut all = numbers_in(&sink.executor.collect(results(0, 0, Duration::ZERO)).await.unwrap());
    let processed = all.len();
    // On TaskManagers that know nothing of the first run; rows in flight at the consumer come before the others.
    let (left, right) = (worker("tm-3").await, worker("tm-4").await);
    let mut channels = channels;
    channels.sort_by_key(|channel| !channel.at_consumer);
    let told = Arc::new(Told::default());
    let job = sequence(ROWS, "100000000", 2);
    let restore = TaskRestore { checkpoint_id: 1, operators: Default::default(), channels };
    for (subtask, worker) in [&left, &right].into_iter().enumerate() {
        let task = job.collect(subtask as u32, &[&left]);
        let task = TaskDeploymentDescriptor { restore: Some(restore.clone()), ..task };
        worker.executor.deploy(task, told.clone()).unwrap();
    }
    left.executor.deploy(job.source(0), told.clone()).unwrap();
    assert!(left.executor.add_splits(attempt(SOURCE, 0), SOURCE, splits_of(&taken), true));
    let (first, second) = tokio::join!(fetch_all(&left, 0), fetch_all(&right, 1));
    assert!(first.is_sorted() && second.is_sorted(), "rows of a channel keep their order");
    let restored = first.len() + second.len();
    all.extend(first);
    all.extend(second);
    all.sort_unstable();
    assert!(all.iter().copied().eq(0..ROWS), "remote: {remote}, {processed} and {restored} rows");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unaligned_barrier_overtakes_rows_that_are_neither_lost_nor_doubled() {
    for remote in [false, true] {
        stuck_sink(remote, Alignment::Unaligned).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_aligned_barrier_that_waits_too_long_overtakes() {
    for remote in [false, true] {
        stuck_sink(remote, Alignment::Aligned { timeout_ms: Some(300) }).await;
    }
}
