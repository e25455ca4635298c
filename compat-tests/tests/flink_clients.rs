//! Clients that others have written, unmodified: Flink's CLI at the JobManager; at the SQL gateway Flink's SQL client with a script, Flink's JDBC driver in a small Java
//! program, and packages from PyPI. Each of these creates tables, runs a windowed SELECT to its end, shows a changelog and gets errors.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use compat_tests::process::{self, ProcessCluster, free_port};

const TABLE: &str = "CREATE TABLE o (id INT, amount DECIMAL(10,2), k STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)\n \
                     WITH ('connector'='filesystem','path'='${DATA}/orders.csv','format'='csv');\n";
const WINDOWED: &str = "SELECT window_start, SUM(amount) AS s, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;\n";
const CHANGELOG: &str = "SELECT k, COUNT(*) AS c FROM o GROUP BY k;\n";

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What a script of this folder prints: a path.
fn path_from(script: &str, arguments: &[&str]) -> PathBuf {
    let mut command = Command::new(here().join(script));
    let output = command.args(arguments).stderr(Stdio::inherit()).output().expect("bash runs");
    assert!(output.status.success(), "{script} failed");
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

/// A cluster and the address of its gateway.
fn cluster() -> (ProcessCluster, String) {
    let port = free_port().expect("a port");
    let cluster =
        ProcessCluster::start(1, 8, &[&format!("-Dsql-gateway.endpoint.rest.port={port}")]).expect("a cluster");
    (cluster, format!("127.0.0.1:{port}"))
}

/// A script in a file of this folder.
fn script(folder: &Path, statements: &[&str]) -> PathBuf {
    let data = here().join("gateway").display().to_string();
    let file = folder.join("script.sql");
    std::fs::write(&file, statements.concat().replace("${DATA}", &data)).expect("the folder can be written");
    file
}

fn contains_all(said: &str, parts: &[&str]) {
    let mut rest = said;
    for part in parts {
        let at = rest.find(part).unwrap_or_else(|| panic!("'{part}' is missing, or not in its place, in:\n{said}"));
        rest = &rest[at + part.len()..];
    }
}

/// Flink's SQL client, and the variables that it is to see.
fn sql_client(folder: &Path) -> (PathBuf, [(&'static str, PathBuf); 4]) {
    let home = path_from("oracle/flink-home.sh", &[]);
    // The client wants the gateway's JAR beside its own; only its classes are used.
    let optional = folder.join("opt");
    std::fs::create_dir(&optional).expect("the folder can be written");
    let gateway = path_from("clients/maven-jar.sh", &["flink-sql-gateway"]);
    let jars = ["flink-sql-client-2.3.0.jar", "flink-python-2.3.0.jar"].map(|name| home.join("opt").join(name));
    for jar in jars.iter().chain([&gateway]) {
        std::os::unix::fs::symlink(jar, optional.join(jar.file_name().expect("a file"))).expect("a link");
    }
    let environment = [
        ("FLINK_CONF_DIR", home.join("conf")),
        ("FLINK_LOG_DIR", folder.to_owned()),
        ("FLINK_OPT_DIR", optional),
        ("HOME", folder.to_owned()),
    ];
    (home.join("bin/sql-client.sh"), environment)
}

#[test]
fn the_sql_client_is_used_by_hand() {
    let (_cluster, address) = cluster();
    let folder = tempfile::tempdir().expect("a folder");
    let file = script(folder.path(), &[TABLE]);
    let table = std::fs::read_to_string(file).expect("the script").replace('\n', " ");
    let mode = |mode: &str| format!("SET 'sql-client.execution.result-mode' = '{mode}';\r");
    let one_line = |statement: &str| statement.replace('\n', "\r");
    let steps = [
        ("", "Flink SQL> $"),
        (&format!("{table}\r"), "Execute statement succeeded"),
        (&mode("tableau"), "Execute statement succeeded"),
        // Over two lines.
        ("SELECT k, COUNT(*) AS c\rFROM o GROUP BY k;\r", r"\+U \| +a \| +2 (?s:.)*Received a total of 4 rows"),
        ("SELECT nope FROM o;\r", "Column 'nope' not found in any table"),
        (&mode("table"), "Execute statement succeeded"),
        (&one_line(WINDOWED), r"SQL Query Result \(Table\)(?s:.)*2024-01-01 00:00:10.000 +1.00"),
        ("q", "Flink SQL> $"),
        (&mode("changelog"), "Execute statement succeeded"),
        (&one_line(CHANGELOG), r"SQL Query Result \(Changelog\)(?s:.)*-U +a +1"),
        ("q", "Flink SQL> $"),
        ("EXIT;\r", "Shutting down the session(?s:.)*done"),
    ];
    let steps: String = steps.iter().map(|step| serde_json::to_string(step).expect("JSON") + "\n").collect();
    let (client, environment) = sql_client(folder.path());
    let mut python = Command::new(here().join("clients/by_hand.py"))
        .arg(client)
        .args(["gateway", "--endpoint", &address, "--history"])
        .arg(folder.path().join("history"))
        .envs(environment)
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python runs");
    python.stdin.take().expect("a pipe").write_all(steps.as_bytes()).expect("it reads");
    let output = python.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn the_sql_client_runs_a_script() {
    let (_cluster, address) = cluster();
    let folder = tempfile::tempdir().expect("a folder");
    let tableau = "SET 'sql-client.execution.result-mode' = 'tableau';\n";
    let file = script(
        folder.path(),
        &[
            tableau,
            TABLE,
            "SHOW TABLES;\n",
            WINDOWED,
            CHANGELOG,
            "CREATE TABLE b (id INT) WITH ('connector'='blackhole');\nINSERT INTO b SELECT id FROM o;\n",
            "SELECT nope FROM o;\nSHOW VIEWS;\n",
        ],
    );
    let file = file.display().to_string();
    let (client, environment) = sql_client(folder.path());
    let output = Command::new(client)
        .args(["gateway", "--endpoint", &address, "-f", &file])
        .envs(environment)
        .stdin(Stdio::null())
        .output()
        .expect("Flink's SQL client runs");
    let said = String::from_utf8_lossy(&output.stdout);
    contains_all(
        &said,
        &[
            "[INFO] Execute statement succeeded.",
            "| table name |",
            "|          o |",
            "1 row in set",
            "| +I | 2024-01-01 00:00:00.000 |                                    30.75 |                    2 |",
            "| +I | 2024-01-01 00:00:10.000 |                                     1.00 |                    1 |",
            "Received a total of 2 rows",
            "| +I |                              b |                    1 |",
            "| -U |                              a |                    1 |",
            "| +U |                              a |                    2 |",
            "Received a total of 4 rows",
            "SQL update statement has been successfully submitted to the cluster:",
            "Job ID: ",
            "[ERROR] Could not execute SQL statement. Reason:\norg.apache.calcite.sql.validate.SqlValidatorException: Column 'nope' not found in any table\u{1b}",
            "Shutting down the session...\ndone.",
        ],
    );
}

#[test]
fn the_jdbc_driver_reads_results() {
    let (_cluster, address) = cluster();
    let folder = tempfile::tempdir().expect("a folder");
    let file = script(
        folder.path(),
        &[
            TABLE,
            "SHOW TABLES;\n",
            WINDOWED,
            CHANGELOG,
            "SELECT CAST(NULL AS INT) AS n, TRUE AS b, DATE '2024-02-03' AS d, 'x' AS x;\n",
            "SELECT nope FROM o;\nUSE nowhere;\n",
        ],
    );
    let driver = path_from("clients/maven-jar.sh", &["flink-sql-jdbc-driver-bundle"]);
    // The driver wants SLF4J beside it, which Flink's own archive brings.
    let dist = path_from("oracle/flink-home.sh", &[]).join("lib/flink-dist-2.3.0.jar");
    let compiled = Command::new("javac")
        .arg("-d")
        .arg(folder.path())
        .arg(here().join("clients/JdbcClient.java"))
        .status()
        .expect("javac runs; on Debian: apt-get install openjdk-17-jdk-headless");
    assert!(compiled.success());
    let class_path = [folder.path(), &driver, &dist].map(|path| path.display().to_string()).join(":");
    let output = Command::new("java")
        .args(["--add-opens=java.base/java.nio=ALL-UNNAMED", "-cp", &class_path, "JdbcClient", &address])
        .arg(&file)
        .output()
        .expect("java runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    contains_all(
        &said,
        &[
            "product: Flink JDBC Driver",
            "done",
            "columns: table name STRING,\nrow: o,\nend",
            "columns: window_start TIMESTAMP(3) NOT NULL, s DECIMAL(38, 2), c BIGINT NOT NULL,",
            "row: 2024-01-01 00:00:00.0, 30.75, 2,",
            "row: 2024-01-01 00:00:10.0, 1.00, 1,\nend",
            "columns: k STRING, c BIGINT NOT NULL,\nrow: a, 1,\nrow: b, 1,\nrow: a, 1,\nrow: a, 2,\nend",
            "row: null, true, 2024-02-03, x,",
            "error: org.apache.calcite.sql.validate.SqlValidatorException: Column 'nope' not found in any table",
            "error: org.apache.flink.table.catalog.exceptions.CatalogException: A database with name [nowhere] does not exist in the catalog: [default_catalog].",
            "closed",
        ],
    );
}

#[test]
fn clients_from_pypi_understand_gateway_and_job_manager() {
    let (cluster, address) = cluster();
    let output = Command::new(path_from("clients/python.sh", &[]))
        .arg(here().join("clients/python_clients.py"))
        .args([&address, cluster.rest_address()])
        .arg(here().join("gateway/orders.csv"))
        .output()
        .expect("Python runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    contains_all(
        &said,
        &[
            "product: Apache Flink",
            "INSERT 2024-01-01T00:00:00 30.75 2\nINSERT 2024-01-01T00:00:10 1 1\nstatus: FINISHED",
            "UPDATE_BEFORE a 1\nUPDATE_AFTER a 2\nstatus: FINISHED",
            "completes: True\nconfigured: True\nrefused: True",
            "session: CLOSED\nTaskManagers: 1 1",
            "job: insert-into_default_catalog.default_database.b\nplan: True",
            "then: CANCELED",
        ],
    );
}

/// What a command of Flink's CLI and the same of flinkrs' print, with the ids that differ replaced.
fn both_clis(cluster: &ProcessCluster, verb: &str, theirs: &[&str], ours: &[&str]) -> [String; 2] {
    let home = path_from("oracle/flink-home.sh", &[]);
    let logs = tempfile::tempdir().expect("a folder");
    let mut flink = Command::new(home.join("bin/flink"));
    flink.args([verb, "-m", cluster.rest_address()]).args(theirs);
    flink.env("FLINK_CONF_DIR", home.join("conf")).env("FLINK_LOG_DIR", logs.path());
    let mut flinkrs = process::flinkrs(&[verb, "-m", cluster.rest_address()]).expect("the binary is there");
    flinkrs.args(ours);
    [flink, flinkrs].map(|mut command| {
        let output = command.stdin(Stdio::null()).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
        said.lines().map(without_ids).collect::<Vec<_>>().join("\n")
    })
}

/// A line without what differs from job to job.
fn without_ids(line: &str) -> String {
    let is_id = |word: &str| word.len() >= 12 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let words = line.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    let masked = words.map(|word| {
        let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        if is_id(bare) || (!bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit())) {
            word.replacen(bare, "#", 1)
        } else {
            word.to_owned()
        }
    });
    masked.collect::<String>().split("savepoint-").next().unwrap_or_default().to_owned()
}

#[test]
fn the_cli_controls_jobs_and_ours_says_the_same() {
    let (cluster, _) = cluster();
    let folder = tempfile::tempdir().expect("a folder");
    let place = format!("file://{}", folder.path().join("savepoints").display());
    let sql = format!(
        "SET 'execution.checkpointing.dir' = 'file://{}';\n\
         CREATE TABLE a (i INT) WITH ('connector' = 'datagen', 'rows-per-second' = '10');\n\
         CREATE TABLE b (i INT) WITH ('connector' = 'blackhole');\nINSERT INTO b SELECT i FROM a;",
        folder.path().join("checkpoints").display()
    );
    let file = folder.path().join("job.sql");
    std::fs::write(&file, sql).expect("the folder can be written");
    let jobs = [(); 4].map(|()| {
        let output = process::run(&["run", "-d", "-m", cluster.rest_address(), &file.display().to_string()]);
        let output = output.expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let job = said.split_once("JobID ").unwrap_or_else(|| panic!("no job id in {output:?}")).1[..32].to_owned();
        let runs = || Ok(cluster.get(&format!("/jobs/{job}"))?["status-counts"]["RUNNING"] == 1);
        cluster.wait_until("a job to run", runs).expect("it does");
        job
    });
    let [first, second, third, fourth] = jobs.each_ref().map(String::as_str);
    for (verb, theirs, ours, says) in [
        ("list", vec![], vec![], "insert-into_default_catalog.default_database.b (RUNNING)"),
        ("checkpoint", vec![first], vec![second], "You can resume your program from this checkpoint"),
        ("savepoint", vec![first, &place], vec![second, &place], "Savepoint completed. Path: file:"),
        ("stop", vec!["-p", &place, first], vec!["-p", &place, second], "Savepoint completed. Path: file:"),
        ("cancel", vec![third], vec![fourth], "Cancelled job"),
        ("list", vec!["-a"], vec!["-a"], "insert-into_default_catalog.default_database.b (CANCELED)"),
    ] {
        let [of_flink, of_flinkrs] = both_clis(&cluster, verb, &theirs, &ours);
        assert!(of_flink.contains(says), "{verb}: {of_flink}");
        assert_eq!(of_flinkrs, of_flink, "{verb}");
    }
}
