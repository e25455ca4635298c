//! The HTTP endpoint of Flink's Prometheus reporter: whatever is asked, the answer is the metrics.
//!
//! Just enough HTTP for a scraper; the REST API is a real server elsewhere.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::Metrics;
use crate::config::PortRange;
use crate::net;
use crate::shutdown::Shutdown;

/// Longest request head that is read; a scraper's has a few hundred bytes.
const MAX_HEAD: usize = 16 * 1024;

/// A client that takes longer than this to ask or to listen is hung up on.
const PATIENCE: Duration = Duration::from_secs(10);

/// Serves the metrics on the first free port until `shutdown`; says where. Needs a tokio runtime.
pub fn serve_metrics(metrics: &Metrics, host: &str, ports: &PortRange, shutdown: &Shutdown) -> io::Result<SocketAddr> {
    let listener = TcpListener::from_std(net::listen(host, ports)?)?;
    let address = listener.local_addr()?;
    let (metrics, end) = (metrics.clone(), shutdown.clone());
    shutdown.spawn(async move {
        while let Some(accepted) = end.unless_triggered(listener.accept()).await {
            match accepted {
                Ok((stream, _)) => {
                    let (metrics, end) = (metrics.clone(), end.clone());
                    tokio::spawn(async move {
                        let answer = tokio::time::timeout(PATIENCE, answer(stream, &metrics));
                        if let Some(Ok(Err(e))) = end.unless_triggered(answer).await {
                            tracing::debug!("metrics request from Prometheus failed: {e}");
                        }
                    });
                }
                Err(e) => {
                    // Such as too many open files: it passes, but not in a busy loop.
                    tracing::warn!("metrics endpoint cannot accept a connection: {e}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    });
    Ok(address)
}

async fn answer(mut stream: TcpStream, metrics: &Metrics) -> io::Result<()> {
    let mut head = Vec::with_capacity(512);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if head.len() > MAX_HEAD || stream.read_buf(&mut head).await? == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not an HTTP request"));
        }
    }
    let body = metrics.render();
    let head_only = head.starts_with(b"HEAD ");
    let response = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{}",
        body.len(),
        if head_only { "" } else { &body }
    );
    stream.write_all(response.as_bytes()).await?;
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::MetricGroup;

    #[tokio::test]
    async fn a_scraper_gets_the_metrics_from_the_first_free_port() {
        let (metrics, shutdown) = (Metrics::new(), Shutdown::new());
        let group = MetricGroup::jobmanager(&metrics, "localhost");
        group.gauge("numRunningJobs").set(2.0);
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let busy = taken.local_addr().unwrap().port();
        let ports = PortRange::parse(&format!("{busy},0")).unwrap();
        let address = serve_metrics(&metrics, "127.0.0.1", &ports, &shutdown).unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
        assert!(text.ends_with("flink_jobmanager_numRunningJobs{host=\"localhost\"} 2\n"), "{text}");
        let only_busy = PortRange::single(busy);
        let error = serve_metrics(&metrics, "127.0.0.1", &only_busy, &shutdown).unwrap_err();
        assert!(error.to_string().contains(&busy.to_string()));
        shutdown.trigger();
        assert!(shutdown.finished(PATIENCE).await);
    }
}
