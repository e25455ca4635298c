//! What is looked at all the time during a chaos run: does the job run, do its checkpoints only go forward, is there one leader in each term.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;

use crate::group::get_within;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(25);
/// Who does not answer in time is not waited for.
const ANSWER: Duration = Duration::from_secs(1);

/// A witness, on a thread of its own.
pub struct Witness {
    seen: Arc<Mutex<Seen>>,
    end: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    /// States of the job other than RUNNING since [`Witness::begin`].
    states: Vec<String>,
    /// By term: who led, and the newest complete checkpoint.
    terms: BTreeMap<u64, (String, u64)>,
    violations: Vec<String>,
    looks: u64,
}

impl Witness {
    /// Looks at this job from all these JobManagers in turn.
    pub fn start(members: Vec<(String, SocketAddr)>, job: String) -> Self {
        let (seen, end) = (Arc::new(Mutex::new(Seen::default())), Arc::new(AtomicBool::new(false)));
        let (shared, ended) = (seen.clone(), end.clone());
        let thread = std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                for (name, address) in &members {
                    if let Ok(look) = Look::at(*address, &job) {
                        lock(&shared).take(name, look);
                    }
                    std::thread::sleep(LOOK);
                }
            }
        });
        Witness { seen, end, thread }
    }

    /// States count from now on.
    pub fn begin(&self) {
        lock(&self.seen).states.clear();
    }

    /// States of the job other than RUNNING.
    pub fn states(&self) -> Vec<String> {
        lock(&self.seen).states.clone()
    }

    /// What should not be so, and how many looks there were.
    pub fn end(self) -> (Vec<String>, u64) {
        self.end.store(true, Ordering::Relaxed);
        // It does not panic, and nothing is lost if it did.
        let _ = self.thread.join();
        let seen = lock(&self.seen);
        (seen.violations.clone(), seen.looks)
    }
}

fn lock(seen: &Mutex<Seen>) -> std::sync::MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One look by way of one JobManager.
struct Look {
    term: u64,
    leader: String,
    state: String,
    checkpoint: u64,
}

impl Look {
    /// Fails when it is not sure that one and the same leader has answered.
    fn at(address: SocketAddr, job: &str) -> anyhow::Result<Self> {
        let before = leader(address)?;
        let state = get_within(address, &format!("/jobs/{job}"), ANSWER)?["state"]
            .as_str()
            .context("a job has a state")?
            .to_owned();
        let checkpoints = get_within(address, &format!("/jobs/{job}/checkpoints"), ANSWER)?;
        let (term, leader) = leader(address).ok().filter(|after| *after == before).context("another one leads")?;
        let checkpoint = checkpoints["latest"]["completed"]["id"].as_u64().unwrap_or(0);
        Ok(Look { term, leader, state, checkpoint })
    }
}

fn leader(address: SocketAddr) -> anyhow::Result<(u64, String)> {
    let overview = get_within(address, "/overview", ANSWER)?;
    let leader = overview["leader"].as_str().context("nobody leads")?.to_owned();
    Ok((overview["term"].as_u64().context("a group has a term")?, leader))
}

impl Seen {
    fn take(&mut self, by: &str, look: Look) {
        let Look { term, leader, state, checkpoint } = look;
        self.looks += 1;
        if state != "RUNNING" && self.states.last() != Some(&state) {
            self.states.push(state);
        }
        let newest_before = self.terms.range(..term).map(|(_, (_, newest))| *newest).max().unwrap_or(0);
        let (known, newest) = self.terms.entry(term).or_insert((leader.clone(), 0));
        if *known != leader {
            self.violations.push(format!("term {term}: {known} and {leader} lead, says {by}"));
        }
        // What a leader has completed is known to those that follow it.
        let before = newest_before.max(*newest);
        if checkpoint < before {
            self.violations.push(format!("term {term}: checkpoint {checkpoint} after checkpoint {before}, says {by}"));
        }
        *newest = checkpoint.max(*newest);
    }
}

/// From the logs of all JobManagers: each epoch had one leader, each checkpoint was completed by one, and later epochs completed later ones only.
pub fn commits(logs: &[(String, std::path::PathBuf)], job: &str) -> anyhow::Result<Vec<String>> {
    let mut problems = Vec::new();
    let mut epochs: BTreeMap<u64, String> = BTreeMap::new();
    let mut completed: BTreeMap<u64, (u64, String)> = BTreeMap::new();
    for (name, path) in logs {
        let mut epoch = 0;
        for line in read(path)?.lines() {
            if let Some(begun) = number_after(line, ", epoch ").filter(|_| line.contains("this JobManager leads")) {
                epoch = begun;
                if let Some(other) = epochs.insert(epoch, name.clone()) {
                    problems.push(format!("epoch {epoch} was begun by {other} and {name}"));
                }
            }
            if !line.contains(job) || !line.ends_with("is complete") {
                continue;
            }
            let Some(checkpoint) = number_after(line, ": checkpoint ") else { continue };
            if let Some((other, by)) = completed.insert(checkpoint, (epoch, name.clone())) {
                problems.push(format!("checkpoint {checkpoint}: epoch {other} ({by}) and epoch {epoch} ({name})"));
            }
        }
    }
    let mut newest = 0;
    for (checkpoint, (epoch, name)) in completed {
        if epoch < newest {
            problems
                .push(format!("checkpoint {checkpoint} by epoch {epoch} ({name}) came after epoch {newest} had one"));
        }
        newest = newest.max(epoch);
    }
    Ok(problems)
}

fn read(path: &Path) -> anyhow::Result<String> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        // A spare that was never needed.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

fn number_after(line: &str, words: &str) -> Option<u64> {
    let (_, rest) = line.split_once(words)?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// Attempt numbers of all subtasks of a job, as the JobManager shows them.
pub fn attempts(get: impl Fn(&str) -> anyhow::Result<Value>, job: &str) -> anyhow::Result<Vec<String>> {
    let details = get(&format!("/jobs/{job}"))?;
    let mut attempts = Vec::new();
    for vertex in details["vertices"].as_array().context("a job has vertices")? {
        let id = vertex["id"].as_str().context("a vertex has an id")?;
        let vertex = get(&format!("/jobs/{job}/vertices/{id}"))?;
        for subtask in vertex["subtasks"].as_array().context("a vertex has subtasks")? {
            attempts.push(format!(
                "{id} {}: attempt {} at {}",
                subtask["subtask"], subtask["attempt"], subtask["taskmanager-id"]
            ));
        }
    }
    Ok(attempts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(term: u64, leader: &str, checkpoint: u64) -> Look {
        Look { term, leader: leader.to_owned(), state: "RUNNING".to_owned(), checkpoint }
    }

    fn violations(looks: &[(u64, &str, u64)]) -> usize {
        let mut seen = Seen::default();
        looks.iter().for_each(|(term, leader, checkpoint)| seen.take("jm0", look(*term, leader, *checkpoint)));
        seen.violations.len()
    }

    #[test]
    fn checkpoints_go_forward_and_each_term_has_one_leader() {
        assert_eq!(violations(&[(1, "a", 3), (1, "a", 3), (2, "b", 3), (2, "b", 5), (1, "a", 4)]), 0);
        assert_eq!(violations(&[(1, "a", 3), (1, "a", 2)]), 1, "back within a term");
        assert_eq!(violations(&[(1, "a", 3), (2, "b", 2)]), 1, "not on from the term before");
        assert_eq!(violations(&[(1, "a", 3), (1, "b", 4)]), 1, "two leaders");
    }

    #[test]
    fn two_epochs_that_commit_are_seen_in_the_logs() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("it can be written");
            (name.to_owned(), path)
        };
        let leads = |epoch: u64| format!("INFO this JobManager leads: term {epoch}, epoch {epoch}\n");
        let done = |checkpoint: u64| format!("INFO Job j1: checkpoint {checkpoint} is complete\n");
        let first = log("jm0", &format!("{}{}", leads(1), done(1)));
        let good = log("jm1", &format!("{}{}", leads(2), done(2)));
        assert_eq!(commits(&[first.clone(), good], "j1").expect("logs"), Vec::<String>::new());
        let again = log("jm2", &format!("{}{}", leads(2), done(1)));
        assert_eq!(commits(&[first.clone(), again], "j1").expect("logs").len(), 1);
        let zombie = log("jm3", &format!("{}{}{}{}", leads(3), done(2), leads(1), done(3)));
        assert_eq!(
            commits(&[first, zombie], "j1").expect("logs").len(),
            2,
            "an epoch begun twice, and an older one after"
        );
    }
}
