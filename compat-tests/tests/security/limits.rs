//! Too much of everything: headers, bodies, connections, requests; and requests that are none. After all of it the server answers.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use common::random::Random;
use compat_tests::process::{ProcessCluster, free_port};

use crate::curl::{curl, status};

/// Requests of bytes at random to each server.
const REQUESTS: u32 = 400;

#[test]
fn too_much_is_refused() {
    let cluster = ProcessCluster::start(
        0,
        1,
        &[
            "-Drest.server.max-content-length=1000",
            "-Drest.server.max-header-size=8kb",
            "-Drest.server.max-connections-per-client=8",
            "-Drest.idleness-timeout=1s",
        ],
    )
    .expect("a cluster");
    let address = cluster.rest_address().to_owned();
    let url = format!("http://{address}/jobs");
    assert_eq!(status(&["-d", &"x".repeat(1001), &url]), 413);
    assert_ne!(status(&["-d", &"x".repeat(1000), &url]), 413);
    assert_eq!(status(&["-H", &format!("X-Long: {}", "x".repeat(20_000)), &url]), 431);
    let many: Vec<String> = (0..120).map(|n| format!("X-{n}: 1")).collect();
    let many: Vec<&str> = many.iter().flat_map(|header| ["-H", header]).collect();
    assert_eq!(status(&[&many[..], &[&url]].concat()), 431);
    let long = curl(&[&format!("http://{address}/{}", "x".repeat(20_000))]);
    assert!(matches!(long.status, 0 | 414 | 431), "{long:?}");

    // One that sends its headers, or its body, a little at a time and then nothing.
    for begun in [
        "GET /overview HTTP/1.1\r\nHost: localhost\r\nX-",
        "POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
    ] {
        let mut slow = TcpStream::connect(&address).expect("it listens");
        slow.write_all(begun.as_bytes()).expect("written");
        slow.set_read_timeout(Some(Duration::from_secs(10))).expect("set");
        let mut answer = Vec::new();
        slow.read_to_end(&mut answer).expect("it is closed");
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.contains(" 408 "), "{answer}");
    }

    let held: Vec<TcpStream> = (0..8).map(|_| TcpStream::connect(&address).expect("it listens")).collect();
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(status(&[&url]), 0, "there are eight connections");
    drop(held);
    cluster.wait_until("a place", || Ok(status(&[&format!("http://{address}/overview")]) == 200)).expect("it answers");
}

#[test]
fn requests_have_a_rate() {
    let key = "-Drest.server.max-requests-per-second-per-client=20";
    let cluster = ProcessCluster::start(0, 1, &[key]).expect("a cluster");
    let url = format!("http://{}/overview", cluster.rest_address());
    // One process and one connection, so that they come at once.
    let output = std::process::Command::new("curl")
        .args(["-s", "-o", "/dev/null", "-w", "%{http_code} ", "--noproxy", "*"])
        .arg(format!("{url}?[1-200]"))
        .output()
        .expect("curl is needed");
    let codes = String::from_utf8_lossy(&output.stdout).replace("/dev/null", "");
    assert!(codes.contains("200") && codes.contains("429"), "{codes}");
}

#[test]
fn requests_that_are_none_harm_nobody() {
    let gateway_port = free_port().expect("a port");
    let cluster =
        ProcessCluster::start(0, 1, &[&format!("-Dsql-gateway.endpoint.rest.port={gateway_port}")]).expect("a cluster");
    let mut random = Random::from_seed(7);
    let parts: [&[u8]; 16] = [
        b"GET ",
        b"POST ",
        b"/overview",
        b"/jobs",
        b"/../../etc/passwd",
        b"%2e%2e%2f",
        b" HTTP/1.1\r\n",
        b" HTTP/9.9\r\n",
        b"Host: localhost\r\n",
        b"Content-Length: 5\r\n",
        b"Content-Length: -1\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"\r\n",
        b"ffffffffffffffffff\r\n",
        b"\0\xff\xfe",
        b"Origin: \xff\r\n",
    ];
    for address in [cluster.rest_address().to_owned(), format!("127.0.0.1:{gateway_port}")] {
        for _ in 0..REQUESTS {
            let mut request = Vec::new();
            for _ in 0..=random.below(12) {
                request.extend_from_slice(parts[random.below(parts.len() as u64) as usize]);
            }
            let mut stream = TcpStream::connect(&address).expect("it listens");
            // It may have answered and closed before it has read all.
            let _ = stream.write_all(&request);
            let _ = stream.shutdown(std::net::Shutdown::Write);
            stream.set_read_timeout(Some(Duration::from_secs(10))).expect("set");
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            let answer = String::from_utf8_lossy(&answer);
            assert!(!answer.contains(" 500 "), "{}: {answer}", request.escape_ascii());
        }
    }
    // Paths that lead out of where they should.
    for path in [
        "/jobmanager/logs/..%2f..%2f..%2fetc%2fpasswd",
        "/../../../etc/passwd",
        "/assets/..%2f..%2fCargo.toml",
        "/jars/..%2f..%2fx/plan",
    ] {
        let answer = curl(&[&format!("http://{}{path}", cluster.rest_address())]);
        assert!((400..500).contains(&answer.status), "{path}: {answer:?}");
        assert!(!answer.body.contains("root:"), "{path}");
    }
    assert_eq!(cluster.get("/overview").expect("it answers")["jobs-running"], 0);
}
