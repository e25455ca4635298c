//! Wrong input to the binary: each mistake is one line that names the cause and a way out, and the exit code is not 0.

use std::process::Command;

fn flinkrs(arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_flinkrs"))
        .args(arguments)
        .current_dir(std::env::temp_dir())
        .env_remove("FLINK_CONF_DIR")
        .env_remove("FLINKRS_CONF_DIR")
        .env_remove("FLINK_PROPERTIES")
        .output()
        .expect("the binary runs");
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Runs a job file of this text and returns what was said.
fn run(name: &str, text: &str, arguments: &[&str]) -> (bool, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(name);
    std::fs::write(&file, text).expect("a file");
    let path = file.display().to_string();
    let mut all = vec!["run"];
    all.extend(arguments);
    all.push(&path);
    flinkrs(&all)
}

fn refused((success, said): (bool, String), parts: &[&str]) {
    assert!(!success, "it must fail: {said}");
    for part in parts {
        assert!(said.contains(part), "'{part}' is missing in: {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

const TABLE: &str = "CREATE TABLE t (user_id STRING, amount INT) WITH ('connector'='filesystem','path'='/nowhere/at/all.csv','format'='csv');\n";

#[test]
fn files_that_cannot_be_read() {
    refused(flinkrs(&["run", "/nowhere/job.yaml"]), &["/nowhere/job.yaml", "No such file"]);
    refused(flinkrs(&["run", "Cargo.toml"]), &["Cargo.toml"]);
    refused(run("a.yaml", "name: [\n", &["-t", "local"]), &["a.yaml", "line"]);
    refused(run("b.yaml", "sql: SELECT 1\nsnks: []\n", &["-t", "local"]), &["b.yaml", "snks"]);
}

#[test]
fn sql_mistakes_point_at_the_place() {
    refused(
        run("a.sql", &format!("{TABLE}SELECT user_idd FROM t;"), &["-t", "local"]),
        &["user_idd", "line 2", "user_id"],
    );
    refused(run("b.sql", "SELECT 1 +;", &["-t", "local"]), &["line 1"]);
    refused(run("c.sql", "SELECT * FROM nowhere;", &["-t", "local"]), &["nowhere"]);
    refused(
        run("d.sql", "CREATE TABLE x (a INT) WITH ('connector'='kafkaa');\nSELECT * FROM x;", &["-t", "local"]),
        &["kafkaa", "kafka"],
    );
}

#[test]
fn the_outside_world_is_missing() {
    refused(run("a.sql", &format!("{TABLE}SELECT * FROM t;"), &["-t", "local"]), &["/nowhere/at/all.csv"]);
    refused(run("b.sql", "SELECT 1;", &["-m", "127.0.0.1:1"]), &["127.0.0.1:1", "flinkrs jobmanager"]);
    refused(run("c.sql", "SELECT 1;", &["-m", "nonsense"]), &["nonsense", "HOST:PORT"]);
    let kafka = "CREATE TABLE k (a INT) WITH ('connector'='kafka','topic'='t','properties.bootstrap.servers'='127.0.0.1:1','format'='json','scan.startup.mode'='earliest-offset');\nSELECT * FROM k;";
    refused(run("d.sql", kafka, &["-t", "local"]), &["127.0.0.1:1"]);
}

#[test]
fn arguments_that_do_not_fit() {
    refused(run("a.sql", "SELECT 1;", &["-t", "local", "-d"]), &["-d", "cluster"]);
    refused(
        run("b.sql", "SELECT 1;", &["-t", "local", "-D", "parallelism.default=many"]),
        &["parallelism.default", "many"],
    );
    refused(flinkrs(&["run", "--target", "moon", "x.sql"]), &["moon", "local"]);
}

#[test]
fn commands_that_cannot_be_carried_out() {
    let job = "00000000000000000000000000000001";
    for command in [&["list"][..], &["savepoint", job], &["checkpoint", job], &["stop", job], &["cancel", job]] {
        let all = [command, &["-m", "127.0.0.1:1"]].concat();
        refused(flinkrs(&all), &["127.0.0.1:1", "flinkrs jobmanager"]);
    }
    refused(flinkrs(&["savepoint"]), &["flinkrs savepoint JOB", "flinkrs list"]);
    refused(flinkrs(&["cancel", "job1"]), &["job1", "JOB"]);
    refused(flinkrs(&["run", "-n", "x.sql"]), &["--fromSavepoint"]);
    refused(flinkrs(&["run", "-s", "p", "--claimMode", "MINE", "x.sql"]), &["MINE", "NO_CLAIM"]);
}

#[test]
fn a_failed_job_is_said_once_and_in_one_line() {
    let (success, said) = run("once.sql", &format!("{TABLE}SELECT * FROM t;"), &["-t", "local"]);
    assert!(!success);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("error: job ") && said.contains("/nowhere/at/all.csv"), "{said}");
}

#[test]
fn settings_without_effect_are_named() {
    let (success, said) = run(
        "set.sql",
        "SET 'execution.checkpointing.file-merging.enabled' = 'true';\nSET 'parallelism.defalt' = '2';\nSELECT 1;",
        &["-t", "local"],
    );
    assert!(success, "{said}");
    assert!(
        said.contains("no effect in this version of flinkrs: execution.checkpointing.file-merging.enabled"),
        "{said}"
    );
    assert!(said.contains("did you mean 'parallelism.default'?"), "{said}");
}

#[test]
fn a_script_may_raise_the_parallelism_of_the_embedded_cluster() {
    let text = "SET 'parallelism.default' = '100';\n\
                CREATE TABLE t (id INT) WITH ('connector'='datagen','number-of-rows'='100');\nSELECT COUNT(*) FROM t GROUP BY id;";
    let (success, said) = run("parallel.sql", text, &["-t", "local", "-o", "json"]);
    assert!(success, "{said}");
}
