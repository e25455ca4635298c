//! Whoever reads what a process says may have gone: a command ends quietly, a server runs on.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A command that takes hangups as others do, also where whoever started the tests has had them ignored, as nohup does.
fn flinkrs(arguments: &[&str]) -> Command {
    let mut command = Command::new("env");
    command
        .args(["--default-signal=HUP", env!("CARGO_BIN_EXE_flinkrs")])
        .args(arguments)
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null());
    for variable in ["FLINK_CONF_DIR", "FLINKRS_CONF_DIR", "FLINK_PROPERTIES"] {
        command.env_remove(variable);
    }
    command
}

/// The end of a pipe that nobody reads.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

#[test]
fn a_command_whose_reader_has_gone_ends_quietly() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("job.sql");
    let table = "CREATE TABLE t (id INT) WITH ('connector'='datagen','rows-per-second'='10');\nSELECT * FROM t;";
    std::fs::write(&script, table).expect("a file");
    let script = script.display().to_string();
    for arguments in [
        &["completion", "bash"][..],
        &["job-schema"],
        &["doctor", "-Drest.port=1"],
        &["info", &script],
        // It would run for ever.
        &["run", "-t", "local", &script],
        &["run", "-t", "local", "-o", "json", &script],
        &["sql-client", "-Drest.port=1", "-f", &script],
    ] {
        let output = flinkrs(arguments).stdout(closed()).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(141), "{arguments:?}: {said}");
        assert!(!said.contains("panicked") && !said.contains("error"), "{arguments:?}: {said}");
    }
    let status = flinkrs(&["list", "-m", "127.0.0.1:1"]).stdout(Stdio::null()).stderr(closed()).status();
    assert_eq!(status.expect("it runs").code(), Some(1), "what cannot be said is not said");
    assert!(flinkrs(&["--help"]).stdout(closed()).status().expect("it runs").success());
}

#[test]
fn a_server_whose_readers_have_gone_runs_on() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port").port();
    let rest = format!("-Drest.port={port}");
    let keys = ["-Djobmanager.rpc.port=0", "-Dsql-gateway.endpoint.rest.port=0", "-Denv.log.level=DEBUG"];
    let arguments = [&["cluster", &rest][..], &keys].concat();
    let mut cluster = flinkrs(&arguments).stdout(closed()).stderr(closed()).spawn().expect("it runs");
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut answers = 0;
    while answers < 3 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(100));
        let listed = flinkrs(&["list", &rest]).output().expect("it runs");
        answers += usize::from(listed.status.success());
    }
    let runs = cluster.try_wait().expect("a process").is_none();
    let sent = Command::new("kill").args(["-HUP", &cluster.id().to_string()]).status().expect("kill runs");
    let ended = cluster.wait().expect("it ends");
    assert!(runs && answers == 3, "it has ended: {ended}");
    assert!(sent.success() && ended.success(), "SIGHUP ends it in order: {ended}");
}
