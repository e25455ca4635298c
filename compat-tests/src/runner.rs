//! Runs cases on an embedded cluster, statement by statement, as the recorder ran them on Flink.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::bail;
use client::cluster_client::ClusterClient;
use client::embedded::EmbeddedCluster;
use client::progress;
use client::query::Query;
use common::config::Configuration;
use common::shutdown::Shutdown;
use dataflow::{Batch, JobId, RowType, TimeAttribute};
use expr::EvalContext;
use expr::render::render_cell;
use sql::{Outcome, Session};

use crate::answer::{Answer, Row};
use crate::case::{Case, ExpressionAnswer, Recorded, StatementAnswer, fill};
use crate::compare::{self, Strictness};

/// A cluster that runs cases.
pub struct Runner {
    cluster: EmbeddedCluster,
    pub(crate) client: ClusterClient,
}

/// No statement of a case takes longer.
const LIMIT: Duration = Duration::from_secs(30);

/// Expressions of one query.
const EXPRESSIONS_AT_ONCE: usize = 40;

impl Runner {
    /// Starts the cluster.
    pub async fn start() -> anyhow::Result<Self> {
        let cluster = EmbeddedCluster::start(&Configuration::new(), 1, 16).await?;
        let client = cluster.client()?;
        Ok(Self { cluster, client })
    }

    /// Stops the cluster.
    pub async fn stop(self) {
        self.cluster.shutdown().await;
    }

    /// Runs a case and returns the differences from Flink, each with its statement.
    pub async fn differences(&self, case: &Case, strictness: Strictness) -> anyhow::Result<Vec<String>> {
        let folder = tempfile::tempdir()?;
        let (data, out) = (folder.path().join("data"), folder.path().join("out"));
        std::fs::create_dir_all(&data)?;
        std::fs::create_dir_all(&out)?;
        let body = case.materialise(&data, &out)?;
        match &case.recorded {
            Recorded::Script { statements, outputs } => {
                let mut found = self.script(statements, &data, &out, strictness).await?;
                found.extend(file_differences(outputs.as_ref(), &out)?);
                Ok(found)
            }
            Recorded::Expressions { exprs } => {
                let _ = body;
                self.expressions(exprs).await
            }
        }
    }

    async fn script(
        &self,
        statements: &[StatementAnswer],
        data: &Path,
        out: &Path,
        strictness: Strictness,
    ) -> anyhow::Result<Vec<String>> {
        let mut session = new_session();
        let mut found = Vec::new();
        for recorded in statements {
            let sql = fill(&recorded.sql, data, out);
            // A streaming query that never ends has no last row to compare.
            if recorded.timeout.is_some() {
                continue;
            }
            let answer = self.answer(&mut session, &sql).await?;
            found.extend(
                compare::differences(recorded, &answer, strictness)
                    .into_iter()
                    .map(|difference| format!("{sql}\n    {difference}")),
            );
        }
        Ok(found)
    }

    /// Those that Flink answers are asked together, and alone only when they do not agree.
    async fn expressions(&self, exprs: &[ExpressionAnswer]) -> anyhow::Result<Vec<String>> {
        let mut found = Vec::new();
        let (failing, answered): (Vec<_>, Vec<_>) = exprs.iter().partition(|recorded| recorded.error.is_some());
        for together in answered.chunks(EXPRESSIONS_AT_ONCE) {
            let all: Vec<&str> = together.iter().map(|recorded| recorded.expr.as_str()).collect();
            let answer = self.answer(&mut new_session(), &format!("SELECT {}", all.join(",\n"))).await?;
            let agrees =
                |(index, recorded): (usize, &&ExpressionAnswer)| difference(recorded, &answer, index).is_none();
            if !together.iter().enumerate().all(agrees) {
                found.extend(self.one_by_one(together).await?);
            }
        }
        found.extend(self.one_by_one(&failing).await?);
        Ok(found)
    }

    async fn one_by_one(&self, exprs: &[&ExpressionAnswer]) -> anyhow::Result<Vec<String>> {
        let mut found = Vec::new();
        for recorded in exprs {
            let answer = self.answer(&mut new_session(), &format!("SELECT {}", recorded.expr)).await?;
            let difference = difference(recorded, &answer, 0);
            found.extend(difference.map(|difference| format!("{}\n    {difference}", recorded.expr)));
        }
        Ok(found)
    }

    /// What flinkrs answers to one statement.
    pub async fn answer(&self, session: &mut Session, sql: &str) -> anyhow::Result<Answer> {
        let outcome = sql::parser::parse_statement(sql).and_then(|statement| session.execute(&statement, sql));
        let mut answer = Answer::default();
        match outcome {
            Err(error) => answer.error = Some(error.to_string()),
            Ok(Outcome::Done) => {}
            Ok(Outcome::Table { rows, .. }) => {
                // The recorder saw some of these answers as a list and some as a stream of inserts.
                answer.changelog = rows.iter().map(|row| ("+I".to_owned(), row.clone())).collect();
                answer.rows = Some(rows);
            }
            Ok(Outcome::Insert(graph)) => {
                let finished = async {
                    let job = self.client.submit(&graph).await?;
                    progress::wait(&self.client, job, progress::Show::Nothing, &Shutdown::new()).await
                };
                answer.error = self.within_limit(graph.job_id, finished).await.err().map(|error| format!("{error:#}"));
            }
            Ok(Outcome::Select { graph, schema, collect, collect_parallelism }) => {
                answer.schema =
                    Some(schema.fields.iter().map(|field| (field.name.clone(), type_text(&field.ty))).collect());
                let context = EvalContext::from_config(session.config())?;
                let rows = async {
                    let job = self.client.submit(&graph).await?;
                    let mut query = Query::new(self.client.clone(), job, schema.clone(), collect, collect_parallelism);
                    while let Some(batch) = query.next().await? {
                        append(&schema, &batch, &context, &mut answer.changelog);
                    }
                    progress::wait(&self.client, job, progress::Show::Nothing, &Shutdown::new()).await
                };
                answer.error = self.within_limit(graph.job_id, rows).await.err().map(|error| format!("{error:#}"));
            }
        }
        Ok(answer)
    }

    /// The error says what the job does that takes too long.
    pub(crate) async fn within_limit<T>(
        &self,
        job: JobId,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        match tokio::time::timeout(LIMIT, work).await {
            Ok(result) => result,
            Err(_) => match self.client.job(job).await {
                Ok(details) => bail!("it takes too long: {}", serde_json::to_string(&details)?),
                Err(error) => bail!("it takes too long: {error:#}"),
            },
        }
    }
}

/// How an answer's column differs from what Flink says of the expression.
fn difference(recorded: &ExpressionAnswer, answer: &Answer, column: usize) -> Option<String> {
    match (&recorded.error, &answer.error) {
        (Some(_), Some(_)) => None,
        (Some(_), None) => Some("Flink fails, flinkrs does not".to_owned()),
        (None, Some(error)) => Some(format!("flinkrs fails: {error}")),
        (None, None) => {
            let ours = answer.changelog.first().and_then(|(_, row)| row.get(column).cloned()).flatten();
            let ty = answer.schema.as_ref().and_then(|schema| schema.get(column)).map(|(_, ty)| ty.clone());
            (ours != recorded.value || ty != recorded.ty)
                .then(|| format!("Flink {:?} {:?}, flinkrs {ty:?} {ours:?}", recorded.ty, recorded.value))
        }
    }
}

/// A session with the settings of every recorded run.
pub(crate) fn new_session() -> Session {
    let config = [("parallelism.default", "1"), ("table.local-time-zone", "UTC")];
    Session::new(config.map(|(key, value)| (key.to_owned(), value.to_owned())).into())
}

pub(crate) fn append(schema: &RowType, batch: &Batch, context: &EvalContext, changelog: &mut Vec<(String, Row)>) {
    for row in 0..batch.num_rows() {
        let cells = schema
            .fields
            .iter()
            .zip(batch.columns())
            .map(|(field, column)| {
                (!column.is_null(row)).then(|| {
                    let mut text = String::new();
                    render_cell(column.as_ref(), row, &field.ty, context.time_zone, &mut text);
                    text
                })
            })
            .collect();
        changelog.push((batch.kind(row).short().to_owned(), cells));
    }
}

/// A column's type as Flink prints it in a result schema: with its time attribute.
pub(crate) fn type_text(ty: &dataflow::LogicalType) -> String {
    let not_null = if ty.nullable { "" } else { " NOT NULL" };
    match ty.time_attribute() {
        TimeAttribute::None => ty.to_string(),
        TimeAttribute::Rowtime => format!("{}{not_null} *ROWTIME*", ty.kind),
        TimeAttribute::Proctime => format!("{}{not_null} *PROCTIME*", ty.kind),
    }
}

/// How the files that sinks left differ from Flink's.
pub(crate) fn file_differences(
    outputs: Option<&BTreeMap<String, Vec<String>>>,
    out: &Path,
) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for (sub_folder, lines) in outputs.into_iter().flatten() {
        let ours = lines_under(&out.join(sub_folder))?;
        if &ours != lines {
            found.push(format!("files under {sub_folder}: Flink {lines:?}, flinkrs {ours:?}"));
        }
    }
    Ok(found)
}

/// The lines of all finished files below a folder, sorted.
fn lines_under(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut lines = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry?.path();
            let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['.', '_']));
            if path.is_dir() {
                folders.push(path);
            } else if !hidden {
                lines.extend(std::fs::read_to_string(&path)?.lines().map(str::to_owned));
            }
        }
    }
    lines.sort();
    Ok(lines)
}
