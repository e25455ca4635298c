//! The metrics for Prometheus: what flinkrs shows has the names, types and labels of what the real Flink showed (`fixtures/metrics`, recorded on 2.3.0), what it
//! does not show is listed here, and every query of the Grafana dashboard finds something.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use compat_tests::process::{self, ProcessCluster, free_port};
use serde_json::Value;

/// What has no counterpart, by the beginning of the name: buffers are batches in queues, operators of a chain have no counters of their own.
const WITHOUT_COUNTERPART: &[&str] = &[
    "flink_jobmanager_job_allSubTasksRunningOrFinishedTime",
    "flink_jobmanager_job_deployingTime",
    "flink_jobmanager_job_lastCheckpointExternalPath",
    "flink_jobmanager_job_lastCheckpointMetadataSize",
    "flink_jobmanager_job_numRescales",
    "flink_taskmanager_Status_Shuffle_Netty_",
    "flink_taskmanager_job_task_Shuffle_Netty_",
    "flink_taskmanager_job_task_changelogBusyTimeMsPerSecond",
    "flink_taskmanager_job_task_checkpointAlignmentTime",
    "flink_taskmanager_job_task_checkpointStartDelayNanos",
    "flink_taskmanager_job_task_initializationTime",
    "flink_taskmanager_job_task_mailbox",
    "flink_taskmanager_job_task_maxHardBackPressureTimeMs",
    "flink_taskmanager_job_task_maxSoftBackPressureTimeMs",
    "flink_taskmanager_job_task_numBuffers",
    "flink_taskmanager_job_task_numFiredTimers",
    "flink_taskmanager_job_task_operator_",
];

/// What flinkrs shows of a task where Flink shows it of an operator, and what Flink does not show.
const OWN: &[&str] = &[
    "flink_taskmanager_Status_State_SizeOnDisk",
    "flink_taskmanager_job_task_inputBarriersMissing",
    "flink_taskmanager_job_task_numLateRecordsDropped",
    "flink_taskmanager_job_task_numRecordsInErrors",
    "flink_taskmanager_job_task_numRecordsInRemote",
    "flink_taskmanager_job_task_outputChannelsWithoutCredit",
];

/// Type, and the labels of its series.
#[derive(Debug, Default)]
struct Family {
    kind: String,
    labels: BTreeSet<Vec<String>>,
}

fn families(text: &str) -> BTreeMap<String, Family> {
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    for line in text.lines() {
        if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            families.entry(name.to_owned()).or_default().kind = kind.to_owned();
        } else if !line.starts_with('#') && !line.is_empty() {
            let (name, labels) = line.split_once('{').unwrap_or((line.split(' ').next().unwrap_or(line), ""));
            let mut keys: Vec<String> = labels
                .rsplit_once('}')
                .map_or("", |(labels, _)| labels)
                .split("\",")
                .filter_map(|label| label.split_once("=\"").map(|(key, _)| key.to_owned()))
                .collect();
            keys.sort();
            families.entry(name.to_owned()).or_default().labels.insert(keys);
        }
    }
    families
}

fn scrape(port: u16) -> String {
    let url = format!("http://127.0.0.1:{port}/metrics");
    let output = Command::new("curl").args(["-sS", "-m", "5", &url]).output().expect("curl runs");
    String::from_utf8(output.stdout).expect("text")
}

fn recorded(role: &str) -> BTreeMap<String, Family> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/metrics/{role}.prom"));
    families(&std::fs::read_to_string(file).expect("the fixture is there"))
}

fn differences(role: &str, ours: &BTreeMap<String, Family>) -> Vec<String> {
    let theirs = recorded(role);
    let mut found = Vec::new();
    for (name, family) in &theirs {
        let is_known = WITHOUT_COUNTERPART.iter().any(|known| name.starts_with(known));
        match ours.get(name) {
            None if is_known || family.kind.is_empty() => {}
            None => found.push(format!("{name} is missing")),
            Some(own) if own.kind != family.kind => {
                found.push(format!("{name} is a {}, in Flink a {}", own.kind, family.kind));
            }
            Some(own) if !own.labels.is_subset(&family.labels) => {
                found.push(format!("{name} has the labels {:?}, in Flink {:?}", own.labels, family.labels));
            }
            Some(_) => {}
        }
    }
    // Of the TaskManager's process nothing was recorded; it is as the JobManager's.
    let as_job_managers = name_of_process(role);
    let extra = ours.keys().filter(|name| {
        let is_known = theirs.contains_key(*name) || OWN.contains(&name.as_str());
        !is_known && !as_job_managers.contains(*name)
    });
    found.extend(extra.map(|name| format!("{name} is not Flink's")));
    found
}

/// `Status.JVM` of a role: the names that the JobManager has.
fn name_of_process(role: &str) -> BTreeSet<String> {
    let names = recorded("jobmanager").into_keys();
    names.filter(|name| name.contains("_Status_JVM_")).map(|name| name.replace("jobmanager", role)).collect()
}

/// The metrics in an expression of PromQL.
fn metrics_in(expression: &str) -> impl Iterator<Item = &str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    expression.split(move |c| !is_name(c)).filter(|word| word.starts_with("flink_"))
}

#[test]
fn metrics_are_flinks_and_the_dashboard_finds_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, second) = (free_port().expect("a port"), free_port().expect("a port"));
    let range = format!("-Dmetrics.reporter.prom.port={first},{second}");
    let reporter =
        "-Dmetrics.reporter.prom.factory.class=org.apache.flink.metrics.prometheus.PrometheusReporterFactory";
    let cluster = ProcessCluster::start(1, 2, &[&range, reporter]).expect("a cluster");
    // Whoever starts first takes the first port.
    let (first, second) = match scrape(first).contains("flink_jobmanager_") {
        true => (first, second),
        false => (second, first),
    };
    let script = folder.path().join("job.sql");
    let sql = format!(
        "SET 'execution.checkpointing.interval' = '200 ms'; SET 'execution.checkpointing.dir' = 'file://{}';\n\
         CREATE TABLE src (id INT, ts AS LOCALTIMESTAMP, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH \
         ('connector'='datagen','rows-per-second'='1000','fields.id.min'='0','fields.id.max'='9');\n\
         CREATE TABLE snk (id INT, n BIGINT) WITH ('connector'='blackhole');\n\
         INSERT INTO snk SELECT id, COUNT(*) FROM TABLE(TUMBLE(TABLE src, DESCRIPTOR(ts), INTERVAL '1' SECOND)) \
         GROUP BY id, window_start, window_end;",
        folder.path().join("checkpoints").display()
    );
    std::fs::write(&script, sql).expect("the folder can be written");
    let output =
        process::run(&["run", "-d", "-m", cluster.rest_address(), &script.display().to_string()]).expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let shows = |port, name: &str| Ok(scrape(port).contains(name));
    let busy = "flink_taskmanager_job_task_busyTimeMsPerSecond{";
    cluster.wait_until("rates of tasks", || shows(second, busy)).expect("there are");
    let watermark = "flink_taskmanager_job_task_currentInputWatermark{";
    cluster.wait_until("a watermark", || shows(second, watermark)).expect("there is one");
    let completed = "flink_jobmanager_job_lastCompletedCheckpointId{";
    cluster.wait_until("checkpoints", || shows(first, completed)).expect("there are");

    let (jobmanager, taskmanager) = (families(&scrape(first)), families(&scrape(second)));
    let mut found = differences("jobmanager", &jobmanager);
    found.extend(differences("taskmanager", &taskmanager));
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));

    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/grafana/flinkrs.json");
    let dashboard: Value = serde_json::from_str(&std::fs::read_to_string(file).expect("it is there")).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().expect("targets"));
    let mut expressions: Vec<&str> = targets.map(|target| target["expr"].as_str().expect("a query")).collect();
    let variables = dashboard["templating"]["list"].as_array().expect("variables");
    expressions.extend(variables.iter().filter_map(|variable| variable["query"].as_str()));
    let names: BTreeSet<&str> = expressions.iter().flat_map(|expression| metrics_in(expression)).collect();
    assert!(names.len() > 15, "{names:?}");
    let unknown: Vec<_> =
        names.iter().filter(|name| !jobmanager.contains_key(**name) && !taskmanager.contains_key(**name)).collect();
    assert!(unknown.is_empty(), "the dashboard asks for {unknown:?}");
}
