//! The gRPC service for people: logs of this process, and what its tasks are at. It changes nothing but how much is logged.

use std::time::Duration;

use common::log_files::LogFiles;
use common::telemetry::{change_log_filter, log_filter};
use dataflow::metrics::TaskMetricsReport;
use proto::v1::task_manager_inspection_server::TaskManagerInspection;
use proto::v1::{
    ListLogsRequest, ListLogsResponse, LogFile, LogLevelRequest, LogLevelResponse, ReadLogRequest, ReadLogResponse,
    ReadMetricsRequest, ReadMetricsResponse, SampleStacksRequest, SampleStacksResponse, Stack, TaskStacks,
    read_log_request::File,
};
use runtime::{SampledPlace, TaskExecutor};
use tonic::{Request, Response, Status};
use tracing::info;

use crate::task_metrics::TaskManagerMetrics;

/// Nobody waits longer for samples.
const LONGEST_SAMPLING: Duration = Duration::from_secs(60);

/// Answers what people ask.
pub(crate) struct InspectionService {
    pub(crate) executor: TaskExecutor,
    pub(crate) logs: LogFiles,
    pub(crate) metrics: TaskManagerMetrics,
}

#[tonic::async_trait]
impl TaskManagerInspection for InspectionService {
    async fn list_logs(&self, _: Request<ListLogsRequest>) -> Result<Response<ListLogsResponse>, Status> {
        let files = self.of_disk(LogFiles::list).await?;
        let file = |info: common::log_files::LogFileInfo| LogFile {
            name: info.name,
            size: info.size,
            modified: info.modified,
        };
        Ok(Response::new(ListLogsResponse { files: files.into_iter().map(file).collect() }))
    }

    async fn read_log(&self, request: Request<ReadLogRequest>) -> Result<Response<ReadLogResponse>, Status> {
        let content = match request.into_inner().file {
            Some(File::Name(name)) => self.of_disk(move |logs| logs.read(&name)).await?,
            Some(File::Log(_)) => self.of_disk(LogFiles::read_log).await?,
            Some(File::Stdout(_)) => self.of_disk(LogFiles::read_stdout).await?,
            None => return Err(Status::invalid_argument("no file is named")),
        };
        Ok(Response::new(ReadLogResponse { exists: content.is_some(), content: content.unwrap_or_default().into() }))
    }

    async fn read_metrics(
        &self,
        request: Request<ReadMetricsRequest>,
    ) -> Result<Response<ReadMetricsResponse>, Status> {
        let request = request.into_inner();
        let mut report = self.metrics.report();
        let is_wanted = |task: &TaskMetricsReport| {
            task.attempt.job.to_string() == request.job && task.attempt.vertex.to_string() == request.vertex
        };
        report.tasks.retain(is_wanted);
        let report = serde_json::to_vec(&report).expect("a report is made of plain values");
        Ok(Response::new(ReadMetricsResponse { report: report.into() }))
    }

    async fn log_level(&self, request: Request<LogLevelRequest>) -> Result<Response<LogLevelResponse>, Status> {
        if let Some(level) = request.into_inner().level {
            change_log_filter(&level).map_err(|error| Status::invalid_argument(error.to_string()))?;
            info!("the log level is {level} now");
        }
        Ok(Response::new(LogLevelResponse { level: log_filter().unwrap_or_default() }))
    }

    async fn sample_stacks(
        &self,
        request: Request<SampleStacksRequest>,
    ) -> Result<Response<SampleStacksResponse>, Status> {
        let duration = Duration::from_millis(u64::from(request.into_inner().duration_ms)).min(LONGEST_SAMPLING);
        let stack = |place: SampledPlace| Stack { frames: place.frames, count: place.count, working: place.working };
        let tasks = self.executor.sample(duration).await.into_iter().map(|(attempt, places)| TaskStacks {
            attempt: serde_json::to_string(&attempt).expect("an attempt id is made of plain values"),
            stacks: places.into_iter().map(stack).collect(),
        });
        Ok(Response::new(SampleStacksResponse { tasks: tasks.collect() }))
    }
}

impl InspectionService {
    async fn of_disk<T: Send + 'static>(
        &self,
        read: impl FnOnce(&LogFiles) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, Status> {
        let logs = self.logs.clone();
        let read = tokio::task::spawn_blocking(move || read(&logs)).await;
        let read = read.map_err(|panic| Status::internal(panic.to_string()))?;
        read.map_err(|error| Status::failed_precondition(format!("the log files cannot be read: {error}")))
    }
}
