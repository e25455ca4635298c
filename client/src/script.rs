//! Runs the statements of a job file one after the other: DDL and SET in the session, INSERT and SELECT as jobs on the cluster.

use common::config::{Configuration, options};
use common::shutdown::Shutdown;
use dataflow::JobId;
use expr::EvalContext;
use sql::Outcome;
use sql::ast::StatementKind;

use crate::args::OutputFormat;
use crate::cluster_client::ClusterClient;
use crate::job_file::Job;
use crate::job_session::JobSession;
use crate::output::{ResultPrinter, print_table, remark, to_stdout};
use crate::progress;
use crate::query::Query;
use crate::settings;

/// How a script is run.
#[derive(Debug, Clone, Copy)]
pub struct ScriptOptions {
    /// How rows are printed.
    pub output: OutputFormat,
    /// Do not wait for jobs.
    pub detached: bool,
}

/// A script on its way.
pub struct ScriptRunner {
    session: JobSession,
    cluster: ClusterClient,
    options: ScriptOptions,
    /// Triggered by Ctrl-C: then jobs are cancelled and no further statement runs.
    interrupt: Shutdown,
    /// Jobs of INSERTs that have been submitted and not waited for.
    running: Vec<JobId>,
}

impl ScriptRunner {
    /// A runner with a session of this configuration.
    pub fn new(cluster: ClusterClient, config: &Configuration, options: ScriptOptions, interrupt: Shutdown) -> Self {
        Self { session: JobSession::new(config), cluster, options, interrupt, running: Vec::new() }
    }

    /// Runs all of it; returns when every job has ended, or is accepted when detached. Fails when one of them fails.
    pub async fn run(mut self, job: &Job) -> anyhow::Result<()> {
        let outcome = match self.run_statements(job).await {
            Ok(()) => self.wait_for_jobs().await,
            failed => failed,
        };
        if self.interrupt.is_triggered() {
            for job in self.running {
                // Whoever interrupts wants all of it to end; a job that has ended already need not be cancelled.
                self.cluster.cancel(job).await.ok();
            }
        }
        outcome
    }

    async fn run_statements(&mut self, job: &Job) -> anyhow::Result<()> {
        let (text, origin) = (self.session.text_of(job)?, &job.origin);
        for statement in &JobSession::parse(&text, origin)? {
            anyhow::ensure!(
                !self.interrupt.is_triggered(),
                "interrupted: the rest of {} was not run",
                origin.display()
            );
            let outcome = self.session.execute_on(&self.cluster, statement, &text, origin).await?;
            if let StatementKind::Set(Some(pair)) = &statement.kind {
                settings::remark_on_set(&pair.key.value, &pair.value.value);
            }
            self.carry_out(outcome).await?;
        }
        Ok(())
    }

    async fn carry_out(&mut self, outcome: Outcome) -> anyhow::Result<()> {
        match outcome {
            Outcome::Done => Ok(()),
            Outcome::Table { columns, rows } => to_stdout(|out| print_table(self.options.output, &columns, &rows, out)),
            Outcome::Insert(graph) => {
                let job = self.submit(&graph).await?;
                self.running.push(job);
                if self
                    .session
                    .session()
                    .config()
                    .get(options::TABLE_DML_SYNC.key())
                    .is_some_and(|value| value.eq_ignore_ascii_case("true"))
                {
                    self.wait_for_jobs().await?;
                }
                Ok(())
            }
            Outcome::Select { graph, schema, collect, collect_parallelism } => {
                let job = self.submit(&graph).await?;
                let query = Query::new(self.cluster.clone(), job, schema, collect, collect_parallelism);
                self.print(query).await
            }
        }
    }

    async fn submit(&self, graph: &dataflow::JobGraph) -> anyhow::Result<JobId> {
        let job = self.cluster.submit(graph).await?;
        let said = format!("Job has been submitted with JobID {job}");
        // Rows of a query may be read by a program: then only they are on standard output.
        match self.options.output {
            // The job runs, whether anybody reads that or not.
            OutputFormat::Table => drop(to_stdout(|out| writeln!(out, "{said}"))),
            OutputFormat::Json => remark!("{said}"),
        }
        Ok(job)
    }

    /// Prints rows until the query ends. An interrupt cancels its job.
    async fn print(&self, mut query: Query) -> anyhow::Result<()> {
        let context = EvalContext::from_config(self.session.session().config())?;
        let mut printer = ResultPrinter::new(self.options.output, query.schema.clone(), context);
        to_stdout(|out| printer.begin(out))?;
        let job = query.job;
        let rows = async {
            loop {
                match query.next().await {
                    Ok(Some(batch)) => to_stdout(|out| printer.rows(&batch, out))?,
                    Ok(None) => return Ok(()),
                    // The job may have failed by itself, and its cause says more than the fetch that it broke.
                    Err(broken) => return progress::outcome_of_ended(&self.cluster, job).await.and(Err(broken)),
                }
            }
        };
        let outcome = tokio::select! {
            outcome = rows => outcome,
            never = progress::remark_on_missing_slots(&self.cluster, job) => match never {},
            () = self.interrupt.triggered() => Err(anyhow::anyhow!("interrupted: job {job} has been canceled")),
        };
        if outcome.is_err() {
            // It may have ended already.
            self.cluster.cancel(job).await.ok();
            return outcome;
        }
        progress::wait(&self.cluster, job, progress::Show::Nothing, &self.interrupt).await?;
        to_stdout(|out| printer.end(out))
    }

    async fn wait_for_jobs(&mut self) -> anyhow::Result<()> {
        if self.options.detached {
            return Ok(());
        }
        while let Some(&job) = self.running.first() {
            progress::wait(&self.cluster, job, progress::Show::Progress, &self.interrupt).await?;
            self.running.remove(0);
        }
        Ok(())
    }
}
