//! Runs the statement of an operation: in the session, and on the cluster when a job comes of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use common::config::options;
use dataflow::{Field, JobGraph, JobId, RowType, TypeKind};
use expr::EvalContext;
use sql::ast::{Statement, StatementKind};
use sql::{Outcome, SqlError};
use tokio_util::sync::CancellationToken;

use super::job_statements::JobStatement;
use super::operation::Operation;
use super::session::Session;
use super::sql_errors;
use crate::results::{ResultFetcher, ResultHead, ResultKind, ResultStore};
use crate::throwable::Throwable;

/// What the statement of an operation turns out to be.
enum Planned {
    /// The session has run it.
    Outcome(Outcome),
    /// It is about jobs of the cluster.
    Jobs(JobStatement),
}

/// Where a statement is run.
struct Place {
    session: Arc<Session>,
    cancelled: CancellationToken,
    config: BTreeMap<String, String>,
    context: EvalContext,
}

/// Runs the statement of an operation to its outcome.
pub(super) async fn run(
    session: Arc<Session>,
    operation: Arc<Operation>,
    text: String,
    config: BTreeMap<String, String>,
) {
    operation.pending();
    let Some(mut sql) = operation.cancelled.run_until_cancelled(session.sql.clone().lock_owned()).await else { return };
    operation.running();
    let mut durable = session.durable.lock().await;
    if let Err(error) = durable.refresh(&mut sql, session.cluster.as_ref()).await {
        drop(durable);
        return operation.finish(Err(error)).await;
    }
    let planned = tokio::task::spawn_blocking(move || {
        let planned = plan(&mut sql, &text, config);
        (planned, sql)
    });
    let outcome = match planned.await {
        Ok((mut planned, mut sql)) => {
            session.set_config(sql.config().clone());
            if planned.is_ok()
                && let Err(error) = durable.keep(&mut sql, session.cluster.as_ref()).await
            {
                planned = Err(error);
            }
            drop(durable);
            // The session stays locked: the next statement begins when this one has its outcome.
            carry_out(session, &operation, planned, sql.config()).await
        }
        Err(panic) => Err(Throwable::new("java.lang.RuntimeException", format!("the planner broke off: {panic}"))),
    };
    operation.finish(outcome).await;
}

/// Runs a statement that configures the session, and no other.
pub(super) async fn configure(session: &Session, text: String) -> Result<(), Throwable> {
    let mut sql = session.sql.clone().lock_owned().await;
    let mut durable = session.durable.lock().await;
    durable.refresh(&mut sql, session.cluster.as_ref()).await?;
    let done = tokio::task::spawn_blocking(move || {
        let statement = parse(&text)?;
        if !configures(&statement.kind) {
            let text = statement.span.slice(&text);
            return Err(Throwable::unsupported(format!(
                "Unsupported statement for configuring session: {text}\n{CONFIGURING}"
            )));
        }
        sql.execute(&statement, &text).map_err(|error| sql_errors::throwable(&error, &text))?;
        Ok(sql)
    });
    let mut sql = done.await.map_err(|panic| Throwable::new("java.lang.RuntimeException", panic.to_string()))??;
    durable.keep(&mut sql, session.cluster.as_ref()).await?;
    session.set_config(sql.config().clone());
    Ok(())
}

const CONFIGURING: &str = "The configureSession API only supports executing statements of type SET, RESET, CREATE TABLE, CREATE VIEW, CREATE DATABASE, CREATE FUNCTION, CREATE TEMPORARY SYSTEM FUNCTION, CREATE CATALOG, CREATE MODEL, CREATE MATERIALIZED TABLE, DROP TABLE, DROP VIEW, DROP DATABASE, DROP FUNCTION, DROP TEMPORARY SYSTEM FUNCTION, DROP CATALOG, DROP MODEL, DROP MATERIALIZED TABLE, ALTER TABLE, ALTER VIEW, ALTER DATABASE, ALTER FUNCTION, ALTER MODEL, ALTER MATERIALIZED TABLE, USE CATALOG, USE [CATALOG.]DATABASE, LOAD MODULE, UNLOAD MODULE, USE MODULE, ADD JAR.";

fn configures(kind: &StatementKind) -> bool {
    use StatementKind as Kind;
    match kind {
        Kind::CreateTable(create) => create.as_query.is_none(),
        Kind::Set(_)
        | Kind::Reset(_)
        | Kind::CreateView(_)
        | Kind::CreateMaterializedTable(_)
        | Kind::CreateFunction(_)
        | Kind::CreateCatalog(_)
        | Kind::CreateDatabase(_)
        | Kind::CreateModel(_)
        | Kind::Drop(_)
        | Kind::AlterTable(_)
        | Kind::AlterView(_)
        | Kind::AlterCatalog(_)
        | Kind::AlterDatabase(_)
        | Kind::AlterFunction(_)
        | Kind::AlterModel(_)
        | Kind::AlterMaterializedTable(_)
        | Kind::UseCatalog(_)
        | Kind::UseDatabase(_)
        | Kind::UseModules(_)
        | Kind::LoadModule { .. }
        | Kind::UnloadModule(_)
        | Kind::AddJar(_) => true,
        _ => false,
    }
}

fn parse(text: &str) -> Result<Statement, Throwable> {
    let mut statements = sql::parser::parse_script(text).map_err(|error| sql_errors::throwable(&error, text))?;
    match statements.len() {
        0 => Err(sql_errors::throwable(&empty(text), text)),
        1 => Ok(statements.remove(0)),
        _ => Err(Throwable::new("java.lang.IllegalArgumentException", "only single statement supported")),
    }
}

fn empty(text: &str) -> SqlError {
    let end = text.len();
    SqlError::parse("unexpected end of the statement", sql::ast::Span::new(end, end)).into_incomplete()
}

fn plan(sql: &mut sql::Session, text: &str, config: BTreeMap<String, String>) -> Result<Planned, Throwable> {
    let statement = parse(text)?;
    if !sql.in_statement_set()
        && let Some(jobs) = JobStatement::of(&statement.kind)
    {
        return Ok(Planned::Jobs(jobs));
    }
    let is_setting = matches!(statement.kind, StatementKind::Set(_) | StatementKind::Reset(_));
    let outcome = if config.is_empty() || is_setting {
        sql.execute(&statement, text)
    } else {
        sql.execute_with(config, &statement, text)
    };
    outcome.map(Planned::Outcome).map_err(|error| sql_errors::throwable(&error, text))
}

async fn carry_out(
    session: Arc<Session>,
    operation: &Operation,
    planned: Result<Planned, Throwable>,
    config: &BTreeMap<String, String>,
) -> Result<ResultFetcher, Throwable> {
    let planned = planned?;
    let context = EvalContext::from_config(config)
        // A zone that cannot be read fails the statements that need it, not those that could set it right.
        .unwrap_or_default();
    let place = Place { session, cancelled: operation.cancelled.clone(), config: config.clone(), context };
    match planned {
        Planned::Outcome(Outcome::Done) => Ok(place.done()),
        Planned::Outcome(Outcome::Table { columns, rows }) => Ok(place.table(columns, rows)),
        Planned::Outcome(Outcome::Insert(graph)) => place.insert(&graph).await,
        Planned::Outcome(Outcome::Select { graph, schema, collect, collect_parallelism }) => {
            let job = place.submit(&graph).await?;
            let cluster = place.session.cluster.clone();
            let rows = cluster.rows(job, schema.clone(), collect, collect_parallelism);
            let head =
                ResultHead { is_query: true, job: Some(job), ..place.head(schema, ResultKind::SuccessWithContent) };
            Ok(ResultFetcher::query(head, ResultStore::start(rows, cluster, job)))
        }
        Planned::Jobs(statement) => {
            let answer = statement.run(place.session.cluster.as_ref(), operation.handle, &place.cancelled).await?;
            Ok(match answer {
                Some((columns, rows)) => place.table(columns, rows),
                None => place.done(),
            })
        }
    }
}

impl Place {
    /// A job whose client may have gone meanwhile is cancelled at once.
    async fn submit(&self, graph: &JobGraph) -> Result<JobId, Throwable> {
        if self.cancelled.is_cancelled() {
            return Err(cancelled());
        }
        let job = self.session.cluster.submit(graph).await?;
        if self.cancelled.is_cancelled() {
            self.session.cluster.cancel(job).await?;
            return Err(cancelled());
        }
        Ok(job)
    }

    async fn insert(&self, graph: &JobGraph) -> Result<ResultFetcher, Throwable> {
        let job = self.submit(graph).await?;
        let waits =
            self.config.get(options::TABLE_DML_SYNC.key()).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        if waits {
            match self.cancelled.run_until_cancelled(self.session.cluster.wait(job)).await {
                Some(ended) => ended?,
                None => {
                    self.session.cluster.cancel(job).await?;
                    return Err(cancelled());
                }
            }
        }
        let columns = RowType::new(vec![Field::new("job id", TypeKind::STRING.nullable())]);
        let head = ResultHead { job: Some(job), ..self.head(columns, ResultKind::SuccessWithContent) };
        Ok(ResultFetcher::ready(head, vec![vec![Some(job.to_string())]]))
    }

    fn done(&self) -> ResultFetcher {
        let columns = RowType::new(vec![Field::new("result", TypeKind::STRING.nullable())]);
        ResultFetcher::ready(self.head(columns, ResultKind::Success), vec![vec![Some("OK".to_owned())]])
    }

    fn table(&self, columns: RowType, rows: Vec<Vec<Option<String>>>) -> ResultFetcher {
        ResultFetcher::ready(self.head(columns, ResultKind::SuccessWithContent), rows)
    }

    fn head(&self, columns: RowType, kind: ResultKind) -> ResultHead {
        ResultHead { columns, kind, is_query: false, job: None, zone: self.context.time_zone }
    }
}

fn cancelled() -> Throwable {
    Throwable::execution("The operation was cancelled.")
}
