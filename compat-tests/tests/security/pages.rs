//! Pages of other sites, opened in a browser on a machine that reaches the cluster: what a browser would send for them is refused.

use compat_tests::process::{ProcessCluster, free_port};

use crate::curl::{curl, status};

const SCRIPT: &str = r#"{"properties": {}}"#;

#[test]
fn a_page_of_another_site_changes_nothing_and_reads_nothing() {
    let gateway_port = free_port().expect("a port");
    let gateway_key = format!("-Dsql-gateway.endpoint.rest.port={gateway_port}");
    let cluster = ProcessCluster::start(0, 1, &[&gateway_key]).expect("a cluster");
    let rest = format!("http://{}", cluster.rest_address());
    let gateway = format!("http://127.0.0.1:{gateway_port}");
    let own = format!("Origin: {rest}");
    let evil = "Origin: http://evil.example";

    // What a form or a script of a page can send without the browser asking first.
    let sessions = [format!("{gateway}/v4/sessions"), format!("{rest}/sql-gateway/v4/sessions")];
    for url in &sessions {
        let page = ["-X", "POST", "-H", "Content-Type: text/plain", "-d", SCRIPT, url];
        let refused = curl(&[&["-H", evil][..], &page].concat());
        assert_eq!(refused.status, 403, "{refused:?}");
        assert!(refused.body.contains("http://evil.example") && refused.body.contains("access-control-allow-origin"));
        assert_eq!(refused.header("access-control-allow-origin"), None, "{refused:?}");
        assert_eq!(status(&[&["-H", "Sec-Fetch-Site: cross-site"][..], &page].concat()), 403);
        // A program sends no origin: Flink's clients and curl work as ever.
        assert_eq!(status(&page), 200);
    }
    for (method, path) in [
        ("POST", "/jobs"),
        ("POST", "/jars/upload"),
        ("PATCH", "/jobs/00000000000000000000000000000000"),
        ("GET", "/jobs/00000000000000000000000000000000/yarn-cancel"),
        ("GET", "/jobs/00000000000000000000000000000000/results/00000000000000000000000000000000"),
        ("DELETE", "/cluster"),
        ("DELETE", "/jobmanagers/a:1"),
        ("PUT", "/catalogs/a"),
    ] {
        let url = format!("{rest}{path}");
        assert_eq!(status(&["-X", method, "-H", evil, &url]), 403, "{method} {path}");
        assert_eq!(status(&["-X", method, "-H", "Origin: null", &url]), 403, "{method} {path}");
    }
    // The browser lets the page read only what says that it may.
    let overview = format!("{rest}/overview");
    let read = curl(&["-H", evil, &overview]);
    assert_eq!((read.status, read.header("access-control-allow-origin")), (200, None));
    assert_eq!(curl(&[&overview]).header("access-control-allow-origin"), Some("*"), "as Flink says to programs");
    assert_eq!(curl(&["-H", &own, &overview]).header("access-control-allow-origin"), Some(rest.as_str()));

    // The own page, as the web UI is one, but not by a form.
    let session = [&sessions[1]].map(String::as_str);
    assert_eq!(
        status(&[&["-H", &own, "-H", "Content-Type: application/json", "-d", SCRIPT][..], &session].concat()),
        200
    );
    assert_eq!(status(&[&["-H", &own, "-H", "Content-Type: text/plain", "-d", SCRIPT][..], &session].concat()), 415);
}

#[test]
fn a_name_that_leads_to_the_loopback_interface_is_not_answered() {
    let cluster = ProcessCluster::start(0, 1, &["-Drest.allowed-hosts=flink.example"]).expect("a cluster");
    let overview = format!("http://{}/overview", cluster.rest_address());
    for (host, expected) in [
        ("evil.example:8081", 403),
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("10.1.2.3", 403),
        ("localhost:1234", 200),
        ("[::1]:8081", 200),
        ("flink.example:443", 200),
    ] {
        let answer = curl(&["-H", &format!("Host: {host}"), &overview]);
        assert_eq!(answer.status, expected, "{host}: {answer:?}");
        assert!(expected == 200 || answer.body.contains("rest.allowed-hosts"), "{answer:?}");
    }
    // With the name of the page as origin too, which is what DNS rebinding comes to.
    let jobs = format!("http://{}/jobs", cluster.rest_address());
    assert_eq!(status(&["-X", "POST", "-H", "Host: evil.example", "-H", "Origin: http://evil.example", &jobs]), 403);
}

#[test]
fn a_listed_origin_may_do_what_the_own_page_may() {
    let key = "-Dweb.access-control-allow-origin=https://ops.example";
    let gateway_key = format!("-Dsql-gateway.endpoint.rest.port={}", free_port().expect("a port"));
    let cluster = ProcessCluster::start(0, 1, &[key, &gateway_key]).expect("a cluster");
    let sessions = format!("http://{}/sql-gateway/v4/sessions", cluster.rest_address());
    let asks = ["-X", "OPTIONS", "-H", "Origin: https://ops.example", "-H", "Access-Control-Request-Method: POST"];
    let preflight = curl(&[&asks[..], &[&sessions]].concat());
    assert_eq!(preflight.header("access-control-allow-origin"), Some("https://ops.example"), "{preflight:?}");
    assert!(preflight.header("access-control-allow-headers").is_some_and(|names| names.contains("content-type")));
    let json = ["-H", "Content-Type: application/json", "-d", SCRIPT, &sessions];
    assert_eq!(status(&[&["-H", "Origin: https://ops.example"][..], &json].concat()), 200);
    assert_eq!(status(&[&["-H", "Origin: https://other.example"][..], &json].concat()), 403);
    assert_eq!(status(&[&["-H", "Origin: https://ops.example"][..], &["-d", SCRIPT, &sessions]].concat()), 415);
}
