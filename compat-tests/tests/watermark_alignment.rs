//! Two Kafka tables that align their watermarks, in processes of their own: the one that is ahead waits, each partition by itself, under another leader
//! and after its TaskManager was killed, too, and no row is lost or read twice.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use compat_tests::group::JobManagerGroup;
use compat_tests::kafka::KafkaBroker;
use compat_tests::process;

/// Rows of each partition of the table that is ahead.
const ROWS: u64 = 600;

/// A time so many seconds after midnight of the first of January 2024.
fn time(seconds: u64) -> String {
    let (day, rest) = (1 + seconds / 86_400, seconds % 86_400);
    format!("2024-01-{day:02} {:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}

fn rows(partition: u64, seconds_apart: u64) -> String {
    (0..ROWS).fold(String::new(), |mut rows, row| {
        writeln!(rows, "{},{}", partition * ROWS + row, time(row * seconds_apart)).expect("a string takes it");
        rows
    })
}

/// A job and where it runs.
struct Running {
    group: JobManagerGroup,
    job: String,
    ahead: String,
}

impl Running {
    /// How many rows the source that is ahead has read, and how far it is above what it should not pass, ms.
    fn ahead(&self) -> Option<(u64, Option<i64>)> {
        let path = format!("/jobs/{}/vertices/{}/metrics", self.job, self.ahead);
        let known = self.group.get(&path).ok()?;
        let mut ids = known.as_array()?.iter().filter_map(|metric| metric["id"].as_str());
        // That of the source operator, under its name.
        let drift = ids.find(|id| id.ends_with(".watermarkAlignmentDrift"))?;
        let metrics = self.group.get(&format!("{path}?get=0.numRecordsIn,{drift}")).ok()?;
        let value = |id: &str| {
            let metric = metrics.as_array()?.iter().find(|metric| metric["id"] == id)?;
            metric["value"].as_str()?.parse::<i64>().ok()
        };
        Some((value("0.numRecordsIn")? as u64, value(drift)))
    }

    /// Waits until so many rows are read and no more follow; they are at most `most`.
    fn stands_between(&self, least: u64, most: u64) {
        let mut last = (0, Instant::now());
        let standing = self.group.wait("the source that is ahead to stand", |this| {
            let _ = this;
            let Some((read, drift)) = self.ahead() else { return Ok(false) };
            anyhow::ensure!(read <= most, "it has read {read} rows and not {least} to {most}; drift {drift:?}");
            if read != last.0 {
                last = (read, Instant::now());
            }
            Ok(read >= least && last.1.elapsed() > Duration::from_secs(2) && drift.is_some_and(|drift| drift > 0))
        });
        standing.unwrap_or_else(|error| panic!("{error}; it has read {last:?}, and not {least} to {most}"));
    }
}

#[test]
fn a_source_that_is_ahead_waits_for_the_other_whatever_dies() {
    let broker = KafkaBroker::start().expect("a broker");
    broker.create_topic("ahead", 2).expect("a topic");
    broker.create_topic("behind", 1).expect("a topic");
    broker.create_topic("seen", 1).expect("a topic");
    let behind = |seconds: u64| broker.produce("behind", None, &format!("-1,{}\n", time(seconds))).expect("a record");
    behind(10);

    let folder = tempfile::tempdir().expect("a folder");
    let settings = [
        format!("-Dexecution.checkpointing.dir={}/checkpoints", folder.path().display()),
        "-Dexecution.checkpointing.interval=200ms".to_owned(),
        "-Dheartbeat.interval=100ms".to_owned(),
        "-Dheartbeat.timeout=3s".to_owned(),
        "-Dpipeline.source.max-rows-per-second=100".to_owned(),
        "-Dpipeline.watermark-alignment.buffer-size=0".to_owned(),
    ];
    let group = JobManagerGroup::start(folder.path(), 3, 1, 2, &settings).expect("a cluster");
    let table = |name: &str, more: &str| {
        format!(
            "CREATE TABLE {name} (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector'='kafka','topic'='{name}',\
             'properties.bootstrap.servers'='{}','format'='csv','scan.startup.mode'='earliest-offset'{more});\n",
            broker.address()
        )
    };
    let aligned = ",'scan.watermark.alignment.group'='g','scan.watermark.alignment.update-interval'='100 ms',\
                   'scan.watermark.alignment.max-drift'='100 s'";
    let script = format!(
        "{}{}CREATE TABLE seen (id INT) WITH ('connector'='kafka','topic'='seen','properties.bootstrap.servers'='{}','format'='csv',\
         'sink.delivery-guarantee'='exactly-once','sink.transactional-id-prefix'='seen','properties.transaction.timeout.ms'='600000');\n\
         CREATE TABLE ignored (id INT) WITH ('connector'='blackhole');\n\
         EXECUTE STATEMENT SET BEGIN\nINSERT INTO seen SELECT id FROM ahead;\n\
         INSERT INTO ignored SELECT id FROM behind /*+ OPTIONS('scan.watermark.alignment.max-drift'='1 h') */;\nEND;\n",
        table("ahead", aligned),
        table("behind", aligned),
        broker.address()
    );
    let path = folder.path().join("job.sql");
    std::fs::write(&path, script).expect("the folder can be written");
    let leader = group.rest_address(group.leader().expect("a leader"));
    let path = path.display().to_string();
    let mut run = vec!["run", "-d", "-m", &leader, &path];
    run.extend(settings.iter().map(String::as_str));
    let output = process::run(&run).expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, rest) = said.split_once("JobID ").unwrap_or_else(|| panic!("no job id: {output:?}"));
    let job = rest[..32].to_owned();
    let details = group.get(&format!("/jobs/{job}")).expect("details");
    let vertex_of = |table: &str| {
        let is_its = |vertex: &&serde_json::Value| vertex["name"].as_str().is_some_and(|name| name.contains(table));
        let vertex = details["vertices"].as_array().expect("vertices").iter().find(is_its).expect("a vertex");
        vertex["id"].as_str().expect("an id").to_owned()
    };
    let (ahead, slow) = (vertex_of("ahead"), vertex_of("behind"));
    // A source without a watermark holds nobody back: it has to have told its own before there is anything to read for the other one.
    let has_read = |vertex: &str, rows: &str| {
        let read = format!("/jobs/{job}/vertices/{vertex}/metrics?get=0.numRecordsIn");
        group
            .wait("rows that are read", |group| Ok(group.get(&read).is_ok_and(|read| read[0]["value"] == rows)))
            .expect("it reads");
        std::thread::sleep(Duration::from_secs(1));
    };
    has_read(&slow, "1");
    // The second partition is ten times as fast in its own time. A source has no watermark before each of its partitions has a row.
    let (first, second) = (rows(0, 1), rows(1, 10));
    let parts = [("0/2", first.split_once('\n')), ("1/2", second.split_once('\n'))];
    let parts = parts.map(|(partition, lines)| (partition, lines.expect("lines")));
    for (partition, (row, _)) in &parts {
        broker.produce("ahead", Some(partition), &format!("{row}\n")).expect("a record");
    }
    has_read(&ahead, "2");
    for (partition, (_, rest)) in &parts {
        broker.produce("ahead", Some(partition), rest).expect("records");
    }
    let mut running = Running { group, job, ahead };

    // Up to 110 s: 111 rows of the first partition, 12 of the second, and what is read beyond before it is known.
    running.stands_between(120, 200);
    let leader = running.group.leader().expect("a leader");
    running.group.kill(leader).expect("it is killed");
    running.group.wait("another leader", |group| Ok(group.leader().is_ok_and(|other| other != leader))).expect("one");
    running.stands_between(120, 200);
    behind(200);
    running.stands_between(330, 410);

    running.group.taskmanagers[0].kill().expect("it is killed");
    running.group.add_taskmanager(2).expect("another one");
    behind(210);
    let checkpoints = format!("/jobs/{}/checkpoints", running.job);
    running
        .group
        .wait("the restart", |group| Ok(group.get(&checkpoints).is_ok_and(|all| all["latest"]["restored"].is_object())))
        .expect("it restarts");
    // What it reads before its partitions have a watermark again is not held back, but the end of them is far.
    running.stands_between(1, 800);
    let committed = || {
        let mut ids: Vec<u64> = broker
            .consume_committed("seen")
            .expect("what is committed")
            .iter()
            .map(|id| id.parse().expect("a number"))
            .collect();
        ids.sort_unstable();
        ids
    };
    running.group.wait("committed rows", |_| Ok(committed().len() > 300)).expect("they come");
    assert!(committed().windows(2).all(|pair| pair[0] < pair[1]), "each row once");
}
