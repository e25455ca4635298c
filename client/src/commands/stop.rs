//! `flinkrs stop` and `flinkrs cancel`: end a job with a savepoint, or without one.

use std::process::ExitCode;

use dataflow::checkpoint::SavepointFormat;

use super::on_cluster;
use crate::args::{CancelArguments, StopArguments};

/// Stops a job with a savepoint.
pub(super) fn stop(arguments: &StopArguments) -> anyhow::Result<ExitCode> {
    let StopArguments { job, drain, format, .. } = *arguments;
    let format = SavepointFormat::from(format);
    on_cluster(&arguments.cluster, async |client| {
        let what = if drain { "Draining" } else { "Suspending" };
        println!("{what} job \"{job}\" with a {format} savepoint.");
        println!("Triggering stop-with-savepoint for job {job}.");
        println!("Waiting for response...");
        let location = client.stop_with_savepoint(job, arguments.savepoint_path.as_deref(), drain, format).await?;
        println!("Savepoint completed. Path: {location}");
        Ok(())
    })
}

/// Cancels a job.
pub(super) fn cancel(arguments: &CancelArguments) -> anyhow::Result<ExitCode> {
    let job = arguments.job;
    on_cluster(&arguments.cluster, async |client| {
        println!("Cancelling job {job}.");
        client.cancel(job).await?;
        println!("Cancelled job {job}.");
        Ok(())
    })
}
