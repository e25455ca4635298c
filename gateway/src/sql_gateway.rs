//! `SqlGateway`: binds the port, keeps the sessions, and ends them.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use common::clock::Clock;
use common::config::{ConfigError, Configuration, options};
use common::net;
use common::shutdown::Shutdown;
use tracing::info;
use transport::TransportError;
use transport::http::{Access, Guard, HttpSettings};
use transport::rest;
use transport::users::Users;

use crate::cluster::Cluster;
use crate::gateway_api::GatewayApi;
use crate::rest::{Router, serve};
use crate::service::{SessionManager, SessionSettings};

/// How long open requests and the cancelling of queries may take at the end.
const CLOSE_LIMIT: Duration = Duration::from_secs(3);

/// A running gateway. Dropping it stops nothing: call [`SqlGateway::shutdown`].
#[derive(Debug)]
pub struct SqlGateway {
    address: SocketAddr,
    api: GatewayApi,
    end: Shutdown,
}

/// Why a gateway does not start.
#[derive(Debug, thiserror::Error)]
pub enum SqlGatewayError {
    /// A value of the configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// TLS or users that cannot be read.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The port is not free, or the address is not this machine's.
    #[error("{0}; set sql-gateway.endpoint.rest.bind-port to another port")]
    Listen(#[source] io::Error),
}

impl SqlGateway {
    /// Starts it on the current tokio runtime, for jobs on this cluster; when this returns, it takes requests. It binds to `host` unless the
    /// configuration names an address. Without users nobody is asked who they are.
    pub fn start(
        config: &Configuration,
        host: &str,
        users: Option<Users>,
        cluster: Arc<dyn Cluster>,
    ) -> Result<Self, SqlGatewayError> {
        let settings = SessionSettings {
            idle_timeout: config.get(&options::SQL_GATEWAY_SESSION_IDLE_TIMEOUT)?,
            check_interval: config.get(&options::SQL_GATEWAY_SESSION_CHECK_INTERVAL)?,
            max_sessions: usize::try_from(config.get(&options::SQL_GATEWAY_SESSION_MAX_NUM)?).unwrap_or(usize::MAX),
        };
        let listener = Self::listen(config, host)?;
        let address = listener.local_addr().map_err(SqlGatewayError::Listen)?;
        let http = HttpSettings::from_config(config)?;
        let access: Access = Arc::new(|method, path| Some(GatewayApi::role(method.as_str(), path)));
        let guard = Guard::new(config, address, users, access)?;
        let end = Shutdown::new();
        let sessions = SessionManager::new(cluster, config.to_session_map(), settings, Clock::System);
        let router = Router::new(sessions.clone());
        serve(listener, &http, guard, router.clone(), &end).map_err(SqlGatewayError::Listen)?;
        end.spawn(sessions.run(end.clone()));
        info!("SQL gateway is ready: REST at {}://{address}", rest::scheme(config)?);
        Ok(Self { address, api: GatewayApi::new(router), end })
    }

    /// Listens where it would; at `host` unless the configuration names an address.
    pub fn listen(config: &Configuration, host: &str) -> Result<TcpListener, SqlGatewayError> {
        let host = config.get(&options::SQL_GATEWAY_REST_BIND_ADDRESS)?.unwrap_or_else(|| host.to_owned());
        net::listen(&host, &config.get(&options::SQL_GATEWAY_REST_BIND_PORT)?).map_err(SqlGatewayError::Listen)
    }

    /// Where it listens; the real port when 0 was configured.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same API without a port of its own, for a server of this process that has one.
    pub fn api(&self) -> GatewayApi {
        self.api.clone()
    }

    /// Closes all sessions, which cancels their queries, and ends.
    pub async fn shutdown(self) {
        self.end.trigger();
        self.end.finished(CLOSE_LIMIT).await;
    }
}
