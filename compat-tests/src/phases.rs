//! Runs cases in phases: each job is slowed down, checkpointed, stopped with a savepoint and restored at another parallelism, and what all phases
//! gave together must be what Flink gave in one run.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use client::progress;
use client::query::Query;
use common::shutdown::Shutdown;
use dataflow::checkpoint::SavepointFormat;
use dataflow::{JobGraph, JobId};
use expr::EvalContext;
use sql::{Outcome, Session};

use crate::answer::Answer;
use crate::case::{Case, Recorded, StatementAnswer, fill};
use crate::compare::{self, Strictness};
use crate::runner::{Runner, append, file_differences, new_session, type_text};

/// One phase.
#[derive(Debug, Clone, Copy)]
pub struct Phase {
    /// Parallelism of the job.
    pub parallelism: u32,
    /// Checkpoints that are completed before it is stopped; the last phase runs to its end.
    pub checkpoints: u64,
    /// `state.backend.type`: savepoints move between the backends.
    pub backend: &'static str,
}

/// At parallelism 2 with checkpoints, restored at 3, restored at 1.
pub const RESCALED: [Phase; 3] = [
    Phase { parallelism: 2, checkpoints: 3, backend: "rocksdb" },
    Phase { parallelism: 3, checkpoints: 2, backend: "hashmap" },
    Phase { parallelism: 1, checkpoints: 0, backend: "rocksdb" },
];

/// Slow enough for a handful of rows to last until the second savepoint, and some rows come before each.
const ROWS_PER_SECOND: u32 = 10;
const CHECKPOINT_INTERVAL: Duration = Duration::from_millis(100);

/// How a case came out.
#[derive(Debug, Default)]
pub struct PhasedOutcome {
    /// Differences from Flink.
    pub differences: Vec<String>,
    /// How often a job was stopped and restored before its end.
    pub restores: u64,
}

impl Runner {
    /// Runs a script in phases and returns the differences from Flink in the rows that are left.
    pub async fn in_phases(&self, case: &Case, phases: &[Phase]) -> anyhow::Result<PhasedOutcome> {
        let Recorded::Script { statements, outputs } = &case.recorded else { return Ok(PhasedOutcome::default()) };
        let folder = tempfile::tempdir()?;
        let (data, out) = (folder.path().join("data"), folder.path().join("out"));
        std::fs::create_dir_all(&data)?;
        std::fs::create_dir_all(&out)?;
        case.materialise(&data, &out)?;
        let mut run = PhasedRun {
            runner: self,
            sessions: phases.iter().map(|phase| session(*phase, folder.path())).collect::<Result<_, _>>()?,
            phases,
            savepoints: folder.path().join("savepoints").display().to_string(),
            outcome: PhasedOutcome::default(),
        };
        for recorded in statements.iter().filter(|recorded| recorded.timeout.is_none()) {
            run.statement(recorded, &fill(&recorded.sql, &data, &out)).await?;
        }
        run.outcome.differences.extend(file_differences(outputs.as_ref(), &out)?);
        Ok(run.outcome)
    }
}

/// A case under way: a session for each phase, all of which know the same tables.
struct PhasedRun<'a> {
    runner: &'a Runner,
    sessions: Vec<Session>,
    phases: &'a [Phase],
    savepoints: String,
    outcome: PhasedOutcome,
}

impl PhasedRun<'_> {
    async fn statement(&mut self, recorded: &StatementAnswer, sql: &str) -> anyhow::Result<()> {
        let mut answer = Answer::default();
        let mut savepoint: Option<String> = None;
        let mut has_ended = false;
        for (index, phase) in self.phases.iter().enumerate() {
            let is_last = index + 1 == self.phases.len();
            let session = &mut self.sessions[index];
            set(session, "execution.state-recovery.path", savepoint.take().as_deref())?;
            let outcome = sql::parser::parse_statement(sql).and_then(|statement| session.execute(&statement, sql));
            // A table that the statement creates is there in the sessions behind, too.
            if has_ended {
                continue;
            }
            let stopped = match outcome {
                // Statements that run no job are the same in every session.
                Err(error) => {
                    answer.error = Some(error.to_string());
                    continue;
                }
                Ok(Outcome::Done) => continue,
                Ok(Outcome::Table { rows, .. }) => {
                    answer.changelog = rows.iter().map(|row| ("+I".to_owned(), row.clone())).collect();
                    answer.rows = Some(rows);
                    continue;
                }
                Ok(Outcome::Insert(graph)) => {
                    let stop_after = (!is_last).then_some(phase.checkpoints);
                    self.runner.within_limit(graph.job_id, self.insert(&graph, stop_after)).await
                }
                Ok(Outcome::Select { graph, schema, collect, collect_parallelism }) => {
                    answer.schema =
                        Some(schema.fields.iter().map(|field| (field.name.clone(), type_text(&field.ty))).collect());
                    let context = EvalContext::from_config(session.config())?;
                    let rows = async {
                        let client = &self.runner.client;
                        let job = client.submit(&graph).await?;
                        let stop_after = (!is_last).then_some(phase.checkpoints);
                        let mut query = Query::new(client.clone(), job, schema.clone(), collect, collect_parallelism);
                        let collected = async {
                            while let Some(batch) = query.next().await? {
                                append(&schema, &batch, &context, &mut answer.changelog);
                            }
                            anyhow::Ok(())
                        };
                        let (collected, stopped) = tokio::join!(collected, self.to_the_end(job, stop_after));
                        collected.and(stopped)
                    };
                    self.runner.within_limit(graph.job_id, rows).await
                }
            };
            match stopped {
                Ok(Some(path)) => {
                    self.outcome.restores += 1;
                    savepoint = Some(path);
                }
                Ok(None) => has_ended = true,
                Err(error) => {
                    answer.error = Some(format!("phase {} at parallelism {}: {error:#}", index + 1, phase.parallelism));
                    has_ended = true;
                }
            }
        }
        let differences = compare::differences(recorded, &answer, Strictness::FinalRows);
        self.outcome.differences.extend(differences.into_iter().map(|difference| format!("{sql}\n    {difference}")));
        Ok(())
    }

    async fn insert(&self, graph: &JobGraph, stop_after: Option<u64>) -> anyhow::Result<Option<String>> {
        let job = self.runner.client.submit(graph).await?;
        self.to_the_end(job, stop_after).await
    }

    /// Stops the job with a savepoint after so many checkpoints and returns where it is; none when the job came to its end before.
    async fn to_the_end(&self, job: JobId, stop_after: Option<u64>) -> anyhow::Result<Option<String>> {
        let client = &self.runner.client;
        let Some(checkpoints) = stop_after else {
            return progress::wait(client, job, progress::Show::Nothing, &Shutdown::new()).await.map(|()| None);
        };
        loop {
            if client.job(job).await?.state.is_terminal() {
                return progress::wait(client, job, progress::Show::Nothing, &Shutdown::new()).await.map(|()| None);
            }
            if client.checkpoints(job).await?.counts.completed >= checkpoints {
                // A job that is just ending takes no savepoint any more; whatever else is wrong comes again until the time is over.
                if let Ok(path) =
                    client.stop_with_savepoint(job, Some(&self.savepoints), false, SavepointFormat::Canonical).await
                {
                    return Ok(Some(path));
                }
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn session(phase: Phase, folder: &Path) -> anyhow::Result<Session> {
    let mut session = new_session();
    for (key, value) in [
        ("parallelism.default", phase.parallelism.to_string()),
        ("state.backend.type", phase.backend.to_owned()),
        ("execution.checkpointing.incremental", "true".to_owned()),
        ("execution.checkpointing.dir", folder.join("checkpoints").display().to_string()),
        // With checkpoints a job that cannot succeed would be restarted for ever.
        ("restart-strategy.type", "none".to_owned()),
    ] {
        set(&mut session, key, Some(&value))?;
    }
    // A phase that runs to its end has nothing to wait for.
    if phase.checkpoints > 0 {
        let interval = format!("{} ms", CHECKPOINT_INTERVAL.as_millis());
        set(&mut session, "pipeline.source.max-rows-per-second", Some(&ROWS_PER_SECOND.to_string()))?;
        set(&mut session, "execution.checkpointing.interval", Some(&interval))?;
    }
    Ok(session)
}

fn set(session: &mut Session, key: &str, value: Option<&str>) -> anyhow::Result<()> {
    let sql = match value {
        Some(value) => format!("SET '{key}' = '{value}'"),
        None => format!("RESET '{key}'"),
    };
    let statement = sql::parser::parse_statement(&sql)?;
    session.execute(&statement, &sql).with_context(|| sql.clone())?;
    Ok(())
}
