//! `flinkrs doctor` finds what keeps a JobManager from starting, and takes one that runs for no fault.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn flinkrs(arguments: &[String]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flinkrs"));
    command.args(arguments).current_dir(std::env::temp_dir()).stdin(Stdio::null());
    for variable in ["FLINK_CONF_DIR", "FLINKRS_CONF_DIR", "FLINK_PROPERTIES"] {
        command.env_remove(variable);
    }
    command
}

/// Ports at which nothing listens, and more keys.
fn keys(more: &[&str]) -> Vec<String> {
    let free = || TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port").port();
    let mut keys: Vec<String> = ["rest.port", "jobmanager.rpc.port", "sql-gateway.endpoint.rest.port"]
        .iter()
        .map(|key| format!("-D{key}={}", free()))
        .collect();
    keys.extend(more.iter().map(|key| format!("-D{key}")));
    keys
}

/// Whether it finds nothing wrong, and its lines.
fn doctor(keys: &[String]) -> (bool, String) {
    let output = flinkrs(&[&["doctor".to_owned()][..], keys].concat()).output().expect("it runs");
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

fn line_with<'a>(said: &'a str, mark: &str, words: &[&str]) -> Option<&'a str> {
    said.lines().find(|line| line.starts_with(mark) && words.iter().all(|word| line.contains(word)))
}

#[test]
fn what_keeps_a_jobmanager_from_starting_is_wrong() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let own = std::process::id().to_string();
    let prometheus = "metrics.reporter.p.factory.class=org.apache.flink.metrics.prometheus.PrometheusReporterFactory";
    let at = |key: &str| format!("{key}={port}");
    for (more, says) in [
        (vec!["high-availability.type=zookeeper".to_owned()], ["zookeeper", "raft"]),
        (vec!["high-availability.type=raft".to_owned()], ["high-availability.storageDir", "not set"]),
        (vec![at("rest.bind-port")], ["rest.port", &own]),
        (vec![at("jobmanager.rpc.port")], ["jobmanager.rpc.port", &own]),
        (vec![at("sql-gateway.endpoint.rest.port")], ["sql-gateway.endpoint.rest.port", &own]),
        (vec![prometheus.to_owned(), at("metrics.reporter.p.port")], ["metrics.reporter", &own]),
        (vec!["rest.bind-address=192.0.2.1".to_owned()], ["rest.port", "192.0.2.1"]),
        (vec!["taskmanager.numberOfTaskSlots=0".to_owned()], ["TaskManager", "numberOfTaskSlots"]),
        (
            vec!["rest.port=7".to_owned(), "rest.bind-port=0".to_owned(), "web.upload.dir=/proc/no".to_owned()],
            ["web.upload.dir", "/proc"],
        ),
    ] {
        let keys = keys(&more.iter().map(String::as_str).collect::<Vec<_>>());
        let (fine, said) = doctor(&keys);
        assert!(!fine && line_with(&said, "WRONG", &says).is_some(), "{more:?}: {said}");
    }
    let mut same = keys(&[]);
    same[1] = same[0].replace("rest.port", "jobmanager.rpc.port");
    let (fine, said) = doctor(&same);
    assert!(!fine && line_with(&said, "WRONG", &["jobmanager.rpc.port", "another key"]).is_some(), "{said}");
    let (fine, said) = doctor(&keys(&[]));
    assert!(fine && said.ends_with("nothing is wrong\n"), "{said}");
}

#[test]
fn a_jobmanager_that_runs_is_no_fault() {
    let folder = tempfile::tempdir().expect("a folder");
    let storage = format!("high-availability.storageDir={}", folder.path().display());
    let keys = keys(&["high-availability.type=raft", &storage]);
    let mut jobmanager = flinkrs(&[&["jobmanager".to_owned()][..], &keys].concat())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs");
    let deadline = Instant::now() + Duration::from_secs(60);
    let list = [&["list".to_owned()][..], &keys].concat();
    while !flinkrs(&list).output().expect("it runs").status.success() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(50));
    }
    let (fine, said) = doctor(&keys);
    jobmanager.kill().and_then(|()| jobmanager.wait()).expect("it ends");
    assert!(fine, "{said}");
    let owner = format!("'flinkrs jobmanager' (process {})", jobmanager.id());
    for key in ["rest.port", "jobmanager.rpc.port", "sql-gateway.endpoint.rest.port", "high-availability.storageDir"] {
        assert!(line_with(&said, "remark", &[key, &owner]).is_some(), "{key}: {said}");
    }
}

#[test]
fn a_file_of_users_is_for_few_eyes_and_needs_tls() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("users");
    let line = flinkrs(&["hash-password", "--token", "robot", "viewer"].map(str::to_owned)).output().expect("it runs");
    std::fs::write(&file, line.stdout).expect("a file");
    let mode = |mode| std::fs::set_permissions(&file, PermissionsExt::from_mode(mode)).expect("it is mine");
    let keys = keys(&[&format!("security.rest.users-file={}", file.display())]);
    mode(0o666);
    let (fine, said) = doctor(&keys);
    assert!(fine && said.ends_with("warnings: 3\n"), "{said}");
    for words in ["others can write", "everybody can read", "without TLS"] {
        assert!(line_with(&said, "WARNING", &["users", words]).is_some(), "{words}: {said}");
    }
    mode(0o600);
    let (fine, said) = doctor(&keys);
    assert!(fine && said.ends_with("warnings: 1\n"), "{said}");
}
