//! `flinkrs run`: a job on a cluster or on an embedded one.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{anyhow, bail};
use common::config::{Configuration, Origin, options};
use common::shutdown::Shutdown;
use common::telemetry::{LogOptions, init_logging};

use super::async_runtime;
use crate::args::{ClaimMode, RunArguments, Target};
use crate::cluster_client::ClusterClient;
use crate::embedded::EmbeddedCluster;
use crate::job_file;
use crate::script::{ScriptOptions, ScriptRunner};
use crate::settings;

/// How long the configured JobManager has to answer before the embedded cluster is used instead.
const PATIENCE: Duration = Duration::from_millis(500);

/// The highest parallelism there is: the embedded cluster is there for one script alone, which may raise its parallelism by SET, and a slot
/// that is not used costs nothing.
const EMBEDDED_SLOTS: u32 = 32_768;

/// What the log says when nobody asks for more. How the job ends is this command's own message, and the embedded roles need not repeat it;
/// that a connector keeps trying, as with a broker that is away, only the log tells.
const LOG_FILTER: &str = "error,warp=off,rdkafka=off,librdkafka=off,connectors=warn";

/// Runs the job of a file.
pub(super) fn run(arguments: &RunArguments) -> anyhow::Result<ExitCode> {
    let job = job_file::read(&arguments.file)?;
    let process = settings::load(&arguments.config)?;
    let mut config = settings::for_job(&process, &job.config, &arguments.config, arguments.parallelism)?;
    if let Some(name) = &job.name {
        config.set("pipeline.name", name, Origin::Job);
    }
    restore_from(arguments, &mut config);
    init_logging(&LogOptions::of_process(&config, "client", LOG_FILTER)?)?;
    async_runtime()?.block_on(async {
        let interrupt = Shutdown::new();
        interrupt.listen_for_signals()?;
        let chosen = interrupt.unless_triggered(choose(arguments, &config)).await;
        let place = chosen.ok_or_else(|| anyhow!("interrupted before the job was submitted"))??;
        let client = place.client()?;
        let options = ScriptOptions { output: arguments.output, detached: arguments.detached };
        let outcome = ScriptRunner::new(client, &config, options, interrupt).run(&job).await;
        place.leave().await;
        outcome.map(|()| ExitCode::SUCCESS)
    })
}

/// What the job starts from, as Flink's keys say it.
fn restore_from(arguments: &RunArguments, config: &mut Configuration) {
    let Some(path) = &arguments.from_savepoint else { return };
    config.set(options::STATE_RECOVERY_PATH.key(), path, Origin::CommandLine);
    if arguments.allow_non_restored_state {
        config.set(options::STATE_RECOVERY_IGNORE_UNCLAIMED_STATE.key(), "true", Origin::CommandLine);
    }
    if let Some(mode) = arguments.claim_mode {
        let mode = match mode {
            ClaimMode::Claim => "CLAIM",
            ClaimMode::NoClaim => "NO_CLAIM",
        };
        config.set(options::STATE_RECOVERY_CLAIM_MODE.key(), mode, Origin::CommandLine);
    }
}

/// Where the job runs.
enum Place {
    Cluster(ClusterClient),
    Embedded(Box<EmbeddedCluster>),
}

impl Place {
    fn client(&self) -> anyhow::Result<ClusterClient> {
        match self {
            Place::Cluster(client) => Ok(client.clone()),
            Place::Embedded(cluster) => cluster.client(),
        }
    }

    async fn leave(self) {
        if let Place::Embedded(cluster) = self {
            cluster.shutdown().await;
        }
    }
}

async fn choose(arguments: &RunArguments, config: &Configuration) -> anyhow::Result<Place> {
    if let Some(address) = &arguments.jobmanager {
        let client = ClusterClient::new(address)?;
        client.overview().await?;
        return Ok(Place::Cluster(client));
    }
    if arguments.target != Some(Target::Local) {
        let address = settings::rest_address(config)?;
        let client = ClusterClient::new(&address)?;
        if arguments.target == Some(Target::Remote) {
            client.overview().await?;
            return Ok(Place::Cluster(client));
        }
        if client.answers(PATIENCE).await {
            eprintln!("Running on the JobManager at {address} (rest.address, rest.port).");
            return Ok(Place::Cluster(client));
        }
        eprintln!("No JobManager answers at {address} (rest.address, rest.port): running on an embedded cluster.");
    }
    if arguments.detached {
        bail!(
            "-d/--detached needs a cluster, because an embedded one ends with this command; start 'flinkrs jobmanager' and name it with -m HOST:PORT"
        );
    }
    Ok(Place::Embedded(Box::new(EmbeddedCluster::start(config, 1, EMBEDDED_SLOTS).await?)))
}
