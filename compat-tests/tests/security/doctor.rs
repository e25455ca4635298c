//! `flinkrs doctor` looks at certificates as those will to whom they are shown.

use compat_tests::process;

use crate::certificates::Certificates;
use crate::tls::LOCAL;

/// Its lines about one side, with the ports of nobody.
fn doctor(side: &str, keys: &[String]) -> String {
    let ports =
        ["-Drest.port=0", "-Drest.bind-port=0", "-Djobmanager.rpc.port=0", "-Dsql-gateway.endpoint.rest.port=0"];
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let output = process::run(&[&["doctor"][..], &ports, &keys].concat()).expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.lines().filter(|line| line.contains(side)).collect::<Vec<_>>().join("\n")
}

#[test]
fn certificates_between_processes_are_valid_and_of_the_trust_store() {
    let certificates = Certificates::with_authority("ca");
    certificates.authority("other-ca");
    certificates.issue("ca", "node", "DNS:flink.internal");
    certificates.issue("other-ca", "stranger", "DNS:flink.internal");
    certificates.issue_expired("ca", "late", "DNS:flink.internal");
    let of = |identity: &str| {
        let keys = [
            "-Dsecurity.ssl.internal.enabled=true".to_owned(),
            format!("-Dsecurity.ssl.internal.keystore={}", certificates.file(&format!("{identity}-both"), "pem")),
            format!("-Dsecurity.ssl.internal.truststore={}", certificates.file("ca", "pem")),
        ];
        doctor("TLS between processes", &keys)
    };
    // They are made for two days.
    let good = of("node");
    assert!(good.starts_with("WARNING") && good.contains("'CN=node' expires on 20"), "{good}");
    let late = of("late");
    assert!(late.starts_with("WRONG") && late.contains("'CN=late' has expired on 2020-02-01"), "{late}");
    let stranger = of("stranger");
    let refusals = stranger.lines().filter(|line| line.starts_with("WRONG") && line.contains("issued by none"));
    assert_eq!(refusals.count(), 2, "{stranger}");
}

#[test]
fn the_certificate_of_rest_is_valid_trusted_and_names_the_host() {
    let certificates = Certificates::with_authority("ca");
    certificates.authority("other-ca");
    certificates.issue("ca", "server", LOCAL);
    certificates.issue("ca", "elsewhere", "DNS:elsewhere");
    certificates.issue_expired("ca", "late", LOCAL);
    let of = |identity: &str, authority: &str, more: &[&str]| {
        let mut keys = vec![
            "-Dsecurity.ssl.rest.enabled=true".to_owned(),
            format!("-Dsecurity.ssl.rest.certificate={}", certificates.file(identity, "pem")),
            format!("-Dsecurity.ssl.rest.private-key={}", certificates.file(identity, "key")),
            format!("-Dsecurity.ssl.rest.truststore={}", certificates.file(authority, "pem")),
        ];
        keys.extend(more.iter().map(|key| format!("-D{key}")));
        doctor("TLS of REST", &keys)
    };
    let wrong = |said: &str, words: &str| said.lines().any(|line| line.starts_with("WRONG") && line.contains(words));
    let named = "rest.address=localhost";
    assert!(!of("server", "ca", &[named]).contains("WRONG"));
    assert!(wrong(&of("late", "ca", &[named]), "has expired on 2020-02-01"));
    assert!(wrong(&of("server", "other-ca", &[named]), "issued by none"));
    assert!(wrong(&of("elsewhere", "ca", &[named]), "localhost"));
    assert!(!of("elsewhere", "ca", &[named, "security.ssl.rest.verify-hostname=false"]).contains("WRONG"));
    // Clients may name another address than the one that nobody has chosen.
    let unnamed = of("elsewhere", "ca", &[]);
    assert!(!unnamed.contains("WRONG") && unnamed.contains("(rest.address) refuse it"), "{unnamed}");
}
