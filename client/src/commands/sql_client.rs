//! `flinkrs sql-client`: the SQL shell, with a gateway of its own or at one that runs already.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use common::config::{Configuration, Origin, options, parse_dynamic_property};
use common::telemetry::{LogOptions, init_logging};
use gateway::SqlGateway;
use transport::http::Role;
use transport::users::Users;

use super::async_runtime;
use crate::args::{SqlClientArguments, SqlClientMode};
use crate::place::Place;
use crate::rest_access::RestAccess;
use crate::settings;
use crate::shell::{self, GatewaySession, Interaction, Runner};

/// Nothing is logged into the shell unless it is asked for; what goes wrong with a statement is its answer.
const LOG_FILTER: &str = "off";

/// Runs the shell.
pub(super) fn sql_client(arguments: &SqlClientArguments) -> anyhow::Result<ExitCode> {
    let config = settings::load(&arguments.config)?;
    init_logging(&LogOptions::of_client(&config, "sql-client", LOG_FILTER)?)?;
    let runtime = async_runtime()?;
    let door = runtime.block_on(Door::open(arguments, &config))?;
    let outcome = with_session(arguments, &config, &door, &runtime);
    runtime.block_on(door.close());
    outcome
}

/// The gateway that the shell speaks to.
struct Door {
    address: String,
    access: RestAccess,
    /// Of the mode embedded.
    own: Option<(SqlGateway, Place)>,
}

impl Door {
    async fn open(arguments: &SqlClientArguments, config: &Configuration) -> anyhow::Result<Self> {
        if arguments.mode == SqlClientMode::Gateway || arguments.endpoint.is_some() {
            if arguments.jobmanager.is_some() {
                bail!("-m/--jobmanager is for the mode embedded: a gateway that runs already has its cluster");
            }
            let access = RestAccess::from_config(config)?;
            return Ok(Self { address: endpoint(arguments, config)?, access, own: None });
        }
        let place = Place::choose(arguments.jobmanager.as_deref(), None, false, config).await?;
        let mut config = config.clone();
        config.set(options::SQL_GATEWAY_REST_BIND_ADDRESS.key(), "127.0.0.1", Origin::Program);
        config.set(options::SQL_GATEWAY_REST_BIND_PORT.key(), "0", Origin::Program);
        // Others on this machine do not get in: only the shell has the token.
        config.set(options::SECURITY_SSL_REST_ENABLED.key(), "false", Origin::Program);
        let users = Users::only_issued()?;
        let access = RestAccess::of_own(&config, Some(&users.issue("shell", Role::Operator)?))?;
        let cluster = Arc::new(place.client()?);
        let gateway = SqlGateway::start(&config, "127.0.0.1", Some(users), cluster)
            .context("cannot start the embedded SQL gateway")?;
        Ok(Self { address: gateway.address().to_string(), access, own: Some((gateway, place)) })
    }

    async fn close(self) {
        if let Some((gateway, place)) = self.own {
            gateway.shutdown().await;
            place.leave().await;
        }
    }
}

/// The endpoint that is named, else the configured one.
fn endpoint(arguments: &SqlClientArguments, config: &Configuration) -> anyhow::Result<String> {
    if let Some(endpoint) = &arguments.endpoint {
        return Ok(endpoint.clone());
    }
    let host = config.get(&options::SQL_GATEWAY_REST_ADDRESS)?.unwrap_or_else(|| "localhost".to_owned());
    Ok(format!("{host}:{}", config.get(&options::SQL_GATEWAY_REST_PORT)?))
}

fn with_session(
    arguments: &SqlClientArguments,
    config: &Configuration,
    door: &Door,
    runtime: &tokio::runtime::Runtime,
) -> anyhow::Result<ExitCode> {
    let properties = session_properties(arguments, config)?;
    let session =
        runtime.block_on(GatewaySession::open(&door.address, &door.access, &arguments.session, &properties))?;
    let outcome = run(arguments, session.clone(), runtime);
    runtime.block_on(session.close()).ok();
    outcome
}

/// What the session begins with: the client's whole configuration, as Flink's client sends it.
fn session_properties(
    arguments: &SqlClientArguments,
    config: &Configuration,
) -> anyhow::Result<BTreeMap<String, String>> {
    let mut properties = config.to_session_map();
    for property in &arguments.config.dynamic_properties {
        let (key, value) = parse_dynamic_property(property)?;
        properties.insert(key, value);
    }
    properties.retain(|key, _| !key.starts_with("security."));
    Ok(properties)
}

fn run(
    arguments: &SqlClientArguments,
    session: GatewaySession,
    runtime: &tokio::runtime::Runtime,
) -> anyhow::Result<ExitCode> {
    if let Some(init) = &arguments.init {
        runtime.block_on(shell::run_init(&session, init))?;
    }
    let Some(file) = &arguments.file else {
        let mut runner = Runner::new(session, Interaction::of_terminal());
        let history = arguments.history.clone().unwrap_or_else(history_file);
        shell::run_input(&mut runner, runtime.handle(), &history)?;
        return Ok(ExitCode::SUCCESS);
    };
    let mut runner = Runner::new(session, Interaction::Script);
    match runtime.block_on(shell::run_file(&mut runner, file)) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            runner.failed(&error);
            Ok(ExitCode::FAILURE)
        }
    }
}

fn history_file() -> PathBuf {
    let home = std::env::var_os("HOME").map_or_else(std::env::temp_dir, PathBuf::from);
    home.join(".flinkrs-sql-history")
}
