//! The logs of processes: all that a server says is in its log, and clients leave none for nothing.

use std::path::Path;
use std::process::{Command, Output};

fn flinkrs(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flinkrs"));
    command.args(arguments).current_dir(std::env::temp_dir());
    for variable in ["FLINK_CONF_DIR", "FLINKRS_CONF_DIR", "FLINK_PROPERTIES", "RUST_LOG", "FLINKRS_LOG"] {
        command.env_remove(variable);
    }
    command.output().expect("it runs")
}

fn log_files(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.map(|file| std::fs::read_to_string(file.path()).expect("a file")).collect()
}

#[test]
fn warnings_and_the_last_word_of_a_server_are_in_its_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let rest = format!("-Drest.port={}", taken.local_addr().expect("an address").port());
    let log = format!("-Denv.log.dir={}", folder.path().display());
    let keys = ["-Dparallelism.defalt=2", "-Denv.log.format=json", "-Djobmanager.rpc.port=0"];
    let output = flinkrs(&[&["jobmanager", &rest, &log][..], &keys].concat());
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).expect("text");
    for text in [log_files(folder.path()).concat(), said] {
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect();
        let has = |level: &str, words: &str| {
            lines.iter().any(|line| {
                line["level"] == level && line["fields"]["message"].as_str().is_some_and(|text| text.contains(words))
            })
        };
        assert!(has("WARN", "did you mean 'parallelism.default'?"), "{text}");
        assert!(has("ERROR", "cannot listen"), "{text}");
    }
    // Where the log is off, or about something else, the end is said nevertheless.
    let output = flinkrs(&["jobmanager", &rest, "-Denv.log.level=OFF", "-Djobmanager.rpc.port=0"]);
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(said.starts_with("error: the JobManager cannot listen") && said.lines().count() == 1, "{said}");
}

#[test]
fn clients_leave_no_empty_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("job.sql");
    std::fs::write(&script, "SELECT 1;").expect("a file");
    let logs = folder.path().join("logs");
    let log = format!("-Denv.log.dir={}", logs.display());
    let script = script.display().to_string();
    assert!(flinkrs(&["run", "-t", "local", &log, &script]).status.success());
    assert_eq!(log_files(&logs), [""; 0]);
    assert!(flinkrs(&["run", "-t", "local", &log, "-Denv.log.level=INFO", &script]).status.success());
    assert_eq!(log_files(&logs).len(), 1);
}

#[test]
fn what_is_no_level_is_refused() {
    for level in ["WARNING", "foo", ""] {
        let output = flinkrs(&["jobmanager", &format!("-Denv.log.level={level}")]);
        let said = String::from_utf8(output.stderr).expect("text");
        assert!(!output.status.success() && said.contains("one of TRACE, DEBUG, INFO"), "{level}: {said}");
    }
}
