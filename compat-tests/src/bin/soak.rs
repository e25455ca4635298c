//! `soak`: a Kafka-to-Kafka exactly-once job on separate processes whose TaskManagers are killed again and again, compared with a run without
//! kills. `cargo run --release -p compat-tests --bin soak -- --kills 100`; `bench/README.md` has what was seen.
//!
//! ```text
//!   feeder (flinkrs, datagen) -> topic events -> job under test: keyed windows and an unbounded aggregate -> topics windows, totals
//!                                            \-> the same job, bounded and left alone              -> topics windows-expected, totals-expected
//! ```
//! Half of the kills come at random moments, half at the moment at which a checkpoint has become complete, before or while it is committed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use common::random::Random;
use compat_tests::kafka::KafkaBroker;
use compat_tests::process::{self, ProcessCluster};

/// Parallelism of the job; half of it on each TaskManager.
const PARALLELISM: u32 = 4;
/// No recovery takes longer, or the soak has failed.
const RECOVERY_LIMIT: Duration = Duration::from_secs(60);

/// What the command line says.
struct Options {
    kills: u64,
    seed: u64,
    rows_per_second: u64,
    /// Further settings of the cluster, as `-Dkey=value`.
    settings: Vec<String>,
}

impl Options {
    fn parse() -> anyhow::Result<Self> {
        let mut options = Options { kills: 100, seed: 1, rows_per_second: 2_000, settings: Vec::new() };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut number = || -> anyhow::Result<u64> {
                let value = arguments.next().with_context(|| format!("{argument} needs a number"))?;
                value.parse().with_context(|| format!("'{value}' is no number"))
            };
            match argument.as_str() {
                "--kills" => options.kills = number()?,
                "--seed" => options.seed = number()?,
                "--rows-per-second" => options.rows_per_second = number()?.max(1),
                setting if setting.starts_with("-D") => options.settings.push(setting.to_owned()),
                other => bail!(
                    "'{other}' is unknown; usage: soak [--kills N] [--seed N] [--rows-per-second N] [-Dkey=value ...]"
                ),
            }
        }
        Ok(options)
    }
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse()?;
    let folder = tempfile::tempdir()?;
    let broker = KafkaBroker::start()?;
    for topic in ["events", "windows", "totals", "windows-expected", "totals-expected"] {
        broker.create_topic(topic, PARALLELISM)?;
    }
    let mut soak = Soak::start(&options, folder.path(), broker)?;
    soak.kill_again_and_again(&options)?;
    soak.finish()
}

/// The processes of one run.
struct Soak {
    folder: PathBuf,
    broker: KafkaBroker,
    cluster: ProcessCluster,
    settings: Vec<String>,
    feeder: Child,
    job: String,
    recoveries: Vec<Duration>,
    at_completion: u64,
}

impl Soak {
    fn start(options: &Options, folder: &Path, broker: KafkaBroker) -> anyhow::Result<Self> {
        let mut settings: Vec<String> = [
            format!("-Dexecution.checkpointing.dir={}/checkpoints", folder.display()),
            "-Dexecution.checkpointing.interval=500ms".to_owned(),
            "-Dstate.backend.type=rocksdb".to_owned(),
            "-Drestart-strategy.type=fixed-delay".to_owned(),
            "-Drestart-strategy.fixed-delay.attempts=1000000".to_owned(),
            "-Drestart-strategy.fixed-delay.delay=100ms".to_owned(),
        ]
        .into();
        settings.extend(options.settings.iter().cloned());
        let extra: Vec<&str> = settings.iter().map(String::as_str).collect();
        let cluster = ProcessCluster::start(2, PARALLELISM / 2, &extra)?;
        // More rows than the soak can take: the feeder is stopped when the last kill is over.
        let feed = feed_sql(broker.address(), options.rows_per_second);
        let feeder = process::flinkrs(&["run", "--target", "local", "-p", "1", &write(folder, "feed.sql", &feed)?])?
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::from(std::fs::File::create(folder.join("feeder.log"))?))
            .spawn()?;
        let script = write(folder, "job.sql", &job_sql(broker.address(), "", false))?;
        let mut soak = Self {
            folder: folder.to_owned(),
            broker,
            cluster,
            settings,
            feeder,
            job: String::new(),
            recoveries: Vec::new(),
            at_completion: 0,
        };
        let parallelism = PARALLELISM.to_string();
        let output = soak.flinkrs(&["run", "-d", "-p", &parallelism, "-m", soak.cluster.rest_address(), &script])?;
        let (_, rest) = output.split_once("JobID ").with_context(|| format!("no job id in {output}"))?;
        soak.job = rest[..32].to_owned();
        soak.wait("the first checkpoint", |soak| Ok(soak.completed()? > 0))?;
        Ok(soak)
    }

    fn kill_again_and_again(&mut self, options: &Options) -> anyhow::Result<()> {
        let mut random = Random::from_seed(options.seed);
        for kill in 1..=options.kills {
            let completed = self.completed()?;
            if random.next_u64().is_multiple_of(2) {
                self.wait_for_completion()?;
                self.at_completion += 1;
            } else {
                std::thread::sleep(Duration::from_millis(random.next_u64() % 1_500));
            }
            let victim = (random.next_u64() % self.cluster.taskmanagers.len() as u64) as usize;
            let restarts = self.restarts()?;
            let killed = Instant::now();
            self.cluster.taskmanagers[victim].kill()?;
            self.cluster.taskmanagers.remove(victim);
            let extra: Vec<&str> = self.settings.iter().map(String::as_str).collect();
            self.cluster.add_taskmanager(PARALLELISM / 2, &extra)?;
            self.wait("the job to run again", |soak| Ok(soak.restarts()? > restarts && soak.all_run()?))?;
            self.recoveries.push(killed.elapsed());
            // Every other time the next kill may come before a checkpoint does.
            if kill % 2 == 0 {
                self.wait("a checkpoint after the recovery", |soak| Ok(soak.completed()? > completed))?;
            }
            if kill % 10 == 0 {
                eprintln!("{kill} kills, {} checkpoints completed", self.completed()?);
            }
        }
        Ok(())
    }

    fn finish(mut self) -> anyhow::Result<()> {
        self.feeder.kill()?;
        self.feeder.wait()?;
        self.wait("a checkpoint after the last kill", {
            let completed = self.completed()?;
            move |soak| Ok(soak.completed()? > completed + 2)
        })?;
        let address = self.cluster.rest_address().to_owned();
        let savepoints = self.folder.join("savepoints").display().to_string();
        self.flinkrs(&["stop", "-m", &address, "--drain", "-p", &savepoints, &self.job])?;
        let reference = write(&self.folder, "expected.sql", &job_sql(self.broker.address(), "-expected", true))?;
        self.flinkrs(&["run", "-p", "1", "-m", &address, &reference])?;
        let mut wrong = 0;
        for topic in ["windows", "totals"] {
            let found = counts(self.broker.consume_committed(topic)?);
            let expected = counts(self.broker.consume_committed(&format!("{topic}-expected"))?);
            let (mut lost, mut duplicated) = (0, 0);
            for (row, &count) in &expected {
                lost += count.saturating_sub(found.get(row).copied().unwrap_or(0));
            }
            for (row, &count) in &found {
                duplicated += count.saturating_sub(expected.get(row).copied().unwrap_or(0));
            }
            let rows: u64 = expected.values().sum();
            println!("{topic}: {rows} rows expected, {lost} lost, {duplicated} duplicated or wrong");
            wrong += lost + duplicated;
            ensure!(rows > 0, "the run without kills wrote nothing to {topic}");
        }
        self.recoveries.sort_unstable();
        let at = |share: usize| self.recoveries.get(self.recoveries.len() * share / 100).copied().unwrap_or_default();
        println!(
            "{} kills, {} of them when a checkpoint had just become complete; kill to running: median {:.2} s, p90 {:.2} s, max {:.2} s",
            self.recoveries.len(),
            self.at_completion,
            at(50).as_secs_f64(),
            at(90).as_secs_f64(),
            self.recoveries.last().copied().unwrap_or_default().as_secs_f64()
        );
        ensure!(wrong == 0, "the output differs from the run without kills");
        Ok(())
    }

    /// Returns at the moment at which the next `_metadata` appears.
    fn wait_for_completion(&self) -> anyhow::Result<()> {
        let chk = |id: u64| self.folder.join("checkpoints").join(&self.job).join(format!("chk-{id}")).join("_metadata");
        let from = self.completed_id()?;
        let deadline = Instant::now() + RECOVERY_LIMIT;
        while Instant::now() < deadline {
            // A pending checkpoint that is aborted leaves a gap in the numbers.
            if (from + 1..from + 6).any(|id| chk(id).exists()) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        bail!("no checkpoint became complete within {} s", RECOVERY_LIMIT.as_secs())
    }

    fn completed(&self) -> anyhow::Result<u64> {
        let checkpoints = self.cluster.get(&format!("/jobs/{}/checkpoints", self.job))?;
        checkpoints["counts"]["completed"].as_u64().with_context(|| format!("no counts in {checkpoints}"))
    }

    fn completed_id(&self) -> anyhow::Result<u64> {
        let checkpoints = self.cluster.get(&format!("/jobs/{}/checkpoints", self.job))?;
        Ok(checkpoints["latest"]["completed"]["id"].as_u64().unwrap_or(0))
    }

    fn restarts(&self) -> anyhow::Result<u64> {
        let metrics = self.cluster.get(&format!("/jobs/{}/metrics?get=numRestarts", self.job))?;
        let value = metrics[0]["value"].as_str().with_context(|| format!("no numRestarts in {metrics}"))?;
        Ok(value.parse()?)
    }

    fn all_run(&self) -> anyhow::Result<bool> {
        let job = self.cluster.get(&format!("/jobs/{}", self.job))?;
        let vertices = job["vertices"].as_array().context("a job has vertices")?;
        ensure!(
            job["state"] != "FAILED",
            "the job has failed: {}",
            self.cluster.get(&format!("/jobs/{}/exceptions", self.job))?
        );
        Ok(job["state"] == "RUNNING" && vertices.iter().all(|vertex| vertex["status"] == "RUNNING"))
    }

    fn wait(&self, what: &str, mut holds: impl FnMut(&Self) -> anyhow::Result<bool>) -> anyhow::Result<()> {
        let deadline = Instant::now() + RECOVERY_LIMIT;
        while Instant::now() < deadline {
            if holds(self)? {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        bail!("waited {} s in vain for {what}", RECOVERY_LIMIT.as_secs())
    }

    fn flinkrs(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = process::run(arguments)?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(
            output.status.success(),
            "flinkrs {} failed: {text}{}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(text)
    }
}

impl Drop for Soak {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.feeder.kill();
        let _ = self.feeder.wait();
    }
}

fn write(folder: &Path, name: &str, sql: &str) -> anyhow::Result<String> {
    let path = folder.join(name);
    std::fs::write(&path, sql)?;
    Ok(path.display().to_string())
}

fn counts(lines: Vec<String>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for line in lines {
        *counts.entry(line).or_default() += 1;
    }
    counts
}

/// All rows of a user are in one partition, so that the order of each user's rows is the same in every run.
fn events_table(broker: &str, more: &str) -> String {
    format!(
        "CREATE TABLE events (user_id STRING, amount INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH (\
         'connector'='kafka','topic'='events','properties.bootstrap.servers'='{broker}','key.format'='json','key.fields'='user_id',\
         'value.format'='json'{more});\n"
    )
}

fn feed_sql(broker: &str, rows_per_second: u64) -> String {
    format!(
        "{}CREATE TABLE numbers (id BIGINT) WITH ('connector'='datagen','rows-per-second'='{rows_per_second}','fields.id.kind'='sequence',\
         'fields.id.start'='0','fields.id.end'='1000000000');\n\
         INSERT INTO events SELECT CONCAT('u', CAST(MOD(id, 997) AS STRING)), CAST(MOD(id, 101) AS INT), \
         CAST(TO_TIMESTAMP_LTZ(1704067200000 + id * 5, 3) AS TIMESTAMP(3)) FROM numbers;\n",
        events_table(broker, "")
    )
}

fn job_sql(broker: &str, suffix: &str, bounded: bool) -> String {
    let start = if bounded {
        ",'scan.startup.mode'='earliest-offset','scan.bounded.mode'='latest-offset'"
    } else {
        ",'scan.startup.mode'='earliest-offset'"
    };
    let sink = |topic: &str| {
        format!(
            "'topic'='{topic}{suffix}','properties.bootstrap.servers'='{broker}','sink.delivery-guarantee'='exactly-once',\
             'sink.transactional-id-prefix'='soak-{topic}{suffix}','properties.transaction.timeout.ms'='600000'"
        )
    };
    format!(
        "SET 'table.local-time-zone' = 'UTC';\n{}\
         CREATE TABLE windows (user_id STRING, ws TIMESTAMP(3), n BIGINT, total BIGINT) WITH ('connector'='kafka','format'='json',{});\n\
         CREATE TABLE totals (user_id STRING, n BIGINT, total BIGINT, PRIMARY KEY (user_id) NOT ENFORCED) WITH ('connector'='upsert-kafka',\
         'key.format'='json','value.format'='json',{});\n\
         EXECUTE STATEMENT SET BEGIN\n\
         INSERT INTO windows SELECT user_id, window_start, COUNT(*), SUM(CAST(amount AS BIGINT)) FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(ts), \
         INTERVAL '10' SECOND)) GROUP BY user_id, window_start, window_end;\n\
         INSERT INTO totals SELECT user_id, COUNT(*), SUM(CAST(amount AS BIGINT)) FROM events GROUP BY user_id;\nEND;\n",
        events_table(broker, start),
        sink("windows"),
        sink("totals")
    )
}
