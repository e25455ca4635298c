//! Requests at random at the REST API and the SQL gateway: every one is answered, an error of the server's own is one that says what happened, nothing panics, and
//! both go on. The seed is printed; `FLINKRS_FUZZ=REQUESTS` and `FLINKRS_FUZZ_SEED=N` make more of it, or the same again.

use std::path::Path;
use std::time::Duration;

use common::random::Random;
use compat_tests::process::{self, ProcessCluster, free_port};
use reqwest::{Client, Method};
use serde_json::{Value, json};

/// Requests to each of the two when nobody says how many.
const REQUESTS: u64 = 1_500;

const PATHS: &[&str] = &[
    "/overview",
    "/config",
    "/jobmanager/config",
    "/jobmanager/environment",
    "/jobmanager/metrics",
    "/jobmanager/logs",
    "/jobmanager/logs/ID",
    "/jobmanager/log",
    "/jobmanager/stdout",
    "/jobmanager/log-level",
    "/taskmanagers/TM/log-level",
    "/jobmanager/profiler",
    "/jobmanager/profiler/ID",
    "/jobmanager/thread-dump",
    "/metrics",
    "/datasets",
    "/catalogs/ID",
    "/jars",
    "/jars/upload",
    "/jars/ID",
    "/jars/ID/plan",
    "/jars/ID/run",
    "/jars/ID/run-application",
    "/taskmanagers",
    "/taskmanagers/metrics",
    "/taskmanagers/TM",
    "/taskmanagers/TM/logs",
    "/taskmanagers/TM/logs/ID",
    "/taskmanagers/TM/log",
    "/taskmanagers/TM/stdout",
    "/taskmanagers/TM/thread-dump",
    "/taskmanagers/TM/profiler",
    "/taskmanagers/TM/metrics",
    "/jobs",
    "/jobs/overview",
    "/jobs/metrics",
    "/savepoint-disposal",
    "/savepoint-disposal/ID",
    "/applications/overview",
    "/applications/JOB",
    "/applications/JOB/exceptions",
    "/jobs/JOB",
    "/jobs/JOB/status",
    "/jobs/JOB/plan",
    "/jobs/JOB/config",
    "/jobs/JOB/clientHeartbeat",
    "/jobs/JOB/rescaling",
    "/jobs/JOB/resource-requirements",
    "/jobs/JOB/rescales/ID",
    "/jobs/JOB/exceptions",
    "/jobs/JOB/accumulators",
    "/jobs/JOB/metrics",
    "/jobs/JOB/checkpoints",
    "/jobs/JOB/checkpoints/config",
    "/jobs/JOB/checkpoints/ID",
    "/jobs/JOB/checkpoints/details/ID",
    "/jobs/JOB/checkpoints/details/1/subtasks/VERTEX",
    "/jobs/JOB/savepoints",
    "/jobs/JOB/savepoints/ID",
    "/jobs/JOB/execution-result",
    "/jobs/JOB/results/ID",
    "/jobs/JOB/vertices/VERTEX",
    "/jobs/JOB/vertices/VERTEX/watermarks",
    "/jobs/JOB/vertices/VERTEX/metrics",
    "/jobs/JOB/vertices/VERTEX/backpressure",
    "/jobs/JOB/vertices/VERTEX/subtasktimes",
    "/jobs/JOB/vertices/VERTEX/taskmanagers",
    "/jobs/JOB/vertices/VERTEX/accumulators",
    "/jobs/JOB/vertices/VERTEX/flamegraph",
    "/jobs/JOB/vertices/VERTEX/subtasks/metrics",
    "/jobs/JOB/vertices/VERTEX/subtasks/ID",
    "/jobs/JOB/vertices/VERTEX/subtasks/0/metrics",
    "/jobs/JOB/vertices/VERTEX/subtasks/0/attempts/ID",
];

const GATEWAY_PATHS: &[&str] = &[
    "/info",
    "/api_versions",
    "/sessions",
    "/sessions/SESSION",
    "/sessions/SESSION/heartbeat",
    "/sessions/SESSION/configure-session",
    "/sessions/SESSION/complete-statement",
    "/sessions/SESSION/statements",
    "/sessions/SESSION/operations/OPERATION/status",
    "/sessions/SESSION/operations/OPERATION/cancel",
    "/sessions/SESSION/operations/OPERATION/result/0",
    "/sessions/SESSION/operations/OPERATION/result/ID",
    "/sessions/SESSION/operations/ID/result/0",
];

/// What stands in a path or behind a `=` where something else is expected.
const ODD: &[&str] = &[
    "0",
    "-1",
    "1",
    "18446744073709551616",
    "99999999999999999999999999",
    "nope",
    "%00",
    "%ff%fe",
    "..",
    "%2e%2e%2f",
    "a%2Fb",
    "%F0%9F%98%80",
    "00000000000000000000000000000000",
    "ffffffffffffffffffffffffffffffff",
    "null",
    "true",
    "1e309",
    "NaN",
    "'%22%3B",
    "%",
    "+",
    "00000000-0000-0000-0000-000000000000",
];

const PARAMETERS: &[&str] = &[
    "get",
    "agg",
    "mode",
    "subtask",
    "subtasks",
    "jobs",
    "taskmanagers",
    "maxExceptions",
    "type",
    "subtaskindex",
    "parallelism",
    "entry-class",
    "version",
    "offset",
    "max-wait-ms",
    "rowFormat",
    "savepointPath",
    "allowNonRestoredState",
];

const KEYS: &[&str] = &[
    "target-directory",
    "cancel-job",
    "formatType",
    "triggerId",
    "targetDirectory",
    "drain",
    "checkpointType",
    "savepoint-path",
    "version",
    "document",
    "duration",
    "expiredTimestamp",
    "entryClass",
    "programArgsList",
    "parallelism",
    "jobId",
    "flinkConfiguration",
    "statement",
    "executionTimeout",
    "executionConfig",
    "properties",
    "sessionName",
    "position",
    "jobVertexParallelism",
];

const FRAGMENTS: &[&str] = &[
    "SELECT",
    "1",
    "FROM",
    "t",
    "WHERE",
    "(",
    ")",
    ",",
    "*",
    "'x'",
    "`",
    "\"",
    ";",
    "CREATE TABLE",
    "INT",
    "WITH",
    "('connector'='blackhole')",
    "INSERT INTO",
    "GROUP BY",
    "COUNT(*)",
    "JOIN",
    "ON",
    "OVER",
    "NULL",
    "CAST(",
    "AS",
    "INTERVAL",
    "-",
    "/",
    "0",
    "🦀",
    "\u{0}",
    "EXPLAIN",
    "SHOW",
    "TABLES",
    "SET",
    "=",
    "USE",
    "DESCRIBE",
    "DROP",
    "ARRAY[",
    "]",
    "ROW(",
    "MATCH_RECOGNIZE",
    "UNION ALL",
    "VALUES",
    "1e400",
    "9999999999999999999999",
    "--",
    "/*",
    "LATERAL",
    "UNNEST(",
];

struct Fuzzer {
    random: Random,
    http: Client,
}

impl Fuzzer {
    fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.random.below(all.len() as u64) as usize]
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.random.below(100) < percent
    }

    /// A path with ids that exist, or ones that do not.
    fn path(&mut self, paths: &[&str], ids: &[(&str, String)]) -> String {
        let mut path = self.one_of(paths).to_owned();
        for (name, id) in ids {
            while path.contains(name) {
                let with = if self.chance(80) { id.clone() } else { self.one_of(ODD).to_owned() };
                path = path.replacen(name, &with, 1);
            }
        }
        while path.contains("ID") {
            let with = self.one_of(ODD);
            path = path.replacen("ID", with, 1);
        }
        if self.chance(5) {
            path.push('/');
            path.push_str(self.one_of(ODD));
        }
        for index in 0..self.random.below(3) {
            path.push(if index == 0 { '?' } else { '&' });
            let (key, value) = (self.one_of(PARAMETERS), self.one_of(ODD));
            path.push_str(&format!("{key}={value}"));
        }
        path
    }

    fn statement(&mut self) -> String {
        let words = 1 + self.random.below(12);
        (0..words).map(|_| self.one_of(FRAGMENTS)).collect::<Vec<_>>().join(" ")
    }

    fn value(&mut self, depth: u32) -> Value {
        match self.random.below(if depth == 0 { 7 } else { 9 }) {
            0 => Value::Null,
            1 => json!(true),
            2 => json!(-1),
            3 => json!(u64::MAX),
            4 => json!(1.5),
            5 => json!(self.one_of(ODD)),
            6 => json!(self.statement()),
            7 => json!([self.value(depth - 1), self.value(depth - 1)]),
            _ => self.object(depth - 1),
        }
    }

    fn object(&mut self, depth: u32) -> Value {
        let fields = self.random.below(4);
        let fields = (0..fields).map(|_| (self.one_of(KEYS).to_owned(), self.value(depth)));
        Value::Object(fields.collect::<Vec<_>>().into_iter().collect())
    }

    fn body(&mut self) -> Option<Vec<u8>> {
        match self.random.below(10) {
            0..=2 => None,
            3 => Some((0..self.random.below(200)).map(|_| self.random.below(256) as u8).collect()),
            4 => Some(vec![b'['; 20_000]),
            5 => Some(json!({ "statement": self.statement() }).to_string().into_bytes()),
            _ => Some(self.object(3).to_string().into_bytes()),
        }
    }

    /// Sends a request; what is wrong with its answer.
    async fn send(&mut self, base: &str, path: &str) -> Result<(String, Value), String> {
        let method =
            match self.one_of(&["GET", "GET", "GET", "POST", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS"]) {
                // What ends the cluster or the job would end the test.
                "DELETE" if path.contains("/cluster") => Method::GET,
                "PATCH" if path.matches('/').count() == 2 => Method::GET,
                other => Method::from_bytes(other.as_bytes()).expect("a method"),
            };
        let content_type = self.one_of(&[
            "application/json",
            "text/plain",
            "multipart/form-data; boundary=x",
            "multipart/form-data",
            "",
        ]);
        let body = self.body();
        let shown = format!("{method} {path} ({content_type}) {:?}", body.as_deref().map(String::from_utf8_lossy));
        let mut request =
            self.http.request(method.clone(), format!("{base}{path}")).header("content-type", content_type);
        if let Some(body) = body {
            request = request.body(body);
        }
        let answer = request.send().await.map_err(|error| format!("{shown} was not answered: {error}"))?;
        let (status, text) = (answer.status(), answer.text().await.unwrap_or_default());
        let parsed: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        // What was written to a log is not what was answered; it may be that of all tests.
        let is_log = path.contains("/log") || path.contains("/stdout");
        if !is_log && (text.contains("panicked") || text.contains("broke off")) {
            return Err(format!("{shown} met a panic: {text}"));
        }
        let said =
            parsed["errors"].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join("\n");
        if status.is_server_error() && !said.contains("Exception") && method != Method::HEAD {
            return Err(format!("{shown} has status {status}: {text}"));
        }
        Ok((shown, parsed))
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}

fn fuzzer() -> Fuzzer {
    let seed = number("FLINKRS_FUZZ_SEED").unwrap_or_else(|| Random::from_system().below(1 << 32));
    println!("FLINKRS_FUZZ_SEED={seed}");
    let http = Client::builder().timeout(Duration::from_secs(20)).no_proxy().build().expect("a client");
    Fuzzer { random: Random::from_seed(seed), http }
}

fn submit(cluster: &ProcessCluster, folder: &Path) -> String {
    let script = folder.join("job.sql");
    let sql = "CREATE TABLE a (i INT) WITH ('connector'='datagen','rows-per-second'='10');\n\
               CREATE TABLE b (i INT, n BIGINT) WITH ('connector'='blackhole');\nINSERT INTO b SELECT i, COUNT(*) FROM a GROUP BY i;";
    std::fs::write(&script, sql).expect("the folder can be written");
    let output =
        process::run(&["run", "-d", "-m", cluster.rest_address(), &script.display().to_string()]).expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_once("JobID ").unwrap_or_else(|| panic!("no job id in {output:?}")).1[..32].to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_job_manager_stands_any_request() {
    let folder = tempfile::tempdir().expect("a folder");
    let cluster = ProcessCluster::start(1, 2, &["-Drest.flamegraph.enabled=true", "-Drest.profiling.enabled=true"])
        .expect("a cluster");
    let job = submit(&cluster, folder.path());
    let details = cluster.get(&format!("/jobs/{job}")).expect("the job");
    let vertex = details["vertices"][0]["id"].as_str().expect("a vertex").to_owned();
    let task_managers = cluster.get("/taskmanagers").expect("TaskManagers");
    let task_manager = task_managers["taskmanagers"][0]["id"].as_str().expect("an id").to_owned();
    let ids = [("JOB", job.clone()), ("VERTEX", vertex), ("TM", task_manager)];
    let mut fuzzer = fuzzer();
    let base = format!("http://{}", cluster.rest_address());
    for _ in 0..number("FLINKRS_FUZZ").unwrap_or(REQUESTS) {
        let path = fuzzer.path(PATHS, &ids);
        if let Err(wrong) = fuzzer.send(&base, &path).await {
            panic!("{wrong}");
        }
    }
    // A request may have cancelled the job by the book; what counts is that the cluster runs jobs.
    cluster.get(&format!("/jobs/{job}")).expect("it is known");
    let next = submit(&cluster, folder.path());
    let runs = || Ok(cluster.get(&format!("/jobs/{next}"))?["state"] == "RUNNING");
    cluster.wait_until("another job to run", runs).expect("it does");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sql_gateway_stands_any_request() {
    let port = free_port().expect("a port");
    let cluster =
        ProcessCluster::start(1, 64, &[&format!("-Dsql-gateway.endpoint.rest.port={port}")]).expect("a cluster");
    let base = format!("http://127.0.0.1:{port}");
    let mut fuzzer = fuzzer();
    let open = async |http: &Client| {
        let opened = http.post(format!("{base}/v1/sessions")).body("{}").send().await.expect("an answer");
        opened.json::<Value>().await.expect("JSON")["sessionHandle"].as_str().expect("a session").to_owned()
    };
    let mut session = open(&fuzzer.http).await;
    let mut operation = "none".to_owned();
    for index in 0..number("FLINKRS_FUZZ").unwrap_or(REQUESTS) {
        // A session may have been closed, and its jobs must not fill the cluster.
        if index % 100 == 99 {
            fuzzer.http.delete(format!("{base}/v1/sessions/{session}")).send().await.expect("an answer");
            session = open(&fuzzer.http).await;
        }
        let ids = [("SESSION", session.clone()), ("OPERATION", operation.clone())];
        let version = fuzzer.one_of(&["", "/v1", "/v2", "/v3", "/v4", "/v9"]);
        let path = format!("{version}{}", fuzzer.path(GATEWAY_PATHS, &ids));
        match fuzzer.send(&base, &path).await {
            Err(wrong) => panic!("{wrong}"),
            Ok((_, answer)) => {
                if let Some(handle) = answer["operationHandle"].as_str() {
                    operation = handle.to_owned();
                }
            }
        }
    }
    open(&fuzzer.http).await;
    drop(cluster);
}
