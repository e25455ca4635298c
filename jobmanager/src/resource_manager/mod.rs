//! The ResourceManager: which TaskManagers there are, whether they live, and whose their slots are.
//!
//! An event loop around the pure [`SlotPool`](crate::scheduling::SlotPool) and [`HeartbeatMonitor`](crate::scheduling::HeartbeatMonitor).
//! A TaskManager is lost when it says so, when it has been silent for `heartbeat.timeout`, or when its connection broke and its port no
//! longer answers. What then becomes of its tasks is decided by the job masters.

mod event_loop;
mod probe;

use std::sync::Arc;
use std::time::Duration;

use common::environment::Environment;
use common::shutdown::Shutdown;
use dataflow::JobId;
use dataflow::deployment::{Adoption, RunningAttempt, TaskManagerRegistration, TaskManagerReport};
use tokio::sync::{mpsc, oneshot};

use crate::gateway::{Commander, TaskManagerGateway, TaskManagerNetwork};
use crate::job_master::JobMasterHandle;
use crate::scheduling::{SlotLocation, SlotUsage};
use event_loop::EventLoop;

/// The times that the ResourceManager goes by.
#[derive(Debug, Clone, Copy)]
pub struct ResourceManagerSettings {
    /// `heartbeat.interval`.
    pub heartbeat_interval: Duration,
    /// `heartbeat.timeout`.
    pub heartbeat_timeout: Duration,
    /// `slot.request.timeout`.
    pub slot_request_timeout: Duration,
}

/// A TaskManager as people see it.
#[derive(Debug, Clone)]
pub struct TaskManagerView {
    /// As it registered.
    pub registration: TaskManagerRegistration,
    /// When it was last heard of, ms since the epoch.
    pub last_heartbeat: i64,
    /// The owner of each slot.
    pub slots: Vec<Option<JobId>>,
    /// Its latest report.
    pub report: TaskManagerReport,
}

/// Whether a TaskManager was taken.
#[derive(Debug, Clone)]
pub enum RegistrationAnswer {
    /// It belongs to the cluster, and this of what it runs goes on.
    Accepted(Adoption),
    /// It does not.
    Refused(String),
}

/// The event loop's mailbox; clones share it.
#[derive(Debug, Clone)]
pub struct ResourceManagerHandle {
    mailbox: mpsc::UnboundedSender<Message>,
}

/// What the event loop is told.
enum Message {
    Register {
        registration: Box<TaskManagerRegistration>,
        answer: oneshot::Sender<RegistrationAnswer>,
    },
    Heartbeat {
        resource_id: String,
        stream: u64,
        report: Box<TaskManagerReport>,
        known: oneshot::Sender<bool>,
    },
    StreamClosed {
        resource_id: String,
        stream: u64,
        why: String,
    },
    /// A call to it has failed: is it there? Answers whether it is lost.
    Suspect {
        resource_id: String,
        why: String,
        lost: oneshot::Sender<bool>,
    },
    Probed {
        resource_id: String,
        stream: Option<u64>,
        found: Option<String>,
        lost: Option<oneshot::Sender<bool>>,
    },
    Disconnect {
        resource_id: String,
        reason: String,
    },
    ClaimSlots {
        master: JobMasterHandle,
        slots: Vec<SlotLocation>,
    },
    RequestSlots {
        master: JobMasterHandle,
        request: u64,
        count: u32,
    },
    ReleaseSlots {
        job: JobId,
    },
    Drain {
        resource_id: String,
    },
    KeepResults {
        job: JobId,
    },
    ReleaseJob {
        job: JobId,
    },
    Views {
        answer: oneshot::Sender<Vec<TaskManagerView>>,
    },
    Usage {
        answer: oneshot::Sender<SlotUsage>,
    },
    Gateway {
        resource_id: String,
        answer: oneshot::Sender<Option<Arc<dyn TaskManagerGateway>>>,
    },
}

impl ResourceManagerHandle {
    /// Starts the event loop. It ends with the session.
    pub fn start(
        settings: ResourceManagerSettings,
        commander: Commander,
        network: Arc<dyn TaskManagerNetwork>,
        environment: Environment,
        over: Shutdown,
    ) -> Self {
        let (mailbox, messages) = mpsc::unbounded_channel();
        let handle = ResourceManagerHandle { mailbox };
        let weak = handle.mailbox.downgrade();
        let event_loop = EventLoop::new(settings, commander, network, environment.clone(), weak);
        environment.spawn(async move { over.unless_triggered(event_loop.run(messages)).await });
        handle
    }

    /// A TaskManager registers.
    pub async fn register(&self, registration: TaskManagerRegistration) -> RegistrationAnswer {
        let (answer, answered) = oneshot::channel();
        self.send(Message::Register { registration: Box::new(registration), answer });
        answered.await.unwrap_or_else(|_| RegistrationAnswer::Refused("the JobManager is shutting down".to_owned()))
    }

    /// A sign of life on a heartbeat stream; false when the TaskManager has to register again.
    pub async fn heartbeat(&self, resource_id: String, stream: u64, report: TaskManagerReport) -> bool {
        let (known, answered) = oneshot::channel();
        self.send(Message::Heartbeat { resource_id, stream, report: Box::new(report), known });
        answered.await.unwrap_or(false)
    }

    /// A heartbeat stream has ended.
    pub fn stream_closed(&self, resource_id: String, stream: u64, why: String) {
        self.send(Message::StreamClosed { resource_id, stream, why });
    }

    /// A TaskManager goes away in good order.
    pub fn disconnect(&self, resource_id: String, reason: String) {
        self.send(Message::Disconnect { resource_id, reason });
    }

    /// A call to a TaskManager was not answered. When it is found to be lost, the job masters are told before this returns true.
    pub async fn is_lost(&self, resource_id: String, why: String) -> bool {
        self.ask(|lost| Message::Suspect { resource_id, why, lost }).await.unwrap_or(false)
    }

    /// A job has run in these slots under an earlier JobManager. It is told when their TaskManagers come, or that they do not.
    pub fn claim_slots(&self, master: JobMasterHandle, slots: Vec<SlotLocation>) {
        self.send(Message::ClaimSlots { master, slots });
    }

    /// A job needs slots; they are granted to its master's mailbox, or refused there after `slot.request.timeout`. The master numbers its requests.
    pub fn request_slots(&self, master: JobMasterHandle, request: u64, count: u32) {
        self.send(Message::RequestSlots { master, request, count });
    }

    /// A job gives up its slots and its request.
    pub fn release_slots(&self, job: JobId) {
        self.send(Message::ReleaseSlots { job });
    }

    /// A TaskManager is to be left: its slots go to no job any more.
    pub fn drain(&self, resource_id: String) {
        self.send(Message::Drain { resource_id });
    }

    /// A job ended under an earlier JobManager, and its results are still to be fetched.
    pub fn keep_results(&self, job: JobId) {
        self.send(Message::KeepResults { job });
    }

    /// Tells every TaskManager to let go of what it keeps for a job.
    pub fn release_job(&self, job: JobId) {
        self.send(Message::ReleaseJob { job });
    }

    /// All TaskManagers, in the order of their registration.
    pub async fn task_managers(&self) -> Vec<TaskManagerView> {
        self.ask(|answer| Message::Views { answer }).await.unwrap_or_default()
    }

    /// How many slots there are.
    pub async fn usage(&self) -> SlotUsage {
        self.ask(|answer| Message::Usage { answer }).await.unwrap_or_default()
    }

    /// The way to a TaskManager.
    pub async fn gateway(&self, resource_id: String) -> Option<Arc<dyn TaskManagerGateway>> {
        self.ask(|answer| Message::Gateway { resource_id, answer }).await.flatten()
    }

    async fn ask<T>(&self, message: impl FnOnce(oneshot::Sender<T>) -> Message) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        self.send(message(answer));
        answered.await.ok()
    }

    /// A mailbox that nobody reads is that of a JobManager which is shutting down: there is nothing left to tell.
    fn send(&self, message: Message) {
        let _ = self.mailbox.send(message);
    }
}

/// Which attempts of a job a TaskManager runs, when it comes back after its connection broke, or comes to a JobManager that did not deploy them.
#[derive(Clone)]
pub struct Reconciliation {
    /// The TaskManager.
    pub resource_id: String,
    /// The way to it.
    pub gateway: Arc<dyn TaskManagerGateway>,
    /// Its attempts of the job.
    pub running: Vec<RunningAttempt>,
}
