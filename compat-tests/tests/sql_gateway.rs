//! The SQL gateway in the JobManager process beside Flink's own, whose answers to the same statements are recorded in `gateway/answers.json`, and the paths, tokens
//! and errors around them.

use std::path::Path;
use std::time::Duration;

use compat_tests::process::{ProcessCluster, free_port};
use serde::Deserialize;
use serde_json::{Value, json};

/// Statements that fail in both, but for which the innermost exception is another, with the reason.
const OTHER_WORDS: [(&str, &str); 5] = [
    ("SELECT 1/id AS x", "failures of jobs have classes of their own"),
    ("SELECT CAST(x AS INT)", "failures of jobs have classes of their own"),
    ("ADD JAR", "there is no JVM"),
    ("HELP", "it is no statement here"),
    ("SELECT FROM o", "the parser says more about what it found"),
];

/// What Flink's gateway answered.
#[derive(Debug, Deserialize)]
struct Recorded {
    sql: String,
    format: String,
    #[serde(flatten)]
    answer: Value,
}

/// A cluster with a gateway, and a client of that.
struct Gateway {
    /// Ends with the test.
    _cluster: ProcessCluster,
    http: reqwest::Client,
    address: String,
}

impl Gateway {
    fn start(extra: &[&str]) -> Self {
        let port = free_port().expect("a port");
        let port_option = format!("-Dsql-gateway.endpoint.rest.port={port}");
        let mut options = vec![port_option.as_str()];
        options.extend(extra);
        let cluster = ProcessCluster::start(1, 16, &options).expect("a cluster");
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { _cluster: cluster, http, address: format!("http://127.0.0.1:{port}") }
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let method = method.parse().expect("a method");
        let request = self.http.request(method, format!("{}{path}", self.address));
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let response = request.send().await.expect("the gateway answers");
        let status = response.status().as_u16();
        let text = response.text().await.expect("a body");
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    async fn open(&self, properties: Value) -> String {
        let (status, body) = self.call("POST", "/v2/sessions", Some(json!({ "properties": properties }))).await;
        assert_eq!(status, 200, "{body}");
        body["sessionHandle"].as_str().expect("a handle").to_owned()
    }

    /// Begins to run a statement; returns the path of the operation.
    async fn begin(&self, session: &str, statement: &str) -> String {
        let path = format!("/v2/sessions/{session}/statements");
        let (status, body) = self.call("POST", &path, Some(json!({ "statement": statement }))).await;
        assert_eq!(status, 200, "{body}");
        format!("/v2/sessions/{session}/operations/{}", body["operationHandle"].as_str().expect("a handle"))
    }

    /// A page, when the statement has been run.
    async fn page(&self, path: &str) -> (u16, Value) {
        loop {
            let (status, body) = self.call("GET", path, None).await;
            if body["resultType"] != "NOT_READY" {
                return (status, body);
            }
            assert_eq!(body["nextResultUri"], path, "the same page again");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Runs a statement to its end and answers in the form of the recording.
    async fn run(&self, session: &str, statement: &str, format: &str) -> Value {
        let operation = self.begin(session, statement).await;
        let mut path = format!("{operation}/result/0?rowFormat={format}");
        let mut rows = Vec::new();
        let last = loop {
            let (status, page) = self.page(&path).await;
            if status != 200 {
                return json!({ "error": exceptions(&page) });
            }
            for row in page["results"]["data"].as_array().expect("rows") {
                rows.push(json!([row["kind"], row["fields"]]));
            }
            match page["nextResultUri"].as_str() {
                Some(next) => path = next.to_owned(),
                None => break page,
            }
        };
        assert_eq!(last["resultType"], "EOS");
        let columns = last["results"]["columns"].as_array().expect("columns");
        if columns.len() == 1 && columns[0]["name"] == "job id" {
            rows.iter_mut().for_each(|row| row[1] = json!(["<job>"]));
        }
        json!({
            "query": last["isQueryResult"], "kind": last["resultKind"], "job": !last["jobID"].is_null(),
            "columns": last["results"]["columns"], "rows": rows,
        })
    }
}

/// Classes and messages of the exceptions of an error answer.
fn exceptions(body: &Value) -> Vec<String> {
    let text = body["errors"].as_array().and_then(|all| all.last()).and_then(Value::as_str).expect("an error");
    let text = text.strip_prefix("<Exception on server side:\n").unwrap_or(text);
    let text = text.split("\nEnd of exception on server side>").next().unwrap_or(text);
    let lines: Vec<&str> =
        text.lines().filter(|line| !line.starts_with("\tat ") && !line.starts_with("\t... ")).collect();
    lines.join("\n").split("\nCaused by: ").map(|part| part.trim().to_owned()).collect()
}

fn first_line(error: &Value) -> &str {
    let last = error.as_array().and_then(|all| all.last()).and_then(Value::as_str).unwrap_or("");
    last.lines().next().unwrap_or("")
}

/// The difference between two answers, for people.
fn difference(recorded: &Recorded, ours: &Value) -> Option<String> {
    let theirs = &recorded.answer;
    let named = |text: String| Some(format!("{} ({}): {text}", recorded.sql, recorded.format));
    match (theirs.get("error"), ours.get("error")) {
        (Some(theirs), Some(ours)) => {
            let other_words = OTHER_WORDS.iter().any(|(begin, _)| recorded.sql.starts_with(begin));
            let (theirs, ours) = (first_line(theirs), first_line(ours));
            if theirs == ours || other_words {
                None
            } else {
                named(format!("Flink fails with {theirs}, flinkrs with {ours}"))
            }
        }
        (None, None) if theirs == ours => None,
        _ => named(format!("Flink {theirs}, flinkrs {ours}")),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_are_answered_as_by_flinks_gateway() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("gateway");
    let text = std::fs::read_to_string(folder.join("answers.json")).expect("the recording");
    let recorded: Vec<Recorded> = serde_json::from_str(&text).expect("the recording is JSON");
    let gateway = Gateway::start(&[]);
    let mut differences = Vec::new();
    for format in ["JSON", "PLAIN_TEXT"] {
        let session = gateway.open(json!({ "table.local-time-zone": "Europe/Berlin" })).await;
        for recorded in recorded.iter().filter(|recorded| recorded.format == format) {
            let statement = recorded.sql.replace("${DATA}", &folder.display().to_string());
            differences.extend(difference(recorded, &gateway.run(&session, &statement, format).await));
        }
        assert_eq!(
            gateway.call("DELETE", &format!("/v2/sessions/{session}"), None).await.1,
            json!({"status": "CLOSED"})
        );
    }
    assert!(recorded.len() > 200);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_and_errors_are_flinks() {
    let gateway = Gateway::start(&[]);
    for version in ["", "/v1", "/v2", "/v3", "/v4"] {
        let (_, info) = gateway.call("GET", &format!("{version}/info"), None).await;
        assert_eq!(info, json!({"productName": "Apache Flink", "version": "2.3.0"}));
        let (_, versions) = gateway.call("GET", &format!("{version}/api_versions"), None).await;
        assert_eq!(versions, json!({"versions": ["V1", "V2", "V3", "V4"]}));
    }
    let session = gateway.open(json!({ "k": "v" })).await;
    let nobody = "00000000-0000-0000-0000-000000000000";
    for (method, path, body, status, begin) in [
        ("GET", "/v5/info".to_owned(), None, 404, "Not found: /v5/info"),
        ("POST", "/v1/info".to_owned(), None, 404, "Not found: /v1/info"),
        ("POST", format!("/v1/sessions/{session}/configure-session"), None, 404, "Not found: /v1/sessions/"),
        (
            "GET",
            "/v2/sessions/xyz".to_owned(),
            None,
            400,
            "org.apache.flink.runtime.rest.handler.RestHandlerException: Bad request, could not parse parameters: Cannot resolve path parameter (session_handle) from value \"xyz\".",
        ),
        (
            "GET",
            format!("/v2/sessions/{nobody}"),
            None,
            500,
            "org.apache.flink.runtime.rest.handler.RestHandlerException: Failed to getSessionConfig.",
        ),
        (
            "POST",
            format!("/v2/sessions/{nobody}/statements"),
            Some(json!({"statement": "SELECT 1"})),
            500,
            "Internal server error.",
        ),
        (
            "POST",
            format!("/v2/sessions/{session}/statements"),
            Some(json!({"statement": 7})),
            400,
            "org.apache.flink.runtime.rest.handler.RestHandlerException: Request did not match expected format ExecuteStatementRequestBody.",
        ),
        (
            "POST",
            format!("/v2/sessions/{session}/statements"),
            Some(json!({"statement": "SELECT 1", "executionTimeout": 1})),
            500,
            "Internal server error.",
        ),
        (
            "GET",
            format!("/v2/sessions/{session}/operations/{nobody}/status"),
            None,
            500,
            "org.apache.flink.runtime.rest.handler.RestHandlerException: Failed to getOperationInfo.",
        ),
        (
            "GET",
            format!("/v2/sessions/{session}/operations/{nobody}/result/0?rowFormat=XML"),
            None,
            400,
            "org.apache.flink.runtime.rest.handler.RestHandlerException: Bad request, could not parse parameters: Cannot resolve query parameter (rowFormat) from value \"XML\".",
        ),
        (
            "POST",
            format!("/v2/sessions/{session}/configure-session"),
            Some(json!({"statement": "SELECT 1"})),
            500,
            "Internal server error.",
        ),
    ] {
        let (answered, text) = gateway.call(method, &path, body).await;
        assert_eq!(answered, status, "{method} {path}: {text}");
        let first = text["errors"][0].as_str().expect("an error");
        assert!(first.starts_with(begin), "{method} {path}: {first}");
    }
    let (status, _) = gateway.call("DELETE", &format!("/v2/sessions/{session}/operations/{nobody}/close"), None).await;
    assert_eq!(status, 200, "what is not there has been closed");
    let configure = format!("/v3/sessions/{session}/configure-session");
    assert_eq!(gateway.call("POST", &configure, Some(json!({"statement": "SET 'x' = 'y';"}))).await, (200, json!({})));
    let (_, config) = gateway.call("GET", &format!("/v3/sessions/{session}"), None).await;
    assert_eq!((&config["properties"]["x"], &config["properties"]["k"]), (&json!("y"), &json!("v")));
    assert_eq!(gateway.call("POST", &format!("/v3/sessions/{session}/heartbeat"), None).await, (200, json!({})));
    let complete = format!("/v2/sessions/{session}/complete-statement");
    let (_, candidates) = gateway.call("GET", &complete, Some(json!({"statement": "SHOW T", "position": 6}))).await;
    assert_eq!(candidates, json!({"candidates": ["TABLES"]}));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_query_is_read_page_by_page_and_ends_with_its_operation() {
    let gateway = Gateway::start(&[]);
    let session = gateway.open(json!({})).await;
    gateway.run(&session, "CREATE TABLE g (n BIGINT) WITH ('connector'='datagen')", "JSON").await;
    let operation = gateway.begin(&session, "SELECT n FROM g").await;
    let mut rows = 0;
    let mut path = format!("{operation}/result/0?rowFormat=JSON");
    let mut job = String::new();
    while rows < 20_000 {
        let (status, page) = gateway.page(&path).await;
        assert_eq!((status, &page["isQueryResult"]), (200, &json!(true)), "{page}");
        let count = page["results"]["data"].as_array().expect("rows").len();
        assert!(count <= 5_000, "{count} rows in a page");
        rows += count;
        job = page["jobID"].as_str().expect("a job").to_owned();
        path = page["nextResultUri"].as_str().expect("it does not end").to_owned();
    }
    assert_eq!(gateway.call("GET", &format!("{operation}/status"), None).await.1, json!({"status": "FINISHED"}));
    let (status, refused) = gateway.call("POST", &format!("{operation}/cancel"), None).await;
    assert_eq!(status, 500);
    assert!(refused.to_string().contains("from FINISHED to CANCELED"), "{refused}");
    assert_eq!(gateway.call("DELETE", &format!("{operation}/close"), None).await.1, json!({"status": "CLOSED"}));
    let state = format!("DESCRIBE JOB '{job}'");
    loop {
        let described = gateway.run(&session, &state, "JSON").await;
        if described["rows"][0][1][2] == "CANCELED" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_listed_and_stopped() {
    let folder = tempfile::tempdir().expect("a folder");
    let savepoints = format!("-Dexecution.checkpointing.savepoint-dir=file://{}", folder.path().display());
    let gateway = Gateway::start(&[&savepoints]);
    let session = gateway.open(json!({})).await;
    gateway
        .run(&session, "CREATE TABLE g (n BIGINT) WITH ('connector'='datagen','rows-per-second'='10')", "JSON")
        .await;
    gateway.run(&session, "CREATE TABLE b (n BIGINT) WITH ('connector'='blackhole')", "JSON").await;
    for (how, state) in [("WITH SAVEPOINT", "FINISHED"), ("WITH SAVEPOINT WITH DRAIN", "FINISHED"), ("", "CANCELED")] {
        let operation = gateway.begin(&session, "INSERT INTO b SELECT n FROM g").await;
        let (_, page) = gateway.page(&format!("{operation}/result/0?rowFormat=JSON")).await;
        let job = page["results"]["data"][0]["fields"][0].as_str().expect("a job id").to_owned();
        assert_eq!(page["jobID"], job);
        let described = format!("DESCRIBE JOB '{job}'");
        while gateway.run(&session, &described, "JSON").await["rows"][0][1][2] != "RUNNING" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let stopped = gateway.run(&session, &format!("STOP JOB '{job}' {how}"), "JSON").await;
        if how.is_empty() {
            assert_eq!((&stopped["kind"], &stopped["rows"][0][1][0]), (&json!("SUCCESS"), &json!("OK")));
        } else {
            assert_eq!(stopped["columns"][0]["name"], "savepoint path", "{stopped}");
            assert!(stopped["rows"][0][1][0].as_str().expect("a path").contains("savepoint-"), "{stopped}");
        }
        while gateway.run(&session, &described, "JSON").await["rows"][0][1][2] != state {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    let jobs = gateway.run(&session, "SHOW JOBS", "JSON").await;
    assert_eq!(jobs["rows"].as_array().expect("rows").len(), 3, "{jobs}");
}
