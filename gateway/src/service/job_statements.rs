//! `SHOW JOBS`, `DESCRIBE JOB` and `STOP JOB`: statements about the cluster, which a session knows nothing of.

use chrono::{DateTime, Timelike};
use dataflow::{Field, JobId, RowType, TimeAttribute, TypeKind};
use sql::ast::{DescribeTarget, Show, StatementKind};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::cluster::{Cluster, JobSummary};
use crate::throwable::Throwable;

/// A statement about jobs.
#[derive(Debug)]
pub(super) enum JobStatement {
    Show,
    Describe(String),
    Stop { job: String, with_savepoint: bool, with_drain: bool },
}

/// Columns and rows to show.
type Table = (RowType, Vec<Vec<Option<String>>>);

impl JobStatement {
    /// What a statement is, if it is one about jobs.
    pub(super) fn of(kind: &StatementKind) -> Option<Self> {
        match kind {
            StatementKind::Show(show) if matches!(show.as_ref(), Show::Jobs) => Some(JobStatement::Show),
            StatementKind::Describe(describe) => match &describe.target {
                DescribeTarget::JobId(id) => Some(JobStatement::Describe(id.value.clone())),
                DescribeTarget::Name(_) => None,
            },
            StatementKind::StopJob { job_id, with_savepoint, with_drain } => Some(JobStatement::Stop {
                job: job_id.value.clone(),
                with_savepoint: *with_savepoint,
                with_drain: *with_drain,
            }),
            _ => None,
        }
    }

    /// Asks the cluster. None: there is nothing to show.
    pub(super) async fn run(
        self,
        cluster: &dyn Cluster,
        operation: Uuid,
        cancelled: &CancellationToken,
    ) -> Result<Option<Table>, Throwable> {
        let answer = async {
            match self {
                JobStatement::Show => show(cluster).await.map(Some),
                JobStatement::Describe(id) => describe(cluster, &id).await.map(Some),
                JobStatement::Stop { job, with_savepoint, with_drain } => {
                    let how = if with_savepoint { "with savepoint" } else { "" };
                    let failed = |cause| {
                        Throwable::execution(format!("Could not stop job {job} {how} for operation {operation}."))
                            .caused_by(cause)
                    };
                    let id = job_id(&job).map_err(failed)?;
                    if !with_savepoint {
                        return cluster.cancel(id).await.map(|()| None).map_err(failed);
                    }
                    let path = cluster.stop_with_savepoint(id, with_drain).await.map_err(failed)?;
                    let columns = RowType::new(vec![Field::new("savepoint path", TypeKind::STRING.nullable())]);
                    Ok(Some((columns, vec![vec![Some(path)]])))
                }
            }
        };
        let answer = cancelled.run_until_cancelled(answer).await;
        answer.unwrap_or_else(|| Err(Throwable::execution("The operation was cancelled.")))
    }
}

async fn show(cluster: &dyn Cluster) -> Result<Table, Throwable> {
    let failed = |cause| Throwable::execution("Failed to list jobs in the cluster.").caused_by(cause);
    let mut jobs = cluster.jobs().await.map_err(failed)?;
    jobs.sort_by_key(|job| std::cmp::Reverse(job.start_time));
    Ok((columns(), jobs.iter().map(row).collect()))
}

async fn describe(cluster: &dyn Cluster, id: &str) -> Result<Table, Throwable> {
    let failed = |cause| Throwable::execution(format!("Failed to get job {id} in the cluster.")).caused_by(cause);
    let wanted = job_id(id).map_err(failed)?;
    let jobs = cluster.jobs().await.map_err(failed)?;
    match jobs.iter().find(|job| job.id == wanted) {
        Some(job) => Ok((columns(), vec![row(job)])),
        None => Err(Throwable::execution(format!("Described job {id} does not exist in the cluster."))),
    }
}

fn job_id(text: &str) -> Result<JobId, Throwable> {
    text.parse().map_err(|_| {
        let message = format!(
            "Cannot parse JobID from \"{text}\". The expected format is [0-9a-fA-F]{{32}}, e.g. fd72014d4c864993a2e5a9287b4a9c5d."
        );
        let error = Throwable::new("java.lang.IllegalArgumentException", message);
        match first_bad_pair(text) {
            Some(pair) => {
                let message = format!("For input string: \"{pair}\" under radix 16");
                error.caused_by(Throwable::new("java.lang.NumberFormatException", message))
            }
            None => error,
        }
    })
}

/// The first two characters that are no byte: an id is read by bytes.
fn first_bad_pair(text: &str) -> Option<String> {
    let characters: Vec<char> = text.chars().collect();
    let pairs = characters.chunks_exact(2).map(|pair| pair.iter().collect::<String>());
    pairs.into_iter().find(|pair| u8::from_str_radix(pair, 16).is_err())
}

fn columns() -> RowType {
    let start = TypeKind::TimestampLtz { precision: 6, attribute: TimeAttribute::None }.nullable();
    let mut fields: Vec<Field> =
        ["job id", "job name", "status"].iter().map(|name| Field::new(*name, TypeKind::STRING.nullable())).collect();
    fields.push(Field::new("start time", start));
    RowType::new(fields)
}

fn row(job: &JobSummary) -> Vec<Option<String>> {
    vec![
        Some(job.id.to_string()),
        Some(job.name.clone()),
        Some(job.status.as_str().to_owned()),
        local_date_time(job.start_time),
    ]
}

/// In UTC, as Java's `LocalDateTime` is printed: without what is zero at its end. So does Flink show it.
fn local_date_time(millis: i64) -> Option<String> {
    let time = DateTime::from_timestamp_millis(millis)?.naive_utc();
    let format = match (time.second(), time.nanosecond()) {
        (0, 0) => "%Y-%m-%dT%H:%M",
        (_, 0) => "%Y-%m-%dT%H:%M:%S",
        _ => "%Y-%m-%dT%H:%M:%S%.3f",
    };
    Some(time.format(format).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_java_prints_them() {
        for (millis, text) in
            [(0, "1970-01-01T00:00"), (5_000, "1970-01-01T00:00:05"), (5_120, "1970-01-01T00:00:05.120")]
        {
            assert_eq!(local_date_time(millis).as_deref(), Some(text));
        }
    }
}
