//! From a deployment descriptor to a task.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use common::config::{Configuration, Origin, options};
use dataflow::checkpoint::ChannelId;
use dataflow::deployment::{InputChannelDescriptor, TaskDeploymentDescriptor};
use dataflow::{Failure, OperatorSpec, RowType};
use expr::EvalContext;

use super::chain::{Chain, Link};
use super::final_checkpoint::FinalCheckpoint;
use super::gate_head::GateHead;
use super::head::Head;
use super::mailbox::Mailbox;
use super::source_head::SourceHead;
use super::subtask_checkpoint_coordinator::{CheckpointResponder, SubtaskCheckpointCoordinator};
use super::task::Task;
use super::values_head::ValuesHead;
use crate::checkpointing::{LocalState, RestoredBatch, SnapshotWriter};
use crate::events::TaskEvents;
use crate::exchange::connection::ChannelRequest;
use crate::exchange::credit::FloatingCredits;
use crate::exchange::gate::{ChannelSource, InputChannel, InputGate, LocalChannel};
use crate::exchange::peers::Peers;
use crate::exchange::queue::{ChannelQueue, Consumer};
use crate::exchange::ready::ReadyChannels;
use crate::exchange::registry::PartitionRegistry;
use crate::exchange::writer::RecordWriter;
use crate::metrics::{TaskMetrics, WatchedInput};
use crate::operators::state_environment::StateEnvironment;
use crate::operators::{OperatorContext, create};
use crate::results::ResultStores;
use crate::settings::TaskExecutorSettings;
use crate::state_services::StateServices;

/// What a task is built from.
pub(crate) struct TaskBuilder {
    pub(crate) descriptor: TaskDeploymentDescriptor,
    pub(crate) settings: TaskExecutorSettings,
    pub(crate) registry: Arc<PartitionRegistry>,
    pub(crate) peers: Arc<Peers>,
    pub(crate) results: Arc<ResultStores>,
    pub(crate) snapshots: SnapshotWriter,
    pub(crate) state: StateServices,
    pub(crate) events: Arc<dyn TaskEvents>,
    pub(crate) metrics: Arc<TaskMetrics>,
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) waker: Waker,
    /// The queues of each output; registered already, so that consumers find them.
    pub(crate) queues: Vec<Vec<Arc<ChannelQueue>>>,
}

impl TaskBuilder {
    /// Builds the task; its input channels are open afterwards.
    pub(crate) fn build(self) -> Result<Task, Failure> {
        let descriptor = &self.descriptor;
        let config = Configuration::from_map(descriptor.config.clone(), Origin::Job);
        let flag = |option| config.get(option).map_err(|error| Failure::user(error.to_string()).fatal());
        let from_local = flag(&options::STATE_RECOVERY_FROM_LOCAL)?;
        let keeps_copies = flag(&options::CHECKPOINTING_LOCAL_BACKUP_ENABLED)?;
        let restored = descriptor.restore.as_ref().map_or(0, |restore| restore.checkpoint_id);
        let local = (from_local || keeps_copies).then(|| self.state.local.of(descriptor.attempt, restored));
        let mut state = StateEnvironment::new(&descriptor.vertex, descriptor.attempt, &self.state);
        if let (true, Some(local), Some(reader)) = (from_local, &local, &state.reader) {
            state.reader = Some(local.reader(reader.clone()));
        }
        self.metrics.describe_operators(&descriptor.vertex.operators);
        self.metrics.watch_mailbox(self.mailbox.clone());
        let context = OperatorContext {
            attempt: descriptor.attempt,
            parallelism: descriptor.vertex.parallelism,
            job_name: descriptor.job_name.clone(),
            config: descriptor.config.clone(),
            eval: EvalContext::from_config(&descriptor.config)?,
            clock: self.settings.clock.clone(),
            metrics: self.metrics.clone(),
            results: self.results.clone(),
            state,
            restored_checkpoint: descriptor.restore.as_ref().map(|restore| restore.checkpoint_id),
            restored: descriptor.restore.as_ref().map(|restore| restore.operators.clone()).unwrap_or_default(),
            checkpointing: self.final_checkpoint(),
            periodic_checkpoints: descriptor.checkpointing.is_some(),
        };
        let Some(first) = descriptor.vertex.operators.first() else {
            return Err(Failure::internal("a vertex without operators was deployed").fatal());
        };
        let head = match &first.spec {
            OperatorSpec::Source(spec) => {
                Head::Source(Box::new(SourceHead::new(first, spec, &context, self.events.clone())?))
            }
            OperatorSpec::Values(spec) => Head::Values(ValuesHead::new(first, spec, &context)?),
            _ => {
                let restored = RestoredBatch::read_all(descriptor, self.state.reader.as_ref())?;
                let (clock, metrics) = (context.clock.clone(), self.metrics.clone());
                Head::Gate(Box::new(GateHead::new(self.gate(), restored, clock, metrics)))
            }
        };
        let links = self.links(&context)?;
        let first_part = if first.spec.is_source() { first.name.clone() } else { "input".to_owned() };
        let parts = links.iter().map(|link| link.name.clone());
        self.metrics.name_parts([first_part].into_iter().chain(parts).chain(["output".to_owned()]).collect());
        let chain =
            Chain::new(links, self.writers()?, self.settings.clock.instant()).seen_at(self.metrics.place.clone());
        let operators = descriptor.vertex.operators.iter().map(|operator| Some(self.metrics.operator(operator)));
        // A gate is no operator, and has the first place.
        let gate = (!first.spec.is_source()).then_some(None);
        let chain = chain.counted_by(gate.into_iter().chain(operators).collect());
        let checkpoints = self.checkpoints(local.filter(|_| keeps_copies));
        let (mailbox, clock, metrics) = (self.mailbox.clone(), self.settings.clock.clone(), self.metrics.clone());
        Ok(Task::new(head, chain, checkpoints, mailbox, clock, metrics, self.waker.clone()))
    }

    /// Whether the task ends with a checkpoint.
    fn final_checkpoint(&self) -> bool {
        self.descriptor.checkpointing.as_ref().is_some_and(|checkpointing| checkpointing.final_checkpoint)
    }

    fn checkpoints(&self, local: Option<LocalState>) -> SubtaskCheckpointCoordinator {
        let responder = CheckpointResponder {
            attempt: self.descriptor.attempt,
            events: self.events.clone(),
            writer: self.snapshots.clone(),
            local,
            clock: self.settings.clock.clone(),
            metrics: self.metrics.clone(),
            waker: self.waker.clone(),
        };
        let last = if self.final_checkpoint() { FinalCheckpoint::ToCome } else { FinalCheckpoint::NotNeeded };
        SubtaskCheckpointCoordinator::new(responder, last)
    }

    fn links(&self, context: &OperatorContext) -> Result<Vec<Link>, Failure> {
        let operators = &self.descriptor.vertex.operators;
        let has_source = operators[0].spec.is_source();
        let mut input: RowType = match (has_source, self.descriptor.inputs.iter().find(|gate| gate.input == 0)) {
            (true, _) => operators[0].output.clone(),
            (false, Some(gate)) => gate.row_type.clone(),
            (false, None) => return Err(Failure::internal("a vertex was deployed without its input").fatal()),
        };
        let mut links = Vec::with_capacity(operators.len());
        for descriptor in operators.iter().skip(usize::from(has_source)) {
            let operator = create(descriptor, &input, context)?;
            links.push(Link { id: descriptor.id, name: descriptor.name.clone(), operator });
            input = descriptor.output.clone();
        }
        Ok(links)
    }

    fn writers(&self) -> Result<Vec<RecordWriter>, Failure> {
        let timeout = buffer_timeout(&self.descriptor.config)?;
        self.metrics.watch_outputs(self.queues.concat());
        let outputs = self.descriptor.outputs.iter().zip(&self.queues);
        outputs
            .map(|(output, queues)| RecordWriter::new(output, queues.clone(), timeout, self.metrics.clone()))
            .collect()
    }

    fn gate(&self) -> InputGate {
        let ready = Arc::new(ReadyChannels::default());
        let floating = Arc::new(FloatingCredits::new(self.settings.floating_buffers_per_gate));
        let (mut channels, mut remote) = (Vec::new(), Vec::new());
        for gate in &self.descriptor.inputs {
            let schema = gate.row_type.arrow_schema();
            for channel in &gate.channels {
                let consumer = Consumer { ready: ready.clone(), channel: channels.len() as u64 };
                let source = if channel.resource_id == self.settings.resource_id {
                    let local = LocalChannel::new(self.registry.clone(), channel.partition, channel.subpartition);
                    local.queue().attach(consumer);
                    ChannelSource::Local(local)
                } else {
                    let connection = self.peers.connection(&channel.resource_id, &channel.data_address);
                    let channel = connection.open(ChannelRequest {
                        partition: channel.partition,
                        subpartition: channel.subpartition,
                        schema: schema.clone(),
                        consumer,
                        own_credits: self.settings.buffers_per_channel,
                        floating: floating.clone(),
                        metrics: self.metrics.clone(),
                    });
                    remote.push(channel.receiving());
                    ChannelSource::Remote(channel)
                };
                let id = ChannelId {
                    source: channel.partition.producer.vertex,
                    source_subtask: channel.partition.producer.subtask,
                    output: channel.partition.output,
                    target: self.descriptor.attempt.vertex,
                    target_subtask: self.descriptor.attempt.subtask,
                };
                channels.push(InputChannel::new(gate.input as usize, id, producer_name(channel), source));
            }
        }
        self.metrics.watch_input(WatchedInput {
            ready: ready.clone(),
            remote,
            own_credits: self.settings.buffers_per_channel,
            floating_credits: self.settings.floating_buffers_per_gate,
        });
        InputGate::new(channels, ready, self.settings.clock.instant(), &self.waker)
    }
}

fn producer_name(channel: &InputChannelDescriptor) -> String {
    let producer = channel.partition.producer;
    format!("subtask {} of vertex {} at TaskManager '{}'", producer.subtask, producer.vertex, channel.resource_id)
}

/// How long rows may be gathered before they are sent; none: until a batch is full.
fn buffer_timeout(config: &BTreeMap<String, String>) -> Result<Option<Duration>, Failure> {
    let config = Configuration::from_map(config.clone(), Origin::Job);
    let invalid = |error: common::config::ConfigError| Failure::user(error.to_string()).fatal();
    if !config.get(&options::EXECUTION_BUFFER_TIMEOUT_ENABLED).map_err(invalid)? {
        return Ok(None);
    }
    Ok(Some(config.get(&options::EXECUTION_BUFFER_TIMEOUT_INTERVAL).map_err(invalid)?))
}
