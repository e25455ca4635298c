//! The kafka connector and checkpoints, against a real broker: nothing lost and nothing twice, wherever a sink is killed.

mod attempt;
mod cluster;
mod crash;
mod source;

use connectors::WriterContext;
use dataflow::Failure;

use crate::attempt::{Attempt, Checkpoint, exactly_once, records, sink};
use crate::cluster::{committed, create_topic, read};
use crate::crash::{KilledBefore, ids, run_and_kill};

/// Every record that `steps` steps of `parallelism` subtasks write.
fn all(parallelism: u32, steps: i32) -> Vec<String> {
    let mut all: Vec<String> =
        (0..parallelism).flat_map(|index| (0..steps).flat_map(move |step| records(ids(index, step)))).collect();
    all.sort();
    all
}

fn check(name: &str, topic: &str, expected: &[String]) {
    let found = committed(topic);
    assert!(found == expected, "{name}: {} records committed instead of {}", found.len(), expected.len());
}

/// Kills a sink, restores it at another parallelism and goes on: writes step 1, completes a checkpoint, writes no more.
fn survives(name: &str, (before, after): (u32, u32), killed_before: KilledBefore, visible_steps: i32) {
    let topic = format!("killed-{name}");
    create_topic(&topic, 3);
    let checkpoint = run_and_kill(&topic, before, killed_before);
    let spec = exactly_once(&topic, &[]);
    check(name, &topic, &all(before, visible_steps));
    // An attempt that does not come far, and one of which nobody knows that it was given up.
    let mut given_up = Attempt::restore(&spec, after, &checkpoint);
    check(name, &topic, &all(before, 1));
    given_up[0].write(5_000_000..5_000_100);
    given_up[0].flush().expect("it writes");
    std::mem::forget(given_up);

    let mut attempts = Attempt::restore(&spec, after, &checkpoint);
    for index in 0..before {
        attempts[(index % after) as usize].write(ids(index, 1));
    }
    let second = Checkpoint::of(2, attempts.iter_mut().map(|attempt| attempt.prepare(2)).collect());
    check(name, &topic, &all(before, 1));
    attempts[0].commit(&second.committables).expect("it commits");
    check(name, &topic, &all(before, 2));
    // The same once more, as after a crash right behind the commit.
    Attempt::restore(&spec, after, &second);
    check(name, &topic, &all(before, 2));
}

#[test]
fn killed_before_the_pre_commit() {
    survives("before-pre-commit", (1, 1), KilledBefore::PreCommit, 1);
}

#[test]
fn killed_between_pre_commit_and_completion() {
    survives("before-completion", (2, 2), KilledBefore::Completion, 1);
}

#[test]
fn killed_between_completion_and_commit() {
    survives("before-commit", (1, 1), KilledBefore::Commit, 0);
}

#[test]
fn killed_before_the_commit_and_restored_with_fewer_subtasks() {
    survives("fewer", (3, 1), KilledBefore::Commit, 0);
}

#[test]
fn killed_before_the_commit_and_restored_with_more_subtasks() {
    survives("more", (2, 5), KilledBefore::Commit, 0);
}

#[test]
fn rows_are_seen_once_their_checkpoint_is_committed() {
    create_topic("visible", 2);
    let mut attempt = Attempt::start(&exactly_once("visible", &[]), (0, 1), None);
    attempt.wait_until_ready().expect("it connects");
    assert_eq!(attempt.checkpoint(1).committables, Vec::<serde_json::Value>::new(), "nothing is written yet");
    attempt.write(0..10);
    let second = attempt.checkpoint(2);
    attempt.write(10..20);
    // Checkpoint 3 is never complete by itself; the next one commits what it has prepared.
    let third = attempt.checkpoint(3);
    attempt.write(20..30);
    attempt.flush().expect("it writes");
    assert_eq!((committed("visible"), read("visible", "read_uncommitted")), (vec![], records(0..30)));
    attempt.commit(&second.committables).expect("it commits");
    assert_eq!(committed("visible"), records(0..10));
    let fourth = attempt.checkpoint(4);
    attempt.commit(&[third.committables, fourth.committables].concat()).expect("it commits");
    assert_eq!(committed("visible"), records(0..30));
    // What was not handed over is aborted when the writer goes, so that consumers do not wait for it.
    attempt.write(30..40);
    attempt.flush().expect("it writes");
    drop(attempt);
    let mut next =
        Attempt::start(&exactly_once("visible", &[("sink.transactional-id-prefix", "another")]), (0, 1), None);
    next.wait_until_ready().expect("it connects");
    next.write(40..50);
    next.complete(1);
    let mut expected = [records(0..30), records(40..50)].concat();
    expected.sort();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while committed("visible") != expected {
        assert!(std::time::Instant::now() < deadline, "the abandoned transaction lingers");
    }
}

#[test]
fn ids_are_used_again_and_old_committables_stay_committed() {
    create_topic("pooled", 1);
    let mut attempt = Attempt::start(&exactly_once("pooled", &[]), (0, 1), None);
    attempt.wait_until_ready().expect("it connects");
    let checkpoints: Vec<Checkpoint> = (0..8)
        .map(|step| {
            attempt.write(ids(0, step));
            attempt.complete(step as u64 + 1)
        })
        .collect();
    let mut names: Vec<String> =
        checkpoints.iter().map(|checkpoint| checkpoint.committables[0]["transactional_id"].to_string()).collect();
    names.sort();
    names.dedup();
    assert!(names.len() <= 3, "{names:?}");
    // Now one is open under an id that old checkpoints know too.
    attempt.write(ids(0, 8));
    attempt.flush().expect("it writes");
    for checkpoint in &checkpoints {
        attempt.commit(&checkpoint.committables).expect("what is committed already is no error");
    }
    assert_eq!(committed("pooled"), all(1, 8));
    drop(attempt);
    Attempt::restore(&exactly_once("pooled", &[]), 1, &checkpoints[3]);
    assert_eq!(committed("pooled"), all(1, 8));
}

#[test]
fn a_large_volume_in_every_compression() {
    for compression in ["none", "gzip", "snappy", "lz4"] {
        let topic = format!("large-{compression}");
        create_topic(&topic, 3);
        let options = [
            ("properties.compression.type", compression),
            ("properties.batch.size", "65536"),
            ("key.format", "csv"),
            ("key.fields", "id"),
        ];
        let mut attempt = Attempt::start(&exactly_once(&topic, &options), (0, 1), None);
        for step in 0..4 {
            attempt.write(step * 25_000..(step + 1) * 25_000);
            attempt.complete(step as u64 + 1);
        }
        check(compression, &topic, &records(0..100_000));
    }
}

#[test]
fn without_checkpoints_the_end_of_the_input_commits() {
    create_topic("finished", 1);
    let context = WriterContext { parallelism: 1, ..WriterContext::default() };
    let mut attempt = Attempt::with_context(&exactly_once("finished", &[]), &context);
    attempt.write(0..10);
    attempt::wait(|waker| attempt.writer.finish(waker)).expect("it ends");
    assert_eq!(committed("finished"), records(0..10));
    assert_eq!(
        attempt.writer.prepare_commit(u64::MAX).expect("nothing is left").committables,
        Vec::<serde_json::Value>::new()
    );
}

#[test]
fn a_timeout_that_the_brokers_do_not_allow_is_told_at_the_start() {
    create_topic("too-long", 1);
    let mut spec = exactly_once("too-long", &[]);
    // Flink's default of an hour is more than brokers allow by default.
    spec.connector.options.remove("properties.transaction.timeout.ms");
    let failure: Failure = Attempt::start(&spec, (0, 1), None).wait_until_ready().expect_err("15 minutes are allowed");
    assert!(!failure.retry);
    for part in ["properties.transaction.timeout.ms", "3600000", "transaction.max.timeout.ms"] {
        assert!(failure.message.contains(part), "'{part}' is missing in: {failure:?}");
    }
}

#[test]
fn a_transaction_that_expired_is_a_loss_that_is_told() {
    create_topic("expired", 1);
    let spec = exactly_once("expired", &[("properties.transaction.timeout.ms", "1000")]);
    let mut attempt = Attempt::start(&spec, (0, 1), None);
    attempt.wait_until_ready().expect("it connects");
    attempt.write(0..10);
    let checkpoint = attempt.checkpoint(1);
    std::thread::sleep(std::time::Duration::from_secs(5));
    let failure = attempt.commit(&checkpoint.committables).expect_err("it was aborted");
    let id = checkpoint.committables[0]["transactional_id"].as_str().expect("it has a name").to_owned();
    assert!(!failure.retry && failure.message.contains(&id) && failure.message.contains("lost"), "{failure:?}");
    // A later start finds it as lost as before.
    let mut restored = Attempt::start(&spec, (0, 1), Some((1, checkpoint.writers.clone())));
    restored.wait_until_ready().expect("it connects");
    restored.commit(&checkpoint.committables).expect_err("it is still lost");
    // One that is still being written is written again by the next attempt.
    restored.write(10..20);
    restored.flush().expect("it writes");
    std::thread::sleep(std::time::Duration::from_secs(5));
    restored.write(20..30);
    let failure = restored.flush().expect_err("it was aborted");
    assert!(failure.retry && failure.message.contains("properties.transaction.timeout.ms"), "{failure:?}");
}

#[test]
fn a_fresh_start_aborts_what_was_prepared_and_that_is_told_too() {
    create_topic("abandoned", 1);
    let spec = exactly_once("abandoned", &[]);
    let checkpoint = run_and_kill("abandoned", 1, KilledBefore::Commit);
    let mut fresh = Attempt::start(&spec, (0, 1), None);
    fresh.wait_until_ready().expect("it connects");
    fresh.write(0..10);
    fresh.complete(1);
    assert_eq!(committed("abandoned"), records(0..10));
    let failure = fresh.commit(&checkpoint.committables).expect_err("it was aborted");
    assert!(failure.message.contains("sink.transactional-id-prefix"), "{failure:?}");
}

#[test]
fn at_least_once_flushes_everything() {
    create_topic("flushed", 2);
    let context = WriterContext { parallelism: 1, ..WriterContext::default() };
    let kafka = connectors::factory("kafka").expect("the connector is there");
    let mut writer = kafka.create_writer(&sink("flushed", &[]), &context).expect("a writer");
    for step in 0..20 {
        writer.write(&attempt::batch(step * 1000..(step + 1) * 1000)).expect("it writes");
    }
    attempt::wait(|waker| writer.flush(waker)).expect("it flushes");
    assert_eq!(committed("flushed"), records(0..20_000));
}
