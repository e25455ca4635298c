//! The gRPC service to which the JobManager speaks. It takes messages apart, refuses those of another epoch, and passes them to the
//! TaskExecutor.

use std::time::Duration;

use dataflow::checkpoint::CheckpointNotice;
use dataflow::deployment::TaskDeploymentDescriptor;
use dataflow::{ExecutionAttemptId, JobId, LeaderEpoch, Split};
use proto::WIRE_VERSION;
use proto::v1::task_manager_gateway_server::TaskManagerGateway;
use proto::v1::{
    AddSplitsRequest, AddSplitsResponse, CancelTaskRequest, CancelTaskResponse, CollectResultsRequest,
    CollectResultsResponse, DumpThreadsRequest, DumpThreadsResponse, NotifyCheckpointRequest, NotifyCheckpointResponse,
    ReleaseJobRequest, ReleaseJobResponse, SubmitTaskRequest, SubmitTaskResponse, Thread,
};
use runtime::{ResultsRequest, TaskExecutor};
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tonic::{Request, Response, Status};
use tracing::{debug, info};

use crate::attempts::Attempts;
use crate::reporter::Reporter;

/// How long a call waits for the registration that it is the consequence of: the JobManager may call before its own answer has arrived,
/// and tasks of an older epoch end first.
const EPOCH_PATIENCE: Duration = Duration::from_secs(20);

/// Answers the JobManager.
pub(crate) struct RpcService {
    pub(crate) executor: TaskExecutor,
    pub(crate) reporter: Reporter,
    pub(crate) attempts: Attempts,
    /// The epoch under which this TaskManager is registered.
    pub(crate) epoch: watch::Receiver<Option<LeaderEpoch>>,
}

impl RpcService {
    /// Waits until this is the current epoch; refuses it when it does not become so.
    async fn fence(&self, epoch: LeaderEpoch) -> Result<(), Status> {
        let mut current = self.epoch.clone();
        let reached = tokio::time::timeout(EPOCH_PATIENCE, current.wait_for(|current| *current == Some(epoch))).await;
        if matches!(reached, Ok(Ok(_))) {
            return Ok(());
        }
        let current = self.epoch.borrow().map_or_else(|| "none".to_owned(), |epoch| epoch.0.to_string());
        Err(Status::failed_precondition(format!(
            "the call is of epoch {}, the TaskManager is registered under {current}",
            epoch.0
        )))
    }
}

fn parse<T: DeserializeOwned>(what: &str, json: &[u8]) -> Result<T, Status> {
    serde_json::from_slice(json).map_err(|error| Status::invalid_argument(format!("{what} cannot be read: {error}")))
}

fn parse_id<T: std::str::FromStr<Err: std::fmt::Display>>(what: &str, text: &str) -> Result<T, Status> {
    text.parse().map_err(|error| Status::invalid_argument(format!("{what} cannot be read: {error}")))
}

#[tonic::async_trait]
impl TaskManagerGateway for RpcService {
    async fn submit_task(&self, request: Request<SubmitTaskRequest>) -> Result<Response<SubmitTaskResponse>, Status> {
        let request = request.into_inner();
        if request.wire_version != WIRE_VERSION {
            let why = format!(
                "the JobManager speaks version {} of the wire, this TaskManager version {WIRE_VERSION}",
                request.wire_version
            );
            return Ok(Response::new(SubmitTaskResponse { refused_because: why }));
        }
        let descriptor: TaskDeploymentDescriptor = parse("the descriptor", &request.descriptor)?;
        self.fence(descriptor.epoch).await?;
        let (id, epoch) = (descriptor.attempt, descriptor.epoch);
        info!(
            "deploying {} [subtask {}, attempt {}] of job {} into slot {}",
            descriptor.vertex.name, id.subtask, id.attempt, id.job, descriptor.slot
        );
        if !self.attempts.add(&descriptor) {
            let refused_because = format!("attempt {id} runs already");
            return Ok(Response::new(SubmitTaskResponse { refused_because }));
        }
        let deployed = self.executor.deploy(descriptor, self.reporter.of_epoch(epoch));
        let refused_because = deployed.err().map(|failure| {
            self.attempts.remove(id, epoch);
            failure.one_line()
        });
        Ok(Response::new(SubmitTaskResponse { refused_because: refused_because.unwrap_or_default() }))
    }

    async fn cancel_task(&self, request: Request<CancelTaskRequest>) -> Result<Response<CancelTaskResponse>, Status> {
        let request = request.into_inner();
        let attempt: ExecutionAttemptId = parse("the attempt", request.attempt.as_bytes())?;
        self.fence(LeaderEpoch(request.epoch)).await?;
        if !self.executor.cancel(attempt) {
            debug!("{attempt} is to be cancelled, but does not run");
        }
        Ok(Response::new(CancelTaskResponse {}))
    }

    async fn add_splits(&self, request: Request<AddSplitsRequest>) -> Result<Response<AddSplitsResponse>, Status> {
        let request = request.into_inner();
        let attempt: ExecutionAttemptId = parse("the attempt", request.attempt.as_bytes())?;
        let operator = parse_id("the operator", &request.operator)?;
        let splits: Vec<Split> = parse("the splits", &request.splits)?;
        self.fence(LeaderEpoch(request.epoch)).await?;
        if !self.executor.add_splits(attempt, operator, splits, request.no_more_splits) {
            debug!("{attempt} is given splits, but does not run");
        }
        Ok(Response::new(AddSplitsResponse {}))
    }

    async fn notify_checkpoint(
        &self,
        request: Request<NotifyCheckpointRequest>,
    ) -> Result<Response<NotifyCheckpointResponse>, Status> {
        let request = request.into_inner();
        let attempts: Vec<ExecutionAttemptId> = parse("the attempts", &request.attempts)?;
        let notice: CheckpointNotice = parse("the notice", &request.notice)?;
        self.fence(LeaderEpoch(request.epoch)).await?;
        for attempt in attempts {
            if !self.executor.notify_checkpoint(attempt, notice.clone()) {
                debug!("{attempt} is told of a checkpoint, but does not run");
            }
        }
        Ok(Response::new(NotifyCheckpointResponse {}))
    }

    async fn collect_results(
        &self,
        request: Request<CollectResultsRequest>,
    ) -> Result<Response<CollectResultsResponse>, Status> {
        let request = request.into_inner();
        let wanted = ResultsRequest {
            job: parse_id("the job", &request.job_id)?,
            operator: parse_id("the operator", &request.operator)?,
            subtask: request.subtask,
            attempt: request.attempt,
            version: request.version,
            offset: request.offset,
            max_wait: Duration::from_millis(u64::from(request.max_wait_ms)),
        };
        let results = self.executor.collect(wanted).await;
        results.map(Response::new).map_err(|failure| Status::failed_precondition(failure.one_line()))
    }

    async fn release_job(&self, request: Request<ReleaseJobRequest>) -> Result<Response<ReleaseJobResponse>, Status> {
        let job: JobId = parse_id("the job", &request.into_inner().job_id)?;
        self.executor.release_job(job);
        Ok(Response::new(ReleaseJobResponse {}))
    }

    async fn dump_threads(&self, _: Request<DumpThreadsRequest>) -> Result<Response<DumpThreadsResponse>, Status> {
        let threads = common::threads::of_this_process();
        let threads = threads.map_err(|error| Status::failed_precondition(format!("cannot read /proc: {error}")))?;
        let thread = |common::threads::Thread { name, id, state }| Thread { name, id, state: state.to_owned() };
        Ok(Response::new(DumpThreadsResponse { threads: threads.into_iter().map(thread).collect() }))
    }
}
