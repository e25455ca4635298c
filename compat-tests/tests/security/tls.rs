//! TLS of REST, of the SQL gateway and between processes: who is let in, and who is not.

use std::path::Path;

use compat_tests::process::{self, ProcessCluster, free_port};

use crate::certificates::{Certificates, handshake, openssl};
use crate::curl::{curl, status};

pub const LOCAL: &str = "DNS:localhost,IP:127.0.0.1";
const QUERY: &str = "SET 'parallelism.default' = '2';\nSELECT MOD(id, 3) AS k, COUNT(*) AS n FROM (VALUES (1), (2), (3), (4)) AS t(id) GROUP BY MOD(id, 3);\n";

#[test]
fn rest_asks_for_certificates_and_shows_its_own() {
    let certificates = Certificates::with_authority("ca");
    certificates.authority("other-ca");
    certificates.issue("ca", "server", LOCAL);
    certificates.issue("ca", "client", "DNS:somebody");
    certificates.issue("other-ca", "stranger", "DNS:somebody");
    certificates.issue_expired("ca", "late", "DNS:somebody");
    let [ca, server, client] = ["ca", "server-both", "client-both"].map(|name| certificates.file(name, "pem"));
    let gateway_port = free_port().expect("a port");
    let keys = [
        "-Dsecurity.ssl.rest.enabled=true".to_owned(),
        "-Dsecurity.ssl.rest.authentication-enabled=true".to_owned(),
        format!("-Dsecurity.ssl.rest.keystore={server}"),
        format!("-Dsecurity.ssl.rest.truststore={ca}"),
        format!("-Dsql-gateway.endpoint.rest.port={gateway_port}"),
    ];
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let let_in = ["--cacert", &ca, "--cert", &client];
    let cluster = ProcessCluster::start_secured(1, 2, &keys, "https", &let_in).expect("a cluster");
    let rest = cluster.rest_address();
    let port = rest.rsplit_once(':').expect("host:port").1;

    for (url, of_gateway) in
        [(format!("https://{rest}/overview"), false), (format!("https://localhost:{gateway_port}/info"), true)]
    {
        assert_eq!(status(&[&let_in[..], &[&url]].concat()), 200, "{url}");
        let shown = |name: &str| {
            let (pem, key) = (certificates.file(name, "pem"), certificates.file(name, "key"));
            curl(&["--cacert", &ca, "--cert", &pem, "--key", &key, &url])
        };
        for (what, answer) in [
            ("no certificate", curl(&["--cacert", &ca, &url])),
            ("of another authority", shown("stranger")),
            ("expired", shown("late")),
            ("no TLS", curl(&[&url.replace("https://", "http://")])),
            ("server not trusted", curl(&["--cacert", &certificates.file("other-ca", "pem"), "--cert", &client, &url])),
        ] {
            assert_eq!(answer.status, 0, "{what}, gateway: {of_gateway}: {answer:?}");
            assert!(!answer.problem.is_empty(), "{what}: curl says why");
        }
    }

    // The commands of flinkrs, with the keys of the configuration.
    let client_keys = [
        "-Dsecurity.ssl.rest.enabled=true".to_owned(),
        format!("-Dsecurity.ssl.rest.truststore={ca}"),
        format!("-Dsecurity.ssl.rest.keystore={client}"),
    ];
    let client_keys: Vec<&str> = client_keys.iter().map(String::as_str).collect();
    let list = |address: &str, keys: &[&str]| {
        let output = process::run(&[&["list", "-m", address][..], keys].concat()).expect("it runs");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert!(list(rest, &client_keys).0, "{:?}", list(rest, &client_keys));
    assert!(list(&format!("https://localhost:{port}"), &client_keys[1..]).0);
    let (done, said) = list(rest, &client_keys[..1]);
    assert!(!done && said.contains("security.ssl.rest"), "{said}");
    let (done, _) = list(rest, &[]);
    assert!(!done);

    // The shell at the gateway, whose jobs go to the JobManager over TLS too.
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("query.sql");
    std::fs::write(&script, QUERY).expect("written");
    let endpoint = format!("https://localhost:{gateway_port}");
    let script = script.display().to_string();
    let shell = ["sql-client", "gateway", "-e", &endpoint, "-f", &script];
    let output = process::run(&[&shell[..], &client_keys].concat()).expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("Received a total of"),
        "{said} {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_server_that_is_another_one_is_not_believed() {
    let certificates = Certificates::with_authority("ca");
    certificates.issue("ca", "server", "DNS:elsewhere");
    let (ca, server) = (certificates.file("ca", "pem"), certificates.file("server-both", "pem"));
    let keys = [
        "-Dsecurity.ssl.rest.enabled=true".to_owned(),
        format!("-Dsecurity.ssl.rest.certificate={}", certificates.file("server", "pem")),
        format!("-Dsecurity.ssl.rest.private-key={}", certificates.file("server", "key")),
    ];
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let cluster = ProcessCluster::start_secured(0, 1, &keys, "https", &["--insecure"]).expect("a cluster");
    cluster.wait_until("it answers", || Ok(cluster.get("/overview").is_ok())).expect("it answers");
    let trust = format!("-Dsecurity.ssl.rest.truststore={ca}");
    let list = |more: &[&str]| {
        let address = format!("https://{}", cluster.rest_address());
        process::run(&[&["list", "-m", &address, &trust][..], more].concat()).expect("it runs")
    };
    let refused = list(&[]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("not valid for name"), "{refused:?}");
    assert!(list(&["-Dsecurity.ssl.rest.verify-hostname=false"]).status.success());

    // A new certificate is taken up while the server runs.
    certificates.issue("ca", "server", LOCAL);
    cluster.wait_until("the new certificate", || Ok(list(&[]).status.success())).expect("it is shown");
    assert!(Path::new(&server).exists());
}

#[test]
fn processes_let_in_those_of_their_cluster_only() {
    let certificates = Certificates::with_authority("ca");
    certificates.authority("other-ca");
    certificates.issue("ca", "node", "DNS:flink.internal");
    certificates.issue("other-ca", "stranger", "DNS:flink.internal");
    certificates.issue_expired("ca", "late", "DNS:flink.internal");
    let ca = certificates.file("ca", "pem");
    let of = |identity: &str| {
        [
            "-Dsecurity.ssl.internal.enabled=true".to_owned(),
            format!("-Dsecurity.ssl.internal.keystore={}", certificates.file(identity, "pem")),
            format!("-Dsecurity.ssl.internal.truststore={ca}"),
        ]
    };
    let keys = of("node-both");
    let logs = certificates.folder().join("logs");
    let log_key = format!("-Denv.log.dir={}", logs.display());
    let keys: Vec<&str> = keys.iter().map(String::as_str).chain([log_key.as_str()]).collect();
    // Two TaskManagers with one slot each, so that rows go from one to the other.
    let mut cluster = ProcessCluster::start(2, 1, &keys).expect("a cluster");
    let output = run_query(&cluster, certificates.folder().as_path());
    assert!(output.contains("total of"), "{output}");

    let rpc = cluster.rpc_address();
    let authority = Path::new(&ca);
    let shown = |name: &str| {
        handshake(&rpc, authority, Some((&certificates.file(name, "pem"), &certificates.file(name, "key"))))
    };
    assert!(shown("node"), "a member is let in");
    assert!(!handshake(&rpc, authority, None) && !shown("stranger") && !shown("late"));

    // TaskManagers that do not belong to it: without TLS, of another authority, with a certificate that is over.
    for strangers in [Vec::new(), of("stranger-both").to_vec(), of("late-both").to_vec()] {
        let strangers: Vec<&str> = strangers.iter().map(String::as_str).collect();
        cluster.add_taskmanager(1, &strangers).expect("it starts");
    }
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert_eq!(cluster.get("/overview").expect("an answer")["taskmanagers"], 2);
}

#[test]
fn one_certificate_that_trusts_itself_is_a_cluster_as_in_flinks_manual() {
    let certificates = Certificates::with_authority("flink.internal");
    let both = certificates.file("both", "pem");
    let parts = ["pem", "key"]
        .map(|kind| std::fs::read_to_string(certificates.file("flink.internal", kind)).expect("it is there"));
    std::fs::write(&both, parts.concat()).expect("written");
    let fingerprint = {
        let file = certificates.file("fingerprint", "txt");
        openssl(
            &["x509", "-noout", "-fingerprint", "-sha256"],
            &["-in", &certificates.file("flink.internal", "pem"), "-out", &file],
        );
        let text = std::fs::read_to_string(file).expect("it is there");
        text.trim().rsplit_once('=').expect("name=digits").1.to_owned()
    };
    let keys = [
        "-Dsecurity.ssl.internal.enabled=true".to_owned(),
        format!("-Dsecurity.ssl.internal.keystore={both}"),
        format!("-Dsecurity.ssl.internal.truststore={both}"),
        format!("-Dsecurity.ssl.internal.cert.fingerprint={fingerprint}"),
    ];
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let cluster = ProcessCluster::start(1, 2, &keys).expect("a cluster");
    assert!(run_query(&cluster, certificates.folder().as_path()).contains("total of"));
}

#[test]
fn what_is_missing_is_named() {
    let certificates = Certificates::with_authority("ca");
    let ca = certificates.file("ca", "pem");
    for (keys, says) in [
        (vec!["-Dsecurity.ssl.rest.enabled=true".to_owned()], "security.ssl.rest.keystore"),
        (
            vec!["-Dsecurity.ssl.internal.enabled=true".to_owned(), format!("-Dsecurity.ssl.internal.keystore={ca}")],
            "security.ssl.internal.truststore",
        ),
        (
            vec![
                "-Dsecurity.ssl.internal.enabled=true".to_owned(),
                format!("-Dsecurity.ssl.internal.keystore={ca}"),
                format!("-Dsecurity.ssl.internal.truststore={ca}"),
            ],
            "BEGIN PRIVATE KEY",
        ),
    ] {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let ports = ["-Drest.port=0", "-Drest.bind-port=0", "-Djobmanager.rpc.port=0"];
        let output = process::run(&[&["jobmanager"][..], &ports, &keys].concat()).expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(says), "{said}");
    }
}

/// A query with an exchange by key, whose rows come to the client.
pub fn run_query(cluster: &ProcessCluster, folder: &Path) -> String {
    let script = folder.join("query.sql");
    std::fs::write(&script, QUERY).expect("written");
    let output = process::run(&["sql-client", "-m", cluster.rest_address(), "-f", &script.display().to_string()]);
    let output = output.expect("it runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
