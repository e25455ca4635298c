//! Where jobs run: on a cluster that is there already, or on an embedded one.

use std::time::Duration;

use anyhow::bail;
use common::config::Configuration;

use crate::args::Target;
use crate::cluster_client::ClusterClient;
use crate::embedded::EmbeddedCluster;
use crate::output::remark;
use crate::rest_access::RestAccess;
use crate::settings;

/// How long the configured JobManager has to answer before the embedded cluster is used instead.
const PATIENCE: Duration = Duration::from_millis(500);

/// The highest parallelism there is: the embedded cluster is there for one script or shell alone, which may raise its parallelism by SET, and a
/// slot that is not used costs nothing.
const EMBEDDED_SLOTS: u32 = 32_768;

/// Where jobs run.
pub enum Place {
    /// On a cluster.
    Cluster(ClusterClient),
    /// On one in this process.
    Embedded(Box<EmbeddedCluster>),
}

impl Place {
    /// The JobManager that is named, else the configured one if it answers, else an embedded cluster; a target leaves no choice.
    pub async fn choose(
        jobmanager: Option<&str>,
        target: Option<Target>,
        detached: bool,
        config: &Configuration,
    ) -> anyhow::Result<Place> {
        if let Some(address) = jobmanager {
            let client = ClusterClient::new(address, &RestAccess::from_config(config)?)?;
            client.overview().await?;
            return Ok(Place::Cluster(client));
        }
        if target != Some(Target::Local) {
            let address = settings::rest_address(config)?;
            let client = ClusterClient::new(&address, &RestAccess::from_config(config)?)?;
            if target == Some(Target::Remote) {
                client.overview().await?;
                return Ok(Place::Cluster(client));
            }
            if client.answers(PATIENCE).await {
                remark!("Running on the JobManager at {address} (rest.address, rest.port).");
                return Ok(Place::Cluster(client));
            }
            remark!("No JobManager answers at {address} (rest.address, rest.port): running on an embedded cluster.");
        }
        if detached {
            bail!(
                "-d/--detached needs a cluster, because an embedded one ends with this command; start 'flinkrs jobmanager' and name it with -m HOST:PORT"
            );
        }
        Ok(Place::Embedded(Box::new(EmbeddedCluster::start(config, 1, EMBEDDED_SLOTS).await?)))
    }

    /// A client of it.
    pub fn client(&self) -> anyhow::Result<ClusterClient> {
        match self {
            Place::Cluster(client) => Ok(client.clone()),
            Place::Embedded(cluster) => cluster.client(),
        }
    }

    /// Ends an embedded cluster.
    pub async fn leave(self) {
        if let Place::Embedded(cluster) = self {
            cluster.shutdown().await;
        }
    }
}
