//! The metrics: what flinkrs shows to Prometheus and in REST has the names, types and labels of what the real Flink showed (`fixtures/metrics`, recorded on
//! 2.3.0, one job with datagen and one with Kafka), what it does not show is listed here, and every query of the Grafana dashboard finds something.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use compat_tests::kafka::KafkaBroker;
use compat_tests::process::{self, ProcessCluster, free_port};
use serde_json::Value;

/// What the real Flink shows of the job with Kafka and flinkrs does not, by the beginning of the name: what Kafka's own Java clients count of themselves,
/// the committer, which is no operator of its own here, and what each split does for the watermark.
const WITHOUT_COUNTERPART: &[&str] = &[
    "flink_taskmanager_job_task_operator_KafkaSourceReader_KafkaConsumer_",
    "flink_taskmanager_job_task_operator_KafkaProducer_",
    "flink_taskmanager_job_task_operator_split_watermark_",
    "flink_taskmanager_job_task_operator_currentEmitEventTimeLag",
    "flink_taskmanager_job_task_operator_currentSendTime",
    "flink_taskmanager_job_task_operator_alreadyCommittedCommittables",
    "flink_taskmanager_job_task_operator_failedCommittables",
    "flink_taskmanager_job_task_operator_pendingCommittables",
    "flink_taskmanager_job_task_operator_retriedCommittables",
    "flink_taskmanager_job_task_operator_successfulCommittables",
    "flink_taskmanager_job_task_operator_totalCommittables",
];

/// What flinkrs shows and Flink does not.
const OWN: &[&str] =
    &["Status_State_SizeOnDisk", "outputChannelsWithoutCredit", "inputBarriersMissing", "currentActivity"];

fn is_own(name: &str) -> bool {
    OWN.iter().any(|own| name.ends_with(own))
}

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

fn recorded(file: &str) -> BTreeMap<String, Family> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/metrics/{file}.prom"));
    families(&std::fs::read_to_string(file).expect("the fixture is there"))
}

/// What is in the recorded exposition and not in ours, or otherwise there; `more` are other expositions in which what ours has beside it is.
fn differences(theirs: &str, ours: &BTreeMap<String, Family>, more: &[&str]) -> Vec<String> {
    let theirs = recorded(theirs);
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
    let more: BTreeSet<String> = more.iter().flat_map(|file| recorded(file).into_keys()).collect();
    // What a summary adds of itself is not Flink's.
    let is_extra = |name: &&String| {
        !theirs.contains_key(*name) && !more.contains(*name) && !name.ends_with("mailboxLatencyMs_sum") && !is_own(name)
    };
    found.extend(ours.keys().filter(is_extra).map(|name| format!("{name} is not Flink's")));
    found
}

/// A cluster with reporters for Prometheus: (it, the port of its JobManager, that of its TaskManager).
fn cluster_with_reporters() -> (ProcessCluster, u16, u16) {
    let (first, second) = (free_port().expect("a port"), free_port().expect("a port"));
    let range = format!("-Dmetrics.reporter.prom.port={first},{second}");
    let reporter =
        "-Dmetrics.reporter.prom.factory.class=org.apache.flink.metrics.prometheus.PrometheusReporterFactory";
    let cluster = ProcessCluster::start(1, 2, &[&range, reporter]).expect("a cluster");
    // Whoever starts first takes the first port.
    match scrape(first).contains("flink_jobmanager_") {
        true => (cluster, first, second),
        false => (cluster, second, first),
    }
}

fn submit(cluster: &ProcessCluster, folder: &Path, sql: &str) {
    let script = folder.join("job.sql");
    let checkpoints = format!(
        "SET 'execution.checkpointing.interval' = '200 ms'; SET 'execution.checkpointing.dir' = 'file://{}';\n",
        folder.join("checkpoints").display()
    );
    std::fs::write(&script, checkpoints + sql).expect("the folder can be written");
    let output =
        process::run(&["run", "-d", "-m", cluster.rest_address(), &script.display().to_string()]).expect("it runs");
    assert!(output.status.success(), "{output:?}");
}

/// The metrics in an expression of PromQL.
fn metrics_in(expression: &str) -> impl Iterator<Item = &str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    expression.split(move |c| !is_name(c)).filter(|word| word.starts_with("flink_"))
}

#[test]
fn metrics_are_flinks_and_the_dashboard_finds_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let (cluster, first, second) = cluster_with_reporters();
    submit(
        &cluster,
        folder.path(),
        "CREATE TABLE src (id INT, ts AS LOCALTIMESTAMP, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH \
         ('connector'='datagen','rows-per-second'='1000','fields.id.min'='0','fields.id.max'='9');\n\
         CREATE TABLE snk (id INT, n BIGINT) WITH ('connector'='blackhole');\n\
         INSERT INTO snk SELECT id, COUNT(*) FROM TABLE(TUMBLE(TABLE src, DESCRIPTOR(ts), INTERVAL '1' SECOND)) \
         GROUP BY id, window_start, window_end;",
    );
    let shows = |port, name: &str| Ok(scrape(port).contains(name));
    let busy = "flink_taskmanager_job_task_busyTimeMsPerSecond{";
    cluster.wait_until("rates of tasks", || shows(second, busy)).expect("there are");
    let watermark = "flink_taskmanager_job_task_currentInputWatermark{";
    cluster.wait_until("a watermark", || shows(second, watermark)).expect("there is one");
    let completed = "flink_jobmanager_job_lastCompletedCheckpointId{";
    cluster.wait_until("checkpoints", || shows(first, completed)).expect("there are");

    let (jobmanager, taskmanager) = (families(&scrape(first)), families(&scrape(second)));
    let mut found = differences("jobmanager", &jobmanager, &[]);
    found.extend(differences("taskmanager", &taskmanager, &["taskmanager_kafka"]));
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

/// The value of a series whose labels contain all of these texts.
fn value(exposition: &str, name: &str, labels: &[&str]) -> Option<f64> {
    let series = exposition
        .lines()
        .find(|line| line.starts_with(&format!("{name}{{")) && labels.iter().all(|label| line.contains(label)))?;
    series.rsplit_once(' ')?.1.parse().ok()
}

/// Metrics of REST with what is before the name of an operator's metric left out: the operators are named otherwise than Flink names them.
fn without_operators(ids: impl Iterator<Item = String>) -> BTreeSet<String> {
    let of_operator = |id: &str| {
        let (first, rest) = id.split_once('.')?;
        (first.contains(['[', ':']) || first.contains("__")).then(|| format!("operator.{rest}"))
    };
    ids.map(|id| id.split_once('.').map_or(id.clone(), |(_, id)| id.to_owned()))
        .map(|id| of_operator(&id).unwrap_or(id))
        .collect()
}

#[test]
fn lag_and_offsets_of_kafka_are_shown_as_flink_shows_them() {
    let broker = KafkaBroker::start().expect("a broker");
    broker.create_topic("in", 2).expect("a topic");
    broker.create_topic("out", 1).expect("a topic");
    // Both partitions have some: one without holds the watermark back.
    for partition in 0..2 {
        let records: String = (0..250).map(|id| format!("{{\"id\":{id}}}\n")).collect();
        broker.produce("in", Some(&format!("{partition}/2")), &records).expect("records");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (cluster, _, port) = cluster_with_reporters();
    let sql = "CREATE TABLE src (id INT, ts TIMESTAMP(3) METADATA FROM 'timestamp', WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) \
               WITH ('connector'='kafka','topic'='in','properties.bootstrap.servers'='${BROKER}','properties.group.id'='g',\
               'scan.startup.mode'='earliest-offset','format'='json');\n\
               CREATE TABLE snk (id INT, n BIGINT, ws TIMESTAMP(3)) WITH \
               ('connector'='kafka','topic'='out','properties.bootstrap.servers'='${BROKER}','format'='json');\n\
               INSERT INTO snk SELECT id, COUNT(*), window_start FROM TABLE(TUMBLE(TABLE src, DESCRIPTOR(ts), INTERVAL '2' SECOND)) \
               GROUP BY id, window_start, window_end;";
    submit(&cluster, folder.path(), &sql.replace("${BROKER}", broker.address()));
    let operator = "flink_taskmanager_job_task_operator_";
    let offsets = |name: &str| {
        let text = scrape(port);
        let of = |partition| {
            let labels = ["topic=\"in\"", partition];
            value(&text, &format!("{operator}KafkaSourceReader_topic_partition_{name}"), &labels)
        };
        Some((of("partition=\"0\"")?, of("partition=\"1\"")?))
    };
    // All was read, and told to the broker with a checkpoint: of each partition that has records.
    let is_read = || Ok(offsets("currentOffset").is_some_and(|(a, b)| a.max(-1.0) + b.max(-1.0) == 498.0));
    cluster.wait_until("all records", is_read).expect("they are read");
    let is_committed = || Ok(offsets("committedOffset").is_some_and(|(a, b)| a.max(0.0) + b.max(0.0) == 500.0));
    cluster.wait_until("offsets that are committed", is_committed).expect("there are");
    let pending = || value(&scrape(port), &format!("{operator}pendingRecords"), &[]);
    cluster.wait_until("no lag", || Ok(pending() == Some(0.0))).expect("there is none");
    let consumed = value(&scrape(port), &format!("{operator}numRecordsOut"), &["operator_name=\"Source"]);
    assert_eq!(consumed, Some(500.0));

    let ours = families(&scrape(port));
    let found = differences("taskmanager_kafka", &ours, &["jobmanager", "taskmanager"]);
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));

    let jobs = cluster.get("/jobs").expect("jobs");
    let job = jobs["jobs"][0]["id"].as_str().expect("an id");
    let details = cluster.get(&format!("/jobs/{job}")).expect("a job");
    let vertices = details["vertices"].as_array().expect("vertices");
    let mut ids = BTreeSet::new();
    for vertex in vertices {
        let id = vertex["id"].as_str().expect("an id");
        let listed = cluster.get(&format!("/jobs/{job}/vertices/{id}/metrics")).expect("metrics");
        let listed = listed.as_array().expect("a list").iter();
        let listed: Vec<String> = listed.map(|metric| metric["id"].as_str().expect("an id").to_owned()).collect();
        let sums = cluster.get(&format!("/jobs/{job}/vertices/{id}/subtasks/metrics")).expect("metrics");
        // All but the one that is a text.
        assert_eq!(sums.as_array().expect("a list").len(), listed.len() - 1);
        ids.extend(listed);
    }
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/metrics/vertices_kafka.txt");
    let recorded = std::fs::read_to_string(recorded).expect("the fixture is there");
    let (ours, theirs) = (without_operators(ids.into_iter()), without_operators(recorded.lines().map(str::to_owned)));
    // One that Flink shows to Prometheus only.
    let is_known = |id: &str| is_own(id) || id == "operator.numRecordsOutErrors";
    let extra: Vec<_> = ours.difference(&theirs).filter(|id| !is_known(id)).collect();
    assert!(extra.is_empty(), "not Flink's: {extra:?}");
    let names = WITHOUT_COUNTERPART.iter().filter_map(|name| name.strip_prefix(operator));
    let known: Vec<String> =
        names.map(|name| format!("operator.{}", name.trim_end_matches('_').replace('_', "."))).collect();
    let missing: Vec<_> = theirs
        .difference(&ours)
        .filter(|id| !known.iter().any(|known| id.starts_with(known)) && !id.starts_with("operator.split."))
        .collect();
    assert!(missing.is_empty(), "missing: {missing:?}");
}
