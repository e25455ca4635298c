//! Regular joins: columns that must be equal spread the rows of both sides; the rest of the condition is evaluated per pair.

use dataflow::operator_spec::{JoinRowIdentity, JoinSpec, JoinType, OperatorSpec};
use dataflow::{Expr, ExprKind, RowType};

use super::describe::{self, Style, state_ttl_of_sides};
use super::planner::{PhysicalPlanner, Stream};
use super::{Changes, ColumnSet, JoinSide, PhysicalEdge, PhysicalNode, PlanLine, RowKeys};
use crate::error::SqlError;
use crate::logical::{Join, NULL_SAFE_EQUALS, conjunction, conjuncts};

/// The equal columns of a condition and the rest of it, which is over both sides.
pub(super) struct Keys {
    pub(super) left: Vec<usize>,
    pub(super) right: Vec<usize>,
    /// The places of those for which NULL equals NULL.
    null_safe: Vec<usize>,
    pub(super) rest: Option<Expr>,
}

impl Keys {
    /// A join by these keys that keeps each row for itself and without a TTL.
    pub(super) fn into_spec(self, node: &Join, left: RowType, right: RowType) -> JoinSpec {
        JoinSpec {
            join_type: node.join_type,
            left,
            right,
            keys: self.left.into_iter().zip(self.right).collect(),
            null_safe_keys: self.null_safe,
            condition: self.rest,
            state_ttl_ms: [0, 0],
            identity: Default::default(),
            mini_batch: None,
            output: node.output.clone(),
        }
    }
}

impl PhysicalPlanner<'_> {
    pub(super) fn join(&mut self, node: &Join) -> Result<Stream, SqlError> {
        if let Some(temporal) = node.temporal {
            return self.temporal_join(node, temporal);
        }
        if let Some(windows) = node.same_window() {
            return self.window_join(node, windows);
        }
        match node.interval() {
            Some(interval) => self.interval_join(node, interval),
            None => self.regular_join(node),
        }
    }

    fn regular_join(&mut self, node: &Join) -> Result<Stream, SqlError> {
        let left = self.plan(&node.left)?;
        let right = self.plan(&node.right)?;
        let changes = join_changes(node.join_type, self.changes_of(&left), self.changes_of(&right));
        let keys = split_keys(node.condition.clone(), left.output.len());
        let (equal, side_keys) = self.side_keys([&left, &right], &keys);
        let side = |side: usize| JoinSide { keys: &side_keys[side], equal: &equal[side] };
        let sides = [side(0), side(1)];
        let row_keys = RowKeys::join(node.join_type, left.output.len(), &sides[0], &sides[1]);
        let identity = [(&left, &sides[0]), (&right, &sides[1])]
            .map(|(side, keys)| row_identity(keys, self.changes_of(side).is_insert_only()));
        let (inputs, parallelism) = self.join_inputs(&left, &right, &keys);
        let mini_batch = self.settings.mini_batch.map(|mini_batch| mini_batch.bounds);
        let lines = vec![line(node, &left.output, &right.output, &sides, mini_batch.is_some())];
        // Those of one side only are shown so by Flink, too, but join row by row.
        let gathers = !matches!(node.join_type, JoinType::Semi | JoinType::Anti);
        let distribution = distribution(node.join_type, keys.left.clone());
        Ok(self.stream(PhysicalNode {
            spec: OperatorSpec::Join(JoinSpec {
                state_ttl_ms: [self.state_ttl(&node.state_ttl[0]), self.state_ttl(&node.state_ttl[1])],
                identity,
                mini_batch: mini_batch.filter(|_| gathers),
                ..keys.into_spec(node, left.output, right.output)
            }),
            inputs,
            output: node.output.clone(),
            parallelism,
            changes,
            keys: row_keys,
            distribution,
            name: "Join".into(),
            lines,
        }))
    }
}

impl PhysicalPlanner<'_> {
    /// The edges of both inputs of a join, spread by its keys, and its parallelism.
    pub(super) fn join_inputs(&self, left: &Stream, right: &Stream, keys: &Keys) -> (Vec<PhysicalEdge>, u32) {
        let (mut inputs, parallelism) = self.exchange(left, &keys.left, 0);
        inputs.extend(self.exchange(right, &keys.right, 1).0);
        (inputs, parallelism)
    }

    /// The columns of each side that must be equal, and the keys of its rows behind the exchange by them.
    pub(super) fn side_keys(&self, sides: [&Stream; 2], keys: &Keys) -> ([ColumnSet; 2], [RowKeys; 2]) {
        let columns = [&keys.left, &keys.right];
        let equal = columns.map(|columns| columns.iter().copied().collect());
        (equal, [0, 1].map(|side| self.keys_of(sides[side]).behind_exchange(columns[side])))
    }
}

/// Takes `left column = right column` and `left column IS NOT DISTINCT FROM right column` terms out of a condition over both sides.
pub(super) fn split_keys(condition: Expr, width: usize) -> Keys {
    let mut keys = Keys { left: Vec::new(), right: Vec::new(), null_safe: Vec::new(), rest: None };
    let mut rest = Vec::new();
    for term in conjuncts(condition) {
        match equal_columns(&term, width) {
            Some((left, right)) => {
                if matches!(&term.kind, ExprKind::Call { function, .. } if function != "=") {
                    keys.null_safe.push(keys.left.len());
                }
                keys.left.push(left);
                keys.right.push(right);
            }
            None => rest.push(term),
        }
    }
    keys.rest = conjunction(rest);
    keys
}

/// The columns that a term compares, if it is an equality of a left and a right column that are laid out alike.
fn equal_columns(term: &Expr, width: usize) -> Option<(usize, usize)> {
    let ExprKind::Call { function, args } = &term.kind else {
        return None;
    };
    let [a, b] = args.as_slice() else {
        return None;
    };
    let (ExprKind::Column(left), ExprKind::Column(right)) = (&a.kind, &b.kind) else {
        return None;
    };
    let (left, right) = (*left.min(right), *left.max(right));
    let compares = function == "=" || function == NULL_SAFE_EQUALS;
    let fits = compares && left < width && right >= width && a.ty.arrow_type() == b.ty.arrow_type();
    fits.then(|| (left, right - width))
}

/// Which changes come out, as Flink has it: of a join that pads or negates, any.
fn join_changes(join_type: JoinType, left: Changes, right: Changes) -> Changes {
    match join_type {
        JoinType::Inner | JoinType::Semi => left.or(right),
        JoinType::Left | JoinType::Right | JoinType::Full | JoinType::Anti => Changes::ALL,
    }
}

/// How the joined rows lie on the subtasks: by the left keys, unless those may be NULL instead.
pub(super) fn distribution(join_type: JoinType, left_keys: Vec<usize>) -> Option<Vec<usize>> {
    let keeps_left = matches!(join_type, JoinType::Inner | JoinType::Left | JoinType::Semi | JoinType::Anti);
    (keeps_left && !left_keys.is_empty()).then_some(left_keys)
}

/// The kind as plans show it.
pub(super) fn join_type_text(join_type: JoinType) -> &'static str {
    match join_type {
        JoinType::Inner => "InnerJoin",
        JoinType::Left => "LeftOuterJoin",
        JoinType::Right => "RightOuterJoin",
        JoinType::Full => "FullOuterJoin",
        JoinType::Semi => "LeftSemiJoin",
        JoinType::Anti => "LeftAntiJoin",
    }
}

/// A condition over both sides, with the names that the columns have in the output.
pub(super) fn condition_text(
    condition: &Expr,
    output: &RowType,
    left: &RowType,
    right: &RowType,
    style: Style,
) -> String {
    let mut both = output.clone();
    if both.len() < left.len() + right.len() {
        both = crate::bind::joined_row(left, right, JoinType::Inner);
    }
    describe::condition(condition, &both, style)
}

fn line(node: &Join, left: &RowType, right: &RowType, sides: &[JoinSide<'_>; 2], in_mini_batches: bool) -> PlanLine {
    let select: Vec<&str> = node.output.fields.iter().map(|field| field.name.as_str()).collect();
    let text = |style: Style| {
        let condition = condition_text(&node.condition, &node.output, left, right, style);
        let join_type = join_type_text(node.join_type);
        let [left_spec, right_spec] = sides.each_ref().map(input_spec);
        let mini_batch = if in_mini_batches { ", miniBatch=[true]" } else { "" };
        format!(
            "joinType=[{join_type}], where=[{condition}], select=[{}], leftInputSpec=[{left_spec}], rightInputSpec=[{right_spec}]{mini_batch}",
            select.join(", ")
        )
    };
    PlanLine {
        name: "Join",
        prefix: text(Style::Prefix) + &state_ttl_of_sides(&node.state_ttl),
        infix: text(Style::Infix),
    }
}

/// What tells the rows of a side apart that have equal join columns. Only a key by which changes can be applied counts, the smallest.
fn row_identity(side: &JoinSide<'_>, is_insert_only: bool) -> JoinRowIdentity {
    if side.keys.upsert_within(side.equal) {
        return JoinRowIdentity::JoinKey;
    }
    match side.keys.upsert.iter().min_by_key(|key| key.len()) {
        Some(key) => JoinRowIdentity::Columns(key.iter().copied().collect()),
        None if is_insert_only => JoinRowIdentity::Each,
        None => JoinRowIdentity::Whole,
    }
}

/// What a side's keys say of the rows with equal join columns.
fn input_spec(side: &JoinSide<'_>) -> &'static str {
    if side.keys.unique.is_empty() {
        "NoUniqueKey"
    } else if side.keys.unique_within(side.equal) {
        "JoinKeyContainsUniqueKey"
    } else {
        "HasUniqueKey"
    }
}
