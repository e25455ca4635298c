//! `flinkrs stop` and `flinkrs cancel`: end a job with a savepoint, or without one.

use std::process::ExitCode;

use anyhow::Context;
use dataflow::JobId;
use dataflow::checkpoint::SavepointFormat;

use super::on_cluster;
use crate::args::{CancelArguments, StopArguments};
use crate::output::say;

/// Stops a job with a savepoint.
pub(super) fn stop(arguments: &StopArguments) -> anyhow::Result<ExitCode> {
    let StopArguments { job, drain, detached, format, .. } = *arguments;
    let format = SavepointFormat::from(format);
    on_cluster(&arguments.cluster, async |client| {
        let what = if drain { "Draining" } else { "Suspending" };
        say!("{what} job \"{job}\" with a {format} savepoint.");
        let mode = if detached { " in detached mode" } else { "" };
        say!("Triggering stop-with-savepoint{mode} for job {job}.");
        let trigger = client.trigger_stop(job, arguments.savepoint_path.as_deref(), drain, format).await?;
        if detached {
            say!("Successfully trigger stop-with-savepoint in detached mode, triggerId: {trigger}");
            return Ok(());
        }
        say!("Waiting for response...");
        let location = client.savepoint(job, trigger).await?;
        say!("Savepoint completed. Path: {location}");
        Ok(())
    })
}

/// Cancels a job.
pub(super) fn cancel(arguments: &CancelArguments) -> anyhow::Result<ExitCode> {
    let (job, with_savepoint) = what_to_cancel(arguments)?;
    on_cluster(&arguments.cluster, async |client| {
        let Some(directory) = with_savepoint else {
            say!("Cancelling job {job}.");
            client.cancel(job).await?;
            say!("Cancelled job {job}.");
            return Ok(());
        };
        say!("DEPRECATION WARNING: Cancelling a job with savepoint is deprecated. Use \"stop\" instead.");
        let format = SavepointFormat::default();
        match &directory {
            Some(directory) => say!("Cancelling job {job} with {format} savepoint to {directory}."),
            None => say!("Cancelling job {job} with {format} savepoint to default savepoint directory."),
        }
        let trigger = client.trigger_cancel_with_savepoint(job, directory.as_deref(), format).await?;
        let location = client.savepoint(job, trigger).await?;
        say!("Cancelled job {job}. Savepoint stored in {location}.");
        Ok(())
    })
}

/// The job, and whether a savepoint is taken first, perhaps in a folder. `-s JOB` is a job and no folder, as in Flink.
fn what_to_cancel(arguments: &CancelArguments) -> anyhow::Result<(JobId, Option<Option<String>>)> {
    match (arguments.job, &arguments.with_savepoint) {
        (Some(job), with_savepoint) => Ok((job, with_savepoint.clone())),
        (None, Some(Some(word))) => {
            let job = word.parse().ok().with_context(|| format!("'{word}' is no job; flinkrs cancel -s DIR JOB"))?;
            Ok((job, Some(None)))
        }
        (None, _) => anyhow::bail!("name the job: flinkrs cancel JOB; 'flinkrs list' shows the jobs"),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Arguments, Command};

    #[test]
    fn a_savepoint_may_have_a_folder_or_not() {
        const JOB: &str = "00000000000000000000000000000001";
        let of = |words: &[&str]| {
            let command = Arguments::parse_from(["flinkrs", "cancel"].iter().chain(words)).command;
            let Command::Cancel(arguments) = command else { panic!("it is cancel") };
            what_to_cancel(&arguments)
        };
        let folder = Some(Some("/sp".to_owned()));
        assert_eq!(of(&[JOB]).expect("a job"), (JobId(1), None));
        assert_eq!(of(&["-s", "/sp", JOB]).expect("a job"), (JobId(1), folder.clone()));
        assert_eq!(of(&[JOB, "--withSavepoint", "/sp"]).expect("a job"), (JobId(1), folder));
        assert_eq!(of(&["-s", JOB]).expect("a job"), (JobId(1), Some(None)));
        assert_eq!(of(&[JOB, "-s"]).expect("a job"), (JobId(1), Some(None)));
        assert!(of(&["-s", "/sp"]).is_err() && of(&[]).is_err());
    }
}
