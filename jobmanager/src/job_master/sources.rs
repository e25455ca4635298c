//! `Sources`: the sources of a job: a task for each that finds splits, and the assigner that says which reader gets which.
//!
//! The enumerator belongs to that task. Its state comes with the splits that it has found, so that what is known here of the enumerator and of
//! the splits is always of the same moment, whatever is being looked for meanwhile.

use std::collections::BTreeMap;
use std::time::Duration;

use checkpoint::{SourceRestore, SourceState};
use common::clock::Clock;
use common::environment::{Environment, Task};
use dataflow::deployment::ReaderProgress;
use dataflow::operator_spec::SourceSpec;
use dataflow::{
    ExecutionAttemptId, Failure, JobGraph, OperatorDescriptor, OperatorId, OperatorSpec, SplitEnumerator, VertexId,
};
use tracing::{debug, info};

use super::{DiscoveredSplits, JobMasterHandle, Message};
use crate::scheduling::{SplitAssigner, SplitCommand, SplitEvent, WatermarkAlignment};

struct Source {
    vertex: VertexId,
    name: String,
    assigner: SplitAssigner,
    /// The enumerator's state behind the splits that the assigner knows.
    enumerator: Result<serde_json::Value, Failure>,
    discovery: Task<()>,
    /// Says when watermarks are to be compared; none when the source aligns with no others.
    alignment: Option<Task<()>>,
    /// Each start is a round of its own: what an earlier one still finds is dropped.
    round: u64,
    /// Whether the enumerator knows all that readers have got.
    is_whole: bool,
}

/// The sources of a job while it runs.
pub(super) struct Sources {
    environment: Environment,
    sources: BTreeMap<OperatorId, Source>,
    alignment: WatermarkAlignment,
    round: u64,
}

/// Splits for the reader of a subtask.
pub(super) struct Assignment {
    pub(super) vertex: VertexId,
    pub(super) operator: OperatorId,
    pub(super) command: SplitCommand,
}

impl Sources {
    /// None yet.
    pub(super) fn new(environment: Environment) -> Self {
        Sources { environment, sources: BTreeMap::new(), alignment: WatermarkAlignment::default(), round: 0 }
    }

    /// Begins to find the splits of the sources in these vertices, or goes on with those of a checkpoint; answers which readers get some at once.
    pub(super) fn start(
        &mut self,
        graph: &JobGraph,
        vertices: &[VertexId],
        restore: &BTreeMap<OperatorId, SourceRestore>,
        master: &JobMasterHandle,
    ) -> Result<Vec<Assignment>, Failure> {
        self.stop(vertices);
        self.round += 1;
        let mut assignments = Vec::new();
        for vertex in graph.vertices.iter().filter(|vertex| vertices.contains(&vertex.id)) {
            for operator in &vertex.operators {
                let OperatorSpec::Source(spec) = &operator.spec else { continue };
                let restore = restore.get(&operator.id);
                let state = restore.and_then(|restore| restore.state.as_ref());
                let enumerator = enumerator(spec, vertex.parallelism, state).map_err(|failure| {
                    failure.context(format!(
                        "the source '{}' of table {} cannot start",
                        operator.name, spec.connector.table
                    ))
                })?;
                let assigner = SplitAssigner::new(enumerator.assignment(), vertex.parallelism);
                self.discover(vertex.id, operator, spec, enumerator, assigner, master);
                if let Some(restore) = restore {
                    let unassigned = state.into_iter().flat_map(|state| &state.unassigned);
                    let splits = restore.splits.iter().chain(unassigned).cloned().collect();
                    assignments.extend(self.handle(operator.id, SplitEvent::Discovered { splits, complete: false }));
                }
            }
        }
        Ok(assignments)
    }

    /// Goes on with the sources in these vertices, whose readers run on under this JobManager and have got what `readers` says. Splits that were found
    /// since the checkpoint that `restore` is of are found again.
    pub(super) fn adopt(
        &mut self,
        graph: &JobGraph,
        vertices: &[VertexId],
        restore: &BTreeMap<OperatorId, SourceRestore>,
        readers: &BTreeMap<(ExecutionAttemptId, OperatorId), ReaderProgress>,
        master: &JobMasterHandle,
    ) -> Result<Vec<Assignment>, Failure> {
        self.round += 1;
        let mut assignments = Vec::new();
        for vertex in graph.vertices.iter().filter(|vertex| vertices.contains(&vertex.id)) {
            for operator in &vertex.operators {
                let OperatorSpec::Source(spec) = &operator.spec else { continue };
                let restore = restore.get(&operator.id);
                let state = restore.and_then(|restore| restore.state.as_ref());
                let enumerator = enumerator(spec, vertex.parallelism, state).map_err(|failure| {
                    failure.context(format!(
                        "the source '{}' of table {} cannot go on",
                        operator.name, spec.connector.table
                    ))
                })?;
                let of_source =
                    readers.iter().filter(|((attempt, id), _)| attempt.vertex == vertex.id && *id == operator.id);
                let progress: Vec<(u32, ReaderProgress)> =
                    of_source.map(|((attempt, _), progress)| (attempt.subtask, progress.clone())).collect();
                let assigner = SplitAssigner::adopted(enumerator.assignment(), vertex.parallelism, &progress);
                self.discover(vertex.id, operator, spec, enumerator, assigner, master).is_whole = false;
                for (subtask, progress) in &progress {
                    if let Some(watermark) = progress.watermark {
                        self.alignment.report(operator.id, *subtask, watermark);
                    }
                }
                // What readers had in the checkpoint may not have come to those that started from it.
                let unassigned = state.into_iter().flat_map(|state| &state.unassigned);
                let had = restore.into_iter().flat_map(|restore| &restore.splits);
                let found =
                    SplitEvent::Discovered { splits: had.chain(unassigned).cloned().collect(), complete: false };
                assignments.extend(self.handle(operator.id, found));
            }
        }
        Ok(assignments)
    }

    /// Has an enumerator look for splits, which come to the job master.
    fn discover(
        &mut self,
        vertex: VertexId,
        operator: &OperatorDescriptor,
        spec: &SourceSpec,
        enumerator: Box<dyn SplitEnumerator>,
        assigner: SplitAssigner,
        master: &JobMasterHandle,
    ) -> &mut Source {
        let (snapshot, table) = (enumerator.snapshot(), spec.connector.table.clone());
        let clock = self.environment.clock();
        let discovery =
            self.environment.spawn(discover(enumerator, table, operator.id, self.round, master.clone(), clock.clone()));
        let alignment = spec.watermark.as_ref().and_then(|watermark| watermark.alignment.as_ref()).map(|alignment| {
            self.alignment.start(operator.id, alignment);
            let interval = Duration::from_millis(alignment.update_interval_ms.max(1));
            self.environment.spawn(align(interval, operator.id, self.round, master.clone(), clock.clone()))
        });
        let source = Source {
            vertex,
            name: operator.name.clone(),
            assigner,
            enumerator: snapshot,
            discovery,
            alignment,
            round: self.round,
            is_whole: true,
        };
        self.sources.entry(operator.id).insert_entry(source).into_mut()
    }

    /// Whether a checkpoint can be triggered now: what readers have got is known to the enumerators, so that they do not find it again after a restore.
    pub(super) fn are_whole(&self) -> bool {
        self.sources.values().all(|source| source.is_whole)
    }

    /// Whether a source is there.
    pub(super) fn has(&self, operator: OperatorId) -> bool {
        self.sources.contains_key(&operator)
    }

    /// What a checkpoint that is triggered now has to say of the sources. Readers have the splits that were assigned before.
    pub(super) fn snapshot(&self) -> Result<BTreeMap<OperatorId, SourceState>, Failure> {
        let snapshot = |(id, source): (&OperatorId, &Source)| {
            let enumerator = source.enumerator.clone().map_err(|failure| failure.context(source.name.clone()))?;
            Ok((*id, SourceState { enumerator, unassigned: source.assigner.unassigned().cloned().collect() }))
        };
        self.sources.iter().map(snapshot).collect()
    }

    /// Stops finding splits and forgets those that were not assigned.
    pub(super) fn stop(&mut self, vertices: &[VertexId]) {
        for (operator, source) in self.sources.extract_if(.., |_, source| vertices.contains(&source.vertex)) {
            source.abort();
            self.alignment.stop(operator);
        }
    }

    /// A reader of a source that aligns with others has told how far it is.
    pub(super) fn report_watermark(&mut self, operator: OperatorId, subtask: u32, watermark: i64) {
        self.alignment.report(operator, subtask, watermark);
    }

    /// How far the readers of a source may go, by subtask, when this round of it is the current one.
    pub(super) fn watermark_limits(&self, operator: OperatorId, round: u64) -> Option<(VertexId, Vec<(u32, i64)>)> {
        let source = self.sources.get(&operator).filter(|source| source.round == round)?;
        Some((source.vertex, self.alignment.limits(operator)))
    }

    /// Takes what a source has found.
    pub(super) fn discovered(&mut self, operator: OperatorId, round: u64, found: DiscoveredSplits) -> Vec<Assignment> {
        if !self.is_current(operator, round) {
            return Vec::new();
        }
        if let Some(source) = self.sources.get_mut(&operator) {
            info!("{}: found {} splits", source.name, found.splits.len());
            source.enumerator = found.enumerator;
            source.is_whole = true;
        }
        self.handle(operator, SplitEvent::Discovered { splits: found.splits, complete: found.complete })
    }

    /// Whether a round of a source is its current one.
    pub(super) fn is_current(&self, operator: OperatorId, round: u64) -> bool {
        self.sources.get(&operator).is_some_and(|source| source.round == round)
    }

    /// A reader has run dry.
    pub(super) fn requested(&mut self, attempt: ExecutionAttemptId, operator: OperatorId) -> Vec<Assignment> {
        self.handle(operator, SplitEvent::Requested { subtask: attempt.subtask })
    }

    fn handle(&mut self, operator: OperatorId, event: SplitEvent) -> Vec<Assignment> {
        let Some(source) = self.sources.get_mut(&operator) else { return Vec::new() };
        let vertex = source.vertex;
        source.assigner.handle(event).into_iter().map(|command| Assignment { vertex, operator, command }).collect()
    }
}

impl Drop for Sources {
    fn drop(&mut self) {
        self.sources.values().for_each(Source::abort);
    }
}

impl Source {
    /// Ends its tasks.
    fn abort(&self) {
        self.discovery.abort();
        self.alignment.iter().for_each(Task::abort);
    }
}

fn enumerator(
    spec: &SourceSpec,
    parallelism: u32,
    state: Option<&SourceState>,
) -> Result<Box<dyn SplitEnumerator>, Failure> {
    let mut enumerator = connectors::factory(&spec.connector.connector)?.create_enumerator(spec, parallelism)?;
    if let Some(state) = state {
        enumerator.restore(state.enumerator.clone())?;
    }
    Ok(enumerator)
}

/// Looks for splits: once, or again and again when the connector says so.
async fn discover(
    mut enumerator: Box<dyn SplitEnumerator>,
    table: String,
    operator: OperatorId,
    round: u64,
    master: JobMasterHandle,
    clock: Clock,
) {
    let interval = enumerator.discovery_interval();
    let mut first = true;
    loop {
        let found = enumerator
            .discover()
            .await
            .map(|splits| DiscoveredSplits { splits, complete: interval.is_none(), enumerator: enumerator.snapshot() })
            .map_err(|failure| failure.context(format!("cannot find the splits of table {table}")));
        let failed = found.is_err();
        // A later look that finds nothing is no news.
        if first || found.as_ref().map_or(true, |found| !found.splits.is_empty()) {
            master.send(Message::SplitsDiscovered { operator, round, found });
        }
        first = false;
        match interval {
            Some(interval) if !failed => clock.sleep(interval).await,
            _ => break,
        }
    }
    debug!("table {table}: the search for splits has ended");
}

/// Says each interval that the watermarks of a source's group are to be compared.
async fn align(interval: Duration, operator: OperatorId, round: u64, master: JobMasterHandle, clock: Clock) {
    loop {
        clock.sleep(interval).await;
        master.send(Message::AlignmentDue { operator, round });
    }
}
