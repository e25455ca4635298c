//! `flinkrs savepoint`: takes a savepoint of a job, or deletes one.

use std::process::ExitCode;

use super::on_cluster;
use crate::args::SavepointArguments;
use crate::cluster_client::ClusterClient;
use crate::output::say;

/// Takes or deletes a savepoint.
pub(super) fn savepoint(arguments: &SavepointArguments) -> anyhow::Result<ExitCode> {
    on_cluster(&arguments.cluster, async |client| match (&arguments.dispose, arguments.job) {
        (Some(path), _) => dispose(&client, path).await,
        (None, Some(job)) => take(&client, job, arguments).await,
        (None, None) => anyhow::bail!("name the job: flinkrs savepoint JOB [DIR]; 'flinkrs list' shows the jobs"),
    })
}

async fn take(client: &ClusterClient, job: dataflow::JobId, arguments: &SavepointArguments) -> anyhow::Result<()> {
    let mode = if arguments.detached { " in detached mode" } else { "" };
    say!("Triggering savepoint{mode} for job {job}.");
    let trigger = client.trigger_savepoint(job, arguments.directory.as_deref(), arguments.format.into()).await?;
    say!("Waiting for response...");
    if arguments.detached {
        say!("Successfully trigger manual savepoint, triggerId: {trigger}");
        return Ok(());
    }
    let location = client.savepoint(job, trigger).await?;
    say!("Savepoint completed. Path: {location}");
    say!("You can resume your program from this savepoint with the run command.");
    Ok(())
}

async fn dispose(client: &ClusterClient, path: &str) -> anyhow::Result<()> {
    say!("Disposing savepoint '{path}'.");
    say!("Waiting for response...");
    client.dispose_savepoint(path).await?;
    say!("Savepoint '{path}' disposed.");
    Ok(())
}
