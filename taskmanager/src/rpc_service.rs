//! The gRPC service to which the JobManager speaks. It takes messages apart, refuses those of another epoch, and passes them to the
//! TaskExecutor.

use std::sync::Arc;
use std::time::Duration;

use common::shutdown::Shutdown;
use dataflow::checkpoint::CheckpointNotice;
use dataflow::deployment::TaskDeploymentDescriptor;
use dataflow::{ExecutionAttemptId, JobId, LeaderEpoch, Split};
use proto::WIRE_VERSION;
use proto::v1::task_manager_gateway_server::TaskManagerGateway;
use proto::v1::{
    AddSplitsRequest, AddSplitsResponse, AlignWatermarksRequest, AlignWatermarksResponse, AnnounceLeaderRequest,
    AnnounceLeaderResponse, CancelTaskRequest, CancelTaskResponse, CollectResultsRequest, CollectResultsResponse,
    DumpThreadsRequest, DumpThreadsResponse, NotifyCheckpointRequest, NotifyCheckpointResponse, ReleaseJobRequest,
    ReleaseJobResponse, ShutDownRequest, ShutDownResponse, SubmitTaskRequest, SubmitTaskResponse, Thread,
};
use runtime::ResultsRequest;
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tonic::{Request, Response, Status};
use tracing::{debug, info};

use crate::attempts::Attempts;
use crate::connection::Announcement;
use crate::fence::{Fence, Passage};
use crate::reporter::Reporter;
use crate::tasks::Tasks;

/// The `taskmanager.resource-id` of who is called.
const ADDRESSEE: &str = "taskmanager-resource-id-bin";

/// Answers the JobManager.
pub struct RpcService {
    pub(crate) resource_id: String,
    pub(crate) executor: Arc<dyn Tasks>,
    pub(crate) reporter: Reporter,
    pub(crate) attempts: Attempts,
    /// The epoch under which this TaskManager is registered.
    pub(crate) fence: Fence,
    /// Where a JobManager is told of that says it leads.
    pub(crate) announcements: watch::Sender<Option<Announcement>>,
    /// Triggered when the JobManager ends the cluster.
    pub(crate) told_to_end: Shutdown,
}

impl RpcService {
    /// Refuses a call for another TaskManager: one that was at this address before, and of whose end the JobManager has not heard.
    fn addressed<T>(&self, request: Request<T>) -> Result<T, Status> {
        let addressee = request.metadata().get_bin(ADDRESSEE).and_then(|name| name.to_bytes().ok());
        if addressee.is_some_and(|name| *name != *self.resource_id.as_bytes()) {
            return Err(Status::failed_precondition(format!("this is another TaskManager, {}", self.resource_id)));
        }
        Ok(request.into_inner())
    }

    /// Lets a call pass while its epoch is in force.
    async fn pass(&self, epoch: LeaderEpoch) -> Result<Passage, Status> {
        self.fence.pass(epoch).await.map_err(Status::failed_precondition)
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
        let request = self.addressed(request)?;
        if request.wire_version != WIRE_VERSION {
            let why = format!(
                "the JobManager speaks version {} of the wire, this TaskManager version {WIRE_VERSION}",
                request.wire_version
            );
            return Ok(Response::new(SubmitTaskResponse { refused_because: why }));
        }
        let descriptor: TaskDeploymentDescriptor = parse("the descriptor", &request.descriptor)?;
        let _passage = self.fence.pass_in_time(descriptor.epoch).await.map_err(Status::failed_precondition)?;
        let id = descriptor.attempt;
        info!(
            "deploying {} [subtask {}, attempt {}] of job {} into slot {}",
            descriptor.vertex.name, id.subtask, id.attempt, id.job, descriptor.slot
        );
        let Some(submission) = self.attempts.add(&descriptor) else {
            let refused_because = format!("attempt {id} runs already");
            return Ok(Response::new(SubmitTaskResponse { refused_because }));
        };
        let deployed = self.executor.deploy(descriptor, self.reporter.of_submission(submission));
        let refused_because = deployed.err().map(|failure| {
            self.attempts.remove(id, submission);
            failure.one_line()
        });
        Ok(Response::new(SubmitTaskResponse { refused_because: refused_because.unwrap_or_default() }))
    }

    async fn cancel_task(&self, request: Request<CancelTaskRequest>) -> Result<Response<CancelTaskResponse>, Status> {
        let request = self.addressed(request)?;
        let attempt: ExecutionAttemptId = parse("the attempt", request.attempt.as_bytes())?;
        let _passage = self.pass(LeaderEpoch(request.epoch)).await?;
        let runs = self.executor.cancel(attempt);
        if !runs {
            debug!("{attempt} is to be cancelled, but does not run");
        }
        let unknown = !runs && self.attempts.get(attempt).is_none();
        Ok(Response::new(CancelTaskResponse { unknown }))
    }

    async fn add_splits(&self, request: Request<AddSplitsRequest>) -> Result<Response<AddSplitsResponse>, Status> {
        let request = self.addressed(request)?;
        let attempt: ExecutionAttemptId = parse("the attempt", request.attempt.as_bytes())?;
        let operator = parse_id("the operator", &request.operator)?;
        let splits: Vec<Split> = parse("the splits", &request.splits)?;
        let _passage = self.pass(LeaderEpoch(request.epoch)).await?;
        self.attempts.note_splits(attempt, operator, &splits, request.no_more_splits);
        if !self.executor.add_splits(attempt, operator, splits, request.no_more_splits) {
            debug!("{attempt} is given splits, but does not run");
        }
        Ok(Response::new(AddSplitsResponse {}))
    }

    async fn align_watermarks(
        &self,
        request: Request<AlignWatermarksRequest>,
    ) -> Result<Response<AlignWatermarksResponse>, Status> {
        let request = self.addressed(request)?;
        let attempt: ExecutionAttemptId = parse("the attempt", request.attempt.as_bytes())?;
        let _passage = self.pass(LeaderEpoch(request.epoch)).await?;
        if !self.executor.align_watermarks(attempt, request.limit) {
            debug!("{attempt} is told a watermark, but does not run");
        }
        Ok(Response::new(AlignWatermarksResponse {}))
    }

    async fn notify_checkpoint(
        &self,
        request: Request<NotifyCheckpointRequest>,
    ) -> Result<Response<NotifyCheckpointResponse>, Status> {
        let request = self.addressed(request)?;
        let attempts: Vec<ExecutionAttemptId> = parse("the attempts", &request.attempts)?;
        let notice: CheckpointNotice = parse("the notice", &request.notice)?;
        let _passage = self.pass(LeaderEpoch(request.epoch)).await?;
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
        self.attempts.forget_job(job);
        Ok(Response::new(ReleaseJobResponse {}))
    }

    async fn announce_leader(
        &self,
        request: Request<AnnounceLeaderRequest>,
    ) -> Result<Response<AnnounceLeaderResponse>, Status> {
        let AnnounceLeaderRequest { epoch, address } = request.into_inner();
        let announcement = Announcement { epoch: LeaderEpoch(epoch), address };
        self.announcements.send_if_modified(|known| {
            let is_newer = known.as_ref().is_none_or(|known| known.epoch < announcement.epoch);
            if is_newer {
                *known = Some(announcement);
            }
            is_newer
        });
        Ok(Response::new(AnnounceLeaderResponse {}))
    }

    async fn shut_down(&self, request: Request<ShutDownRequest>) -> Result<Response<ShutDownResponse>, Status> {
        let _passage = self.pass(LeaderEpoch(request.into_inner().epoch)).await?;
        info!("the JobManager ends the cluster");
        self.told_to_end.trigger();
        Ok(Response::new(ShutDownResponse {}))
    }

    async fn dump_threads(&self, _: Request<DumpThreadsRequest>) -> Result<Response<DumpThreadsResponse>, Status> {
        let threads = common::threads::of_this_process();
        let threads = threads.map_err(|error| Status::failed_precondition(format!("cannot read /proc: {error}")))?;
        let thread = |common::threads::Thread { name, id, state }| Thread { name, id, state: state.to_owned() };
        Ok(Response::new(DumpThreadsResponse { threads: threads.into_iter().map(thread).collect() }))
    }
}
