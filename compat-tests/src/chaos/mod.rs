//! Chaos: a Kafka exactly-once job under load on processes that are killed, stopped, cut off, slowed down, filled up and replaced, and what of it can be seen.
//!
//! [`cluster`] has the processes, [`network`] what is between them, [`load`] Kafka and the check of the output, [`witness`] what must hold all the time,
//! [`nemesis`] what happens. A seed draws what happens when, and to whom.

pub mod cluster;
pub mod load;
pub mod nemesis;
pub mod network;
pub mod witness;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use common::random::Random;

use self::cluster::{Cluster, Kind, Size};
use self::load::{Load, Verdict};
use self::nemesis::{Disturbs, HEARTBEAT_TIMEOUT, Nemesis, Struck};
use self::witness::Witness;

/// Parallelism of the job at first.
const PARALLELISM: u32 = 4;
/// JobManagers of the group, and places.
const JOBMANAGERS: (usize, usize) = (3, 4);
/// TaskManagers, and places.
const TASKMANAGERS: (usize, usize) = (2, 3);
/// So many that the job needs both TaskManagers, and that another small job finds room.
const SLOTS: u32 = 3;
/// How long the job may take to go on.
const RECOVERY_LIMIT: Duration = Duration::from_secs(120);

/// What is tried.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How often something happens, at most.
    pub rounds: u64,
    /// For how long, at most.
    pub time: Duration,
    /// What may happen; drawn by the seed, each once before any again.
    pub nemeses: Vec<&'static Nemesis>,
    /// Of times and choices.
    pub seed: u64,
    /// Numbers fed to Kafka.
    pub rows_per_second: u64,
    /// `execution.checkpointing.interval`.
    pub checkpoint_interval: Duration,
    /// Further settings of the cluster, as `-Dkey=value`.
    pub settings: Vec<String>,
}

/// What was seen in one round.
#[derive(Debug, Clone)]
pub struct Round {
    /// What happened.
    pub nemesis: &'static Nemesis,
    /// To whom.
    pub struck: Struck,
    /// The longest time without new rows that tasks have written.
    pub output_gap: Duration,
    /// The longest time without new rows that are committed.
    pub commit_gap: Duration,
    /// Until the job was whole again and had completed two more checkpoints.
    pub recovery: Duration,
    /// States of the job other than RUNNING.
    pub states: Vec<String>,
    /// Subtasks in another attempt than before.
    pub restarted: usize,
}

/// What was seen in all.
#[derive(Debug)]
pub struct Report {
    /// Each round.
    pub rounds: Vec<Round>,
    /// The output.
    pub verdict: Verdict,
    /// What must not be.
    pub violations: Vec<String>,
    /// How often the job was looked at.
    pub looks: u64,
    /// Processes that ended without being told to.
    pub deaths: Vec<String>,
}

impl Report {
    /// Whether nothing is lost, twice or otherwise wrong.
    pub fn is_sound(&self) -> bool {
        let Verdict { lost, duplicated, miscounted, .. } = self.verdict;
        lost + duplicated + miscounted == 0 && self.violations.is_empty()
    }
}

/// Runs the plan; `told` hears of each round. Folders and logs are in `folder`.
pub fn run(plan: &Plan, folder: &Path, mut told: impl FnMut(u64, &Round)) -> anyhow::Result<Report> {
    let mut run = Run::start(plan, folder)?;
    let mut random = Random::from_seed(plan.seed);
    let began = Instant::now();
    let mut rounds: Vec<Round> = Vec::new();
    let mut left: Vec<&'static Nemesis> = Vec::new();
    while (rounds.len() as u64) < plan.rounds && began.elapsed() < plan.time {
        if left.is_empty() {
            left.clone_from(&plan.nemeses);
        }
        let nemesis = left.swap_remove(random.below(left.len() as u64) as usize);
        std::thread::sleep(Duration::from_millis(500 + random.below(1_000)));
        let number = rounds.len() as u64 + 1;
        let round = run.round(nemesis, random.fork()).with_context(|| format!("round {number}, {}", nemesis.name))?;
        // Without a leader for so long TaskManagers stop their tasks, as they must.
        let has_leader = round.struck.new_leader.is_none_or(|time| time < HEARTBEAT_TIMEOUT / 2);
        let is_calm = nemesis.disturbs == Disturbs::Nothing && has_leader;
        if is_calm && (round.restarted > 0 || !round.states.is_empty()) {
            let Round { restarted, states, .. } = &round;
            let problem = format!("round {number}, {}: {restarted} subtasks restarted, {states:?}", nemesis.name);
            run.violations.push(problem);
        }
        told(number, &round);
        rounds.push(round);
    }
    run.finish(rounds)
}

/// A run under way.
struct Run<'a> {
    folder: &'a Path,
    cluster: Cluster,
    load: Load,
    witness: Witness,
    job: String,
    /// A small job that was accepted while something happened.
    other: Option<String>,
    violations: Vec<String>,
}

impl<'a> Run<'a> {
    fn start(plan: &Plan, folder: &'a Path) -> anyhow::Result<Self> {
        let mut settings = vec![
            format!("-Dexecution.checkpointing.interval={} ms", plan.checkpoint_interval.as_millis()),
            format!("-Dheartbeat.timeout={} ms", HEARTBEAT_TIMEOUT.as_millis()),
            "-Dheartbeat.interval=1 s".to_owned(),
            "-Dcluster.registration.refused-registration-delay=1 s".to_owned(),
            "-Dcluster.registration.error-delay=1 s".to_owned(),
            "-Dstate.backend.type=rocksdb".to_owned(),
            "-Drestart-strategy.type=fixed-delay".to_owned(),
            "-Drestart-strategy.fixed-delay.attempts=1000000".to_owned(),
            "-Drestart-strategy.fixed-delay.delay=200 ms".to_owned(),
        ];
        settings.extend(plan.settings.iter().cloned());
        let has_clock = plan.nemeses.iter().any(|nemesis| nemesis.name == "clock");
        let size = Size { jobmanagers: JOBMANAGERS, taskmanagers: TASKMANAGERS, slots: SLOTS };
        let mut cluster = Cluster::new(folder, &size, &settings, has_clock, plan.seed)?;
        let host = cluster.network.as_ref().map_or("127.0.0.1".to_owned(), |network| network.address(network::HOST));
        let load = Load::start(&host, plan.rows_per_second)?;
        cluster.start()?;
        let job = submit(&cluster, folder, "job", &load.sql(), PARALLELISM)?;
        cluster.wait("the first rows", |_| Ok(load.committed() > 0))?;
        let witness = Witness::start(cluster.rests(), job.clone());
        Ok(Run { folder, cluster, load, witness, job, other: None, violations: Vec::new() })
    }

    fn round(&mut self, nemesis: &'static Nemesis, random: Random) -> anyhow::Result<Round> {
        let before = self.attempts()?;
        self.witness.begin();
        self.load.begin();
        let began = Instant::now();
        let struck = nemesis.strike(&mut self.cluster, &self.job, random)?;
        // What is accepted while nothing is in order yet must be there later.
        let accepted = self.submit_other();
        self.cluster.await_health()?;
        let job = self.job.clone();
        let deadline = Instant::now() + RECOVERY_LIMIT;
        self.await_running(deadline)?;
        let newest = completed(&self.cluster, &job);
        let fed = self.load.fed();
        while completed(&self.cluster, &job) < newest + 2 || self.load.committed() < fed {
            self.in_time(deadline, "checkpoints and the rows of before")?;
        }
        self.await_running(deadline)?;
        let recovery = began.elapsed();
        let (output_gap, commit_gap) = self.load.gaps();
        let after = self.attempts()?;
        let restarted = after.iter().filter(|attempt| !before.contains(attempt)).count();
        if let Some(wanted) = struck.parallelism {
            let got = self.parallelism()?;
            if got != wanted {
                self.violations.push(format!("the job was to have parallelism {wanted}, and has {got}"));
            }
        }
        self.look_at_other(accepted)?;
        let states = self.witness.states();
        Ok(Round { nemesis, struck, output_gap, commit_gap, recovery, states, restarted })
    }

    fn attempts(&self) -> anyhow::Result<Vec<String>> {
        witness::attempts(|path| self.cluster.get(path), &self.job)
    }

    /// Of its widest vertex.
    fn parallelism(&self) -> anyhow::Result<u64> {
        let details = self.cluster.get(&format!("/jobs/{}", self.job))?;
        let vertices = details["vertices"].as_array().context("a job has vertices")?;
        Ok(vertices.iter().filter_map(|vertex| vertex["parallelism"].as_u64()).max().unwrap_or(0))
    }

    fn await_running(&mut self, deadline: Instant) -> anyhow::Result<()> {
        loop {
            let details = self.cluster.get(&format!("/jobs/{}", self.job));
            if let Ok(details) = details {
                let state = details["state"].as_str().unwrap_or_default();
                if ["FAILED", "CANCELED", "FINISHED"].contains(&state) {
                    bail!("the job is {state}: {}", self.exceptions());
                }
                let vertices = details["vertices"].as_array().context("a job has vertices")?;
                if state == "RUNNING" && vertices.iter().all(|vertex| vertex["status"] == "RUNNING") {
                    return Ok(());
                }
            }
            self.in_time(deadline, "the job to run")?;
        }
    }

    /// One more look, if there is time.
    fn in_time(&mut self, deadline: Instant, what: &str) -> anyhow::Result<()> {
        if Instant::now() > deadline {
            let (committed, fed) = (self.load.committed(), self.load.fed());
            bail!("waited in vain for {what}: {committed} of {fed} rows are committed; {}", self.exceptions());
        }
        self.cluster.supervise()?;
        std::thread::sleep(Duration::from_millis(5));
        Ok(())
    }

    fn exceptions(&self) -> String {
        let exceptions = self.cluster.get(&format!("/jobs/{}/exceptions", self.job));
        exceptions.map_or_else(|error| error.to_string(), |exceptions| exceptions.to_string())
    }

    /// Submits a small job; none when it was not accepted, which may be.
    fn submit_other(&self) -> Option<String> {
        let sql = "CREATE TABLE numbers (id BIGINT) WITH ('connector'='datagen','rows-per-second'='1');\n\
                   CREATE TABLE nothing (id BIGINT) WITH ('connector'='blackhole');\nINSERT INTO nothing SELECT id FROM numbers;\n";
        submit(&self.cluster, self.folder, "other", sql, 1).ok()
    }

    /// The small job that was accepted runs; the one before it goes.
    fn look_at_other(&mut self, accepted: Option<String>) -> anyhow::Result<()> {
        let Some(accepted) = accepted else { return Ok(()) };
        if let Some(before) = self.other.replace(accepted) {
            self.runs(&before)?;
            let leader = self.cluster.leader()?;
            self.cluster.flinkrs(&["cancel"], leader, &[&before])?;
        }
        Ok(())
    }

    /// Notes when an accepted job does not run.
    fn runs(&mut self, job: &str) -> anyhow::Result<()> {
        let path = format!("/jobs/{job}");
        let deadline = Instant::now() + RECOVERY_LIMIT;
        loop {
            let state = self.cluster.get(&path).map(|details| details["state"].clone());
            if state.as_ref().is_ok_and(|state| state == "RUNNING") {
                return Ok(());
            }
            if Instant::now() > deadline {
                self.violations.push(format!("job {job} was accepted and does not run: {state:?}"));
                return Ok(());
            }
            self.cluster.supervise()?;
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn finish(mut self, rounds: Vec<Round>) -> anyhow::Result<Report> {
        let fed = self.load.stop_feeding()?;
        let deadline = Instant::now() + RECOVERY_LIMIT;
        // Rows that are there twice would end this too early; the check says it then.
        while self.load.committed() < fed && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        if let Some(other) = self.other.take() {
            self.runs(&other)?;
        }
        let (mut violations, looks) = self.witness.end();
        violations.append(&mut self.violations);
        let leader = self.cluster.leader()?;
        let savepoints = self.folder.join("savepoints").display().to_string();
        self.cluster.flinkrs(&["stop", "--drain", "-p", &savepoints], leader, &[&self.job])?;
        let jobmanagers = self.cluster.nodes.iter().filter(|node| node.kind == Kind::JobManager);
        let logs: Vec<_> =
            jobmanagers.map(|node| (node.name.clone(), self.folder.join(format!("{}.log", node.name)))).collect();
        violations.extend(witness::commits(&logs, &self.job)?);
        let verdict = self.load.check()?;
        Ok(Report { rounds, verdict, violations, looks, deaths: self.cluster.deaths })
    }
}

fn completed(cluster: &Cluster, job: &str) -> u64 {
    let checkpoints = cluster.get(&format!("/jobs/{job}/checkpoints"));
    checkpoints.map_or(0, |checkpoints| checkpoints["latest"]["completed"]["id"].as_u64().unwrap_or(0))
}

fn submit(cluster: &Cluster, folder: &Path, name: &str, sql: &str, parallelism: u32) -> anyhow::Result<String> {
    let path = folder.join(format!("{name}.sql"));
    std::fs::write(&path, sql)?;
    // A follower takes it as well.
    let members = cluster.wanted(Kind::JobManager);
    let leader = cluster.leader()?;
    let follower = members.into_iter().find(|member| *member != leader).unwrap_or(leader);
    let parallelism = parallelism.to_string();
    let output = cluster.flinkrs(&["run", "-d", "-p", &parallelism], follower, &[&path.display().to_string()])?;
    let (_, rest) = output.split_once("JobID ").with_context(|| format!("no job id in {output}"))?;
    Ok(rest[..32].to_owned())
}
