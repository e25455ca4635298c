//! State at the same and at another parallelism, on each kind of edge, and what is refused.

use std::collections::BTreeSet;

use dataflow::checkpoint::{ChannelId, ChannelStateHandle, KeyedStateHandle, StateFile};
use dataflow::key_group::subtask_of_key_group;
use dataflow::operator_spec::SPEC_VERSION;
use dataflow::{JobEdge, JobId, OperatorDescriptor, OperatorSpec, Partitioning, RowType};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::SnapshotType;

const SOURCE: u128 = 1;
const AGGREGATE: u128 = 2;
const MAX: u32 = 128;

/// `Source -> Aggregate` as two vertices of one operator each.
fn graph(parallelism: u32, max_parallelism: u32, partitioning: Partitioning) -> JobGraph {
    let vertex = |id: u128, name: &str| JobVertex {
        id: VertexId(id),
        name: name.into(),
        parallelism,
        max_parallelism,
        operators: vec![OperatorDescriptor {
            id: OperatorId(id),
            name: name.into(),
            spec: OperatorSpec::Collect,
            output: RowType::default(),
        }],
    };
    JobGraph {
        version: SPEC_VERSION,
        job_id: JobId(9),
        name: "job".into(),
        config: BTreeMap::new(),
        vertices: vec![vertex(SOURCE, "Source"), vertex(AGGREGATE, "Aggregate")],
        edges: vec![JobEdge { source: VertexId(SOURCE), target: VertexId(AGGREGATE), input: 0, partitioning }],
    }
}

fn hash() -> Partitioning {
    Partitioning::Hash { keys: vec![0] }
}

fn file(name: String) -> StateFile {
    StateFile { location: name, bytes: 1, checksum: 0 }
}

fn item(name: &str, redistribution: Redistribution, payload: u32) -> OperatorStateItem {
    OperatorStateItem { name: name.into(), redistribution, payload: json!(payload) }
}

fn split(id: String) -> Split {
    Split { id, payload: json!(null) }
}

/// A checkpoint of the graph at this parallelism: keyed state, items of three kinds and splits in every subtask, batches in flight on every channel.
fn checkpoint(parallelism: u32) -> CheckpointMetadata {
    let mut metadata = CheckpointMetadata::assemble(
        5,
        0,
        SnapshotType::Checkpoint,
        &graph(parallelism, MAX, hash()),
        BTreeMap::new(),
        [(OperatorId(SOURCE), SourceState { enumerator: json!("seen"), unassigned: vec![split("rest".into())] })]
            .into(),
    );
    for subtask in 0..parallelism {
        let range = key_group_range(subtask, MAX, parallelism);
        let keyed =
            KeyedStateHandle::Canonical { key_groups: range, file: file(format!("/{subtask}")), offsets: Vec::new() };
        let items = vec![
            item("committable", Redistribution::Split, subtask),
            item("committable", Redistribution::Split, subtask + 1000),
            item("writer", Redistribution::Split, subtask),
            item("watermark", Redistribution::Union, subtask),
        ];
        let aggregate = OperatorSubtaskState { keyed: vec![keyed], items, splits: Vec::new() };
        let splits = vec![split(format!("split-{subtask}"))];
        metadata.operators[0].subtasks.insert(subtask, OperatorSubtaskState { splits, ..Default::default() });
        metadata.operators[1].subtasks.insert(subtask, aggregate);
    }
    for (source_subtask, target_subtask) in (0..parallelism).flat_map(|a| (0..parallelism).map(move |b| (a, b))) {
        for at_consumer in [false, true] {
            metadata.channels.push(in_flight(source_subtask, target_subtask, at_consumer));
        }
    }
    metadata
}

fn in_flight(source_subtask: u32, target_subtask: u32, at_consumer: bool) -> ChannelStateHandle {
    let channel =
        ChannelId { source: VertexId(SOURCE), source_subtask, output: 0, target: VertexId(AGGREGATE), target_subtask };
    ChannelStateHandle { channel, at_consumer, file: file("/channels".into()), offset: 0, length: 1 }
}

/// What a subtask of the aggregate gets.
fn aggregate(assignment: &Assignment, subtask: u32) -> (&TaskRestore, OperatorSubtaskState) {
    let task = &assignment.tasks[&(VertexId(AGGREGATE), subtask)];
    (task, task.operators.get(&OperatorId(AGGREGATE)).cloned().unwrap_or_default())
}

/// From which old channel, and whether it had reached the consumer.
fn channels(task: &TaskRestore) -> Vec<(u32, u32, bool)> {
    let key = |handle: &ChannelStateHandle| {
        (handle.channel.source_subtask, handle.channel.target_subtask, handle.at_consumer)
    };
    task.channels.iter().map(key).collect()
}

#[test]
fn at_the_same_parallelism_everyone_gets_their_own() {
    let metadata = checkpoint(3);
    let assignment = assign(&metadata, &graph(3, MAX, hash()), false).unwrap();
    assert_eq!(assignment.tasks.len(), 6);
    for subtask in 0..3 {
        let (task, state) = aggregate(&assignment, subtask);
        let old = &metadata.operators[1].subtasks[&subtask];
        assert_eq!((task.checkpoint_id, &state.keyed), (5, &old.keyed));
        assert_eq!(state.items_named("committable").collect::<Vec<_>>(), [&json!(subtask), &json!(subtask + 1000)]);
        assert_eq!(state.items_named("watermark").count(), 3);
        let mut expected: Vec<_> =
            (0..3).flat_map(|source| [(source, subtask, true), (source, subtask, false)]).collect();
        expected.sort_by_key(|(source, _, at_consumer)| (*source, !at_consumer));
        assert_eq!(channels(task), expected);
        let source = &assignment.tasks[&(VertexId(SOURCE), subtask)];
        assert!(source.operators.is_empty(), "splits are given out by the JobManager");
    }
    let source = &assignment.sources[&OperatorId(SOURCE)];
    assert_eq!(source.state, metadata.operators[0].source);
    assert_eq!(source.splits, [0, 1, 2].map(|subtask| split(format!("split-{subtask}"))));
}

#[test]
fn batches_in_flight_go_where_the_edge_leads() {
    let metadata = checkpoint(2);
    let targets = |partitioning: Partitioning, parallelism: u32| {
        let assignment = assign(&metadata, &graph(parallelism, MAX, partitioning), false).unwrap();
        let of = |subtask| channels(aggregate(&assignment, subtask).0);
        (0..parallelism)
            .map(|subtask| of(subtask).into_iter().filter(|(.., at)| *at).map(|(a, b, _)| (a, b)).collect())
            .collect::<Vec<Vec<_>>>()
    };
    assert_eq!(targets(Partitioning::Forward, 1), [[(0, 0), (0, 1), (1, 0), (1, 1)]]);
    assert_eq!(targets(Partitioning::Forward, 3), [vec![(0, 0), (1, 0)], vec![(0, 1), (1, 1)], vec![]]);
    assert_eq!(targets(Partitioning::Rebalance, 3), [vec![(0, 0), (1, 1)], vec![(0, 1)], vec![(1, 0)]]);
    assert_eq!(targets(Partitioning::Broadcast, 1), [[(0, 0), (1, 0)]]);
    assert_eq!(targets(Partitioning::Broadcast, 3), [[(0, 0), (1, 0)], [(0, 1), (1, 1)], [(0, 0), (1, 0)]]);
    assert_eq!(targets(Partitioning::Global, 3)[0], [(0, 0), (0, 1), (1, 0), (1, 1)]);
    assert_eq!(targets(hash(), 4), [[(0, 0), (1, 0)], [(0, 0), (1, 0)], [(0, 1), (1, 1)], [(0, 1), (1, 1)]]);
}

#[test]
fn state_that_nobody_takes_is_refused_by_name() {
    let metadata = checkpoint(1);
    let mut changed = graph(1, MAX, hash());
    changed.vertices[1].operators[0].id = OperatorId(3);
    changed.vertices[1].id = VertexId(3);
    changed.edges[0].target = VertexId(3);
    let error = assign(&metadata, &changed, false).unwrap_err().to_string();
    let named = format!("'Aggregate' ({}), batches in flight from 'Source' to 'Aggregate'", OperatorId(AGGREGATE));
    assert!(
        error.contains("checkpoint 5 has state that no operator") && error.contains(&named) && error.contains("-n"),
        "{error}"
    );
    let assignment = assign(&metadata, &changed, true).unwrap();
    assert_eq!(assignment.sources.len(), 1);
    assert!(assignment.tasks[&(VertexId(3), 0)].operators.is_empty());
    // What had no state is not missed.
    let mut stateless = metadata.clone();
    stateless.operators[1].subtasks.clear();
    stateless.channels.clear();
    assert!(assign(&stateless, &changed, false).is_ok());
}

#[test]
fn the_number_of_key_groups_stays() {
    let metadata = checkpoint(2);
    let adopted = |max: Option<&str>, parallelism| {
        let mut graph = graph(parallelism, 256, hash());
        graph.config.extend(max.map(|max| ("pipeline.max-parallelism".to_owned(), max.to_owned())));
        adopt_max_parallelism(&mut graph, &metadata);
        assign(&metadata, &graph, false).map(|_| graph.vertices[1].max_parallelism)
    };
    assert_eq!(adopted(None, 2), Ok(MAX));
    assert_eq!(adopted(Some("-1"), 2), Ok(MAX));
    let error = adopted(Some("256"), 2).unwrap_err();
    assert_eq!(error, RestoreError::MaxParallelism { vertex: "Source".into(), wanted: 256, taken: MAX });
    let error = adopted(None, 200).unwrap_err();
    assert_eq!(error, RestoreError::Parallelism { vertex: "Source".into(), parallelism: 200, taken: MAX });
    assert!(error.to_string().contains("lower the parallelism to 128"));
}

#[test]
fn without_state_the_number_of_key_groups_may_change() {
    let mut metadata = checkpoint(2);
    metadata.operators.iter_mut().for_each(|operator| {
        operator.subtasks.clear();
        operator.source = None;
    });
    let mut graph = graph(200, 256, hash());
    adopt_max_parallelism(&mut graph, &metadata);
    assert_eq!(graph.vertices[1].max_parallelism, 256);
    let assignment = assign(&metadata, &graph, false).unwrap();
    // Rows in flight were cut by other key groups: any subtask may own them.
    assert!((0..200).all(|subtask| aggregate(&assignment, subtask).0.channels.len() == 8));
}

proptest! {
    #[test]
    fn every_key_group_finds_its_state(old in 1u32..=40, new in 1u32..=40) {
        let metadata = checkpoint(old);
        let assignment = assign(&metadata, &graph(new, MAX, hash()), false).unwrap();
        for subtask in 0..new {
            let (task, state) = aggregate(&assignment, subtask);
            let owned: BTreeSet<u32> = key_group_range(subtask, MAX, new).collect();
            let got: Vec<u32> = state.keyed.iter().flat_map(|handle| handle.key_groups().clone()).collect();
            let once: BTreeSet<u32> = got.iter().copied().collect();
            prop_assert!(owned.is_subset(&once) && once.len() == got.len());
            prop_assert!(state.keyed.iter().all(|handle| handle.key_groups().clone().any(|group| owned.contains(&group))));
            // The rows in flight of a key group come from all old producers to its old owner, and reach its new one.
            let old_owners: BTreeSet<u32> = owned.iter().map(|group| subtask_of_key_group(*group, MAX, old)).collect();
            let expected: BTreeSet<_> = old_owners
                .iter()
                .flat_map(|target| (0..old).flat_map(move |source| [(source, *target, true), (source, *target, false)]))
                .collect();
            let got = channels(task);
            prop_assert_eq!(got.len(), expected.len());
            prop_assert_eq!(got.iter().copied().collect::<BTreeSet<_>>(), expected);
            prop_assert!(got.chunks(2).all(|pair| pair[0].2 && !pair[1].2 && pair[0].1 == pair[1].1), "in order: {:?}", got);
        }
    }

    #[test]
    fn items_are_spread_evenly_and_none_is_lost(old in 1u32..=20, new in 1u32..=20) {
        let metadata = checkpoint(old);
        let assignment = assign(&metadata, &graph(new, MAX, hash()), false).unwrap();
        for (name, each) in [("committable", 2), ("writer", 1)] {
            let states: Vec<_> = (0..new).map(|subtask| aggregate(&assignment, subtask).1).collect();
            let counts: Vec<usize> = states.iter().map(|state| state.items_named(name).count()).collect();
            prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1, "{:?}", counts);
            let all: BTreeSet<String> = states.iter().flat_map(|state| state.items_named(name)).map(ToString::to_string).collect();
            prop_assert_eq!((all.len(), counts.iter().sum::<usize>()), ((old * each) as usize, (old * each) as usize));
        }
        for subtask in 0..new {
            prop_assert_eq!(aggregate(&assignment, subtask).1.items_named("watermark").count(), old as usize);
        }
    }

    #[test]
    fn batches_that_belong_to_no_key_go_to_one_subtask(old in 1u32..=8, new in 1u32..=8) {
        let metadata = checkpoint(old);
        for partitioning in [Partitioning::Forward, Partitioning::Rebalance, Partitioning::Global] {
            let assignment = assign(&metadata, &graph(new, MAX, partitioning), false).unwrap();
            let mut got: Vec<_> = (0..new).flat_map(|subtask| channels(aggregate(&assignment, subtask).0)).collect();
            got.sort_unstable();
            got.dedup();
            prop_assert_eq!(got.len(), metadata.channels.len());
            let total: usize = assignment.tasks.values().map(|task| task.channels.len()).sum();
            prop_assert_eq!(total, metadata.channels.len());
        }
        let assignment = assign(&metadata, &graph(new, MAX, Partitioning::Broadcast), false).unwrap();
        for subtask in 0..new {
            let got = channels(aggregate(&assignment, subtask).0);
            let sources: BTreeSet<u32> = got.iter().map(|(source, ..)| *source).collect();
            prop_assert_eq!((sources.len(), got.len()), (old as usize, 2 * old as usize));
        }
    }
}
