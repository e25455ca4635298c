//! `TaskManagerInspector`: what people want to see of a TaskManager, asked over gRPC. It changes nothing there, so that no epoch is needed.

use std::time::Duration;

use dataflow::metrics::TaskManagerMetricsReport;
use dataflow::{ExecutionAttemptId, JobId, VertexId};
use proto::MAX_MESSAGE_SIZE;
use proto::v1::task_manager_inspection_client::TaskManagerInspectionClient;
use proto::v1::{
    ListLogsRequest, LogFile, LogLevelRequest, ReadLogRequest, ReadMetricsRequest, SampleStacksRequest, Stack,
    TaskStacks, read_log_request,
};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use transport::Internal;

/// How long a TaskManager may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an answer may take beside the time that was asked for.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Those who look at metrics have the ones of the last heartbeat instead.
const METRICS_TIMEOUT: Duration = Duration::from_secs(3);

/// Which file is wanted.
#[derive(Debug, Clone)]
pub(crate) enum LogRequest {
    /// One of those that are listed.
    Named(String),
    /// The log of the process.
    Log,
    /// Its standard output.
    Stdout,
}

/// What a task did while it was sampled.
#[derive(Debug, Clone)]
pub(crate) struct SampledTask {
    pub(crate) attempt: ExecutionAttemptId,
    pub(crate) stacks: Vec<Stack>,
}

/// Asks one TaskManager.
#[derive(Debug, Clone)]
pub(crate) struct TaskManagerInspector {
    client: TaskManagerInspectionClient<Channel>,
}

impl TaskManagerInspector {
    /// Of the TaskManager at this address. Connects with the first call. The error says why the address is none.
    pub(crate) fn new(rpc_address: &str, internal: &Internal) -> Result<Self, String> {
        let endpoint = Endpoint::from_shared(format!("http://{rpc_address}"))
            .map_err(|error| format!("'{rpc_address}' is not an address: {error}"))?;
        let channel = internal.connect_lazy(&endpoint.connect_timeout(CONNECT_TIMEOUT).tcp_nodelay(true));
        let client = TaskManagerInspectionClient::new(channel).max_decoding_message_size(MAX_MESSAGE_SIZE);
        Ok(Self { client })
    }

    /// Its log files.
    pub(crate) async fn list_logs(&self) -> Result<Vec<LogFile>, String> {
        let answer = self.client.clone().list_logs(within(CALL_TIMEOUT, ListLogsRequest {})).await;
        answer.map(|answer| answer.into_inner().files).map_err(said)
    }

    /// The end of a log file; none when there is no such one.
    pub(crate) async fn read_log(&self, wanted: LogRequest) -> Result<Option<Vec<u8>>, String> {
        use read_log_request::File;
        let file = Some(match wanted {
            LogRequest::Named(name) => File::Name(name),
            LogRequest::Log => File::Log(true),
            LogRequest::Stdout => File::Stdout(true),
        });
        let answer = self.client.clone().read_log(within(CALL_TIMEOUT, ReadLogRequest { file })).await;
        let answer = answer.map_err(said)?.into_inner();
        Ok(answer.exists.then(|| answer.content.to_vec()))
    }

    /// All that its process measures, and its tasks of this vertex do.
    pub(crate) async fn read_metrics(
        &self,
        vertex: Option<(JobId, VertexId)>,
    ) -> Result<TaskManagerMetricsReport, String> {
        let (job, vertex) = vertex.map(|(job, vertex)| (job.to_string(), vertex.to_string())).unwrap_or_default();
        let answer =
            self.client.clone().read_metrics(within(METRICS_TIMEOUT, ReadMetricsRequest { job, vertex })).await;
        let answer = answer.map_err(said)?.into_inner();
        serde_json::from_slice(&answer.report).map_err(|error| error.to_string())
    }

    /// What it logs, after changing that if a level is given.
    pub(crate) async fn log_level(&self, level: Option<String>) -> Result<String, String> {
        let answer = self.client.clone().log_level(within(CALL_TIMEOUT, LogLevelRequest { level })).await;
        answer.map(|answer| answer.into_inner().level).map_err(said)
    }

    /// What its tasks do for that long.
    pub(crate) async fn sample_stacks(&self, duration: Duration) -> Result<Vec<SampledTask>, String> {
        let request = SampleStacksRequest { duration_ms: duration.as_millis() as u32 };
        let answer = self.client.clone().sample_stacks(within(CALL_TIMEOUT + duration, request)).await;
        let answer = answer.map_err(said)?.into_inner();
        let task = |stacks: TaskStacks| {
            let attempt = serde_json::from_str(&stacks.attempt).map_err(|error| error.to_string())?;
            Ok(SampledTask { attempt, stacks: stacks.stacks })
        };
        answer.tasks.into_iter().map(task).collect()
    }
}

/// A request that is given up after `limit`.
fn within<T>(limit: Duration, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(limit);
    request
}

fn said(status: Status) -> String {
    match status.code() {
        tonic::Code::FailedPrecondition | tonic::Code::InvalidArgument => status.message().to_owned(),
        code => format!("the TaskManager does not answer ({code}): {}", status.message()),
    }
}
