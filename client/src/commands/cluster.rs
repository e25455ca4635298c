//! `flinkrs cluster`: a JobManager with its SQL gateway, and TaskManagers, in this process until a signal ends it.

use std::process::ExitCode;

use super::roles::{gateway_of, serve};
use crate::args::LocalClusterArguments;
use crate::embedded::EmbeddedCluster;
use crate::output::to_stdout;

/// Runs a cluster.
pub(super) fn cluster(arguments: &LocalClusterArguments) -> anyhow::Result<ExitCode> {
    serve(&arguments.config, "cluster", async |config, shutdown| {
        let cluster = EmbeddedCluster::start_at_ports(config, arguments.taskmanagers).await?;
        let scheme = transport::rest::scheme(config)?;
        let gateway = gateway_of(config, cluster.jobmanager())?;
        let told = to_stdout(|out| {
            writeln!(out, "JobManager: {scheme}://{}", cluster.rest_address())?;
            if let Some(gateway) = &gateway {
                writeln!(out, "SQL gateway: {scheme}://{}", gateway.address())?;
            }
            writeln!(out, "TaskManagers: {}; Ctrl-C ends all of it, and its jobs", arguments.taskmanagers)
        });
        if let Err(error) = told {
            // It runs on for those who know where it is.
            tracing::debug!("{error:#}");
        }
        tokio::select! {
            () = shutdown.triggered() => {}
            () = cluster.shutdown_requested() => tracing::info!("shutdown requested over REST"),
        }
        if let Some(gateway) = gateway {
            gateway.shutdown().await;
        }
        cluster.shutdown().await;
        Ok(())
    })
}
