//! Waiting for a job: shows how it goes and ends with its outcome.

use std::convert::Infallible;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};
use common::shutdown::Shutdown;
use dataflow::{ExecutionState, JobId, JobStatus, MAX_WATERMARK, VertexId};
use jobmanager::rest::messages::{CheckpointingStatistics, JobDetails};

use crate::cluster_client::ClusterClient;
use crate::output::remark;
use crate::stack_trace::causes;

/// Whether to show anything while waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// A line that changes on a terminal, else a line now and then.
    Progress,
    /// Only the outcome, when it is not FINISHED.
    Nothing,
}

/// Slots are usually there in milliseconds.
const PATIENCE_FOR_SLOTS: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(50);
const LINE_ON_TERMINAL: Duration = Duration::from_millis(250);
const LINE_WHEN_PIPED: Duration = Duration::from_secs(5);

/// Waits until the job has ended. Fails unless it FINISHED. An interrupt cancels it.
pub async fn wait(cluster: &ClusterClient, job: JobId, show: Show, interrupt: &Shutdown) -> anyhow::Result<()> {
    // Only for show: a job whose configuration cannot be had is waited for all the same.
    let periodic = cluster.checkpointing(job).await.is_ok_and(|config| config.interval != i64::MAX);
    let mut display = Display::new(show, periodic);
    loop {
        let details = tokio::select! {
            details = cluster.patiently(|| cluster.job(job)) => details?,
            () = interrupt.triggered() => return interrupted(cluster, job, &display).await,
        };
        if details.state.is_terminal() {
            display.end(&details);
            return outcome(cluster, &details).await;
        }
        if display.is_due(&details) {
            let watermark = lowest_watermark(cluster, &details).await;
            // A job that has just ended may be gone; that is no error worth showing.
            let checkpoints = cluster.checkpoints(job).await.ok();
            display.update(&details, watermark, checkpoints.as_ref());
        }
        tokio::select! {
            () = tokio::time::sleep(POLL) => {}
            () = interrupt.triggered() => return interrupted(cluster, job, &display).await,
        }
    }
}

async fn interrupted(cluster: &ClusterClient, job: JobId, display: &Display) -> anyhow::Result<()> {
    display.clear();
    cluster.cancel(job).await?;
    bail!("interrupted: job {job} is being canceled")
}

/// Fails with the cause of a job that has FAILED or was CANCELED; fine when it still runs, is about to fail, or FINISHED.
pub async fn fail_if_ended_badly(cluster: &ClusterClient, job: JobId) -> anyhow::Result<()> {
    outcome(cluster, &cluster.job(job).await?).await
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
            let exceptions = cluster.exceptions(details.jid).await?;
            let root = exceptions.exception_history.entries.first();
            let cause =
                root.map_or_else(|| "its cause is not known".to_owned(), |root| causes(&root.exception.stacktrace));
            Err(anyhow!("job {} ('{}') has failed: {cause}", details.jid, details.name))
        }
        JobStatus::Canceled => Err(anyhow!("job {} ('{}') was canceled", details.jid, details.name)),
        _ => Ok(()),
    }
}

/// Says so when the job gets no slots for a while. Never ends: it goes along with something that does.
pub async fn remark_on_missing_slots(cluster: &ClusterClient, job: JobId) -> Infallible {
    tokio::time::sleep(PATIENCE_FOR_SLOTS).await;
    if let Ok(details) = cluster.job(job).await
        && let Some(waiting) = waiting_for_slots(&details)
    {
        remark!("Job {job} is {waiting}.");
    }
    std::future::pending().await
}

/// That tasks have no slots, and what to do about it.
fn waiting_for_slots(details: &JobDetails) -> Option<String> {
    let waiting = |state| details.vertices.iter().filter_map(|vertex| vertex.tasks.get(&state)).sum::<u32>();
    let tasks = waiting(ExecutionState::Scheduled);
    (tasks > 0).then(|| {
        format!("waiting for slots for {tasks} tasks; start TaskManagers, raise taskmanager.numberOfTaskSlots, or lower the parallelism")
    })
}

/// The progress line.
struct Display {
    show: Show,
    /// Whether the job takes checkpoints by itself.
    periodic_checkpoints: bool,
    terminal: bool,
    started: Instant,
    last_line: Option<Instant>,
    rate: f64,
    /// When the rate was last computed, and from how many records on.
    rate_from: Instant,
    rate_records: u64,
    last_state: Option<JobStatus>,
}

impl Display {
    fn new(show: Show, periodic_checkpoints: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let now = Instant::now();
        Self {
            show,
            periodic_checkpoints,
            terminal,
            started: now,
            last_line: None,
            rate: 0.0,
            rate_from: now,
            rate_records: 0,
            last_state: None,
        }
    }

    /// Whether it is time for a line; a change of state always is.
    fn is_due(&self, details: &JobDetails) -> bool {
        let period = if self.terminal { LINE_ON_TERMINAL } else { LINE_WHEN_PIPED };
        self.show == Show::Progress
            && (self.last_state != Some(details.state) || self.last_line.is_none_or(|last| last.elapsed() >= period))
    }

    fn update(&mut self, details: &JobDetails, watermark: Option<i64>, checkpoints: Option<&CheckpointingStatistics>) {
        let now = Instant::now();
        let records = records_read(details);
        // Counters arrive with heartbeats: over less than a second the rate would jump between nothing and twice as much.
        let seconds = now.duration_since(self.rate_from).as_secs_f64();
        if seconds >= 1.0 {
            self.rate = records.saturating_sub(self.rate_records) as f64 / seconds;
            (self.rate_from, self.rate_records) = (now, records);
        }
        let rate = self.rate;
        let line = match waiting_for_slots(details) {
            // Tasks wait for a moment in every job.
            Some(waiting) if self.started.elapsed() >= PATIENCE_FOR_SLOTS => format!("{} {waiting}", details.state),
            _ => format!(
                "{} records: {records}, {rate:.0}/s, watermark: {}, checkpoints: {}",
                details.state,
                show_watermark(watermark),
                self.show_checkpoints(checkpoints)
            ),
        };
        let mut err = std::io::stderr().lock();
        // Progress that cannot be shown is no reason to stop waiting.
        let _ = if self.terminal { write!(err, "\r\x1b[K{line}") } else { writeln!(err, "{line}") };
        let _ = err.flush();
        (self.last_line, self.last_state) = (Some(now), Some(details.state));
    }

    fn show_checkpoints(&self, checkpoints: Option<&CheckpointingStatistics>) -> String {
        let nothing = if self.periodic_checkpoints { "none yet" } else { "off" };
        checkpoints.and_then(show_checkpoints).unwrap_or_else(|| nothing.to_owned())
    }

    /// Takes the changing line away, so that what is said next begins a line of its own.
    fn clear(&self) {
        if self.terminal && self.last_line.is_some() {
            let mut err = std::io::stderr().lock();
            let _ = write!(err, "\r\x1b[K").and_then(|()| err.flush());
        }
    }

    fn end(&self, details: &JobDetails) {
        if self.show == Show::Nothing {
            return;
        }
        let seconds = Duration::from_millis(details.duration.max(0) as u64).as_secs_f64();
        let mut err = std::io::stderr().lock();
        let clear = if self.terminal { "\r\x1b[K" } else { "" };
        let _ = writeln!(
            err,
            "{clear}Job {} is {}: {} records in {seconds:.3} s.",
            details.jid,
            details.state,
            records_read(details)
        );
    }
}

/// Records read by the sources: the vertices that have no input.
fn records_read(details: &JobDetails) -> u64 {
    let is_source = |id: VertexId| details.plan.nodes.iter().any(|node| node.id == id && node.inputs.is_empty());
    details.vertices.iter().filter(|vertex| is_source(vertex.id)).map(|vertex| vertex.metrics.read_records).sum()
}

/// The lowest watermark of any subtask that has one.
async fn lowest_watermark(cluster: &ClusterClient, details: &JobDetails) -> Option<i64> {
    let mut lowest = None;
    for vertex in &details.vertices {
        // A job that has just ended has none; that is no error worth showing.
        let watermarks = cluster.watermarks(details.jid, vertex.id).await.unwrap_or_default();
        lowest = watermarks.into_iter().chain(lowest).min();
    }
    lowest
}

fn show_watermark(watermark: Option<i64>) -> String {
    match watermark {
        None => "none".to_owned(),
        Some(MAX_WATERMARK) => "end of input".to_owned(),
        Some(millis) => match chrono::DateTime::from_timestamp_millis(millis) {
            Some(time) => time.format("%Y-%m-%d %H:%M:%S%.3f").to_string(),
            None => millis.to_string(),
        },
    }
}

/// How many there were, and how the last one went; none when there was none.
fn show_checkpoints(checkpoints: &CheckpointingStatistics) -> Option<String> {
    let counts = checkpoints.counts;
    let mut parts = Vec::new();
    let latest = &checkpoints.latest;
    if let Some(last) = [&latest.completed, &latest.savepoint].into_iter().flatten().max_by_key(|last| last.id) {
        parts.push(format!(
            "{} completed (last: {} ms, {} of {})",
            counts.completed,
            last.totals.end_to_end_duration,
            show_bytes(last.totals.checkpointed_size),
            show_bytes(last.totals.state_size)
        ));
    }
    if counts.in_progress > 0 {
        parts.push(format!("{} in progress", counts.in_progress));
    }
    if counts.failed > 0 {
        parts.push(format!("{} failed", counts.failed));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// With three digits or so: `12 B`, `1.4 kB`, `31 MB`.
fn show_bytes(bytes: u64) -> String {
    let (mut value, mut unit) = (bytes as f64, "B");
    for larger in ["kB", "MB", "GB", "TB"] {
        if value < 1000.0 {
            break;
        }
        (value, unit) = (value / 1000.0, larger);
    }
    if unit == "B" || value >= 10.0 { format!("{value:.0} {unit}") } else { format!("{value:.1} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_short() {
        for (bytes, text) in
            [(0, "0 B"), (999, "999 B"), (1_400, "1.4 kB"), (31_000_000, "31 MB"), (2_500_000_000, "2.5 GB")]
        {
            assert_eq!(show_bytes(bytes), text);
        }
    }

    #[test]
    fn checkpoints_in_the_progress_line() {
        let summary = serde_json::json!({"min": 0, "max": 0, "avg": 0, "p50": "NaN", "p90": "NaN", "p95": "NaN", "p99": "NaN", "p999": "NaN"});
        let last = serde_json::json!({
            "className": "completed", "id": 7, "status": "COMPLETED", "is_savepoint": false, "savepointFormat": null,
            "trigger_timestamp": 0, "latest_ack_timestamp": 45, "checkpointed_size": 2900, "state_size": 237_000_000,
            "end_to_end_duration": 45, "alignment_buffered": 0, "processed_data": 0, "persisted_data": 0,
            "num_subtasks": 1, "num_acknowledged_subtasks": 1, "checkpoint_type": "CHECKPOINT", "tasks": {},
            "external_path": "/chk-7", "discarded": false
        });
        let statistics = |counts: [u64; 3], completed: serde_json::Value| -> CheckpointingStatistics {
            serde_json::from_value(serde_json::json!({
                "counts": {"restored": 0, "total": counts.iter().sum::<u64>(), "in_progress": counts[0], "completed": counts[1], "failed": counts[2]},
                "summary": {"checkpointed_size": summary, "state_size": summary, "end_to_end_duration": summary,
                            "alignment_buffered": summary, "processed_data": summary, "persisted_data": summary},
                "latest": {"completed": completed, "savepoint": null, "failed": null, "restored": null},
                "history": []
            }))
            .expect("a body")
        };
        assert_eq!(show_checkpoints(&statistics([0, 0, 0], serde_json::Value::Null)), None);
        let begun = show_checkpoints(&statistics([1, 0, 2], serde_json::Value::Null));
        assert_eq!(begun.as_deref(), Some("1 in progress, 2 failed"));
        let ended = show_checkpoints(&statistics([0, 7, 0], last));
        assert_eq!(ended.as_deref(), Some("7 completed (last: 45 ms, 2.9 kB of 237 MB)"));
    }
}
