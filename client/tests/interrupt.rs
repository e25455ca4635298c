//! Ctrl-C and SIGTERM end an attached job, its process, and what it started, at once.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs the script, sends the signal after its first line of output, and returns what was said on standard error.
fn interrupted(name: &str, text: &str, signal: &str) -> String {
    use std::io::{BufRead, BufReader, Read};
    let file = std::env::temp_dir().join(format!("flinkrs-interrupt-{}-{name}.sql", std::process::id()));
    std::fs::write(&file, text).expect("a file");
    let mut child = Command::new(env!("CARGO_BIN_EXE_flinkrs"))
        .args(["run", "-t", "local"])
        .arg(&file)
        .current_dir(std::env::temp_dir())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut line = String::new();
    output.read_line(&mut line).expect("text");
    assert!(line.starts_with("Job has been submitted"), "{line}");
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill runs");
    assert!(sent.success());
    let start = Instant::now();
    let mut said = String::new();
    child.stderr.take().expect("it is piped").read_to_string(&mut said).expect("text");
    assert!(!child.wait().expect("it ends").success());
    assert!(start.elapsed() < Duration::from_secs(5), "it took {:?}", start.elapsed());
    std::fs::remove_file(&file).expect("the file goes");
    said
}

const TABLES: &str = "CREATE TABLE g (id INT) WITH ('connector'='datagen','rows-per-second'='10');\n\
                      CREATE TABLE b (id INT) WITH ('connector'='blackhole');\n";

#[test]
fn a_select_ends() {
    let said = interrupted("select", &format!("{TABLES}SELECT * FROM g;"), "-INT");
    assert!(said.contains("error: interrupted: job "), "{said}");
}

#[test]
fn all_inserts_end() {
    let insert = "INSERT INTO b SELECT id FROM g;\n";
    let said = interrupted("insert", &format!("{TABLES}{insert}{insert}"), "-TERM");
    assert!(said.contains("error: interrupted: "), "{said}");
}
