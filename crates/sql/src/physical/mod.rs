//! The physical plan: operators as they will run, with parallelism, exchanges and changelog modes decided.
//!
//! [`planner`] makes it from logical plans, [`chain`] makes the job graph from it, `explain` prints it. Nodes are kept in the order in which they
//! were made, inputs before consumers; equal nodes over equal inputs are one node, so statements of a set share what they have in common.

mod aggregate;
mod calc;
mod chain;
mod changelog;
mod changelog_function;
pub(crate) mod describe;
mod digest;
mod expand;
mod interval_join;
mod join;
mod lookup_join;
mod match_recognize;
mod mini_batch;
mod monotonic;
mod monotonicity;
mod narrow_rows;
mod ordered;
mod over;
mod phase_lines;
mod planner;
mod pushed;
mod row_keys;
mod scan_watermark;
mod simplified;
mod sink;
mod sink_metadata;
mod sink_upsert;
mod source;
mod temporal_join;
mod two_phase;
mod unnest;
mod watermarks;
mod window_join;

pub(crate) use chain::job_graph;
pub(crate) use changelog::UpdateKind;
pub(crate) use describe::Style;
pub(crate) use planner::PhysicalPlanner;
pub(crate) use row_keys::{ColumnSet, JoinSide, RowKeys};
pub(crate) use source::check_sources;

use dataflow::operator_spec::OperatorSpec;
use dataflow::{Partitioning, RowType};

/// Index of a node.
pub(crate) type NodeId = usize;

/// Operators and how they are connected.
#[derive(Debug, Clone, Default)]
pub(crate) struct PhysicalPlan {
    /// Inputs before consumers.
    pub nodes: Vec<PhysicalNode>,
    /// The nodes whose rows leave the plan, and how they want to hear of updates.
    pub roots: Vec<(NodeId, UpdateKind)>,
}

/// One operator.
#[derive(Debug, Clone)]
pub(crate) struct PhysicalNode {
    /// What it does.
    pub spec: OperatorSpec,
    /// Where its rows come from; several edges into one input are a UNION ALL.
    pub inputs: Vec<PhysicalEdge>,
    /// What it emits.
    pub output: RowType,
    /// Number of subtasks.
    pub parallelism: u32,
    /// Which changes it emits. Until the whole plan is known an update counts as -U and +U.
    pub changes: Changes,
    /// By which columns its rows are told apart.
    pub keys: RowKeys,
    /// How the rows lie on the subtasks: by these columns of the output.
    pub distribution: Option<Vec<usize>>,
    /// Its name in the job graph: `Calc`, `Source: events`, ...
    pub name: String,
    /// What EXPLAIN prints of it, from its input to its output.
    pub lines: Vec<PlanLine>,
}

/// An input of an operator.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PhysicalEdge {
    /// Producer.
    pub source: NodeId,
    /// Which input of the consumer.
    pub input: u32,
    /// How rows are spread.
    pub partitioning: Partitioning,
    /// By which columns EXPLAIN says that rows are spread, where that is not by all of those.
    pub shown_keys: Option<Vec<usize>>,
}

/// A line of a plan.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PlanLine {
    /// `Calc`, `GroupAggregate`, ...
    pub name: &'static str,
    /// What stands in its parentheses, expressions in prefix form.
    pub prefix: String,
    /// The same, expressions in infix form.
    pub infix: String,
}

/// Which changes a node emits besides +I.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Changes {
    /// +U
    pub updates: bool,
    /// -U before each +U
    pub update_before: bool,
    /// -D
    pub deletes: bool,
}

impl Changes {
    /// Everything.
    pub const ALL: Changes = Changes { updates: true, update_before: true, deletes: true };

    /// Only +I.
    pub const INSERT_ONLY: Changes = Changes { updates: false, update_before: false, deletes: false };

    /// Whether nothing is ever taken back.
    pub fn is_insert_only(self) -> bool {
        self == Changes::INSERT_ONLY
    }

    /// What comes out when both flow together.
    pub fn or(self, other: Changes) -> Changes {
        Changes {
            updates: self.updates || other.updates,
            update_before: self.update_before || other.update_before,
            deletes: self.deletes || other.deletes,
        }
    }

    /// `I,UB,UA,D`, as EXPLAIN CHANGELOG_MODE prints it.
    pub fn short(self) -> String {
        let mut kinds = vec!["I"];
        kinds.extend(self.update_before.then_some("UB"));
        kinds.extend(self.updates.then_some("UA"));
        kinds.extend(self.deletes.then_some("D"));
        kinds.join(",")
    }
}
