//! Who is let in to REST and the SQL gateway, by password or token, and to what by role.

use std::path::Path;

use compat_tests::process::{self, ProcessCluster, flinkrs, free_port};

use crate::curl::{curl, status};

const NO_JOB: &str = "/jobs/00000000000000000000000000000000";

/// A line of the file of users, and the token if there is one.
fn entry(name: &str, role: &str, password: Option<&str>) -> (String, String) {
    use std::io::Write;
    let arguments = match password {
        Some(_) => vec!["hash-password", name, role],
        None => vec!["hash-password", "--token", name, role],
    };
    let mut command = flinkrs(&arguments).expect("the binary");
    command
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    let input = format!("{}\n", password.unwrap_or_default());
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{output:?}");
    let [line, said] = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).trim().to_owned());
    (line, said.rsplit(' ').next().unwrap_or_default().to_owned())
}

/// A file of users in this folder, and the tokens of `robot` (operator) and `root` (admin).
pub fn users(folder: &Path) -> (String, String, String) {
    let (anna, _) = entry("anna", "viewer", Some("see: all"));
    let (otto, _) = entry("otto", "operator", Some("run"));
    let (robot, robot_token) = entry("robot", "operator", None);
    let (root, root_token) = entry("root", "admin", None);
    let file = folder.join("users");
    std::fs::write(&file, format!("# users\n{anna}\n{otto}\n{robot}\n{root}\n")).expect("written");
    (file.display().to_string(), robot_token, root_token)
}

#[test]
fn nobody_is_let_in_unknown_and_everybody_to_what_their_role_may() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, robot, root) = users(folder.path());
    let gateway_port = free_port().expect("a port");
    let keys =
        [format!("-Dsecurity.rest.users-file={file}"), format!("-Dsql-gateway.endpoint.rest.port={gateway_port}")];
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let cluster = ProcessCluster::start_secured(1, 2, &keys, "http", &["-u", "anna:see: all"]).expect("a cluster");
    let rest = format!("http://{}", cluster.rest_address());
    let gateway = format!("http://127.0.0.1:{gateway_port}");
    let (robot, root) = (format!("Authorization: Bearer {robot}"), format!("Authorization: Bearer {root}"));

    // Nobody, and those who are not right; the web UI is no exception.
    for url in
        [format!("{rest}/overview"), format!("{rest}/"), format!("{rest}/jobmanager/config"), format!("{gateway}/info")]
    {
        for credentials in [
            &[][..],
            &["-u", "anna:wrong"],
            &["-u", "nobody:see: all"],
            &["-H", "Authorization: Bearer wrong"],
            &["-H", "Authorization: Digest x"],
        ] {
            let answer = curl(&[credentials, &[url.as_str()]].concat());
            assert_eq!(answer.status, 401, "{url} {credentials:?} {answer:?}");
            assert!(answer.header("www-authenticate").is_some_and(|value| value.starts_with("Basic ")), "{answer:?}");
        }
    }
    let anna: &[&str] = &["-u", "anna:see: all"];
    let otto: &[&str] = &["-u", "otto:run"];
    let (robot, root): (&[&str], &[&str]) = (&["-H", &robot], &["-H", &root]);
    // What each may: 403 when the role does not do, anything else when it does.
    for (method, path, viewer, operator, admin) in [
        ("GET", "/overview", true, true, true),
        ("GET", "/", true, true, true),
        ("GET", "/sql-gateway/v4/info", true, true, true),
        ("POST", "/jobs", false, true, true),
        ("PATCH", NO_JOB, false, true, true),
        ("GET", "/jobs/00000000000000000000000000000000/yarn-cancel", false, true, true),
        ("POST", "/jobs/00000000000000000000000000000000/savepoints", false, true, true),
        ("POST", "/sql-gateway/v4/sessions", false, true, true),
        ("GET", "/catalogs/none", false, true, true),
        ("POST", "/jars/upload", false, false, true),
        ("DELETE", "/jars/none", false, false, true),
        ("DELETE", "/jobmanagers/nowhere:1", false, false, true),
        ("POST", "/taskmanagers/none/decommission", false, false, true),
    ] {
        let url = format!("{rest}{path}");
        for (credentials, may) in [(anna, viewer), (otto, operator), (robot, operator), (root, admin)] {
            let status = status(&[credentials, &["-X", method, &url]].concat());
            assert_eq!(status != 403, may, "{method} {path} {credentials:?}: {status}");
            assert_ne!(status, 401, "{method} {path}");
        }
    }
    // Credentials that a browser adds by itself do not open the door to other pages.
    assert_eq!(
        status(&[root, &["-X", "POST", "-H", "Origin: http://evil.example", &format!("{rest}/jobs")]].concat()),
        403
    );

    // The commands and the shell, and the gateway of the JobManager itself, which asks REST for its clients.
    let address = cluster.rest_address();
    let as_otto = ["-Dsecurity.rest.client.user=otto", "-Dsecurity.rest.client.password=run"];
    let list = |more: &[&str]| process::run(&[&["list", "-m", address][..], more].concat()).expect("it runs");
    assert!(list(&as_otto).status.success());
    assert!(String::from_utf8_lossy(&list(&[]).stderr).contains("401"), "{:?}", list(&[]));
    let script = folder.path().join("query.sql");
    std::fs::write(&script, "SELECT COUNT(*) FROM (VALUES (1), (2)) AS t(id);\n").expect("written");
    let (endpoint, script) = (format!("127.0.0.1:{gateway_port}"), script.display().to_string());
    let shell = ["sql-client", "gateway", "-e", &endpoint, "-f", &script];
    let output = process::run(&[&shell[..], &as_otto].concat()).expect("it runs");
    assert!(output.status.success(), "{output:?}");
    assert!(!process::run(&shell).expect("it runs").status.success());
    // A shell with a gateway of its own.
    let output =
        process::run(&[&["sql-client", "-m", address, "-f", &script][..], &as_otto].concat()).expect("it runs");
    assert!(output.status.success(), "{output:?}");
    // As Flink's own clients have it.
    let mut command = flinkrs(&["list", "-m", address]).expect("the binary");
    let output = command.env("FLINK_REST_CLIENT_HEADERS", root[1]).output().expect("it runs");
    assert!(output.status.success(), "{output:?}");

    // Secrets are not shown, and the file is read again.
    let config = curl(&[anna, &[&format!("{rest}/jobmanager/config")]].concat());
    assert!(config.body.contains("security.rest.users-file") && !config.body.contains("argon2"));
    std::fs::write(&file, entry("anna", "viewer", Some("new")).0).expect("written");
    cluster
        .wait_until("the changed file", || Ok(status(&["-u", "anna:new", &format!("{rest}/overview")]) == 200))
        .expect("it is read");
    assert_eq!(status(&[anna, &[&format!("{rest}/overview")]].concat()), 401);
}

#[test]
fn guessing_is_slowed_down() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, _, root) = users(folder.path());
    let key = format!("-Dsecurity.rest.users-file={file}");
    let root = format!("Authorization: Bearer {root}");
    let cluster = ProcessCluster::start_secured(0, 1, &[&key], "http", &["-H", &root]).expect("a cluster");
    let url = format!("http://{}/overview", cluster.rest_address());
    assert_eq!(status(&["-u", "anna:see: all", &url]), 200);
    let many: Vec<u16> = (0..30).map(|n| status(&["-H", &format!("Authorization: Bearer {n}"), &url])).collect();
    assert!(many.contains(&401) && many.contains(&429), "{many:?}");
    // Others behind that address are not locked out: neither by a token nor by a password that was right before.
    assert_eq!(status(&["-H", &root, &url]), 200);
    assert_eq!(status(&["-u", "anna:see: all", &url]), 200, "it was right before");
    assert_eq!(status(&["-u", "otto:run", &url]), 429, "it may be a guess");
    // Nor are probes, which nobody has told who they are and which know no name.
    let health = format!("http://{}/health", cluster.rest_address());
    assert_eq!(status(&["-H", "Host: 10.1.2.3:8081", &health]), 200);
    assert_eq!(status(&["-X", "POST", "-H", "Authorization: Bearer 1", &health]), 429);
    assert_eq!(status(&["-H", &root, "-H", &root, &url]), 400);
}

#[test]
fn sessions_show_no_secrets_and_jobs_have_none_of_the_processes() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, _, root) = users(folder.path());
    let gateway_port = free_port().expect("a port");
    let keys = [
        format!("-Dsecurity.rest.users-file={file}"),
        format!("-Dsql-gateway.endpoint.rest.port={gateway_port}"),
        "-Ds3.access-key=who".to_owned(),
        "-Ds3.secret-key=of-the-store".to_owned(),
        "-Dpipeline.global-job-parameters=password:of-the-job,colour:blue".to_owned(),
    ];
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let root = format!("Authorization: Bearer {root}");
    let cluster = ProcessCluster::start_secured(1, 1, &keys, "http", &["-H", &root]).expect("a cluster");
    let json = "Content-Type: application/json";
    let gateway = format!("http://127.0.0.1:{gateway_port}/v3/sessions");
    let opened = curl(&["-H", &root, "-H", json, "-d", "{}", &gateway]).body;
    let session = opened.split('"').nth(3).expect("a handle");
    let shown = curl(&["-H", &root, &format!("{gateway}/{session}")]).body;
    assert!(
        shown.contains("s3.secret-key") && !shown.contains("of-the-store") && !shown.contains("users-file"),
        "{shown}"
    );

    let script = folder.path().join("job.sql");
    let select = "CREATE TABLE t (a INT) WITH ('connector' = 'datagen', 'rows-per-second' = '1'); \
                  CREATE TABLE s (a INT) WITH ('connector' = 'blackhole'); INSERT INTO s SELECT a FROM t; SET;";
    std::fs::write(&script, select).expect("written");
    let token = root.rsplit(' ').next().expect("a token");
    let token = format!("-Dsecurity.rest.client.token={token}");
    let client = [&["-m", cluster.rest_address(), &token][..], &keys[2..]].concat();
    let script = script.display().to_string();
    let output = process::run(&[&["sql-client"][..], &client[..], &["-f", &script]].concat()).expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("s3.secret-key") && !said.contains("of-the-store"), "{output:?}");

    let rest = format!("http://{}", cluster.rest_address());
    let jobs = curl(&["-H", &root, &format!("{rest}/jobs")]).body;
    let job = jobs.split('"').nth(5).expect("a job");
    let parameters = curl(&["-H", &root, &format!("{rest}/jobs/{job}/config")]).body;
    assert!(parameters.contains("blue") && !parameters.contains("of-the-job"), "{parameters}");
    let settings = curl(&["-H", &root, &format!("{rest}/jobs/{job}/jobmanager/config")]).body;
    assert!(settings.contains("users-file") && !settings.contains("client.token"), "{settings}");
}
