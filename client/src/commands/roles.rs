//! `flinkrs jobmanager`, `flinkrs taskmanager` and `flinkrs sql-gateway`: a role in the foreground until a signal ends it.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use common::config::{Configuration, Loaded, options};
use common::shutdown::Shutdown;
use common::telemetry::{LogOptions, init_logging};
use gateway::{SqlGateway, SqlGatewayError};
use jobmanager::JobManager;
use taskmanager::TaskManager;
use transport::users::Users;

use super::async_runtime;
use crate::args::{ConfigArguments, RoleArguments, SqlGatewayArguments};
use crate::cluster_client::ClusterClient;
use crate::mounted_gateway::MountedGateway;
use crate::rest_access::RestAccess;
use crate::settings;
use crate::sql_compiler::SqlCompiler;

/// Runs a JobManager.
pub(super) fn jobmanager(arguments: &RoleArguments) -> anyhow::Result<ExitCode> {
    serve(&arguments.config, "jobmanager", async |config, shutdown| {
        let jobmanager = JobManager::start_with(config, Some(Arc::new(SqlCompiler))).await?;
        let gateway = gateway_of(config, &jobmanager)?;
        tokio::select! {
            () = shutdown.triggered() => {}
            () = jobmanager.shutdown_requested() => tracing::info!("shutdown requested over REST"),
        }
        if let Some(gateway) = gateway {
            gateway.shutdown().await;
        }
        jobmanager.shutdown().await;
        Ok(())
    })
}

/// The SQL gateway in the process of a JobManager. Its usual port may belong to another one on this machine, and then it is left out; one that
/// was asked for must be there. It answers on the JobManager's REST port too.
pub(super) fn gateway_of(config: &Configuration, jobmanager: &JobManager) -> anyhow::Result<Option<SqlGateway>> {
    let rest = jobmanager.rest_address();
    if config.get(&options::SQL_GATEWAY_ENDPOINT_TYPE)?.trim().eq_ignore_ascii_case("none") {
        return Ok(None);
    }
    // What listens everywhere is reached over loopback.
    let own = if rest.ip().is_unspecified() { SocketAddr::from(([127, 0, 0, 1], rest.port())) } else { rest };
    let cluster = Arc::new(ClusterClient::new(&own.to_string(), &RestAccess::of_own(config, jobmanager.own_token())?)?);
    match SqlGateway::start(config, &rest.ip().to_string(), Users::from_config(config)?, cluster) {
        Ok(gateway) => {
            jobmanager.mount("sql-gateway", Arc::new(MountedGateway(gateway.api())));
            Ok(Some(gateway))
        }
        Err(SqlGatewayError::Listen(error)) if !config.is_set(&options::SQL_GATEWAY_REST_BIND_PORT) => {
            tracing::warn!(
                "no SQL gateway in this process: {error}; sql-gateway.endpoint.rest.port chooses another port"
            );
            Ok(None)
        }
        Err(error) => Err(error).context("cannot start the SQL gateway"),
    }
}

/// Runs a SQL gateway alone.
pub(super) fn sql_gateway(arguments: &SqlGatewayArguments) -> anyhow::Result<ExitCode> {
    serve(&arguments.cluster.config, "sql-gateway", async |config, shutdown| {
        let address = match &arguments.cluster.jobmanager {
            Some(address) => address.clone(),
            None => settings::rest_address(config)?,
        };
        let cluster = Arc::new(ClusterClient::new(&address, &RestAccess::from_config(config)?)?);
        let host = config.get(&options::SQL_GATEWAY_REST_ADDRESS)?.unwrap_or_else(|| "localhost".to_owned());
        let gateway = SqlGateway::start(config, &host, Users::from_config(config)?, cluster)
            .context("cannot start the SQL gateway")?;
        shutdown.triggered().await;
        gateway.shutdown().await;
        Ok(())
    })
}

/// Runs a TaskManager.
pub(super) fn taskmanager(arguments: &RoleArguments) -> anyhow::Result<ExitCode> {
    serve(&arguments.config, "taskmanager", async |config, shutdown| {
        let taskmanager = TaskManager::start(config).await?;
        let outcome = tokio::select! {
            () = shutdown.triggered() => Ok(()),
            outcome = taskmanager.wait() => outcome,
        };
        taskmanager.shutdown().await;
        Ok(outcome?)
    })
}

/// Runs a server with the configuration that these arguments say, until it ends or a signal ends it. What it has to say, its failure and the
/// warnings of its configuration too, it says in its log.
pub(super) fn serve(
    arguments: &ConfigArguments,
    role: &str,
    server: impl AsyncFnOnce(&Configuration, Shutdown) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    let Loaded { config, warnings, .. } = settings::load_quietly(arguments)?;
    init_logging(&LogOptions::of_process(&config, role, "info")?)?;
    for warning in &warnings {
        tracing::warn!("{warning}");
    }
    let outcome = async_runtime().and_then(|runtime| {
        runtime.block_on(async {
            let shutdown = Shutdown::new();
            shutdown.listen_for_signals()?;
            shutdown.listen_for_hangup()?;
            server(&config, shutdown).await
        })
    });
    match outcome {
        Ok(()) => Ok(ExitCode::SUCCESS),
        // The filters may leave nothing of the log: why it has ended is said nevertheless.
        Err(error) if !tracing::enabled!(tracing::Level::ERROR) => Err(error),
        Err(error) => {
            tracing::error!("{}", super::one_line(&error));
            Ok(ExitCode::FAILURE)
        }
    }
}
