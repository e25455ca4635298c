//! `RestContext`: what the handlers ask.

use std::sync::Arc;

use common::clock::Clock;
use common::log_files::LogFiles;
use common::shutdown::Shutdown;
use dataflow::{JobId, VertexId};

use super::error::RestError;
use super::flame_graphs::FlameGraphs;
use super::operations::Operations;
use crate::cluster_metrics::ClusterMetrics;
use crate::dispatcher::Dispatcher;
use crate::leadership::Leadership;
use crate::programs::{ProgramCompiler, ProgramStore};
use crate::resource_manager::ResourceManagerHandle;
use crate::scheduling::{ExecutionGraph, ExecutionVertex};

/// What the handlers ask; clones share it.
#[derive(Clone)]
pub(super) struct RestContext {
    /// The jobs.
    pub dispatcher: Dispatcher,
    /// The TaskManagers.
    pub resource_manager: ResourceManagerHandle,
    /// What clients have asked for and will ask about again.
    pub operations: Operations,
    /// Who leads.
    pub leadership: Leadership,
    /// Samples of what vertices do.
    pub flame_graphs: FlameGraphs,
    /// What this process logs.
    pub logs: LogFiles,
    /// What users have uploaded.
    pub(crate) programs: ProgramStore,
    /// Makes jobs of it.
    pub(crate) compiler: Option<Arc<dyn ProgramCompiler>>,
    /// Of this API, for links: `http://host:port`.
    pub address: String,
    /// For Prometheus.
    pub metrics: Arc<ClusterMetrics>,
    /// Time.
    pub clock: Clock,
    /// Triggered when somebody asks the cluster to shut down.
    pub shutdown: Shutdown,
}

impl RestContext {
    /// The job of a path.
    pub(super) async fn job(&self, id: &str) -> Result<Arc<ExecutionGraph>, RestError> {
        let job = job_id(id)?;
        self.dispatcher.picture(job).await.ok_or_else(|| RestError::job_not_found(job))
    }

    /// Milliseconds since the epoch.
    pub(super) fn now(&self) -> i64 {
        self.clock.now_millis()
    }
}

/// A job id in a path.
pub(super) fn job_id(text: &str) -> Result<JobId, RestError> {
    text.parse().map_err(|_| RestError::bad_path_parameter("jobid", text))
}

/// A vertex of a job by its id in a path.
pub(super) fn vertex<'a>(job: &'a ExecutionGraph, id: &str) -> Result<&'a ExecutionVertex, RestError> {
    let id: VertexId = id.parse().map_err(|_| RestError::bad_path_parameter("vertexid", id))?;
    let found = job.vertices().iter().find(|vertex| vertex.id() == id);
    found.ok_or_else(|| RestError::not_found(format!("JobVertex {id} not found")))
}
