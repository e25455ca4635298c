//! `SqlCompiler`: makes jobs of the scripts and job files that are uploaded to a JobManager of this process.

use std::path::Path;

use anyhow::{bail, ensure};
use async_trait::async_trait;
use common::config::{Configuration, Origin};
use dataflow::JobGraph;
use jobmanager::{CompileRequest, ProgramCompiler};
use sql::Outcome;

use crate::cluster_client::ClusterClient;
use crate::commands::one_line;
use crate::job_file::{self, Job};
use crate::job_session::JobSession;
use crate::rest_access::RestAccess;
use crate::settings;

/// Plans programs with flinkrs' own SQL planner.
#[derive(Debug, Clone, Copy)]
pub struct SqlCompiler;

#[async_trait]
impl ProgramCompiler for SqlCompiler {
    async fn compile(&self, request: &CompileRequest<'_>) -> Result<Vec<JobGraph>, String> {
        compile(request).await.map_err(|error| one_line(&error))
    }
}

async fn compile(request: &CompileRequest<'_>) -> anyhow::Result<Vec<JobGraph>> {
    let mut job = job_file::read(request.file)?;
    ensure!(is_below(request.file, &job.origin), "a program reads no files but those that it was uploaded with");
    // What is said of it is read far from here: the name of the file says enough.
    job.origin = Path::new(job.origin.file_name().unwrap_or_default()).to_owned();
    let mut config = settings::with_job(request.cluster, &job);
    for (key, value) in request.overrides {
        config.set(key, value, Origin::CommandLine);
    }
    config.validate()?;
    let access = RestAccess::of_own(request.cluster, request.own_token)?;
    jobs(&job, &config, &ClusterClient::new(request.rest_address, &access)?).await
}

/// Whether a file lies in the folder of a program, or below.
fn is_below(program: &Path, file: &Path) -> bool {
    let folder = program.parent().and_then(|folder| folder.canonicalize().ok());
    folder.is_some_and(|folder| file.canonicalize().is_ok_and(|file| file.starts_with(folder)))
}

/// The jobs that a job file or script starts.
async fn jobs(job: &Job, config: &Configuration, cluster: &ClusterClient) -> anyhow::Result<Vec<JobGraph>> {
    let mut session = JobSession::new(config);
    let text = session.text_of(job)?;
    let mut jobs = Vec::new();
    for statement in &JobSession::parse(&text, &job.origin)? {
        match session.execute_on(cluster, statement, &text, &job.origin).await? {
            Outcome::Done | Outcome::Table { .. } => {}
            Outcome::Insert(graph) => jobs.push(*graph),
            Outcome::Select { .. } => {
                let query = statement.span.slice(&text).trim();
                bail!(
                    "{}: nobody reads the rows of '{query}'; write them into a table with INSERT INTO",
                    job.origin.display()
                )
            }
        }
    }
    Ok(jobs)
}
