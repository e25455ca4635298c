//! A job with exactly-once sinks under load while its JobManagers are killed, stopped and wiped again and again; then its output is checked row by row.
//!
//! ```text
//!   datagen 0, 1, 2, ... -> files of rows                     every number once
//!                       |-> counts by window and key -> files  counts add up to the rows
//!                       \-> some of the numbers -> print       tells whether tasks go on
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use common::random::Random;

use crate::group::JobManagerGroup;
use crate::process;

/// Parallelism of the job; half of it on each of two TaskManagers.
const PARALLELISM: u32 = 4;
/// How often the output and the job are looked at.
const LOOK: Duration = Duration::from_millis(5);
/// How long a JobManager that is stopped stays so.
const PAUSE: Duration = Duration::from_secs(3);

/// What happens to the JobManagers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nemesis {
    /// The leader is killed, and comes back.
    Kill,
    /// The leader is stopped for a while (SIGSTOP), and goes on believing that it leads.
    Pause,
    /// The leader is killed, and its disk is empty when it comes back.
    Wipe,
    /// All are killed at once, and come back.
    All,
}

impl Nemesis {
    /// All, by their names.
    pub const NAMES: [(&str, Nemesis); 4] =
        [("kill", Nemesis::Kill), ("pause", Nemesis::Pause), ("wipe", Nemesis::Wipe), ("all", Nemesis::All)];
}

/// What is tried.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How many JobManagers.
    pub jobmanagers: usize,
    /// How often something happens.
    pub rounds: u64,
    /// What may happen; drawn by the seed.
    pub nemeses: Vec<Nemesis>,
    /// Of times and choices.
    pub seed: u64,
    /// Rows that the source makes.
    pub rows_per_second: u64,
    /// `execution.checkpointing.interval`.
    pub checkpoint_interval: Duration,
    /// Further settings of the cluster, as `-Dkey=value`.
    pub settings: Vec<String>,
}

/// What was seen in one round.
#[derive(Debug, Clone, Copy)]
pub struct Round {
    /// What happened.
    pub nemesis: Nemesis,
    /// From then until another JobManager answered as the leader.
    pub new_leader: Duration,
    /// The longest time without new rows from tasks, in a sink that waits for no checkpoint.
    pub output_gap: Duration,
    /// The longest time without new rows that are committed.
    pub commit_gap: Duration,
}

/// What was seen in all.
#[derive(Debug)]
pub struct Report {
    /// Each round.
    pub rounds: Vec<Round>,
    /// Rows in the output.
    pub rows: u64,
    /// Rows that are missing.
    pub lost: u64,
    /// Rows that are there too often.
    pub duplicated: u64,
    /// States of the job other than RUNNING, attempts other than the first, checkpoints that went back.
    pub disturbances: Vec<String>,
}

/// Runs the plan; `told` hears of each round. Folders and logs are in `folder`.
pub fn run(plan: &Plan, folder: &Path, mut told: impl FnMut(u64, &Round)) -> anyhow::Result<Report> {
    let mut settings = vec![
        format!("-Dexecution.checkpointing.dir={}/checkpoints", folder.display()),
        format!("-Dexecution.checkpointing.interval={} ms", plan.checkpoint_interval.as_millis()),
        // Whatever restarts fails the job.
        "-Drestart-strategy.type=none".to_owned(),
    ];
    settings.extend(plan.settings.iter().cloned());
    let mut group = JobManagerGroup::start(folder, plan.jobmanagers, 2, PARALLELISM / 2, &settings)?;
    let job = submit(&group, folder, plan.rows_per_second)?;
    group.wait("the first rows", |_| Ok(committed_bytes(folder) > 0))?;
    let output = Watch::start(folder);
    let mut random = Random::from_seed(plan.seed);
    let mut report = Report { rounds: Vec::new(), rows: 0, lost: 0, duplicated: 0, disturbances: Vec::new() };
    let mut completed = 0;
    for round in 1..=plan.rounds {
        std::thread::sleep(Duration::from_millis(500 + random.next_u64() % 1_500));
        let nemesis = plan.nemeses[(random.next_u64() % plan.nemeses.len() as u64) as usize];
        output.begin();
        let new_leader = strike(&mut group, nemesis)?;
        // The output has to go on for a while before it is known how long it did not.
        group.wait("checkpoints after the new leader came", |group| Ok(completed_id(group, &job)? > 0))?;
        let newest = completed_id(&group, &job)?;
        group.wait("another checkpoint", |group| Ok(completed_id(group, &job)? > newest + 1))?;
        let (output_gap, commit_gap) = output.longest_gaps();
        let seen = Round { nemesis, new_leader, output_gap, commit_gap };
        told(round, &seen);
        report.rounds.push(seen);
        look(&group, &job, round, &mut completed, &mut report.disturbances)?;
    }
    output.end();
    let leader = group.rest_address(group.leader()?);
    let savepoints = folder.join("savepoints").display().to_string();
    succeed(&["stop", "-m", &leader, "--drain", "-p", &savepoints, &job])?;
    check(folder, &mut report)?;
    Ok(report)
}

/// Does something to the JobManagers; answers how long it took until another one led.
fn strike(group: &mut JobManagerGroup, nemesis: Nemesis) -> anyhow::Result<Duration> {
    let leader = group.leader()?;
    let others: Vec<usize> = (0..group.len()).filter(|member| *member != leader).collect();
    let began = Instant::now();
    match nemesis {
        Nemesis::Kill | Nemesis::Wipe => group.kill(leader)?,
        Nemesis::Pause => group.signal(leader, "STOP")?,
        Nemesis::All => {
            for member in 0..group.len() {
                group.kill(member)?;
            }
            for member in 0..group.len() {
                group.start_member(member)?;
            }
        }
    }
    let mut another = None;
    while another.is_none() && began.elapsed() < Duration::from_secs(60) {
        let found = others.iter().find_map(|member| group.leader_by(*member).ok());
        another = found.filter(|found| nemesis == Nemesis::All || *found != leader);
        std::thread::sleep(LOOK);
    }
    ensure!(another.is_some(), "no new leader within a minute of '{nemesis:?}'");
    let took = began.elapsed();
    match nemesis {
        Nemesis::Kill => group.start_member(leader)?,
        Nemesis::Wipe => {
            group.wipe(leader)?;
            group.start_member(leader)?;
        }
        Nemesis::Pause => {
            std::thread::sleep(PAUSE);
            group.signal(leader, "CONT")?;
        }
        Nemesis::All => {}
    }
    // A majority must be there for the next round.
    group.wait("all JobManagers", |group| {
        let overview = group.get("/overview");
        Ok(overview.is_ok_and(|overview| overview["group"]["health"] == "HEALTHY"))
    })?;
    Ok(took)
}

fn completed_id(group: &JobManagerGroup, job: &str) -> anyhow::Result<u64> {
    let checkpoints = group.get(&format!("/jobs/{job}/checkpoints"));
    Ok(checkpoints.map_or(0, |checkpoints| checkpoints["latest"]["completed"]["id"].as_u64().unwrap_or(0)))
}

/// Notes what should not be so.
fn look(
    group: &JobManagerGroup,
    job: &str,
    round: u64,
    completed: &mut u64,
    disturbances: &mut Vec<String>,
) -> anyhow::Result<()> {
    let details = group.get(&format!("/jobs/{job}"))?;
    if details["state"] != "RUNNING" {
        let exceptions = group.get(&format!("/jobs/{job}/exceptions"))?;
        bail!("round {round}: the job is {}: {exceptions}", details["state"]);
    }
    for vertex in details["vertices"].as_array().context("a job has vertices")? {
        let id = vertex["id"].as_str().context("a vertex has an id")?;
        let vertex = group.get(&format!("/jobs/{job}/vertices/{id}"))?;
        for subtask in vertex["subtasks"].as_array().context("a vertex has subtasks")? {
            if subtask["attempt"] != 0 || subtask["status"] != "RUNNING" {
                disturbances.push(format!("round {round}: {subtask}"));
            }
        }
    }
    let newest = completed_id(group, job)?;
    if newest <= *completed {
        disturbances.push(format!("round {round}: checkpoint {newest} came after checkpoint {completed}"));
    }
    *completed = newest;
    Ok(())
}

/// Submits the job, with its output in the folder; its id.
pub(crate) fn submit(group: &JobManagerGroup, folder: &Path, rows_per_second: u64) -> anyhow::Result<String> {
    let sink = |name: &str| {
        format!(
            "WITH ('connector'='filesystem','path'='{}/out/{name}','format'='csv',\
             'sink.rolling-policy.rollover-interval'='50 ms','sink.rolling-policy.check-interval'='20 ms')",
            folder.display()
        )
    };
    // Evenly: `datagen` itself makes the rows of each second at its beginning.
    let pace = (rows_per_second / u64::from(PARALLELISM)).max(1);
    let script = format!(
        "SET 'pipeline.source.max-rows-per-second' = '{pace}';\n\
         CREATE TABLE numbers (id BIGINT, ts AS CAST(TO_TIMESTAMP_LTZ(1704067200000 + id, 3) AS TIMESTAMP(3)), \
         WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector'='datagen','rows-per-second'='1000000000',\
         'fields.id.kind'='sequence','fields.id.start'='0','fields.id.end'='1000000000');\n\
         CREATE TABLE numbers_out (id BIGINT) {};\n\
         CREATE TABLE seen (id BIGINT) WITH ('connector'='print');\n\
         CREATE TABLE counts (k BIGINT, ws TIMESTAMP(3), n BIGINT) {};\n\
         EXECUTE STATEMENT SET BEGIN\n\
         INSERT INTO numbers_out SELECT id FROM numbers;\n\
         INSERT INTO seen SELECT id FROM numbers WHERE MOD(id, 53) = 0;\n\
         INSERT INTO counts SELECT k, window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE keyed, DESCRIPTOR(ts), INTERVAL '1' SECOND)) \
         GROUP BY k, window_start, window_end;\nEND;\n",
        sink("rows"),
        sink("counts")
    );
    let script = script.replace(
        "EXECUTE STATEMENT SET",
        "CREATE VIEW keyed AS SELECT MOD(id, 97) AS k, ts FROM numbers;\nEXECUTE STATEMENT SET",
    );
    let path = folder.join("job.sql");
    std::fs::write(&path, script)?;
    let parallelism = PARALLELISM.to_string();
    let path = path.display().to_string();
    // A follower takes it as well.
    let leader = group.leader()?;
    let follower = group.rest_address((leader + 1) % group.len());
    let output = succeed(&["run", "-d", "-p", &parallelism, "-m", &follower, &path])?;
    let (_, rest) = output.split_once("JobID ").with_context(|| format!("no job id in {output}"))?;
    Ok(rest[..32].to_owned())
}

/// Runs a command of `flinkrs`.
pub(crate) fn succeed(arguments: &[&str]) -> anyhow::Result<String> {
    let output = process::run(arguments)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let problem = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "flinkrs {} failed: {text}{problem}", arguments.join(" "));
    Ok(text)
}

/// Every number is there once in each residue class, from its first on, and the counts add up to them.
pub(crate) fn check(folder: &Path, report: &mut Report) -> anyhow::Result<()> {
    let mut ids: Vec<u64> = Vec::new();
    for line in lines(&folder.join("out/rows"))? {
        ids.push(line.trim().parse().with_context(|| format!("'{line}' is no number"))?);
    }
    report.rows = ids.len() as u64;
    ids.sort_unstable();
    let all = ids.len();
    ids.dedup();
    report.duplicated = (all - ids.len()) as u64;
    let step = u64::from(PARALLELISM);
    for class in 0..step {
        let (mut count, mut last) = (0, None);
        for id in ids.iter().filter(|id| **id % step == class) {
            count += 1;
            last = Some(*id);
        }
        // Each subtask makes every fourth number.
        report.lost += last.map_or(0, |last| last / step + 1 - count);
    }
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for line in lines(&folder.join("out/counts"))? {
        let (key, n) = line.rsplit_once(',').with_context(|| format!("'{line}' has no count"))?;
        *counts.entry(key.to_owned()).or_default() += n.trim().parse::<u64>()?;
    }
    let counted: u64 = counts.values().sum();
    report.lost += (ids.len() as u64).saturating_sub(counted);
    report.duplicated += counted.saturating_sub(ids.len() as u64);
    Ok(())
}

fn lines(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut lines = Vec::new();
    for file in files(folder).into_iter().filter(|file| is_visible(file)) {
        lines.extend(std::fs::read_to_string(&file)?.lines().map(str::to_owned));
    }
    Ok(lines)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
}

fn is_visible(file: &Path) -> bool {
    file.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.'))
}

/// Bytes of all files that may be read.
pub(crate) fn committed_bytes(folder: &Path) -> u64 {
    let files = files(&folder.join("out/rows")).into_iter().filter(|file| is_visible(file));
    files.filter_map(|file| Some(file.metadata().ok()?.len())).sum()
}

/// Bytes of what TaskManagers have printed.
fn printed_bytes(folder: &Path) -> u64 {
    let is_taskmanager = |file: &PathBuf| file.to_string_lossy().contains("/taskmanager");
    files(folder).into_iter().filter(is_taskmanager).filter_map(|file| Some(file.metadata().ok()?.len())).sum()
}

/// Watches the output grow, on a thread of its own.
struct Watch {
    gaps: Arc<Mutex<Gaps>>,
    end: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

struct Gaps {
    printed: Gap,
    committed: Gap,
}

/// The longest time without growth.
struct Gap {
    size: u64,
    since: Instant,
    longest: Duration,
}

impl Gap {
    fn new() -> Self {
        Gap { size: 0, since: Instant::now(), longest: Duration::ZERO }
    }

    fn look(&mut self, size: u64) {
        self.longest = self.longest.max(self.since.elapsed());
        if size > self.size {
            self.size = size;
            self.since = Instant::now();
        }
    }

    fn begin(&mut self) {
        self.since = Instant::now();
        self.longest = Duration::ZERO;
    }
}

impl Watch {
    fn start(folder: &Path) -> Self {
        let gaps = Arc::new(Mutex::new(Gaps { printed: Gap::new(), committed: Gap::new() }));
        let end = Arc::new(AtomicBool::new(false));
        let (folder, shared, ended) = (folder.to_owned(), gaps.clone(), end.clone());
        let thread = std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                let (printed, committed) = (printed_bytes(&folder), committed_bytes(&folder));
                let mut gaps = shared.lock().unwrap_or_else(PoisonError::into_inner);
                gaps.printed.look(printed);
                gaps.committed.look(committed);
                drop(gaps);
                std::thread::sleep(LOOK);
            }
        });
        Watch { gaps, end, thread }
    }

    fn begin(&self) {
        let mut gaps = self.gaps.lock().unwrap_or_else(PoisonError::into_inner);
        gaps.printed.begin();
        gaps.committed.begin();
    }

    fn longest_gaps(&self) -> (Duration, Duration) {
        let gaps = self.gaps.lock().unwrap_or_else(PoisonError::into_inner);
        (gaps.printed.longest, gaps.committed.longest)
    }

    fn end(self) {
        self.end.store(true, Ordering::Relaxed);
        // It does not panic, and nothing is lost if it did.
        let _ = self.thread.join();
    }
}
