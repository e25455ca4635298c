//! `flinkrs jobmanager` and `flinkrs taskmanager`: a role in the foreground until a signal ends it.

use std::process::ExitCode;

use common::config::Configuration;
use common::shutdown::Shutdown;
use common::telemetry::{LogOptions, init_logging};
use jobmanager::JobManager;
use taskmanager::TaskManager;

use super::async_runtime;
use crate::args::RoleArguments;
use crate::settings;

/// Runs a JobManager.
pub(super) fn jobmanager(arguments: &RoleArguments) -> anyhow::Result<ExitCode> {
    let config = prepare(arguments, "jobmanager")?;
    async_runtime()?.block_on(async {
        let shutdown = listening()?;
        let jobmanager = JobManager::start(&config).await?;
        tokio::select! {
            () = shutdown.triggered() => {}
            () = jobmanager.shutdown_requested() => tracing::info!("shutdown requested over REST"),
        }
        jobmanager.shutdown().await;
        Ok(ExitCode::SUCCESS)
    })
}

/// Runs a TaskManager.
pub(super) fn taskmanager(arguments: &RoleArguments) -> anyhow::Result<ExitCode> {
    let config = prepare(arguments, "taskmanager")?;
    async_runtime()?.block_on(async {
        let shutdown = listening()?;
        let taskmanager = TaskManager::start(&config).await?;
        let outcome = tokio::select! {
            () = shutdown.triggered() => Ok(()),
            outcome = taskmanager.wait() => outcome,
        };
        taskmanager.shutdown().await;
        outcome?;
        Ok(ExitCode::SUCCESS)
    })
}

fn prepare(arguments: &RoleArguments, role: &str) -> anyhow::Result<Configuration> {
    let config = settings::load(&arguments.config)?;
    init_logging(&LogOptions::of_process(&config, role, "info")?)?;
    Ok(config)
}

fn listening() -> anyhow::Result<Shutdown> {
    let shutdown = Shutdown::new();
    shutdown.listen_for_signals()?;
    Ok(shutdown)
}
