//! Key stores and trust stores as Java's keytool makes them, on both sides: in flinkrs, and in Flink's own CLI.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use compat_tests::process::{self, ProcessCluster};

use crate::certificates::{Certificates, openssl};
use crate::tls::{LOCAL, run_query};
use crate::users::users;

const PASSWORD: &str = "changeit";

/// Runs keytool with the password of all stores.
fn keytool(arguments: &[&str]) {
    let output = Command::new("keytool").args(arguments).args(["-storepass", PASSWORD]).output();
    let output = output.expect("keytool is needed; on Debian: apt-get install openjdk-17-jdk-headless");
    assert!(output.status.success(), "keytool {arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
}

fn trust_store(certificates: &Certificates, authority: &str, kind: &str) -> String {
    let (store, pem) = (certificates.file(authority, kind), certificates.file(authority, "pem"));
    keytool(&["-importcert", "-noprompt", "-alias", "ca", "-file", &pem, "-keystore", &store, "-storetype", kind]);
    store
}

#[test]
fn a_pkcs12_store_as_in_flinks_manual_makes_a_cluster() {
    let certificates = Certificates::with_authority("ca");
    let store = certificates.file("internal", "p12");
    let subject = ["-dname", "CN=flink.internal", "-keyalg", "RSA", "-keysize", "3072", "-storetype", "PKCS12"];
    keytool(&[&["-genkeypair", "-alias", "flink.internal", "-keystore", &store], &subject[..]].concat());
    let of = |store: &str, password: &str| {
        [
            "-Dsecurity.ssl.internal.enabled=true".to_owned(),
            format!("-Dsecurity.ssl.internal.keystore={store}"),
            format!("-Dsecurity.ssl.internal.truststore={store}"),
            format!("-Dsecurity.ssl.internal.keystore-password={password}"),
            format!("-Dsecurity.ssl.internal.truststore-password={password}"),
            format!("-Dsecurity.ssl.internal.key-password={password}"),
        ]
    };
    let keys = of(&store, PASSWORD);
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let cluster = ProcessCluster::start(2, 1, &keys).expect("a cluster");
    assert!(run_query(&cluster, certificates.folder().as_path()).contains("total of"));

    let jks = trust_store(&certificates, "ca", "JKS");
    let text = certificates.file("text", "p12");
    std::fs::write(&text, "?").expect("written");
    for (keys, says) in [
        (of(&store, "wrong").to_vec(), "its password is another one"),
        (of(&store, PASSWORD)[..3].to_vec(), "'-password' behind it"),
        (of(&jks, PASSWORD).to_vec(), "keytool -importkeystore"),
        (of(&trust_store(&certificates, "ca", "PKCS12"), PASSWORD).to_vec(), "no private key"),
        (of(&text, PASSWORD).to_vec(), "neither a PEM file nor a PKCS12 store"),
    ] {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let ports = ["-Drest.port=0", "-Drest.bind-port=0", "-Djobmanager.rpc.port=0"];
        let output = process::run(&[&["jobmanager"][..], &ports, &keys].concat()).expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(says), "{says}: {said}");
    }
}

/// Flink, and a folder of configuration for its CLI with these lines besides.
struct FlinkCli {
    home: PathBuf,
    folder: tempfile::TempDir,
}

impl FlinkCli {
    fn new() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("oracle/flink-home.sh");
        let output = Command::new(script).stderr(Stdio::inherit()).output().expect("bash runs");
        let home = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        Self { home, folder: tempfile::tempdir().expect("a folder") }
    }

    /// `flink list`: whether it succeeds, and what it says.
    fn list(&self, address: &str, keys: &[String], headers: Option<&str>) -> (bool, String) {
        let theirs = std::fs::read_to_string(self.home.join("conf/config.yaml")).expect("Flink has it");
        let config = format!("{theirs}\nrest.retry.max-attempts: 1\n{}\n", keys.join("\n"));
        std::fs::write(self.folder.path().join("config.yaml"), config).expect("written");
        let log = self.home.join("conf/log4j-cli.properties");
        std::fs::copy(log, self.folder.path().join("log4j-cli.properties")).expect("Flink has it");
        let mut flink = Command::new(self.home.join("bin/flink"));
        flink.args(["list", "-m", address]).stdin(Stdio::null());
        flink.env("FLINK_CONF_DIR", self.folder.path()).env("FLINK_LOG_DIR", self.folder.path());
        match headers {
            Some(headers) => flink.env("FLINK_REST_CLIENT_HEADERS", headers),
            None => flink.env_remove("FLINK_REST_CLIENT_HEADERS"),
        };
        let output = flink.output().expect("Flink's CLI runs");
        (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    }
}

#[test]
fn flinks_own_cli_comes_in_with_its_stores_and_by_password() {
    let certificates = Certificates::with_authority("ca");
    certificates.authority("other-ca");
    // Flink's clients speak TLS 1.2 with certificates of RSA keys, unless they are told otherwise.
    certificates.issue_rsa("ca", "server", LOCAL);
    certificates.issue_rsa("ca", "client", "DNS:somebody");
    let own = certificates.file("client", "p12");
    let (pem, key) = (certificates.file("client", "pem"), certificates.file("client", "key"));
    openssl(
        &["pkcs12", "-export", "-passout", &format!("pass:{PASSWORD}")],
        &["-in", &pem, "-inkey", &key, "-out", &own],
    );
    let folder = tempfile::tempdir().expect("a folder");
    let (file, robot, _) = users(folder.path());
    let keys = [
        "-Dsecurity.ssl.rest.enabled=true".to_owned(),
        "-Dsecurity.ssl.rest.authentication-enabled=true".to_owned(),
        format!("-Dsecurity.ssl.rest.certificate={}", certificates.file("server", "pem")),
        format!("-Dsecurity.ssl.rest.private-key={}", certificates.file("server", "key")),
        format!("-Dsecurity.ssl.rest.truststore={}", certificates.file("ca", "pem")),
        format!("-Dsecurity.rest.users-file={file}"),
    ];
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let (ca, bearer) = (certificates.file("ca", "pem"), format!("Authorization: Bearer {robot}"));
    let let_in = ["--cacert", &ca, "--cert", &certificates.file("client-both", "pem"), "-H", &bearer];
    let cluster = ProcessCluster::start_secured(0, 1, &keys, "https", &let_in).expect("a cluster");

    let flink = FlinkCli::new();
    let trusting = |authority: &str, kind: &str| {
        vec![
            "security.ssl.rest.enabled: true".to_owned(),
            format!("security.ssl.rest.truststore: {}", trust_store(&certificates, authority, kind)),
            format!("security.ssl.rest.truststore-password: {PASSWORD}"),
            format!("security.ssl.rest.truststore-type: {kind}"),
        ]
    };
    let showing = [
        "security.ssl.rest.authentication-enabled: true".to_owned(),
        format!("security.ssl.rest.keystore: {own}"),
        format!("security.ssl.rest.keystore-password: {PASSWORD}"),
        format!("security.ssl.rest.key-password: {PASSWORD}"),
        "security.ssl.rest.keystore-type: PKCS12".to_owned(),
    ];
    let all = [&trusting("ca", "JKS")[..], &showing].concat();
    // 'otto:run', and 'anna:wrong'.
    let (right, wrong) = ("Authorization:Basic b3R0bzpydW4=", "Authorization:Basic YW5uYTp3cm9uZw==");
    // Without 'https' Flink's CLI sets security.ssl.rest.enabled to false.
    let address = format!("https://{}", cluster.rest_address());
    let list = |keys: &[String], headers| flink.list(&address, keys, headers);
    let (done, said) = list(&all, Some(right));
    assert!(done && said.contains("No running jobs."), "{said}");
    for (what, keys, headers, says) in [
        ("no password", all.clone(), None, "who are you?"),
        ("a wrong password", all.clone(), Some(wrong), "the name, password or token is not right"),
        ("no certificate", trusting("ca", "PKCS12"), Some(right), "retries has been exhausted"),
        (
            "a server that it does not trust",
            [&trusting("other-ca", "PKCS12")[..], &showing].concat(),
            Some(right),
            "retries has been exhausted",
        ),
    ] {
        let (done, said) = list(&keys, headers);
        assert!(!done && said.contains(says), "{what}: {said}");
    }
    let (done, said) = flink.list(cluster.rest_address(), &all, Some(right));
    assert!(!done, "without TLS: {said}");
}
