//! Flink's own dashboard, unmodified, in front of flinkrs' REST API: every page is opened in headless Chromium, shows what it should, and neither its console
//! nor its requests say that anything is wrong.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use compat_tests::process::{self, ProcessCluster};
use serde_json::{Value, json};

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What a script of this folder prints: a path.
fn path_from(script: &str) -> PathBuf {
    let output = Command::new(here().join("dashboard").join(script)).stderr(Stdio::inherit()).output();
    let output = output.expect("bash runs");
    assert!(output.status.success(), "{script} failed");
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

fn submit(cluster: &ProcessCluster, folder: &Path, name: &str, sql: &str) -> String {
    let script = folder.join(format!("{name}.sql"));
    std::fs::write(&script, sql).expect("the folder can be written");
    let output =
        process::run(&["run", "-d", "-m", cluster.rest_address(), &script.display().to_string()]).expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, rest) = text.split_once("JobID ").unwrap_or_else(|| panic!("no job id in {text}"));
    rest[..32].to_owned()
}

/// The jobs to look at: one that runs, with a window and checkpoints, one that has failed, one that was cancelled.
struct Jobs {
    running: String,
    failed: String,
    canceled: String,
}

fn jobs(cluster: &ProcessCluster, folder: &Path) -> Jobs {
    let settings = format!(
        "SET 'execution.checkpointing.interval' = '500 ms'; SET 'execution.checkpointing.dir' = 'file://{}';\n\
         CREATE TABLE src (id INT, v BIGINT, ts AS LOCALTIMESTAMP, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH \
         ('connector'='datagen','rows-per-second'='2000','fields.id.min'='0','fields.id.max'='9');\n\
         CREATE TABLE snk (id INT, ws TIMESTAMP(3), n BIGINT, s BIGINT) WITH ('connector'='blackhole');\n",
        folder.join("checkpoints").display()
    );
    let windowed = "INSERT INTO snk SELECT id, window_start, COUNT(*), SUM(v) FROM TABLE(TUMBLE(TABLE src, DESCRIPTOR(ts), \
                    INTERVAL '1' SECOND)) GROUP BY id, window_start, window_end;";
    let failing = "CREATE TABLE numbers (id INT) WITH ('connector'='datagen','rows-per-second'='100','fields.id.kind'='sequence',\
                   'fields.id.start'='0','fields.id.end'='1000'); CREATE TABLE hole (x INT) WITH ('connector'='blackhole');\n\
                   INSERT INTO hole SELECT 100 / (15 - id) FROM numbers;";
    let named = |name: &str, sql: &str| format!("SET 'pipeline.name' = '{name}'; {settings}{sql}");
    let running = submit(cluster, folder, "running", &named("clicks a second", windowed));
    let failing = named("breaks soon", &format!("SET 'restart-strategy.type' = 'none'; {failing}"));
    let failed = submit(cluster, folder, "failed", &failing);
    let canceled = submit(cluster, folder, "canceled", &named("no longer wanted", windowed));
    let output = process::run(&["cancel", "-m", cluster.rest_address(), &canceled]).expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let state = |job: &str, state: &str| Ok(cluster.get(&format!("/jobs/{job}"))?["state"] == state);
    cluster.wait_until("a job to fail", || state(&failed, "FAILED")).expect("it fails");
    cluster.wait_until("a job to be cancelled", || state(&canceled, "CANCELED")).expect("it is");
    let checkpoints =
        || Ok(cluster.get(&format!("/jobs/{running}/checkpoints"))?["counts"]["completed"].as_u64() > Some(3));
    cluster.wait_until("checkpoints", checkpoints).expect("there are");
    Jobs { running, failed, canceled }
}

/// A page; texts are what it shows.
fn page(name: &str, path: String, texts: &[&str]) -> Value {
    json!({ "name": name, "path": path, "texts": texts })
}

fn pages(cluster: &ProcessCluster, jobs: &Jobs, program: &Path) -> Vec<Value> {
    let Jobs { running, failed, canceled } = jobs;
    let details = cluster.get(&format!("/jobs/{running}")).expect("the job");
    let vertex = |index: usize| details["vertices"][index]["id"].as_str().expect("a vertex").to_owned();
    let task_managers = cluster.get("/taskmanagers").expect("TaskManagers");
    let task_manager = task_managers["taskmanagers"][0]["id"].as_str().expect("an id").to_owned();
    let job = |tab: &str| format!("/job/running/{running}/{tab}");
    let of_vertex = |tab: &str| format!("/job/running/{running}/overview/{}/{tab}", vertex(1));
    let of_task_manager = |tab: &str| format!("/task-manager/{task_manager}/{tab}");
    let mut pages = vec![
        page("overview", "/overview".into(), &["Available Task Slots", "clicks a second", "breaks soon"]),
        page("running-jobs", "/job/running".into(), &["clicks a second"]),
        page("completed-jobs", "/job/completed".into(), &["breaks soon", "no longer wanted"]),
        page("job-overview", job("overview"), &["clicks a second", "Records Received"]),
        page("job-exceptions", job("exceptions"), &["Root Exception"]),
        page("job-data-skew", job("dataskew"), &["Data Skew"]),
        page("job-timeline", job("timeline"), &["clicks a second"]),
        page("job-checkpoints", job("checkpoints"), &["Latest Completed Checkpoint"]),
        page("job-configuration", job("configuration"), &["Execution Configuration"]),
        page("vertex-detail", of_vertex("detail"), &["Detail"]),
        page("vertex-subtasks", of_vertex("subtasks"), &["RUNNING"]),
        page("vertex-taskmanagers", of_vertex("taskmanagers"), &["RUNNING"]),
        page("vertex-watermarks", of_vertex("watermarks"), &["SubTask"]),
        page("vertex-accumulators", of_vertex("accumulators"), &["Accumulators"]),
        page("vertex-backpressure", of_vertex("backpressure"), &["Back Pressure Status:"]),
        page("vertex-metrics", of_vertex("metrics"), &["Add metric"]),
        // Samples are taken when the first one asks.
        clicking("text=Mixed", page("vertex-flamegraph", of_vertex("flamegraph"), &["waiting for input"])),
        page("failed-exceptions", format!("/job/completed/{failed}/exceptions"), &["/ by zero"]),
        page("canceled-overview", format!("/job/completed/{canceled}/overview"), &["CANCELED"]),
        page("task-managers", "/task-manager".into(), &[task_manager.as_str()]),
    ];
    for (tab, text) in [
        ("metrics", "Heap"),
        ("logs", "flinkrs"),
        ("stdout", "Stdout"),
        ("log-list", "flinkrs-"),
        ("thread-dump", "Thread"),
        ("profiler", "Profiling"),
    ] {
        pages.push(page(&format!("task-manager-{tab}"), of_task_manager(tab), &[text]));
    }
    for (tab, text) in [
        ("metrics", "Heap"),
        ("config", "rest.port"),
        ("logs", "flinkrs"),
        ("stdout", "Stdout"),
        ("log", "flinkrs-"),
        ("thread-dump", "Thread"),
        ("profiler", "Profiling"),
    ] {
        pages.push(page(&format!("job-manager-{tab}"), format!("/job-manager/{tab}"), &[text]));
    }
    let mut submit = page("submit", "/submit".into(), &["insert-into_default_catalog.default_database.b"]);
    submit["upload"] = json!(program);
    submit["after"] = json!(["text=clicks.sql", "button:has-text('Submit')"]);
    pages.push(submit);
    pages
}

/// A page on which something is clicked first.
fn clicking(what: &str, mut page: Value) -> Value {
    page["clicks"] = json!([what]);
    page
}

#[test]
fn every_page_works() {
    let folder = tempfile::tempdir().expect("a folder");
    let logs = format!("-Denv.log.dir={}", folder.path().join("logs").display());
    let extra = [logs.as_str(), "-Drest.flamegraph.enabled=true", "-Drest.profiling.enabled=true"];
    let cluster = ProcessCluster::start(1, 4, &extra).expect("a cluster");
    let jobs = jobs(&cluster, folder.path());
    let program = folder.path().join("clicks.sql");
    std::fs::write(
        &program,
        "CREATE TABLE a (i INT) WITH ('connector'='datagen','number-of-rows'='5');\n\
         CREATE TABLE b (i INT) WITH ('connector'='blackhole');\nINSERT INTO b SELECT i FROM a;\n",
    )
    .expect("the folder can be written");
    let plan = folder.path().join("plan.json");
    std::fs::write(&plan, json!(pages(&cluster, &jobs, &program)).to_string()).expect("the folder can be written");
    let mut command = Command::new("node");
    command.arg(here().join("dashboard/dashboard.mjs")).arg("check").arg(path_from("web-folder.sh"));
    command.arg(cluster.rest_address()).arg(path_from("playwright.sh")).arg(&plan);
    if let Some(screenshots) = std::env::var_os("FLINKRS_SCREENSHOTS") {
        command.arg(screenshots);
    }
    let output = command.stderr(Stdio::inherit()).output().expect("node runs; on Debian: apt-get install nodejs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    let looked: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let wrong: Vec<String> = looked
        .iter()
        .filter(|page| page["problems"] != json!([]))
        .map(|page| format!("{}: {}", page["name"], page["problems"]))
        .collect();
    assert!(wrong.is_empty(), "{} of {} pages:\n{}", wrong.len(), looked.len(), wrong.join("\n"));
    assert!(!looked.is_empty());
}
