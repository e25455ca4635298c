//! Every `GET` answer has the keys and the types of what the real Flink answered (`fixtures/rest`, recorded on 2.3.0), and errors have its words.
//!
//! Values are not compared: they are those of another job on another machine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use compat_tests::process::{self, ProcessCluster};
use serde_json::{Value, json};

/// The ids of the recorded jobs, TaskManager and operations.
const RUNNING: &str = "f7e699ac397305d4864b26c2fda9a5d8";
const FAILED: &str = "1be62c577a4f9776754d46e88f0d0347";
const CANCELED: &str = "76d52b0445824b661353e5396ed7a873";
const CANCELED_TOO: &str = "9b57631031d1f85ce1c17c1a078d447e";
const SOURCE: &str = "cbc357ccb763df2852fee8c4fc7d55f2";
const WINDOW: &str = "f6dc7f4d2283f4605b127b9364e21148";
const TASK_MANAGER: &str = "localhost:37527-9fd0cc";
const SAVEPOINT: &str = "50612a3b6f9716cbdc7a5c4c6f34bf3d";
const BAD_SAVEPOINT: &str = "d5e75aa6d9e27b5940806c8a7baad665";
const CHECKPOINT: &str = "a87808e8c8247f14a8b77101ad1dcd38";
/// Of the job under the adaptive scheduler.
const ADAPTIVE: &str = "e49f1c599b361eb7c9ab436b97931b28";
const RESCALE: &str = "6cb4eab88905ace4cc0dd4a225dc3c0b";
const STOP: &str = "b201969a42712cb73148472b06025476";

/// Recorded after the job was stopped, or asked for then.
const AFTER_STOP: [&str; 5] = [
    "job_after_stop",
    "job_execution_result_finished",
    "job_finished_checkpoints",
    "job_savepoint_status_failed",
    "job_stop_status",
];

/// Objects whose keys are data: each value is as any of the recorded ones.
const MAPS: [&str; 3] = ["application.jobs", "applications.[].jobs", "user-config"];
/// Lists that are empty in flinkrs although Flink has something to tell.
const EMPTY: [&str; 4] = ["classpath", "options", "logs", "garbageCollectors"];

/// Keys that flinkrs adds to Flink's.
const OWN: [&str; 1] = ["leader"];

struct Recorded {
    name: String,
    path: String,
    status: u64,
    body: Value,
}

fn recorded(folder: &str) -> Vec<Recorded> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder);
    let mut all: Vec<Recorded> = std::fs::read_dir(folder)
        .expect("the fixtures are there")
        .map(|file| {
            let file = file.expect("an entry").path();
            let text = std::fs::read_to_string(&file).expect("it can be read");
            let content: Value = serde_json::from_str(&text).expect("JSON");
            Recorded {
                name: file.file_stem().expect("a name").to_string_lossy().into_owned(),
                path: content["request"]["path"].as_str().expect("a path").to_owned(),
                status: content["status"].as_u64().expect("a status"),
                body: content["body"].clone(),
            }
        })
        .collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    add_checkpoints(&mut all);
    all
}

/// Which checkpoints a job has when it is asked is a matter of time: one that failed or is under way was not recorded for each. So all histories have all
/// that were recorded, and one under way, which is a complete one without what only that has.
fn add_checkpoints(all: &mut [Recorded]) {
    let is_checkpoint = |value: &&Value| value.get("className").is_some();
    let histories = all.iter().filter_map(|recorded| recorded.body["history"].as_array());
    let mut checkpoints: Vec<Value> = histories.flatten().filter(is_checkpoint).cloned().collect();
    let completed = checkpoints.iter().find(|checkpoint| checkpoint["className"] == "completed").cloned();
    if let Some(mut under_way) = completed {
        let fields = under_way.as_object_mut().expect("a checkpoint is an object");
        fields.retain(|key, _| !["external_path", "discarded"].contains(&key.as_str()));
        checkpoints.push(under_way);
    }
    for recorded in all {
        let history = recorded.body.get_mut("history").and_then(Value::as_array_mut);
        if let Some(history) = history.filter(|history| history.iter().any(|value| is_checkpoint(&value))) {
            history.extend(checkpoints.iter().cloned());
        }
    }
}

fn fetch(cluster: &ProcessCluster, method: &str, path: &str, body: &Value) -> (u64, Value) {
    let url = format!("http://{}{path}", cluster.rest_address());
    let output = Command::new("curl")
        .args(["-sS", "-m", "10", "-g", "-X", method, "-d", &body.to_string(), "-w", "\n%{http_code}", &url])
        .output()
        .expect("curl runs");
    let text = String::from_utf8(output.stdout).expect("text");
    let (body, status) = text.rsplit_once('\n').expect("a status behind the body");
    (status.parse().expect("a status"), serde_json::from_str(body).unwrap_or(Value::Null))
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

fn wait_for(cluster: &ProcessCluster, what: &str, path: &str, holds: impl Fn(&Value) -> bool) {
    cluster.wait_until(what, || Ok(holds(&cluster.get(path)?))).expect("it comes about");
}

/// What differs in keys and types.
fn differences(expected: &Value, actual: &Value, place: &str, found: &mut BTreeSet<String>) {
    let is_number = |value: &Value| value.is_number() || value == "NaN";
    match (expected, actual) {
        // What there may be: the other side had none.
        (Value::Null, _) | (_, Value::Null) => {}
        (Value::Object(expected), Value::Object(actual)) if is_map(place, expected.keys()) => {
            let values: Vec<Value> = expected.values().cloned().collect();
            for value in actual.values() {
                as_one_of(&values, value, &format!("{place}.*"), found);
            }
        }
        (Value::Object(expected), Value::Object(actual)) => {
            for (key, value) in expected {
                match actual.get(key) {
                    Some(there) => differences(value, there, &format!("{place}.{key}"), found),
                    None => {
                        found.insert(format!("{place}.{key} is missing"));
                    }
                }
            }
            let is_new = |key: &&String| !expected.contains_key(*key) && !OWN.contains(&key.as_str());
            for key in actual.keys().filter(is_new) {
                found.insert(format!("{place}.{key} is not Flink's"));
            }
        }
        (Value::Array(expected), Value::Array(actual)) => {
            if actual.is_empty() && !expected.is_empty() && !EMPTY.iter().any(|name| place.ends_with(name)) {
                found.insert(format!("{place} is empty"));
            }
            if !expected.is_empty() {
                for value in actual {
                    as_one_of(expected, value, &format!("{place}.[]"), found);
                }
            }
        }
        (Value::String(_), Value::String(_)) | (Value::Bool(_), Value::Bool(_)) => {}
        (expected, actual) if is_number(expected) && is_number(actual) => {}
        (expected, actual) => {
            found.insert(format!("{place} is {actual}, in Flink {expected}"));
        }
    }
}

/// The elements of a list need not be alike.
fn as_one_of(expected: &[Value], actual: &Value, place: &str, found: &mut BTreeSet<String>) {
    let tries = expected.iter().map(|expected| {
        let mut differing = BTreeSet::new();
        differences(expected, actual, place, &mut differing);
        differing
    });
    found.extend(tries.min_by_key(BTreeSet::len).unwrap_or_default());
}

fn is_map<'a>(place: &str, mut keys: impl Iterator<Item = &'a String>) -> bool {
    let is_id = |key: &String| key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
    MAPS.iter().any(|map| place.ends_with(map)) || keys.next().is_some_and(is_id)
}

/// The first line of an error, without what only Java has.
fn words(body: &Value) -> String {
    let text = body["errors"][0].as_str().unwrap_or_default();
    text.lines().next().unwrap_or_default().to_owned()
}

fn check(cluster: &ProcessCluster, recorded: &Recorded, ids: &BTreeMap<&str, String>, found: &mut BTreeSet<String>) {
    let with_ids = |text: &str| ids.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    let (status, body) = fetch(cluster, "GET", &with_ids(&recorded.path), &json!({}));
    let name = &recorded.name;
    if status != recorded.status {
        found.insert(format!("{name} has status {status}, in Flink {}: {body}", recorded.status));
    } else if status == 200 {
        let mut differing = BTreeSet::new();
        differences(&recorded.body, &body, "", &mut differing);
        found.extend(differing.into_iter().map(|difference| format!("{name}{difference}")));
    } else if words(&body) != with_ids(&words(&recorded.body)) {
        let (ours, theirs) = (words(&body), with_ids(&words(&recorded.body)));
        found.insert(format!("{name} says '{ours}', Flink '{theirs}'"));
    }
}

#[test]
fn answers_are_spelt_as_flinks() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = |name: &str| format!("file://{}", folder.path().join(name).display());
    let cluster = ProcessCluster::start(1, 2, &["-Drest.profiling.enabled=true", "-Dweb.checkpoints.history=100"])
        .expect("a cluster");
    let settings = format!(
        "SET 'execution.checkpointing.interval' = '200 ms'; SET 'execution.checkpointing.dir' = '{}'; \
         SET 'execution.checkpointing.savepoint-dir' = '{}';\n\
         CREATE TABLE src (id INT, v BIGINT, ts AS LOCALTIMESTAMP, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH \
         ('connector'='datagen','rows-per-second'='100','fields.id.min'='0','fields.id.max'='9');\n\
         CREATE TABLE snk (id INT, ws TIMESTAMP(3), n BIGINT, s BIGINT) WITH ('connector'='blackhole');\n",
        place("checkpoints"),
        place("savepoints")
    );
    let windowed = "INSERT INTO snk SELECT id, window_start, COUNT(*), SUM(v) FROM TABLE(TUMBLE(TABLE src, DESCRIPTOR(ts), \
                    INTERVAL '1' SECOND)) GROUP BY id, window_start, window_end;";
    let running = submit(&cluster, folder.path(), "running", &format!("{settings}{windowed}"));
    // It fails when it has taken some checkpoints.
    let failing = "CREATE TABLE numbers (id INT) WITH ('connector'='datagen','rows-per-second'='10','fields.id.kind'='sequence',\
                   'fields.id.start'='0','fields.id.end'='1000'); CREATE TABLE hole (x INT) WITH ('connector'='blackhole');\n\
                   INSERT INTO hole SELECT 100 / (15 - id) FROM numbers;";
    let script = format!("SET 'restart-strategy.type' = 'none'; {settings}{failing}");
    let failed = submit(&cluster, folder.path(), "failed", &script);
    wait_for(&cluster, "a job to fail", &format!("/jobs/{failed}"), |job| job["state"] == "FAILED");
    let canceled = submit(&cluster, folder.path(), "canceled", &format!("{settings}{windowed}"));
    assert_eq!(fetch(&cluster, "PATCH", &format!("/jobs/{canceled}?mode=cancel"), &json!({})).0, 202);
    wait_for(&cluster, "a job to end", &format!("/jobs/{canceled}"), |job| job["state"] == "CANCELED");

    let job = format!("/jobs/{running}");
    wait_for(&cluster, "checkpoints and failures", &format!("{job}/checkpoints"), |statistics| {
        statistics["counts"]["completed"].as_u64() > Some(6)
    });
    let savepoint = |trigger: &str| {
        let body = json!({ "target-directory": place("savepoints"), "cancel-job": false, "triggerId": trigger });
        assert_eq!(fetch(&cluster, "POST", &format!("{job}/savepoints"), &body).0, 202);
    };
    savepoint(SAVEPOINT);
    let body = json!({ "checkpointType": "CONFIGURED", "triggerId": CHECKPOINT });
    assert_eq!(fetch(&cluster, "POST", &format!("{job}/checkpoints"), &body).0, 202);
    let is_completed = |answer: &Value| answer["status"]["id"] == "COMPLETED";
    for (kind, trigger) in [("savepoints", SAVEPOINT), ("checkpoints", CHECKPOINT)] {
        wait_for(&cluster, kind, &format!("{job}/{kind}/{trigger}"), is_completed);
    }

    let details = cluster.get(&job).expect("the job");
    let vertex = |index: usize| details["vertices"][index]["id"].as_str().expect("a vertex").to_owned();
    let task_managers = cluster.get("/taskmanagers").expect("TaskManagers");
    let completed =
        cluster.get(&format!("{job}/checkpoints")).expect("checkpoints")["latest"]["completed"]["id"].clone();
    let ids: BTreeMap<&str, String> = [
        (RUNNING, running.clone()),
        (FAILED, failed),
        (CANCELED, canceled.clone()),
        (CANCELED_TOO, canceled),
        (SOURCE, vertex(0)),
        (WINDOW, vertex(1)),
        (TASK_MANAGER, task_managers["taskmanagers"][0]["id"].as_str().expect("an id").to_owned()),
        ("/details/6", format!("/details/{completed}")),
    ]
    .into();
    let mut found = BTreeSet::new();
    let (after, before): (Vec<_>, Vec<_>) =
        recorded("rest").into_iter().partition(|recorded| AFTER_STOP.contains(&recorded.name.as_str()));
    before.iter().for_each(|recorded| check(&cluster, recorded, &ids, &mut found));
    let body = json!({ "targetDirectory": place("savepoints"), "drain": false, "triggerId": STOP });
    assert_eq!(fetch(&cluster, "POST", &format!("{job}/stop"), &body).0, 202);
    wait_for(&cluster, "the job to stop", &job, |job| job["state"] == "FINISHED");
    savepoint(BAD_SAVEPOINT);
    wait_for(&cluster, "the failure", &format!("{job}/savepoints/{BAD_SAVEPOINT}"), is_completed);
    after.iter().for_each(|recorded| check(&cluster, recorded, &ids, &mut found));

    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn rescalings_are_told_as_by_flinks_adaptive_scheduler() {
    let folder = tempfile::tempdir().expect("a folder");
    let cluster = ProcessCluster::start(1, 4, &["-Dweb.adaptive-scheduler.rescale-history.size=5"]).expect("a cluster");
    let sql = "CREATE TABLE src (id INT) WITH ('connector'='datagen','rows-per-second'='100');\n\
               CREATE TABLE snk (id INT) WITH ('connector'='blackhole'); INSERT INTO snk SELECT id FROM src;";
    let running = submit(&cluster, folder.path(), "running", sql);
    let job = format!("/jobs/{running}");
    let is_completed = |count: u64| move |overview: &Value| overview["rescalesCounts"]["completed"] == count;
    wait_for(&cluster, "the job to run", &format!("{job}/rescales/overview"), is_completed(1));
    let vertices = cluster.get(&job).expect("the job")["vertices"].as_array().expect("vertices").clone();
    let vertices = vertices.iter().map(|vertex| vertex["id"].as_str().expect("an id").to_owned());
    let wanted: Value = vertices
        .map(|id| (id, json!({ "parallelism": { "lowerBound": 1, "upperBound": 2 } })))
        .collect::<serde_json::Map<_, _>>()
        .into();
    assert_eq!(fetch(&cluster, "PUT", &format!("{job}/resource-requirements"), &wanted).0, 200);
    wait_for(&cluster, "the job to run with more", &format!("{job}/rescales/overview"), is_completed(2));
    let history = cluster.get(&format!("{job}/rescales/history")).expect("a history");
    assert_eq!(history.as_array().map(Vec::len), Some(2));
    assert_eq!(
        (&history[0]["triggerCause"], &history[1]["triggerCause"]),
        (&json!("UPDATE_REQUIREMENT"), &json!("INITIAL_SCHEDULE"))
    );
    let latest = history[0]["rescaleUuid"].as_str().expect("an id").to_owned();
    let details = cluster.get(&format!("{job}/rescales/details/{latest}")).expect("details");
    let vertex = details["vertices"].as_object().expect("vertices").values().next().expect("one").clone();
    assert_eq!((&vertex["preRescaleParallelism"], &vertex["postRescaleParallelism"]), (&json!(1), &json!(2)));
    let restarts = cluster.get(&format!("{job}/metrics?get=numRescales")).expect("metrics");
    assert_eq!(restarts[0]["value"], "1");

    let ids: BTreeMap<&str, String> = [(ADAPTIVE, running), (RESCALE, latest)].into();
    let mut found = BTreeSet::new();
    recorded("rest_adaptive").iter().for_each(|recorded| check(&cluster, recorded, &ids, &mut found));
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.into_iter().collect::<Vec<_>>().join("\n"));
}
