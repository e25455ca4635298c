//! `flinkrs cluster`: a JobManager with its SQL gateway, and TaskManagers, in this process until a signal ends it.

use std::process::ExitCode;

use super::async_runtime;
use super::roles::{gateway_of, listening, prepare};
use crate::args::LocalClusterArguments;
use crate::embedded::EmbeddedCluster;

/// Runs a cluster.
pub(super) fn cluster(arguments: &LocalClusterArguments) -> anyhow::Result<ExitCode> {
    let config = prepare(&arguments.config, "cluster")?;
    async_runtime()?.block_on(async {
        let shutdown = listening()?;
        let cluster = EmbeddedCluster::start_at_ports(&config, arguments.taskmanagers).await?;
        let scheme = transport::rest::scheme(&config)?;
        let gateway = gateway_of(&config, cluster.jobmanager())?;
        println!("JobManager: {scheme}://{}", cluster.rest_address());
        if let Some(gateway) = &gateway {
            println!("SQL gateway: {scheme}://{}", gateway.address());
        }
        println!("TaskManagers: {}; Ctrl-C ends all of it, and its jobs", arguments.taskmanagers);
        tokio::select! {
            () = shutdown.triggered() => {}
            () = cluster.shutdown_requested() => tracing::info!("shutdown requested over REST"),
        }
        if let Some(gateway) = gateway {
            gateway.shutdown().await;
        }
        cluster.shutdown().await;
        Ok(ExitCode::SUCCESS)
    })
}
