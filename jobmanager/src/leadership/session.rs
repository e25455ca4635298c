//! `LeaderSession`: the dispatcher, the resource manager and the jobs of one JobManager under one epoch.

use std::sync::Arc;
use std::time::Duration;

use common::clock::Clock;
use common::config::Configuration;
use common::shutdown::Shutdown;
use dataflow::LeaderEpoch;
use transport::Internal;

use crate::dispatcher::Dispatcher;
use crate::job_archive::JobArchive;
use crate::job_master::JobMasterContext;
use crate::job_store::{JobStore, JobStoreError};
use crate::resource_manager::{Commander, ResourceManagerHandle, ResourceManagerSettings};
use crate::rest::Operations;

/// How long jobs may take to tell their TaskManagers that they are suspended.
const SUSPEND_LIMIT: Duration = Duration::from_secs(3);

/// What a session is made from.
#[derive(Clone)]
pub struct SessionParts {
    /// The cluster's configuration.
    pub config: Configuration,
    /// Time.
    pub clock: Clock,
    /// Where TaskManagers register, `host:port`.
    pub address: String,
    /// What the resource manager goes by.
    pub settings: ResourceManagerSettings,
    /// An empty one, for jobs that have ended.
    pub archive: JobArchive,
    /// How TaskManagers are reached.
    pub internal: Internal,
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
        let SessionParts { config, clock, address, settings, archive, internal } = parts.clone();
        let (masters, over) = (Shutdown::new(), Shutdown::new());
        let resource_manager =
            ResourceManagerHandle::start(settings, Commander { epoch, address, internal }, clock.clone(), over.clone());
        let context = JobMasterContext {
            epoch,
            clock: clock.clone(),
            resource_manager: resource_manager.clone(),
            store,
            shutdown: masters.clone(),
            over: over.clone(),
        };
        let dispatcher = Dispatcher::new(config, context, archive);
        dispatcher.recover().await?;
        Ok(LeaderSession { epoch, dispatcher, resource_manager, operations: Operations::new(clock), masters, over })
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
