//! `LeaderSession`: the dispatcher, the resource manager and the jobs of one JobManager under one epoch.

use std::sync::Arc;
use std::time::Duration;

use common::config::Configuration;
use common::environment::Environment;
use common::shutdown::Shutdown;
use dataflow::LeaderEpoch;

use crate::checkpointing::Storages;
use crate::dispatcher::Dispatcher;
use crate::gateway::{Commander, TaskManagerNetwork};
use crate::job_archive::JobArchive;
use crate::job_master::JobMasterContext;
use crate::job_store::{JobStore, JobStoreError};
use crate::reactive;
use crate::resource_manager::{ResourceManagerHandle, ResourceManagerSettings};
use crate::rest::Operations;
use crate::scheduling::ReactiveSettings;

/// How long jobs may take to tell their TaskManagers that they are suspended.
const SUSPEND_LIMIT: Duration = Duration::from_secs(3);

/// What a session is made from.
#[derive(Clone)]
pub struct SessionParts {
    /// The cluster's configuration.
    pub config: Configuration,
    /// Time, chance, and who runs what happens beside one another.
    pub environment: Environment,
    /// The ways to TaskManagers.
    pub network: Arc<dyn TaskManagerNetwork>,
    /// Where checkpoints are stored.
    pub storages: Storages,
    /// Where TaskManagers register, `host:port`.
    pub address: String,
    /// What the resource manager goes by.
    pub settings: ResourceManagerSettings,
    /// How jobs follow the slots, in the reactive mode.
    pub reactive: Option<ReactiveSettings>,
    /// An empty one, for jobs that have ended.
    pub archive: JobArchive,
}

/// What runs while a JobManager leads; clones are the same session.
#[derive(Clone)]
pub struct LeaderSession {
    epoch: LeaderEpoch,
    dispatcher: Dispatcher,
    resource_manager: ResourceManagerHandle,
    operations: Operations,
    /// The job masters.
    masters: Shutdown,
    /// Triggered when it is over.
    over: Shutdown,
}

impl LeaderSession {
    /// Starts the parts and takes up the jobs that have not ended.
    pub async fn begin(
        parts: &SessionParts,
        epoch: LeaderEpoch,
        store: Arc<dyn JobStore>,
    ) -> Result<Self, JobStoreError> {
        let SessionParts { config, environment, network, storages, address, settings, archive, .. } = parts.clone();
        let (masters, over) = (Shutdown::new(), Shutdown::new());
        let commander = Commander { epoch, address };
        let resource_manager =
            ResourceManagerHandle::start(settings, commander, network, environment.clone(), over.clone());
        let operations = Operations::recover(environment.clone(), store.clone(), over.clone()).await?;
        let context = JobMasterContext {
            epoch,
            environment,
            storages,
            resource_manager: resource_manager.clone(),
            store,
            shutdown: masters.clone(),
            over: over.clone(),
        };
        let (environment, ended) = (context.environment.clone(), over.clone());
        let dispatcher = Dispatcher::new(config, parts.reactive.is_some(), context, archive);
        dispatcher.recover().await?;
        if let Some(settings) = parts.reactive {
            let rescaling = reactive::run(settings, dispatcher.clone(), environment.clone());
            environment.spawn(async move { ended.unless_triggered(rescaling).await });
        }
        Ok(LeaderSession { epoch, dispatcher, resource_manager, operations, masters, over })
    }

    /// Under which epoch it commands.
    pub fn epoch(&self) -> LeaderEpoch {
        self.epoch
    }

    /// The jobs.
    pub fn dispatcher(&self) -> &Dispatcher {
        &self.dispatcher
    }

    /// The TaskManagers.
    pub fn resource_manager(&self) -> &ResourceManagerHandle {
        &self.resource_manager
    }

    /// What clients have asked for and will ask about again.
    pub fn operations(&self) -> &Operations {
        &self.operations
    }

    /// Triggered when it is over.
    pub fn over(&self) -> &Shutdown {
        &self.over
    }

    /// Stops everything where it is; what runs on TaskManagers runs on.
    pub fn stop(&self) {
        self.masters.trigger();
        self.over.trigger();
    }

    /// Ends the tasks of all jobs, which nobody will take over, then everything else; false when some TaskManagers could not be told.
    pub async fn suspend(&self) -> bool {
        self.masters.trigger();
        self.dispatcher.suspend_all();
        let told = self.masters.finished(SUSPEND_LIMIT).await;
        self.over.trigger();
        told
    }
}
