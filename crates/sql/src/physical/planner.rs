//! From logical nodes to operators: one method a node, each deciding parallelism, exchange and changelog mode of what it makes.
//!
//! Which changes there are and by which columns rows are told apart is known from the sources up and stands in each node. Which nodes emit -U rows is
//! decided from the sinks down when all statements are planned: [`PhysicalPlanner::finish`].

use std::collections::HashMap;

use dataflow::operator_spec::{OperatorSpec, ValuesSpec};
use dataflow::{Partitioning, RowType};

use super::changelog::{infer, supports_only_after};
use super::pushed::show_pushed;
use super::sink_upsert::cut_at_watermarks;
use super::watermarks::show_watermarks;
use super::{Changes, NodeId, PhysicalEdge, PhysicalNode, PhysicalPlan, PlanLine, RowKeys, UpdateKind, mini_batch};
use crate::error::SqlError;
use crate::logical::{LogicalPlan, StateTtlHint, Values, is_identity};
use crate::settings::Settings;

/// Makes a physical plan, one statement after the other.
pub(crate) struct PhysicalPlanner<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// What has been planned.
    pub(super) plan: PhysicalPlan,
    /// Nodes by everything that makes them equal.
    known: HashMap<String, NodeId>,
    /// Of each node the first one that is equal to it.
    equal: Vec<NodeId>,
}

/// Rows that a consumer can take: of one node, or of several side by side (UNION ALL).
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    /// The producers.
    pub nodes: Vec<NodeId>,
    /// What they emit.
    pub output: RowType,
}

impl<'a> PhysicalPlanner<'a> {
    /// A planner with these settings.
    pub fn new(settings: &'a Settings) -> Self {
        Self { settings, plan: PhysicalPlan::default(), known: HashMap::new(), equal: Vec::new() }
    }

    /// The plan of all statements.
    pub fn finish(self) -> PhysicalPlan {
        let mut plan = infer(self.plan);
        show_watermarks(&mut plan);
        show_pushed(&mut plan);
        if let Some(settings) = self.settings.mini_batch {
            plan = mini_batch::assign(plan, settings);
        }
        cut_at_watermarks(&mut plan);
        plan
    }

    /// Plans a query whose rows nobody takes, for EXPLAIN.
    pub fn query(&mut self, plan: &LogicalPlan) -> Result<(), SqlError> {
        // As in Flink nothing stands there for names alone.
        let plan = match plan {
            LogicalPlan::Project(node) if is_identity(&node.exprs, node.input.output()) => &node.input,
            plan => plan,
        };
        let stream = self.plan(plan)?;
        let wants = self.wants_least(&stream);
        self.plan.roots.extend(stream.nodes.iter().map(|&node| (node, wants)));
        Ok(())
    }

    /// +U alone, where the producers can serve it.
    pub(super) fn wants_least(&self, stream: &Stream) -> UpdateKind {
        match stream.nodes.iter().all(|&node| supports_only_after(&self.plan, node)) {
            true => UpdateKind::OnlyAfter,
            false => UpdateKind::BeforeAndAfter,
        }
    }

    /// Plans the logical plan.
    pub(super) fn plan(&mut self, plan: &LogicalPlan) -> Result<Stream, SqlError> {
        match plan {
            LogicalPlan::Scan(node) => self.scan(node),
            LogicalPlan::Values(node) => self.values(node),
            LogicalPlan::Project(_) | LogicalPlan::Filter(_) => self.calc(plan),
            LogicalPlan::Aggregate(node) => self.group_aggregate(node),
            LogicalPlan::WindowAggregate(node) => self.window_aggregate(node),
            LogicalPlan::WindowTableFunction(node) => self.window_table_function(node),
            LogicalPlan::Join(node) => self.join(node),
            LogicalPlan::Unnest(node) => self.unnest(node),
            LogicalPlan::Expand(node) => self.expand(node),
            LogicalPlan::OverAggregate(node) => self.over_aggregate(node),
            LogicalPlan::Rank(node) => self.rank(node),
            LogicalPlan::Match(node) => self.match_recognize(node),
            LogicalPlan::Changelog(node) => self.changelog_function(node),
            LogicalPlan::Sort(node) => self.sort(node),
            LogicalPlan::Union(node) => {
                let mut nodes = Vec::new();
                for input in &node.inputs {
                    nodes.extend(self.plan(input)?.nodes);
                }
                Ok(Stream { nodes, output: node.output.clone() })
            }
        }
    }

    /// How long state is kept, ms; 0: for ever.
    pub fn state_ttl(&self, hint: &Option<StateTtlHint>) -> u64 {
        hint.as_ref().map_or(self.settings.state_ttl_ms, |hint| hint.millis)
    }

    /// Adds a node, unless an equal one is there.
    pub fn add(&mut self, node: PhysicalNode) -> NodeId {
        let spec = serde_json::to_string(&node.spec).expect("operator specs are plain data");
        let input = |edge: &PhysicalEdge| PhysicalEdge { source: self.equal[edge.source], ..edge.clone() };
        let inputs: Vec<PhysicalEdge> = node.inputs.iter().map(input).collect();
        let key = format!("{spec}|{inputs:?}|{}", node.parallelism);
        let known = self.known.get(&key).copied();
        let is_reused = match &node.spec {
            OperatorSpec::Source(_) => self.settings.reuse_source,
            _ => true,
        };
        if let Some(known) = known.filter(|_| is_reused && self.settings.reuse_sub_plan) {
            return known;
        }
        self.plan.nodes.push(node);
        let id = self.plan.nodes.len() - 1;
        self.equal.push(known.unwrap_or(id));
        self.known.entry(key).or_insert(id);
        id
    }

    /// A node as a stream.
    pub fn stream(&mut self, node: PhysicalNode) -> Stream {
        let output = node.output.clone();
        Stream { nodes: vec![self.add(node)], output }
    }

    /// The changes that flow.
    pub fn changes_of(&self, stream: &Stream) -> Changes {
        stream.nodes.iter().fold(Changes::INSERT_ONLY, |all, &node| all.or(self.plan.nodes[node].changes))
    }

    /// By which columns the rows are told apart; rows of several producers are not.
    pub fn keys_of(&self, stream: &Stream) -> RowKeys {
        match stream.nodes.as_slice() {
            [node] => self.plan.nodes[*node].keys.clone(),
            _ => RowKeys::none(),
        }
    }

    /// The highest parallelism among the producers.
    pub fn parallelism_of(&self, stream: &Stream) -> u32 {
        stream.nodes.iter().map(|&node| self.plan.nodes[node].parallelism).max().unwrap_or(1)
    }

    /// How the rows lie on the subtasks, when there is one producer.
    pub fn distribution_of(&self, stream: &Stream) -> Option<Vec<usize>> {
        match stream.nodes.as_slice() {
            [node] => self.plan.nodes[*node].distribution.clone(),
            _ => None,
        }
    }

    /// Edges that leave rows where they are, as far as parallelism allows; a change of parallelism spreads them anew, by `keys` when rows of one
    /// key must stay in order.
    pub fn forward(&self, stream: &Stream, parallelism: u32, keys: Option<&[usize]>) -> Vec<PhysicalEdge> {
        let partitioning = |source: NodeId| match keys {
            _ if self.plan.nodes[source].parallelism == parallelism => Partitioning::Forward,
            _ if parallelism == 1 => Partitioning::Global,
            Some(keys) => Partitioning::Hash { keys: keys.to_vec() },
            None => Partitioning::Rebalance,
        };
        let edge =
            |&source: &NodeId| PhysicalEdge { source, input: 0, partitioning: partitioning(source), shown_keys: None };
        stream.nodes.iter().map(edge).collect()
    }

    /// Edges that bring rows of equal keys together, and the parallelism behind them: by hash, or all to one subtask when there are no keys. That rows lie so
    /// already changes nothing of the plan, as in Flink; the job graph leaves them where they are.
    pub fn exchange(&self, stream: &Stream, keys: &[usize], input: u32) -> (Vec<PhysicalEdge>, u32) {
        let parallelism = if keys.is_empty() { 1 } else { self.settings.parallelism };
        let partitioning =
            if keys.is_empty() { Partitioning::Global } else { Partitioning::Hash { keys: keys.to_vec() } };
        let edge =
            |&source: &NodeId| PhysicalEdge { source, input, partitioning: partitioning.clone(), shown_keys: None };
        (stream.nodes.iter().map(edge).collect(), parallelism)
    }

    fn values(&mut self, node: &Values) -> Result<Stream, SqlError> {
        let record: Vec<String> = node.output.fields.iter().map(super::describe::record_field).collect();
        let rows: Vec<String> = node
            .rows
            .iter()
            .map(|row| {
                let cells: Vec<String> = row
                    .iter()
                    .map(|cell| super::describe::expression(cell, &node.output, super::Style::Prefix))
                    .collect();
                format!("{{ {} }}", cells.join(", "))
            })
            .collect();
        let infix = format!("tuples=[[{}]]", rows.join(", "));
        let prefix = format!("type=[RecordType({})], {infix}", record.join(", "));
        Ok(self.stream(PhysicalNode {
            spec: OperatorSpec::Values(ValuesSpec { output: node.output.clone(), rows: node.rows.clone() }),
            inputs: Vec::new(),
            output: node.output.clone(),
            parallelism: 1,
            changes: Changes::INSERT_ONLY,
            keys: RowKeys::none(),
            distribution: None,
            name: "Source: Values".into(),
            lines: vec![PlanLine { name: "Values", prefix, infix }],
        }))
    }
}
