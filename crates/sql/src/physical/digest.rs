//! Stable operator ids: state is found by them, so an id says what the operator's state means, and nothing else.
//!
//! An id is a 128-bit FNV-1a hash of the layout of the operator's state and of the operators with state that it reads from. A column is known by
//! its origin: the table column that it comes from, or the expression over such columns. So an id does not depend on parallelism, settings, names
//! of columns on the way, or on what is filtered or projected beside the state; it does depend on keys, aggregates, windows, and on the columns
//! that a join keeps. Sources and sinks are known by their tables. Equal operators are told apart by the sinks that they feed, then by number.

use std::collections::{BTreeSet, HashMap};

use dataflow::operator_spec::{
    GroupAggregateSpec, IntervalJoinTime, JoinSpec, JoinType, OperatorSpec, RankStrategy, ReadColumn, SortField,
    SourceSpec, WindowAggregateSpec, WindowTime,
};
use dataflow::{AggregateCall, Expr, ExprKind, OperatorId};

use super::{NodeId, PhysicalNode};

const OFFSET_BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// What a column means, as a hash.
type Origin = u128;

/// What is known of an operator.
struct Digest {
    /// What its state means.
    meaning: u128,
    /// Whether consumers look through it to its inputs: it has no state.
    is_transparent: bool,
    /// Of each output column.
    columns: Vec<Origin>,
}

/// The ids of the nodes, which stand inputs first.
pub(super) fn operator_ids(nodes: &[PhysicalNode]) -> Vec<OperatorId> {
    let mut digests: Vec<Digest> = Vec::with_capacity(nodes.len());
    for node in nodes {
        digests.push(digest(node, nodes, &digests));
    }
    let mut equal: HashMap<u128, Vec<NodeId>> = HashMap::new();
    for (node, digest) in digests.iter().enumerate() {
        equal.entry(digest.meaning).or_default().push(node);
    }
    let sinks = sinks_of(nodes);
    let mut seen: HashMap<u128, u32> = HashMap::new();
    let id = |(node, digest): (NodeId, &Digest)| {
        let meaning = digest.meaning;
        let mut hash = meaning;
        if equal[&meaning].len() > 1 {
            hash = fnv1a(format!("{meaning:032x}->{:?}", sinks[node]).as_bytes());
        }
        let count = seen.entry(hash).or_default();
        *count += 1;
        OperatorId(if *count == 1 { hash } else { fnv1a(format!("{hash:032x}#{count}").as_bytes()) })
    };
    digests.iter().enumerate().map(id).collect()
}

/// The sinks that each node feeds.
fn sinks_of(nodes: &[PhysicalNode]) -> Vec<BTreeSet<&str>> {
    let mut sinks: Vec<BTreeSet<&str>> = vec![BTreeSet::new(); nodes.len()];
    for (id, node) in nodes.iter().enumerate().rev() {
        if let OperatorSpec::Sink(sink) = &node.spec {
            sinks[id].insert(&sink.connector.table);
        }
        let fed = sinks[id].clone();
        for edge in &node.inputs {
            sinks[edge.source].extend(&fed);
        }
    }
    sinks
}

fn digest(node: &PhysicalNode, nodes: &[PhysicalNode], known: &[Digest]) -> Digest {
    let upstream = upstream(node, nodes, known);
    let input = |index: u32| input_columns(node, index, known);
    let stateful = |text: String, columns: Vec<Origin>| Digest {
        meaning: fnv1a(format!("{text}|{upstream:032x?}").as_bytes()),
        is_transparent: false,
        columns,
    };
    match &node.spec {
        OperatorSpec::Source(source) => {
            let text = format!("Source|{}|{}", source.connector.table, source.connector.connector);
            stateful(text, source_columns(source))
        }
        // What was written but not committed belongs to the table, whatever the query has become.
        OperatorSpec::Sink(sink) => {
            let text = format!("Sink|{}|{}", sink.connector.table, sink.connector.connector);
            Digest { meaning: fnv1a(text.as_bytes()), is_transparent: false, columns: Vec::new() }
        }
        OperatorSpec::Calc(calc) => {
            let input = input(0);
            let columns = calc.projection.expressions.iter().map(|expr| origin(expr, &input)).collect();
            Digest { is_transparent: true, ..stateful(lines(node), columns) }
        }
        OperatorSpec::WindowTableFunction(_) => {
            let mut columns = input(0);
            let window = fnv1a(format!("{}|{columns:032x?}", lines(node)).as_bytes());
            let added = node.output.len().saturating_sub(columns.len());
            columns.extend((0..added).map(|index| part(window, index)));
            Digest { is_transparent: true, ..stateful(lines(node), columns) }
        }
        OperatorSpec::MiniBatchAssigner(_) | OperatorSpec::WatermarkTimestampAssigner(_) => {
            Digest { is_transparent: true, ..stateful(lines(node), input(0)) }
        }
        // What the second phase keeps does not depend on that there is a first one: it sees the columns that come to that.
        OperatorSpec::LocalGroupAggregate(_) | OperatorSpec::LocalWindowAggregate(_) => {
            Digest { is_transparent: true, ..stateful(lines(node), input(0)) }
        }
        // The same for what stands between two phases.
        OperatorSpec::IncrementalGroupAggregate(spec) => {
            let columns = input(0);
            let (text, _) = group_aggregate(&spec.aggregate, &columns);
            stateful(format!("Incremental{}|{text}", spec.final_keys), columns)
        }
        OperatorSpec::GlobalGroupAggregate(spec) => {
            let (text, columns) = group_aggregate(&spec.aggregate, &input(0));
            stateful(text, columns)
        }
        OperatorSpec::GlobalWindowAggregate(spec) => {
            let (text, columns) = window_aggregate(&spec.aggregate, &input(0));
            stateful(text, columns)
        }
        OperatorSpec::DropUpdateBefore => Digest { is_transparent: true, ..stateful(lines(node), input(0)) },
        OperatorSpec::Unnest(unnest) => {
            let mut columns = input(0);
            let collection = origin(&unnest.collection, &columns);
            let elements = fnv1a(format!("UNNEST {collection:032x} {}", unnest.outer).as_bytes());
            let added = node.output.len() - columns.len();
            columns.extend((0..added).map(|index| part(elements, index)));
            Digest { is_transparent: true, ..stateful(lines(node), columns) }
        }
        OperatorSpec::Expand(expand) => {
            let below = input(0);
            let of_column = |index: usize| -> Origin {
                let origins: Vec<Origin> =
                    expand.projects.iter().map(|project| origin(&project[index], &below)).collect();
                fnv1a(format!("EXPAND {origins:032x?}").as_bytes())
            };
            let columns = (0..node.output.len()).map(of_column).collect();
            Digest { is_transparent: true, ..stateful(lines(node), columns) }
        }
        OperatorSpec::GroupAggregate(spec) => {
            let (text, columns) = group_aggregate(spec, &input(0));
            stateful(text, columns)
        }
        OperatorSpec::WindowAggregate(spec) => {
            let (text, columns) = window_aggregate(spec, &input(0));
            stateful(text, columns)
        }
        OperatorSpec::SinkUpsertMaterializer(spec) => {
            let columns = input(0);
            let of = |key: &[usize]| key.iter().map(|&column| columns[column]).collect::<Vec<Origin>>();
            let keys = (of(&spec.primary_key), spec.upsert_key.as_deref().map(of));
            stateful(format!("SinkUpsertMaterializer|{keys:032x?}|{columns:032x?}"), columns)
        }
        OperatorSpec::WatermarkCompactingSinkMaterializer(spec) => {
            let columns = input(0);
            let of = |key: &[usize]| key.iter().map(|&column| columns[column]).collect::<Vec<Origin>>();
            let keys = (of(&spec.primary_key), spec.upsert_key.as_deref().map(of));
            stateful(format!("WatermarkCompactingSinkMaterializer|{keys:032x?}|{columns:032x?}"), columns)
        }
        OperatorSpec::Join(spec) => {
            let (text, columns) = join(spec, &input(0), &input(1));
            stateful(text, columns)
        }
        OperatorSpec::Deduplicate(spec) => {
            let input = input(0);
            let keys = origins(&spec.keys, &input);
            let kept = if spec.keep_last { "last" } else { "first" };
            let text = format!("Deduplicate|{kept}|{keys:032x?}|{}|{input:032x?}", time_origin(spec.time, &input));
            stateful(text, input)
        }
        OperatorSpec::Rank(spec) => {
            let input = input(0);
            let keys = origins(&spec.partition, &input);
            let order = sort_origins(&spec.order, &input);
            let kept = match &spec.strategy {
                RankStrategy::Retract => "all".to_owned(),
                RankStrategy::AppendFast | RankStrategy::UpdateFast(_) => spec.last.to_string(),
            };
            let kept = match spec.last_column {
                None => kept,
                Some(column) => format!("{kept}|{:032x}", input[column]),
            };
            let text = format!("Rank|{kept}|{keys:032x?}|{order}|{input:032x?}");
            stateful_with_rank(stateful(text, input), node)
        }
        OperatorSpec::WindowRank(spec) => {
            let input = input(0);
            let (keys, order) = (origins(&spec.partition, &input), sort_origins(&spec.order, &input));
            let text = format!("WindowRank|{}|{keys:032x?}|{order}|{input:032x?}", spec.last);
            stateful_with_rank(stateful(text, input), node)
        }
        OperatorSpec::SessionTableFunction(spec) => {
            let mut columns = input(0);
            let keys = origins(&spec.partition, &columns);
            let window = format!("SESSION {}|{}|{:032x}|{keys:032x?}", spec.gap, spec.time_zone, columns[spec.rowtime]);
            let text = format!("SessionTableFunction|{window}|{columns:032x?}");
            let own = fnv1a(window.as_bytes());
            columns.extend((0..3).map(|index| part(own, index)));
            stateful(text, columns)
        }
        OperatorSpec::TemporalSort(spec) => {
            let input = input(0);
            let order = sort_origins(&spec.order, &input);
            let text = format!("TemporalSort|{:032x}|{order}|{input:032x?}", input[spec.rowtime]);
            stateful(text, input)
        }
        OperatorSpec::OverAggregate(spec) => {
            let mut input = input(0);
            let keys = origins(&spec.partition, &input);
            let calls = aggregates(&spec.aggregates, &input);
            let (time, frame) = (time_origin(spec.time, &input), spec.frame);
            let text = format!("OverAggregate|{time}|{frame:?}|{keys:032x?}|{calls:032x?}|{input:032x?}");
            let own = fnv1a(format!("{time}|{frame:?}|{keys:032x?}").as_bytes());
            input.extend(calls.iter().map(|call| fnv1a(format!("{own:032x}|{call:032x}").as_bytes())));
            stateful(text, input)
        }
        OperatorSpec::ToChangelog(_) => {
            let mut columns = vec![fnv1a(lines(node).as_bytes())];
            columns.extend(input(0));
            Digest { is_transparent: true, ..stateful(lines(node), columns) }
        }
        OperatorSpec::FromChangelog(spec) => {
            let mut columns = input(0);
            columns.remove(spec.op);
            Digest { is_transparent: true, ..stateful(lines(node), columns) }
        }
        OperatorSpec::Match(spec) => {
            let input = input(0);
            let (keys, order) = (origins(&spec.partition, &input), sort_origins(&spec.order, &input));
            let (time, pattern) = (time_origin(spec.time, &input), &spec.pattern);
            let text = format!(
                "Match|{time}|{order}|{keys:032x?}|{pattern:?}|{:?}|{:?}|{input:032x?}",
                spec.after, spec.within_ms
            );
            let own = fnv1a(text.as_bytes());
            let measures = (0..spec.measures.len()).map(|index| part(own, index));
            let columns = keys.iter().copied().chain(measures).collect();
            stateful(text, columns)
        }
        OperatorSpec::NonTimeOverAggregate(spec) => {
            let mut input = input(0);
            let (keys, order) = (origins(&spec.partition, &input), sort_origins(&[spec.order], &input));
            let calls = aggregates(&spec.aggregates, &input);
            let text = format!("NonTimeOverAggregate|{keys:032x?}|{order}|{input:032x?}");
            let own = fnv1a(format!("{}|{keys:032x?}|{order}", spec.peers).as_bytes());
            input.extend(calls.iter().map(|call| fnv1a(format!("{own:032x}|{call:032x}").as_bytes())));
            stateful(text, input)
        }
        OperatorSpec::IntervalJoin(spec) => {
            let (left, right) = (input(0), input(1));
            let time = match spec.time {
                IntervalJoinTime::Rowtime { left: l, right: r } => format!("{:032x} {:032x}", left[l], right[r]),
                IntervalJoinTime::Proctime => "PROCTIME".to_owned(),
            };
            let (text, columns) = join(&spec.join, &left, &right);
            stateful(format!("Interval{text}|{time}|{}|{}", spec.lower_ms, spec.upper_ms), columns)
        }
        OperatorSpec::LookupJoin(spec) => {
            let mut columns = input(0);
            let found = fnv1a(format!("{}|{columns:032x?}", lines(node)).as_bytes());
            columns.extend((0..spec.join.right.len()).map(|index| part(found, index)));
            Digest { is_transparent: true, ..stateful(lines(node), columns) }
        }
        OperatorSpec::TemporalJoin(spec) => {
            let (left, right) = (input(0), input(1));
            let (text, columns) = join(&spec.join, &left, &right);
            let (left_time, right_time) = (left[spec.left_time], right[spec.right_time]);
            stateful(format!("Temporal{text}|{left_time:032x} {right_time:032x}"), columns)
        }
        OperatorSpec::WindowJoin(spec) => {
            let (left, right) = (input(0), input(1));
            let (text, columns) = join(&spec.join, &left, &right);
            let (left_end, right_end) = (left[spec.left_window_end], right[spec.right_window_end]);
            stateful(format!("Window{text}|{left_end:032x} {right_end:032x}|{}", spec.time_zone), columns)
        }
        // Everything that it says of itself, over everything that it reads.
        other => {
            let inputs: Vec<Vec<Origin>> = (0..other.num_inputs() as u32).map(input).collect();
            let text = format!("{}|{}|{inputs:032x?}", node.name, lines(node));
            let own = fnv1a(text.as_bytes());
            stateful(text, (0..node.output.len()).map(|index| part(own, index)).collect())
        }
    }
}

/// The operators with state that a node reads from.
fn upstream(node: &PhysicalNode, nodes: &[PhysicalNode], known: &[Digest]) -> Vec<(u32, u128)> {
    let mut found = Vec::new();
    for edge in &node.inputs {
        let digest = &known[edge.source];
        if digest.is_transparent {
            let behind = upstream(&nodes[edge.source], nodes, known);
            found.extend(behind.into_iter().map(|(_, meaning)| (edge.input, meaning)));
        } else {
            found.push((edge.input, digest.meaning));
        }
    }
    found
}

/// The columns of one input; those of a UNION ALL come from all of its producers.
fn input_columns(node: &PhysicalNode, input: u32, known: &[Digest]) -> Vec<Origin> {
    let producers: Vec<&Digest> =
        node.inputs.iter().filter(|edge| edge.input == input).map(|edge| &known[edge.source]).collect();
    match producers.as_slice() {
        [] => Vec::new(),
        [one] => one.columns.clone(),
        [first, ..] => (0..first.columns.len())
            .map(|column| {
                let origins: Vec<Option<&Origin>> = producers.iter().map(|digest| digest.columns.get(column)).collect();
                fnv1a(format!("UNION{origins:032x?}").as_bytes())
            })
            .collect(),
    }
}

fn source_columns(source: &SourceSpec) -> Vec<Origin> {
    let read: Vec<Origin> = source
        .read
        .iter()
        .zip(source.read_type().fields)
        .map(|(column, field)| {
            let name = match column {
                ReadColumn::Physical(_) => field.name,
                ReadColumn::Metadata { key, .. } => format!("METADATA {key}"),
            };
            fnv1a(format!("{}|{name}|{}", source.connector.table, field.ty).as_bytes())
        })
        .collect();
    match &source.projection {
        None => read,
        Some(projection) => projection.expressions.iter().map(|expr| origin(expr, &read)).collect(),
    }
}

fn origins(columns: &[usize], input: &[Origin]) -> Vec<Origin> {
    columns.iter().map(|&column| input[column]).collect()
}

fn sort_origins(order: &[SortField], input: &[Origin]) -> String {
    let field = |field: &SortField| format!("{:032x}{}{}", input[field.column], field.descending, field.nulls_first);
    order.iter().map(field).collect::<Vec<_>>().join(",")
}

fn time_origin(time: WindowTime, input: &[Origin]) -> String {
    match time {
        WindowTime::Rowtime { column } => format!("{:032x}", input[column]),
        WindowTime::Proctime => "PROCTIME".to_owned(),
    }
}

/// The rank is a column behind the others, if it is wanted.
fn stateful_with_rank(mut digest: Digest, node: &PhysicalNode) -> Digest {
    if digest.columns.len() < node.output.len() {
        digest.columns.push(part(digest.meaning, 0));
    }
    digest
}

fn group_aggregate(spec: &GroupAggregateSpec, input: &[Origin]) -> (String, Vec<Origin>) {
    let keys: Vec<Origin> = spec.keys.iter().map(|&key| input[key]).collect();
    let calls = aggregates(&spec.aggregates, input);
    let mut text = format!("GroupAggregate|{keys:032x?}|{calls:032x?}|retracts={}", spec.input_retracts);
    if !spec.insert_only_calls.is_empty() {
        text.push_str(&format!("|insert_only={:?}", spec.insert_only_calls));
    }
    (text, keys.into_iter().chain(calls).collect())
}

fn window_aggregate(spec: &WindowAggregateSpec, input: &[Origin]) -> (String, Vec<Origin>) {
    let time = time_origin(spec.time, input);
    let window = format!("{time}|{:?}|{}", spec.assigner, spec.time_zone);
    let keys: Vec<Origin> = spec.keys.iter().map(|&key| input[key]).collect();
    let calls = aggregates(&spec.aggregates, input);
    let text = format!("WindowAggregate|{window}|{keys:032x?}|{calls:032x?}|retracts={}", spec.input_retracts);
    let properties = spec.properties.iter().map(|property| fnv1a(format!("{window}|{property:?}").as_bytes()));
    let columns = keys.iter().copied().chain(calls.iter().copied()).chain(properties).collect();
    (text, columns)
}

fn aggregates(calls: &[AggregateCall], input: &[Origin]) -> Vec<Origin> {
    let call = |call: &AggregateCall| {
        let args: Vec<Origin> = call.args.iter().map(|&arg| input[arg]).collect();
        let filter = call.filter.map(|filter| input[filter]);
        fnv1a(format!("{}|{args:032x?}|{}|{filter:032x?}|{}", call.function, call.distinct, call.ty).as_bytes())
    };
    calls.iter().map(call).collect()
}

/// A join keeps all columns of both sides. Only an outer, semi or anti join also keeps how many rows matched, for which the whole condition counts.
fn join(spec: &JoinSpec, left: &[Origin], right: &[Origin]) -> (String, Vec<Origin>) {
    let keys: Vec<(Origin, Origin)> = spec.keys.iter().map(|&(a, b)| (left[a], right[b])).collect();
    let both: Vec<Origin> = left.iter().chain(right).copied().collect();
    let condition = match spec.join_type {
        JoinType::Inner => None,
        _ => spec.condition.as_ref().map(|condition| origin(condition, &both)),
    };
    let kind = spec.join_type;
    let mut text = format!("Join|{kind:?}|{keys:032x?}|{left:032x?}|{right:032x?}|{condition:032x?}");
    // Which rows are kept depends on it: one with a NULL that matches nothing need not be.
    if !spec.null_safe_keys.is_empty() {
        text.push_str(&format!("|null_safe={:?}", spec.null_safe_keys));
    }
    let columns = if spec.output.len() == both.len() { both } else { left.to_vec() };
    (text, columns)
}

/// What an expression over columns of these origins means.
fn origin(expr: &Expr, input: &[Origin]) -> Origin {
    let parts: Vec<Origin> = expr.children().into_iter().map(|child| origin(child, input)).collect();
    let text = match &expr.kind {
        ExprKind::Column(index) => return input[*index],
        ExprKind::Literal(value) => format!("{value:?}"),
        ExprKind::Call { function, .. } => format!("CALL {function}"),
        ExprKind::Cast { try_cast, .. } => format!("CAST {try_cast}"),
        ExprKind::Case { .. } => "CASE".to_owned(),
        ExprKind::Field { index, .. } => format!("FIELD {index}"),
    };
    fnv1a(format!("{text}|{parts:032x?}|{}", expr.ty).as_bytes())
}

fn part(whole: u128, index: usize) -> Origin {
    fnv1a(format!("{whole:032x}.{index}").as_bytes())
}

/// What EXPLAIN prints of it.
fn lines(node: &PhysicalNode) -> String {
    node.lines.iter().map(|line| format!("{}({})", line.name, line.prefix)).collect::<Vec<_>>().join("|")
}

fn fnv1a(bytes: &[u8]) -> u128 {
    bytes.iter().fold(OFFSET_BASIS, |hash, &byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::fnv1a;

    #[test]
    fn the_hash_is_fnv1a() {
        // From the reference vectors of the FNV authors.
        assert_eq!(fnv1a(b""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(fnv1a(b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    }
}
