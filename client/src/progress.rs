//! Waiting for a job: shows how it goes and ends with its outcome.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};
use dataflow::{JobId, JobStatus};
use jobmanager::rest::messages::JobDetails;

use crate::cluster_client::ClusterClient;

/// Whether to show anything while waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// A line that changes on a terminal, else a line now and then.
    Progress,
    /// Only the outcome, when it is not FINISHED.
    Nothing,
}

const POLL: Duration = Duration::from_millis(50);
const LINE_ON_TERMINAL: Duration = Duration::from_millis(250);
const LINE_WHEN_PIPED: Duration = Duration::from_secs(5);

/// Waits until the job has ended. Fails unless it FINISHED. An interrupt cancels it.
pub async fn wait(cluster: &ClusterClient, job: JobId, show: Show) -> anyhow::Result<()> {
    let mut display = Display::new(show);
    loop {
        let details = cluster.job(job).await?;
        if details.state.is_terminal() {
            display.end(&details);
            return outcome(cluster, &details).await;
        }
        display.update(&details);
        tokio::select! {
            () = tokio::time::sleep(POLL) => {}
            _ = tokio::signal::ctrl_c() => {
                cluster.cancel(job).await?;
                bail!("interrupted: job {job} is being canceled");
            }
        }
    }
}

/// Fails with the cause of a job that has FAILED or was CANCELED; fine when it has not ended or FINISHED.
pub async fn outcome_of_ended(cluster: &ClusterClient, job: JobId) -> anyhow::Result<()> {
    // A failure reaches the job's state a moment after it cut off its results.
    for _ in 0..20 {
        let Ok(details) = cluster.job(job).await else { return Ok(()) };
        match details.state {
            JobStatus::Running | JobStatus::Failing | JobStatus::Cancelling => tokio::time::sleep(POLL).await,
            _ => return outcome(cluster, &details).await,
        }
    }
    Ok(())
}

async fn outcome(cluster: &ClusterClient, details: &JobDetails) -> anyhow::Result<()> {
    match details.state {
        JobStatus::Failed => {
            let cause = cluster.exceptions(details.jid).await?.root_cause();
            Err(anyhow!("job {} ('{}') has failed: {}", details.jid, details.name, cause.as_deref().unwrap_or("its cause is not known")))
        }
        JobStatus::Canceled => Err(anyhow!("job {} ('{}') was canceled", details.jid, details.name)),
        _ => Ok(()),
    }
}

/// The progress line.
struct Display {
    show: Show,
    terminal: bool,
    started: Instant,
    last_line: Option<Instant>,
    last_records: u64,
    last_state: Option<JobStatus>,
}

impl Display {
    fn new(show: Show) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self { show, terminal, started: Instant::now(), last_line: None, last_records: 0, last_state: None }
    }

    fn update(&mut self, details: &JobDetails) {
        if self.show == Show::Nothing {
            return;
        }
        let now = Instant::now();
        let period = if self.terminal { LINE_ON_TERMINAL } else { LINE_WHEN_PIPED };
        let due = self.last_line.is_none_or(|last| now - last >= period);
        if !due && self.last_state == Some(details.state) {
            return;
        }
        let records = records_read(details);
        let elapsed = self.last_line.map_or(now - self.started, |last| now - last).as_secs_f64().max(0.001);
        let rate = records.saturating_sub(self.last_records) as f64 / elapsed;
        let line = format!("{} records: {records}, {rate:.0}/s, watermark: {}", details.state, watermark(details));
        let mut err = std::io::stderr().lock();
        // Progress that cannot be shown is no reason to stop waiting.
        let _ = if self.terminal { write!(err, "\r\x1b[K{line}") } else { writeln!(err, "{line}") };
        let _ = err.flush();
        (self.last_line, self.last_records, self.last_state) = (Some(now), records, Some(details.state));
    }

    fn end(&self, details: &JobDetails) {
        if self.show == Show::Nothing {
            return;
        }
        let seconds = Duration::from_millis(details.duration.max(0) as u64).as_secs_f64();
        let mut err = std::io::stderr().lock();
        let clear = if self.terminal { "\r\x1b[K" } else { "" };
        let _ = writeln!(err, "{clear}Job {} is {}: {} records in {seconds:.3} s.", details.jid, details.state, records_read(details));
    }
}

/// Records read by the sources.
fn records_read(details: &JobDetails) -> u64 {
    details.source_records
}

fn watermark(details: &JobDetails) -> String {
    match details.watermark {
        None => "none".to_owned(),
        Some(i64::MAX) => "end of input".to_owned(),
        Some(millis) => timestamp(millis),
    }
}

fn timestamp(millis: i64) -> String {
    expr::render::render_timestamp_millis(millis)
}
