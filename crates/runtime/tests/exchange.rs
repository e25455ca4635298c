//! Two TaskExecutors in one process exchange data over gRPC.

mod support;

use std::sync::Arc;
use std::time::Duration;

use dataflow::{ExecutionState, FailureDomain, Partitioning};
use support::{COLLECT, JOB, Job, SOURCE, Told, Worker, attempt, fetch_all, results, worker};

const ROWS: i64 = 200_000;

fn sequence(partitioning: Partitioning, parallelism: u32) -> Job {
    let end = (ROWS - 1).to_string();
    let options = [
        ("fields.n.kind", "sequence"),
        ("fields.n.start", "0"),
        ("fields.n.end", end.as_str()),
        ("rows-per-second", "100000000"),
    ];
    Job::new(&options, parallelism, partitioning)
}

fn endless() -> Job {
    Job::new(&[("rows-per-second", "100000000")], 1, Partitioning::Forward)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_row_arrives_once_at_the_subtask_of_its_key() {
    let (left, right) = (worker("tm-1").await, worker("tm-2").await);
    let workers: [&Worker; 2] = [&left, &right];
    let told = Arc::new(Told::default());
    let job = sequence(Partitioning::Hash { keys: vec![0] }, 2);
    for subtask in 0..2 {
        let worker = workers[subtask as usize];
        // Consumers first: they wait for their producers.
        worker.executor.deploy(job.collect(subtask, &workers), told.clone()).unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        worker.executor.deploy(job.source(subtask), told.clone()).unwrap();
    }
    job.assign_splits(&workers).await;
    let (first, second) = tokio::join!(fetch_all(&left, 0), fetch_all(&right, 1));
    assert!(first.len() > 80_000 && second.len() > 80_000, "{} and {} rows", first.len(), second.len());
    let mut all = [first, second].concat();
    all.sort_unstable();
    assert!(all.iter().copied().eq(0..ROWS), "{} rows", all.len());
    for subtask in 0..2 {
        let end = told.end_of(attempt(COLLECT, subtask));
        assert_eq!(end.state, ExecutionState::Finished, "{:?}", end.failure);
        let metrics = end.metrics.unwrap();
        assert!(metrics.records_in_remote > 40_000 && metrics.records_in_remote < metrics.records_in, "{metrics:?}");
        assert!(metrics.bytes_in_remote > 8 * metrics.records_in_remote);
        let source = told.end_of(attempt(SOURCE, subtask)).metrics.unwrap();
        assert_eq!((source.records_in, source.records_out), (ROWS as u64 / 2, ROWS as u64 / 2));
    }
    let states = told.states_of(attempt(SOURCE, 0));
    assert_eq!(states, [ExecutionState::Initializing, ExecutionState::Running, ExecutionState::Finished]);
    assert_eq!(left.executor.report().tasks.len(), 0);
    left.executor.release_job(JOB);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_sink_slows_the_source_and_memory_stays_bounded() {
    for remote in [false, true] {
        let (left, right) = (worker("tm-1").await, worker("tm-2").await);
        let sink = if remote { &right } else { &left };
        let told = Arc::new(Told::default());
        let job = endless();
        left.executor.deploy(job.source(0), told.clone()).unwrap();
        sink.executor.deploy(job.collect(0, &[&left]), told.clone()).unwrap();
        job.assign_splits(&[&left]).await;
        let source = || {
            let report = left.executor.report();
            report.tasks.into_iter().find(|(id, _)| *id == attempt(SOURCE, 0)).unwrap().1
        };
        // Nobody fetches: the store fills, then the channel, then the source stops.
        let mut written = 0;
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let now = source().records_out;
            if now > 0 && now == written {
                break;
            }
            written = now;
        }
        let stopped = source();
        assert_eq!(stopped.records_out, written, "remote: {remote}");
        assert!(stopped.back_pressured_ms > 0 && stopped.output_queue_length <= 10, "remote: {remote}, {stopped:?}");
        // 4 MB of results and two dozen batches under way, of 64 KB each.
        assert!(written < 1_000_000, "remote: {remote}, {written} rows");
        // A client that fetches lets the source go on.
        let wait = Duration::from_secs(5);
        let fetched = sink.executor.collect(results(0, 0, wait)).await.unwrap().batches.len() as u64;
        sink.executor.collect(results(0, fetched, wait)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(source().records_out > written, "remote: {remote}");
        assert!(left.executor.cancel(attempt(SOURCE, 0)));
        assert_eq!(told.end_of(attempt(SOURCE, 0)).state, ExecutionState::Canceled);
        // The echo of a producer's end is not a failure of the consumer while it may still be cancelled.
        assert!(sink.executor.cancel(attempt(COLLECT, 0)));
        assert_eq!(told.end_of(attempt(COLLECT, 0)).state, ExecutionState::Canceled);
        assert!(!sink.executor.cancel(attempt(COLLECT, 0)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_task_manager_fails_its_consumers_and_is_named() {
    // Its network has a runtime of its own, so that it can go without a word.
    let network = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let left = network.spawn(worker("tm-1")).await.unwrap();
    let right = worker("tm-2").await;
    let told = Arc::new(Told::default());
    let job = Job::new(&[("rows-per-second", "10")], 1, Partitioning::Forward);
    left.executor.deploy(job.source(0), told.clone()).unwrap();
    right.executor.deploy(job.collect(0, &[&left]), told.clone()).unwrap();
    job.assign_splits(&[&left]).await;
    while right.executor.report().tasks.iter().all(|(_, metrics)| metrics.records_in == 0) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    network.shutdown_background();
    let end = told.end_of(attempt(COLLECT, 0));
    let failure = end.failure.expect("it has failed");
    assert_eq!((end.state, failure.domain), (ExecutionState::Failed, FailureDomain::External));
    assert!(failure.message.contains("'tm-1'") && failure.message.contains(&left.address), "{failure:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreachable_task_manager_is_named() {
    let right = worker("tm-2").await;
    // A port that was free a moment ago.
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    let absent = Worker { id: "tm-9".into(), address: free, executor: right.executor.clone() };
    let told = Arc::new(Told::default());
    right.executor.deploy(endless().collect(0, &[&absent]), told.clone()).unwrap();
    let failure = told.end_of(attempt(COLLECT, 0)).failure.expect("it has failed");
    assert_eq!(failure.domain, FailureDomain::External);
    assert!(failure.message.contains("'tm-9'"), "{failure:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_cannot_be_built_fails_and_says_why() {
    let left = worker("tm-1").await;
    let told = Arc::new(Told::default());
    let job = Job::new(&[("rows-per-second", "many")], 1, Partitioning::Forward);
    left.executor.deploy(job.source(0), told.clone()).unwrap();
    let end = told.end_of(attempt(SOURCE, 0));
    assert_eq!(end.state, ExecutionState::Failed);
    assert!(end.failure.expect("it has failed").one_line().contains("rows-per-second"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_is_taken_once() {
    let left = worker("tm-1").await;
    let told = Arc::new(Told::default());
    let job = endless();
    left.executor.deploy(job.source(0), told.clone()).unwrap();
    assert!(left.executor.deploy(job.source(0), told.clone()).is_err());
    assert_eq!(left.executor.running(), [attempt(SOURCE, 0)]);
    left.executor.shutdown(Duration::from_secs(5)).await;
    assert_eq!(told.end_of(attempt(SOURCE, 0)).state, ExecutionState::Canceled);
}
