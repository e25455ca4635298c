//! `ProgramCompiler`: what the JobManager asks of whoever started it, for it plans no SQL itself.

use std::collections::BTreeMap;
use std::path::Path;

use async_trait::async_trait;
use common::config::Configuration;
use dataflow::JobGraph;

/// A program that is to become jobs.
#[derive(Debug)]
pub struct CompileRequest<'a> {
    /// The `.sql` script or `.yaml` job file.
    pub file: &'a Path,
    /// `host:port` of the REST API of this JobManager.
    pub rest_address: &'a str,
    /// By which a part of this process makes itself known there; none when nobody is asked.
    pub own_token: Option<&'a str>,
    /// The cluster's configuration, under what the program says.
    pub cluster: &'a Configuration,
    /// What the request says; it wins over the program.
    pub overrides: &'a BTreeMap<String, String>,
}

/// Makes jobs of programs.
#[async_trait]
pub trait ProgramCompiler: Send + Sync + 'static {
    /// The jobs that a program starts, in its order; none is started here. An error says what is wrong and where.
    async fn compile(&self, request: &CompileRequest<'_>) -> Result<Vec<JobGraph>, String>;
}
