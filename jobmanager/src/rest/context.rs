//! `RestContext`: what the handlers ask.

use std::sync::Arc;

use dataflow::{JobId, VertexId};

use super::error::RestError;
use super::front::RestFront;
use super::operations::Operations;
use crate::dispatcher::Dispatcher;
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
    /// What this process has, whoever leads.
    pub front: RestFront,
}

impl RestContext {
    /// The job of a path.
    pub(super) async fn job(&self, id: &str) -> Result<Arc<ExecutionGraph>, RestError> {
        let job = job_id(id)?;
        self.dispatcher.picture(job).await.ok_or_else(|| RestError::job_not_found(job))
    }

    /// Milliseconds since the epoch.
    pub(super) fn now(&self) -> i64 {
        self.front.clock.now_millis()
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
