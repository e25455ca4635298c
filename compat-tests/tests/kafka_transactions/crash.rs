//! A sink that runs in a process of its own, to be killed without warning.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::attempt::{Attempt, Checkpoint, exactly_once};
use crate::cluster;

/// Tells the process what to do; in a test run it is not set.
const ROLE: &str = "FLINKRS_TEST_KAFKA_SINK";
/// Precedes the checkpoint on the output.
const REACHED: &str = "reached:";

/// Before which step of a checkpoint the process is killed. Each subtask writes a thousand rows a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum KilledBefore {
    /// Checkpoint 1 is committed, more is written, and no barrier has come.
    PreCommit,
    /// Checkpoint 1 is committed, checkpoint 2 prepared.
    Completion,
    /// Checkpoint 1 is prepared and complete, more is written, and nothing is committed.
    Commit,
}

#[derive(Debug, Serialize, Deserialize)]
struct Role {
    address: String,
    topic: String,
    parallelism: u32,
    killed_before: KilledBefore,
}

/// Runs a sink in a process, kills it, and returns its last complete checkpoint.
pub fn run_and_kill(topic: &str, parallelism: u32, killed_before: KilledBefore) -> Checkpoint {
    let role = Role { address: cluster::address().to_owned(), topic: topic.to_owned(), parallelism, killed_before };
    let mut child = Command::new(std::env::current_exe().expect("this test has a file"))
        .args(["crash::the_process_that_is_killed", "--exact", "--nocapture"])
        .env(ROLE, serde_json::to_string(&role).expect("JSON"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("the test can run itself");
    let output = BufReader::new(child.stdout.take().expect("the output is piped"));
    // The test harness writes to the same line.
    let reached = output.lines().map_while(Result::ok).find_map(|line| Some(line.split_once(REACHED)?.1.to_owned()));
    child.kill().expect("it can be killed");
    child.wait().expect("it has ended");
    serde_json::from_str(&reached.expect("the process came to the point where it is killed")).expect("a checkpoint")
}

/// The ids that subtask `index` writes in a step.
pub fn ids(index: u32, step: i32) -> std::ops::Range<i32> {
    let start = index as i32 * 1_000_000 + step * 1000;
    start..start + 1000
}

/// Not a test: what [`run_and_kill`] starts.
#[test]
fn the_process_that_is_killed() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let role: Role = serde_json::from_str(&role).expect("JSON");
    cluster::use_broker_at(&role.address);
    let spec = exactly_once(&role.topic, &[]);
    let mut attempts: Vec<Attempt> =
        (0..role.parallelism).map(|index| Attempt::start(&spec, (index, role.parallelism), None)).collect();
    let write = |attempts: &mut Vec<Attempt>, step| {
        for (index, attempt) in attempts.iter_mut().enumerate() {
            attempt.wait_until_ready().expect("it connects");
            attempt.write(ids(index as u32, step));
            attempt.flush().expect("it writes");
        }
    };
    write(&mut attempts, 0);
    let first = Checkpoint::of(1, attempts.iter_mut().map(|attempt| attempt.prepare(1)).collect());
    if role.killed_before != KilledBefore::Commit {
        attempts[0].commit(&first.committables).expect("it commits");
    }
    write(&mut attempts, 1);
    if role.killed_before == KilledBefore::Completion {
        attempts.iter_mut().for_each(|attempt| drop(attempt.prepare(2)));
    }
    println!("{REACHED}{}", serde_json::to_string(&first).expect("JSON"));
    loop {
        std::thread::park();
    }
}
