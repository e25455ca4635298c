//! `flinkrs info`: the plan of a job, which is not run.

use std::process::ExitCode;

use anyhow::Context;
use sql::Outcome;
use sql::ast::StatementKind as Kind;

use crate::args::InfoArguments;
use crate::job_file::{self, Job};
use crate::job_session::JobSession;
use crate::output::say;
use crate::settings;

/// Shows a plan.
pub(super) fn info(arguments: &InfoArguments) -> anyhow::Result<ExitCode> {
    let job = job_file::read(&arguments.file)?;
    let process = settings::load(&arguments.config)?;
    let config = settings::for_job(&process, &job, &arguments.config, arguments.parallelism)?;
    let mut session = JobSession::new(&config);
    if arguments.text {
        return explain(&mut session, &job);
    }
    let text = session.text_of(&job)?;
    let mut found = false;
    for statement in &JobSession::parse(&text, &job.origin)? {
        let graph = match session.execute(statement, &text, &job.origin)? {
            Outcome::Insert(graph) | Outcome::Select { graph, .. } => graph,
            Outcome::Done | Outcome::Table { .. } => continue,
        };
        found = true;
        let plan = serde_json::to_string(&jobmanager::rest::job_plan(&graph)).context("a plan is JSON")?;
        say!("----------------------- Execution Plan -----------------------");
        say!("{plan}");
        say!("--------------------------------------------------------------");
        say!("\nNo description provided.");
    }
    anyhow::ensure!(found, "{} starts no job", job.origin.display());
    Ok(ExitCode::SUCCESS)
}

/// As EXPLAIN shows it; what is no query and no INSERT is run, for the others need it.
fn explain(session: &mut JobSession, job: &Job) -> anyhow::Result<ExitCode> {
    let text = session.text_of(job)?;
    for statement in &JobSession::parse(&text, &job.origin)? {
        if !matches!(statement.kind, Kind::Query(_) | Kind::Insert(_) | Kind::StatementSet(_)) {
            session.execute(statement, &text, &job.origin)?;
            continue;
        }
        let explained = format!("EXPLAIN {}", statement.span.slice(&text));
        for statement in JobSession::parse(&explained, &job.origin)? {
            if let Outcome::Table { rows, .. } = session.execute(&statement, &explained, &job.origin)? {
                rows.iter().flatten().flatten().for_each(|cell| say!("{cell}"));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
