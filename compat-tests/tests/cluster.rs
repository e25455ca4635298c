//! One JobManager and TaskManagers as separate processes: the same results as embedded, backpressure, lost processes, wrong addresses.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use compat_tests::process::{self, ProcessCluster};

/// A windowed aggregation over a generated file; the sink writes CSV files.
fn write_job(folder: &Path, parallelism: u32) -> String {
    let mut rows = String::new();
    for i in 0..20_000u32 {
        let (minute, second) = (i / 1_000 % 60, i / 17 % 60);
        writeln!(rows, "user{},{},2024-01-01 10:{minute:02}:{second:02}", i % 97, i % 10).expect("a string takes it");
    }
    std::fs::write(folder.join("events.csv"), rows).expect("the folder can be written");
    let job = format!(
        "name: windowed\nconfig:\n  parallelism.default: {parallelism}\nsql: |\n  \
         CREATE TABLE events (user_id STRING, amount INT, ts TIMESTAMP(0), WATERMARK FOR ts AS ts - INTERVAL '1' MINUTE) \
         WITH ('connector'='filesystem','path'='{0}/events.csv','format'='csv');\n  \
         CREATE TABLE totals (user_id STRING, ws TIMESTAMP(3), total BIGINT, n BIGINT) WITH ('connector'='filesystem','path'='{0}/out{parallelism}','format'='csv');\n  \
         INSERT INTO totals SELECT user_id, TUMBLE_START(ts, INTERVAL '1' MINUTE), SUM(CAST(amount AS BIGINT)), COUNT(*) FROM events \
         GROUP BY user_id, TUMBLE(ts, INTERVAL '1' MINUTE);\n",
        folder.display()
    );
    let path = folder.join(format!("job{parallelism}.yaml"));
    std::fs::write(&path, job).expect("the folder can be written");
    path.display().to_string()
}

fn lines(folder: &Path) -> BTreeSet<String> {
    let files = std::fs::read_dir(folder).expect("the sink has written");
    files
        .flat_map(|file| {
            std::fs::read_to_string(file.expect("an entry").path())
                .expect("a part file")
                .lines()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
}

fn job_id(stdout: &[u8]) -> String {
    let text = String::from_utf8_lossy(stdout).into_owned();
    let (_, rest) =
        text.split_once("Job has been submitted with JobID ").unwrap_or_else(|| panic!("no job id in {text}"));
    rest[..32].to_owned()
}

#[test]
fn two_taskmanagers_at_parallelism_4_give_what_the_embedded_cluster_gives() {
    let folder = tempfile::tempdir().expect("a folder");
    let embedded = process::run(&["run", "--target", "local", &write_job(folder.path(), 1)]).expect("it runs");
    assert!(embedded.status.success(), "{embedded:?}");

    let cluster = ProcessCluster::start(2, 2, &[]).expect("a cluster");
    let output = process::run(&["run", "-m", cluster.rest_address(), &write_job(folder.path(), 4)]).expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let expected = lines(&folder.path().join("out1"));
    assert!(expected.len() > 1_000);
    assert_eq!(lines(&folder.path().join("out4")), expected);

    let job = cluster.get(&format!("/jobs/{}", job_id(&output.stdout))).expect("the job is known");
    assert_eq!(job["state"], "FINISHED");
    let remote: f64 = job["vertices"]
        .as_array()
        .expect("vertices")
        .iter()
        .map(|vertex| {
            let id = vertex["id"].as_str().expect("an id");
            let path = format!(
                "/jobs/{}/vertices/{id}/subtasks/metrics?get=numBytesInRemote",
                job["jid"].as_str().expect("an id")
            );
            cluster.get(&path).expect("metrics")[0]["sum"].as_f64().unwrap_or(0.0)
        })
        .sum();
    assert!(remote > 1_000.0, "bytes crossed the exchange between processes: {remote}");
}

#[test]
fn a_lost_taskmanager_fails_its_jobs_and_is_noticed() {
    let timeouts = ["-Dheartbeat.interval=200ms", "-Dheartbeat.timeout=1s"];
    let mut cluster = ProcessCluster::start(2, 1, &timeouts).expect("a cluster");
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("endless.sql");
    let sql = "CREATE TABLE g (k INT, v INT) WITH ('connector'='datagen','rows-per-second'='1000');\n\
               CREATE TABLE b (k INT, n BIGINT) WITH ('connector'='blackhole');\nINSERT INTO b SELECT k, COUNT(*) FROM g GROUP BY k;";
    std::fs::write(&script, sql).expect("the folder can be written");
    let output = process::run(&["run", "-d", "-p", "2", "-m", cluster.rest_address(), &script.display().to_string()])
        .expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let job = job_id(&output.stdout);
    let path = format!("/jobs/{job}");
    cluster.wait_until("the job to run", || Ok(cluster.get(&path)?["state"] == "RUNNING")).expect("it runs");

    cluster.taskmanagers[1].kill().expect("it is killed");
    cluster.wait_until("the job to fail", || Ok(cluster.get(&path)?["state"] == "FAILED")).expect("it fails");
    let cause = cluster.get(&format!("{path}/exceptions")).expect("exceptions").to_string();
    assert!(cause.contains("TaskManager"), "{cause}");
    cluster.wait_for_taskmanagers(1).expect("one is left");
}

#[test]
fn a_job_can_be_canceled_and_roles_end_on_sigterm() {
    let mut cluster = ProcessCluster::start(1, 1, &[]).expect("a cluster");
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("endless.sql");
    let sql = "CREATE TABLE g (k INT) WITH ('connector'='datagen','rows-per-second'='100');\n\
               CREATE TABLE b (k INT) WITH ('connector'='blackhole');\nINSERT INTO b SELECT k FROM g;";
    std::fs::write(&script, sql).expect("the folder can be written");
    let output =
        process::run(&["run", "-d", "-m", cluster.rest_address(), &script.display().to_string()]).expect("it runs");
    let path = format!("/jobs/{}", job_id(&output.stdout));
    cluster.wait_until("the job to run", || Ok(cluster.get(&path)?["state"] == "RUNNING")).expect("it runs");
    let url = format!("http://{}{path}?mode=cancel", cluster.rest_address());
    assert!(
        std::process::Command::new("curl")
            .args(["-sf", "-X", "PATCH", &url])
            .status()
            .expect("curl is there")
            .success()
    );
    cluster
        .wait_until("the job to be canceled", || Ok(cluster.get(&path)?["state"] == "CANCELED"))
        .expect("it is canceled");
    cluster
        .wait_until("its slot to be free", || Ok(cluster.get("/overview")?["slots-available"] == 1))
        .expect("it is free");
    assert_eq!(cluster.taskmanagers[0].terminate().expect("it ends"), Some(0));
    assert_eq!(cluster.jobmanager.terminate().expect("it ends"), Some(0));
}

#[test]
fn a_slow_sink_slows_the_source_and_memory_does_not_grow() {
    let cluster = ProcessCluster::start(2, 2, &[]).expect("a cluster");
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("endless.sql");
    // Hashed between the TaskManagers, so that the brake passes through the exchange.
    let sql = "CREATE TABLE g (k INT, payload STRING) WITH ('connector'='datagen','rows-per-second'='100000000','fields.payload.length'='100');\n\
               SELECT k, MAX(payload) AS longest FROM g GROUP BY k;";
    std::fs::write(&script, sql).expect("the folder can be written");
    let arguments = ["run", "-p", "4", "-o", "json", "-m", cluster.rest_address(), &script.display().to_string()];
    let client = process::flinkrs(&arguments)
        .expect("a command")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs");
    let client = process::Role::from(client);
    let records = || -> u64 {
        let jobs = cluster.get("/jobs").expect("jobs");
        let Some(id) = jobs["jobs"][0]["id"].as_str() else { return 0 };
        let job = cluster.get(&format!("/jobs/{id}")).expect("the job is known");
        job["vertices"][0]["metrics"]["write-records"].as_u64().unwrap_or(0)
    };
    cluster.wait_until("records to flow", || Ok(records() > 0)).expect("they flow");

    // A stopped client fetches no rows: its query's sink is as slow as can be.
    client.signal("STOP").expect("it is stopped");
    let mut before = records();
    cluster
        .wait_until("the source to stand still", || {
            std::thread::sleep(Duration::from_secs(3));
            let now = records();
            Ok(std::mem::replace(&mut before, now) == now)
        })
        .expect("backpressure reaches the source");
    let resident: Vec<u64> = cluster.taskmanagers.iter().map(|role| role.resident_memory().expect("it runs")).collect();
    assert!(resident.iter().all(|&bytes| bytes < 400 << 20), "resident memory of the TaskManagers: {resident:?}");
    client.signal("CONT").expect("it goes on");
    cluster.wait_until("records to flow again", || Ok(records() > before)).expect("they flow again");
}

/// A SELECT of 1,000 numbers at 200 a second, with something that happens when the first rows are there. The numbers, and whether it succeeded.
fn select_over(settings: &[&str], happens: impl Fn(&mut ProcessCluster)) -> (Vec<i64>, bool, String) {
    let mut cluster = ProcessCluster::start(1, 1, settings).expect("a cluster");
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("numbers.sql");
    let sql = "SET 'pipeline.source.max-rows-per-second'='200';\n\
               CREATE TABLE g (n BIGINT) WITH ('connector'='datagen','fields.n.kind'='sequence','fields.n.start'='1','fields.n.end'='1000');\n\
               SELECT n FROM g;";
    std::fs::write(&script, sql).expect("the folder can be written");
    let script = script.display().to_string();
    let errors = folder.path().join("errors");
    let mut client = process::flinkrs(&["run", "-p", "1", "-o", "json", "-m", cluster.rest_address(), &script])
        .expect("a command")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::from(std::fs::File::create(&errors).expect("the folder can be written")))
        .spawn()
        .expect("it runs");
    let mut numbers = Vec::new();
    for line in BufReader::new(client.stdout.take().expect("a pipe")).lines() {
        let row: serde_json::Value = serde_json::from_str(&line.expect("text")).expect("JSON");
        numbers.push(row["row"]["n"].as_i64().expect("a number"));
        if numbers.len() == 150 {
            happens(&mut cluster);
        }
    }
    let success = client.wait().expect("it ends").success();
    (numbers, success, std::fs::read_to_string(&errors).expect("the errors"))
}

fn select_over_a_kill(settings: &[&str]) -> (Vec<i64>, bool, String) {
    select_over(settings, |cluster| {
        cluster.taskmanagers[0].kill().expect("it is killed");
        cluster.add_taskmanager(1, settings).expect("another one");
    })
}

const RESTARTS: [&str; 5] = [
    "-Dheartbeat.interval=200ms",
    "-Dheartbeat.timeout=1s",
    "-Drestart-strategy.type=fixed-delay",
    "-Drestart-strategy.fixed-delay.attempts=10",
    "-Drestart-strategy.fixed-delay.delay=100ms",
];

#[test]
fn rows_of_a_select_with_checkpoints_are_shown_once_although_its_taskmanager_is_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let checkpoints = format!("-Dexecution.checkpointing.dir={}", folder.path().display());
    let settings = [&RESTARTS[..], &["-Dexecution.checkpointing.interval=200ms", &checkpoints]].concat();
    let (numbers, success, errors) = select_over_a_kill(&settings);
    assert!(success, "{errors}");
    assert!(numbers.iter().copied().eq(1..=1_000), "{} rows: {numbers:?}", numbers.len());
}

#[test]
fn a_select_goes_on_when_a_killed_jobmanager_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().display();
    let checkpoints = format!("-Dexecution.checkpointing.dir={place}/checkpoints");
    let jobs = format!("-Dhigh-availability.storageDir={place}/jobs");
    let settings = [
        &RESTARTS[..],
        &["-Dexecution.checkpointing.interval=200ms", &checkpoints, "-Dhigh-availability.type=raft", &jobs],
    ]
    .concat();
    let (numbers, success, errors) = select_over(&settings, |cluster| {
        cluster.replace_jobmanager(&settings).expect("another one");
    });
    assert!(success, "{errors}");
    assert!(numbers.iter().copied().eq(1..=1_000), "{} rows: {numbers:?}", numbers.len());
}

#[test]
fn a_select_without_checkpoints_fails_at_a_restart_in_place_of_showing_rows_twice() {
    let (numbers, success, errors) = select_over_a_kill(&RESTARTS);
    assert!(!success && errors.contains("execution.checkpointing.interval"), "{errors}");
    assert!(numbers.iter().copied().eq(1..=numbers.len() as i64), "{numbers:?}");
}
