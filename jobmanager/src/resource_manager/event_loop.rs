//! The ResourceManager's event loop: carries messages to the machines and their commands to job masters and TaskManagers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use common::environment::Environment;
use dataflow::deployment::{Adoption, RunningAttempt, TaskManagerRegistration, TaskManagerReport};
use dataflow::{Failure, JobId};
use indexmap::IndexMap;
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, info, warn};

use super::{Message, Reconciliation, RegistrationAnswer, ResourceManagerSettings, TaskManagerView, probe};
use crate::gateway::{Commander, TaskManagerGateway, TaskManagerNetwork};
use crate::job_master::{GrantedSlot, JobMasterHandle};
use crate::scheduling::{
    GraphEvent, HeartbeatMonitor, SlotCommand, SlotEvent, SlotLocation, SlotPool, TaskManagerLocation,
};

/// Between tries to tell a TaskManager who leads.
const ANNOUNCEMENT_PAUSE: Duration = Duration::from_millis(500);

/// A registered TaskManager.
struct Connection {
    registration: TaskManagerRegistration,
    location: Arc<TaskManagerLocation>,
    gateway: Arc<dyn TaskManagerGateway>,
    /// The heartbeat stream that it used last. Its slots are offered with its first heartbeat: by then nothing of another epoch runs there.
    stream: Option<u64>,
    report: TaskManagerReport,
}

/// A job that has slots or asks for some.
struct SlotHolder {
    master: JobMasterHandle,
    /// Its last request.
    request: u64,
}

pub(super) struct EventLoop {
    settings: ResourceManagerSettings,
    commander: Commander,
    network: Arc<dyn TaskManagerNetwork>,
    environment: Environment,
    /// For what happens elsewhere and comes back; weak, so that the loop does not keep itself alive.
    mailbox: mpsc::WeakUnboundedSender<Message>,
    connections: IndexMap<String, Connection>,
    /// TaskManagers that ran tasks under an earlier JobManager and have not come to this one.
    expected: BTreeMap<String, Arc<TaskManagerLocation>>,
    masters: BTreeMap<JobId, SlotHolder>,
    /// Jobs that ended under an earlier JobManager and whose results are still to be fetched.
    with_results: BTreeSet<JobId>,
    pool: SlotPool,
    monitor: HeartbeatMonitor,
}

impl EventLoop {
    pub(super) fn new(
        settings: ResourceManagerSettings,
        commander: Commander,
        network: Arc<dyn TaskManagerNetwork>,
        environment: Environment,
        mailbox: mpsc::WeakUnboundedSender<Message>,
    ) -> Self {
        let timeout_ms = i64::try_from(settings.heartbeat_timeout.as_millis()).unwrap_or(i64::MAX);
        EventLoop {
            settings,
            commander,
            network,
            environment,
            mailbox,
            connections: IndexMap::new(),
            expected: BTreeMap::new(),
            masters: BTreeMap::new(),
            with_results: BTreeSet::new(),
            pool: SlotPool::new(),
            monitor: HeartbeatMonitor::new(timeout_ms),
        }
    }

    /// Runs until the last handle is gone, or it is dropped.
    pub(super) async fn run(mut self, mut messages: mpsc::UnboundedReceiver<Message>) {
        let precision = (self.settings.heartbeat_timeout / 10).clamp(Duration::from_millis(20), Duration::from_secs(1));
        let clock = self.environment.clock().clone();
        let mut tick = clock.instant();
        loop {
            tokio::select! {
                biased;
                () = clock.sleep_until(tick) => {
                    self.tick();
                    tick = clock.instant() + precision;
                }
                message = messages.recv() => match message {
                    Some(message) => self.handle(message),
                    None => return,
                },
            }
        }
    }

    fn now(&self) -> i64 {
        self.environment.clock().now_millis()
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Register { registration, answer } => {
                let _ = answer.send(self.register(*registration));
            }
            Message::Heartbeat { resource_id, stream, report, known } => {
                let _ = known.send(self.heartbeat(&resource_id, stream, *report));
            }
            Message::StreamClosed { resource_id, stream, why } => {
                let current = self.connections.get(&resource_id).is_some_and(|c| c.stream == Some(stream));
                if current {
                    debug!("heartbeat stream of TaskManager {resource_id} ended: {why}");
                    self.probe(resource_id, format!("its connection broke ({why})"), None);
                }
            }
            Message::Suspect { resource_id, why, lost } => {
                self.probe(resource_id, format!("a call to it failed ({why})"), Some(lost));
            }
            Message::Probed { resource_id, stream, found, lost } => {
                // One that has come back on another stream meanwhile is there.
                let known = self.connections.get(&resource_id).map(|connection| connection.stream);
                let expected = known.is_none() && self.expected.contains_key(&resource_id);
                if let Some(why) = found.filter(|_| known == Some(stream) || expected) {
                    self.lose(&resource_id, &why);
                }
                if let Some(lost) = lost {
                    let _ = lost.send(!self.connections.contains_key(&resource_id));
                }
            }
            Message::Disconnect { resource_id, reason } => {
                info!("TaskManager {resource_id} takes its leave: {reason}");
                self.remove(&resource_id, &reason);
            }
            Message::ClaimSlots { master, slots } => self.claim(master, slots),
            Message::RequestSlots { master, request, count } => {
                let job = master.job();
                self.masters.insert(job, SlotHolder { master, request });
                let timeout = self.settings.slot_request_timeout;
                self.slots(SlotEvent::Requested { job, count, timeout });
            }
            Message::ReleaseSlots { job } => {
                self.masters.remove(&job);
                self.slots(SlotEvent::Released { job });
            }
            Message::Drain { resource_id } => self.slots(SlotEvent::Drained { resource_id }),
            Message::KeepResults { job } => {
                self.with_results.insert(job);
            }
            Message::ReleaseJob { job } => {
                self.with_results.remove(&job);
                self.release_job(job);
            }
            Message::Views { answer } => {
                let _ = answer.send(self.connections.values().map(|connection| self.view(connection)).collect());
            }
            Message::Usage { answer } => {
                let _ = answer.send(self.pool.usage());
            }
            Message::Gateway { resource_id, answer } => {
                let _ = answer.send(self.connections.get(&resource_id).map(|c| c.gateway.clone()));
            }
        }
    }

    fn register(&mut self, mut registration: TaskManagerRegistration) -> RegistrationAnswer {
        let id = registration.resource_id.clone();
        let same_process = self.connections.get(&id).map(|known| {
            known.registration.pid == registration.pid
                && known.registration.rpc_address == registration.rpc_address
                && known.registration.slots == registration.slots
        });
        match same_process {
            Some(true) => {
                info!("TaskManager {id} is back with {} running tasks", registration.running.len());
                self.monitor.watch(&id, self.now());
                return RegistrationAnswer::Accepted(self.reconcile(&id, registration.running));
            }
            Some(false) => self.lose(&id, "another process registered under its name"),
            None => {
                let other = self.expected.get(&id).is_some_and(|expected| {
                    expected.rpc_address != registration.rpc_address
                        || expected.data_address != registration.data_address
                });
                if other {
                    self.lose(&id, "another process registered under its name");
                }
            }
        }
        // Whoever was there before is not there any more.
        let at_address = |connection: &Connection| connection.location.rpc_address == registration.rpc_address;
        let before = self.connections.iter().find(|(_, connection)| at_address(connection)).map(|(id, _)| id.clone());
        if let Some(before) = before {
            self.lose(&before, &format!("TaskManager {id} is at its address now"));
        }
        let gateway = match self.network.gateway(&registration, self.commander.epoch) {
            Ok(gateway) => gateway,
            Err(why) => return RegistrationAnswer::Refused(why),
        };
        info!(
            "TaskManager {id} at {} registered with {} slots (data at {})",
            registration.rpc_address, registration.slots, registration.data_address
        );
        let location = TaskManagerLocation {
            resource_id: id.clone(),
            rpc_address: registration.rpc_address.clone(),
            data_address: registration.data_address.clone(),
        };
        let running = std::mem::take(&mut registration.running);
        let connection = Connection {
            registration,
            location: Arc::new(location),
            gateway,
            stream: None,
            report: TaskManagerReport::default(),
        };
        self.monitor.watch(&id, self.now());
        self.connections.insert(id.clone(), connection);
        self.expected.remove(&id);
        RegistrationAnswer::Accepted(self.reconcile(&id, running))
    }

    /// A job runs, as far as its master knows, where an earlier JobManager has deployed it.
    fn claim(&mut self, master: JobMasterHandle, slots: Vec<SlotLocation>) {
        let job = master.job();
        let now = self.now();
        for SlotLocation { task_manager, .. } in &slots {
            let id = &task_manager.resource_id;
            if !self.connections.contains_key(id) && self.expected.insert(id.clone(), task_manager.clone()).is_none() {
                self.monitor.watch(id, now);
                self.announce(task_manager.clone());
            }
        }
        self.masters.insert(job, SlotHolder { master, request: 0 });
        let slots = slots.into_iter().map(|slot| (slot.task_manager.resource_id.clone(), slot.slot)).collect();
        self.slots(SlotEvent::Claimed { job, slots });
    }

    /// Tells a TaskManager who leads, which it may not have noticed: the one before may be there still and hang. One at whose port nobody listens any
    /// more is lost; any other is given up after its time.
    fn announce(&self, task_manager: Arc<TaskManagerLocation>) {
        let (commander, mailbox, limit) =
            (self.commander.clone(), self.mailbox.clone(), self.settings.heartbeat_timeout);
        let (network, clock) = (self.network.clone(), self.environment.clock().clone());
        let pauses = clock.clone();
        let until_heard = async move {
            while let Err(why) = network.announce(&task_manager.rpc_address, &commander).await {
                debug!("TaskManager {} was not told who leads: {why}", task_manager.resource_id);
                let refusal = probe::unreachable(network.as_ref(), &pauses, &task_manager.rpc_address).await;
                if let (Some(refusal), Some(mailbox)) = (refusal, mailbox.upgrade()) {
                    let found = Some(format!("it takes no connection ({refusal})"));
                    let resource_id = task_manager.resource_id.clone();
                    let _ = mailbox.send(Message::Probed { resource_id, stream: None, found, lost: None });
                    return;
                }
                pauses.sleep(ANNOUNCEMENT_PAUSE).await;
            }
        };
        self.environment.spawn(async move { clock.timeout(limit, until_heard).await });
    }

    /// Tells the jobs what of them a TaskManager runs; what it runs of others ends.
    fn reconcile(&mut self, resource_id: &str, running: Vec<RunningAttempt>) -> Adoption {
        let mut adoption = Adoption { attempts: Vec::new(), jobs: self.with_results.iter().copied().collect() };
        let Some(gateway) = self.connections.get(resource_id).map(|connection| connection.gateway.clone()) else {
            return adoption;
        };
        let mut by_job: BTreeMap<JobId, Vec<RunningAttempt>> = BTreeMap::new();
        for task in running {
            by_job.entry(task.attempt.job).or_default().push(task);
        }
        for (job, SlotHolder { master, .. }) in &self.masters {
            let running = by_job.remove(job).unwrap_or_default();
            adoption.jobs.push(*job);
            adoption.attempts.extend(running.iter().map(|task| task.attempt));
            let (resource_id, gateway) = (resource_id.to_owned(), gateway.clone());
            master.reconcile(Reconciliation { resource_id, gateway, running });
        }
        adoption
    }

    fn heartbeat(&mut self, resource_id: &str, stream: u64, report: TaskManagerReport) -> bool {
        let now = self.now();
        let Some(connection) = self.connections.get_mut(resource_id) else { return false };
        self.monitor.watch(resource_id, now);
        // Streams are numbered as they open: an older one that still speaks does not become the current one again.
        let first = connection.stream.is_none();
        connection.stream = connection.stream.max(Some(stream));
        let slots = connection.registration.slots;
        for (job, SlotHolder { master, .. }) in &self.masters {
            let of_job: Vec<_> = report.tasks.iter().filter(|(attempt, _)| attempt.job == *job).cloned().collect();
            if !of_job.is_empty() {
                master.metrics(of_job);
            }
        }
        connection.report = report;
        if first {
            self.slots(SlotEvent::TaskManagerAdded { resource_id: resource_id.to_owned(), slots });
        }
        true
    }

    /// A broken connection is not yet a dead process: only when nobody listens there any more is it lost at once.
    fn probe(&mut self, resource_id: String, why: String, lost: Option<oneshot::Sender<bool>>) {
        let Some(connection) = self.connections.get(&resource_id) else {
            if let Some(lost) = lost {
                let _ = lost.send(true);
            }
            return;
        };
        let (address, stream) = (connection.location.rpc_address.clone(), connection.stream);
        let (mailbox, network) = (self.mailbox.clone(), self.network.clone());
        let clock = self.environment.clock().clone();
        self.environment.spawn(async move {
            let refusal = probe::unreachable(network.as_ref(), &clock, &address).await;
            let found = refusal.map(|refusal| format!("{why} and it takes no connection ({refusal})"));
            if let Some(mailbox) = mailbox.upgrade() {
                let _ = mailbox.send(Message::Probed { resource_id, stream, found, lost });
            }
        });
    }

    fn lose(&mut self, resource_id: &str, why: &str) {
        if let Some(message) = self.remove(resource_id, why) {
            warn!("{message}");
        }
    }

    /// Takes a TaskManager out of the cluster and tells the jobs; the answer is what they were told.
    fn remove(&mut self, resource_id: &str, why: &str) -> Option<String> {
        let message = match self.connections.shift_remove(resource_id) {
            Some(connection) => {
                format!("TaskManager {resource_id} at {} is lost: {why}", connection.location.rpc_address)
            }
            None if self.expected.remove(resource_id).is_some() => {
                format!("TaskManager {resource_id} is lost: it has not come to this JobManager: {why}")
            }
            None => return None,
        };
        self.monitor.forget(resource_id);
        let failure = Failure::external(message.clone());
        for SlotHolder { master, .. } in self.masters.values() {
            let resource_id = resource_id.to_owned();
            master.graph(GraphEvent::TaskManagerLost { resource_id, failure: failure.clone() });
        }
        self.slots(SlotEvent::TaskManagerRemoved { resource_id: resource_id.to_owned() });
        Some(message)
    }

    fn tick(&mut self) {
        let timeout = self.settings.heartbeat_timeout;
        for resource_id in self.monitor.expire(self.now()) {
            self.lose(&resource_id, &format!("no heartbeat for {} ms (heartbeat.timeout)", timeout.as_millis()));
        }
        self.slots(SlotEvent::Tick);
    }

    fn slots(&mut self, event: SlotEvent) {
        for command in self.pool.handle(event, self.now()) {
            match command {
                SlotCommand::Grant { job, slots } => {
                    let granted: Vec<GrantedSlot> =
                        slots.into_iter().filter_map(|(id, slot)| self.granted(&id, slot)).collect();
                    if let Some(SlotHolder { master, request }) = self.masters.get(&job) {
                        master.slots_granted(*request, granted);
                    }
                }
                SlotCommand::TimedOut { job, needed, total, free } => {
                    if let Some(SlotHolder { master, .. }) = self.masters.get(&job) {
                        master.graph(GraphEvent::SlotsTimedOut(self.no_slots(needed, total, free)));
                    }
                }
            }
        }
    }

    fn granted(&self, resource_id: &str, slot: u32) -> Option<GrantedSlot> {
        let connection = self.connections.get(resource_id)?;
        let location = SlotLocation { task_manager: connection.location.clone(), slot };
        Some(GrantedSlot { location, gateway: connection.gateway.clone() })
    }

    fn no_slots(&self, needed: u32, total: u32, free: u32) -> Failure {
        let task_managers = self.connections.len();
        let timeout = self.settings.slot_request_timeout.as_millis();
        Failure::external("Could not acquire the minimum required resources.").caused_by(format!(
            "the job needs {needed} slots; {task_managers} TaskManagers offer {total}, {free} of them free, for {timeout} ms \
             (slot.request.timeout); start TaskManagers, raise taskmanager.numberOfTaskSlots, or lower the parallelism"
        ))
    }

    fn release_job(&self, job: JobId) {
        for connection in self.connections.values() {
            let gateway = connection.gateway.clone();
            self.environment.spawn(async move {
                if let Err(error) = gateway.release_job(job).await {
                    debug!("cannot release job {job}: {error}");
                }
            });
        }
    }

    fn view(&self, connection: &Connection) -> TaskManagerView {
        let id = &connection.location.resource_id;
        TaskManagerView {
            registration: connection.registration.clone(),
            last_heartbeat: self.monitor.last_seen(id).unwrap_or_default(),
            slots: self.pool.slots_of(id).to_vec(),
            report: connection.report.clone(),
        }
    }
}
