//! `Preflight`: what would keep a JobManager from starting here, found by the functions with which it starts. For `flinkrs doctor`.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use common::config::{Configuration, options};
use common::log_files::LogFiles;
use common::net;
use common::telemetry::Reporters;
use transport::Internal;

use crate::error::JobManagerError;
use crate::job_manager::{archive, listen_rest, listen_rpc, node_settings, rest_bind_host};
use crate::programs::ProgramStore;
use crate::reactive;
use crate::rest::{FlameGraphs, Profiler};

type Listening = Result<(TcpListener, SocketAddr), JobManagerError>;

/// What was found.
#[derive(Debug)]
pub struct Preflight {
    /// The keys of ports, and what listens there now, until this is dropped; so that two of them that are the same are found out.
    pub ports: Vec<(&'static str, Listening)>,
    /// What is wrong apart from ports, TLS and users.
    pub settings: Result<(), JobManagerError>,
    /// The folder in which jobs are kept, if they are.
    pub store: Option<PathBuf>,
}

impl Preflight {
    /// Looks at all of it. Nothing is written, and whoever is served by a JobManager that runs is not disturbed.
    pub fn of(config: &Configuration) -> Self {
        let mut ports = vec![("rest.port", listen_rest(config)), ("jobmanager.rpc.port", listen_rpc(config))];
        match (Reporters::from_config(config), rest_bind_host(config)) {
            (Ok(reporters), Ok(host)) => ports.extend(reporters.prometheus.iter().map(|reporter| {
                let key = "metrics.reporter.<name>.port";
                let listening = net::listen(&host, &reporter.ports);
                let listening = listening.and_then(|listener| Ok((listener.local_addr()?, listener)));
                let listening = listening.map(|(address, listener)| (listener, address));
                (key, listening.map_err(|source| JobManagerError::Listen { key, source }))
            })),
            // A wrong value is told of with the settings.
            (Err(_), _) | (_, Err(_)) => {}
        }
        let (settings, store) = match settings(config) {
            Ok(store) => (Ok(()), store),
            Err(error) => (Err(error), None),
        };
        Self { ports, settings, store }
    }
}

/// What it reads apart from ports; the folder in which it keeps jobs.
fn settings(config: &Configuration) -> Result<Option<PathBuf>, JobManagerError> {
    // What TLS lacks is told by those who look at nothing else.
    let internal = Internal::from_config(config).unwrap_or_default();
    Reporters::from_config(config)?;
    reactive::settings(config)?;
    archive(config)?;
    FlameGraphs::new(config)?;
    Profiler::new(config)?;
    LogFiles::new(config)?;
    ProgramStore::new(config)?;
    let port = config.get(&options::JOBMANAGER_RPC_PORT)?;
    Ok(node_settings(config, port, &internal)?.map(|node| node.dir))
}
