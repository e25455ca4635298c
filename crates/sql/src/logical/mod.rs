//! The logical plan: what a query means, independent of how it is run. A small closed set of nodes; each knows the row type it yields.
//!
//! The binder makes it, the rules rewrite it, the physical planner reads it. Time attributes travel in the fields' types.

mod changelog;
mod columns;
mod comparison;
mod interval;
mod match_recognize;
mod ordered;
mod window;
mod windowed;

pub(crate) use changelog::{Changelog, Direction};
pub(crate) use columns::{
    conjunction, conjuncts, identity, is_deterministic, is_identity, substitute, time_attribute_of,
};
pub(crate) use comparison::{retyped_constant, unwrap_comparison};
pub(crate) use ordered::{OverAggregate, Rank, RankEnd, Sort};
pub(crate) use window::{LogicalWindow, window_columns};
pub(crate) use windowed::{SameWindow, WindowColumns, window_of};

pub(crate) use interval::Interval;
use interval::interval_of;
pub(crate) use match_recognize::Match;

use std::collections::BTreeMap;
use std::sync::Arc;

use dataflow::operator_spec::{JoinType, WindowProperty};
use dataflow::{AggregateCall, Expr, RowType};

use crate::ast::Span;
use crate::catalog::{CatalogTable, ObjectPath};

/// The equality of joins for which NULL equals NULL.
pub(crate) const NULL_SAFE_EQUALS: &str = "IS NOT DISTINCT FROM";

/// A relational expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum LogicalPlan {
    Scan(Scan),
    Values(Values),
    Project(Project),
    Filter(Filter),
    Aggregate(Aggregate),
    WindowAggregate(WindowAggregate),
    WindowTableFunction(WindowTableFunction),
    Join(Join),
    Unnest(Unnest),
    OverAggregate(OverAggregate),
    Rank(Rank),
    Match(Match),
    Changelog(Changelog),
    Sort(Sort),
    Union(Union),
    Expand(Expand),
}

/// Reads a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scan {
    /// The table's name.
    pub path: ObjectPath,
    /// The table.
    pub table: Arc<CatalogTable>,
    /// Options of the table with those of hints.
    pub options: BTreeMap<String, String>,
    /// Which columns of the table are wanted, in this order.
    pub columns: Vec<usize>,
    /// Their names and types.
    pub output: RowType,
    /// Where the table is named.
    pub span: Span,
}

/// Constant rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Values {
    /// The rows.
    pub rows: Vec<Vec<Expr>>,
    /// Their type.
    pub output: RowType,
}

/// Computes columns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Project {
    /// Below.
    pub input: Box<LogicalPlan>,
    /// One expression a column.
    pub exprs: Vec<Expr>,
    /// The columns.
    pub output: RowType,
}

/// Keeps the rows where the condition is TRUE.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Filter {
    /// Below.
    pub input: Box<LogicalPlan>,
    /// The condition.
    pub condition: Expr,
}

/// Groups rows for ever.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Aggregate {
    /// Which half it is of an aggregation that was split.
    pub split: Option<SplitHalf>,
    /// Below.
    pub input: Box<LogicalPlan>,
    /// Key columns of the input.
    pub keys: Vec<usize>,
    /// Aggregates over input columns.
    pub calls: Vec<AggregateCall>,
    /// How long a group is kept, when a hint says so.
    pub state_ttl: Option<StateTtlHint>,
    /// Keys, then calls.
    pub output: RowType,
}

/// Groups rows by key and window.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WindowAggregate {
    /// Below.
    pub input: Box<LogicalPlan>,
    /// The windows.
    pub window: LogicalWindow,
    /// Key columns of the input.
    pub keys: Vec<usize>,
    /// Aggregates over input columns.
    pub calls: Vec<AggregateCall>,
    /// What of the window is output.
    pub properties: Vec<WindowProperty>,
    /// Keys, then calls, then properties.
    pub output: RowType,
    /// Whether it was written with a function in GROUP BY and not with a table function.
    pub is_legacy: bool,
}

/// Appends window_start, window_end and window_time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WindowTableFunction {
    /// Below.
    pub input: Box<LogicalPlan>,
    /// The windows.
    pub window: LogicalWindow,
    /// `PARTITION BY` columns of a SESSION function.
    pub partition: Vec<usize>,
    /// The input's columns and the three.
    pub output: RowType,
    /// Where the function is called.
    pub span: Span,
}

/// Joins without a bound on time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Join {
    /// Left side.
    pub left: Box<LogicalPlan>,
    /// Right side.
    pub right: Box<LogicalPlan>,
    /// Kind.
    pub join_type: JoinType,
    /// Over left columns followed by right columns; TRUE for a cross join.
    pub condition: Expr,
    /// With `FOR SYSTEM_TIME AS OF`: the times.
    pub temporal: Option<Temporal>,
    /// How long rows of the left and of the right side are kept, when a hint says so.
    pub state_ttl: [Option<StateTtlHint>; 2],
    /// Left columns then right columns; left ones only for semi and anti joins.
    pub output: RowType,
}

/// The times of a join with the versions of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Temporal {
    /// The time attribute of the left side that says which version is meant.
    pub left: usize,
    /// The column of the right side that says from when on a row is valid. Absent for processing time, and until time attributes are settled.
    pub right: Option<usize>,
}

/// A value of a STATE_TTL hint.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StateTtlHint {
    /// As written.
    pub text: String,
    /// 0: for ever.
    pub millis: u64,
}

/// Puts each element of a collection beside the row that holds it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Unnest {
    /// Below.
    pub input: Box<LogicalPlan>,
    /// The collection, over the input; or a BIGINT: how often the row itself comes.
    pub collection: Expr,
    /// Whether rows without elements are kept.
    pub outer: bool,
    /// Whether the position of each element is a column.
    pub with_ordinality: bool,
    /// The input's columns, those of an element, and its position.
    pub output: RowType,
}

/// Rows of all inputs, which have as many columns of the same types.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Union {
    /// Two or more.
    pub inputs: Vec<LogicalPlan>,
    /// Names of the first input.
    pub output: RowType,
    /// Whether all are projections of the same rows, for the sets of GROUPING SETS.
    pub is_expansion: bool,
}

/// An aggregation with DISTINCT is split in two: by buckets too, and of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SplitHalf {
    /// By the keys and buckets.
    Partial,
    /// Over that, by the keys.
    Final,
}

/// Each row several times, each time projected in another way.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expand {
    /// Below.
    pub input: Box<LogicalPlan>,
    /// The projections, with as many columns of the same types.
    pub projects: Vec<Vec<Expr>>,
    /// Their columns.
    pub output: RowType,
}

impl Join {
    /// What it demands of the times of both rows, when it is an interval join.
    pub fn interval(&self) -> Option<Interval> {
        match self.join_type {
            JoinType::Semi | JoinType::Anti => None,
            _ if self.temporal.is_some() => None,
            _ => interval_of(&self.condition, self.left.output().len()),
        }
    }
}

impl LogicalPlan {
    /// The rows it yields.
    pub fn output(&self) -> &RowType {
        match self {
            LogicalPlan::Scan(node) => &node.output,
            LogicalPlan::Values(node) => &node.output,
            LogicalPlan::Project(node) => &node.output,
            LogicalPlan::Filter(node) => node.input.output(),
            LogicalPlan::Aggregate(node) => &node.output,
            LogicalPlan::WindowAggregate(node) => &node.output,
            LogicalPlan::WindowTableFunction(node) => &node.output,
            LogicalPlan::Join(node) => &node.output,
            LogicalPlan::Unnest(node) => &node.output,
            LogicalPlan::OverAggregate(node) => &node.output,
            LogicalPlan::Rank(node) => &node.output,
            LogicalPlan::Match(node) => &node.output,
            LogicalPlan::Changelog(node) => &node.output,
            LogicalPlan::Sort(node) => node.input.output(),
            LogicalPlan::Union(node) => &node.output,
            LogicalPlan::Expand(node) => &node.output,
        }
    }

    /// The plans below.
    pub fn inputs(&self) -> Vec<&LogicalPlan> {
        match self {
            LogicalPlan::Scan(_) | LogicalPlan::Values(_) => Vec::new(),
            LogicalPlan::Project(node) => vec![&node.input],
            LogicalPlan::Filter(node) => vec![&node.input],
            LogicalPlan::Aggregate(node) => vec![&node.input],
            LogicalPlan::WindowAggregate(node) => vec![&node.input],
            LogicalPlan::WindowTableFunction(node) => vec![&node.input],
            LogicalPlan::Join(node) => vec![&node.left, &node.right],
            LogicalPlan::Unnest(node) => vec![&node.input],
            LogicalPlan::OverAggregate(node) => vec![&node.input],
            LogicalPlan::Rank(node) => vec![&node.input],
            LogicalPlan::Match(node) => vec![&node.input],
            LogicalPlan::Changelog(node) => vec![&node.input],
            LogicalPlan::Sort(node) => vec![&node.input],
            LogicalPlan::Union(node) => node.inputs.iter().collect(),
            LogicalPlan::Expand(node) => vec![&node.input],
        }
    }

    /// The plans below, to be rewritten in place.
    pub fn inputs_mut(&mut self) -> Vec<&mut LogicalPlan> {
        match self {
            LogicalPlan::Scan(_) | LogicalPlan::Values(_) => Vec::new(),
            LogicalPlan::Project(node) => vec![&mut node.input],
            LogicalPlan::Filter(node) => vec![&mut node.input],
            LogicalPlan::Aggregate(node) => vec![&mut node.input],
            LogicalPlan::WindowAggregate(node) => vec![&mut node.input],
            LogicalPlan::WindowTableFunction(node) => vec![&mut node.input],
            LogicalPlan::Join(node) => vec![&mut node.left, &mut node.right],
            LogicalPlan::Unnest(node) => vec![&mut node.input],
            LogicalPlan::OverAggregate(node) => vec![&mut node.input],
            LogicalPlan::Rank(node) => vec![&mut node.input],
            LogicalPlan::Match(node) => vec![&mut node.input],
            LogicalPlan::Changelog(node) => vec![&mut node.input],
            LogicalPlan::Sort(node) => vec![&mut node.input],
            LogicalPlan::Union(node) => node.inputs.iter_mut().collect(),
            LogicalPlan::Expand(node) => vec![&mut node.input],
        }
    }

    /// Rewrites the plans below, then this one.
    pub fn rewrite_up<E>(
        mut self,
        rule: &mut impl FnMut(LogicalPlan) -> Result<LogicalPlan, E>,
    ) -> Result<LogicalPlan, E> {
        for input in self.inputs_mut() {
            let below = input.take().rewrite_up(rule)?;
            *input = below;
        }
        rule(self)
    }

    /// This plan with a projection on top.
    pub fn project(self, exprs: Vec<Expr>, output: RowType) -> LogicalPlan {
        debug_assert_eq!(exprs.len(), output.len());
        LogicalPlan::Project(Project { input: Box::new(self), exprs, output })
    }

    /// This plan with a filter on top.
    pub fn filter(self, condition: Expr) -> LogicalPlan {
        LogicalPlan::Filter(Filter { input: Box::new(self), condition })
    }

    /// Takes the plan out, leaving an empty one.
    pub fn take(&mut self) -> LogicalPlan {
        std::mem::replace(self, LogicalPlan::Values(Values { rows: Vec::new(), output: RowType::default() }))
    }

    /// The expressions of this node, to be rewritten in place.
    pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        match self {
            LogicalPlan::Values(node) => node.rows.iter_mut().flatten().collect(),
            LogicalPlan::Project(node) => node.exprs.iter_mut().collect(),
            LogicalPlan::Filter(node) => vec![&mut node.condition],
            LogicalPlan::Join(node) => vec![&mut node.condition],
            LogicalPlan::Unnest(node) => vec![&mut node.collection],
            LogicalPlan::Expand(node) => node.projects.iter_mut().flatten().collect(),
            _ => Vec::new(),
        }
    }
}
