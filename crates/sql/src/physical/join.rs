//! Regular joins: equal keys are taken out of the condition, computed where they are no columns; both sides are brought together by them.

use dataflow::operator_spec::{JoinSpec, JoinType, OperatorSpec};
use dataflow::{Expr, ExprKind, Field, LogicalType, RowType};

use super::describe::{Style, expression};
use super::planner::{PhysicalPlanner, Stream};
use super::{Changes, PhysicalEdge, PhysicalNode, PlanLine};
use crate::bind::coerce;
use crate::error::SqlError;
use crate::logical::{Join, conjunction, conjuncts, identity};

/// The equal keys of a condition, each side over its own columns, and the rest over both.
struct Keys {
    pairs: Vec<(Expr, Expr)>,
    rest: Vec<Expr>,
}

/// One side of a join with its key columns.
struct Side {
    stream: Stream,
    keys: Vec<usize>,
    /// Columns that were there before keys were added.
    width: usize,
}

impl PhysicalPlanner<'_> {
    pub(super) fn join(&mut self, node: &Join) -> Result<Stream, SqlError> {
        let left = self.plan(&node.left, true)?;
        let right = self.plan(&node.right, true)?;
        let (left_changes, right_changes) = (self.changes_of(&left), self.changes_of(&right));
        let keys = split_keys(node.condition.clone(), left.output.len());
        let (left_keys, right_keys) = keys.pairs.into_iter().unzip();
        let left = self.with_keys(left, left_keys);
        let right = self.with_keys(right, right_keys);
        let added = left.stream.output.len() - left.width;
        let condition = conjunction(keys.rest).map(|mut rest| {
            rest.map_columns(&mut |index| if index < left.width { index } else { index + added });
            rest
        });
        let (edges, parallelism) = self.join_edges(&left, &right);
        let output = joined_output(node, &left, &right);
        let changes = join_changes(node.join_type, left_changes, right_changes);
        let lines = vec![line(node.join_type, &left, &right, condition.as_ref(), &output)];
        let keeps_left = matches!(node.join_type, JoinType::Inner | JoinType::Left | JoinType::Semi | JoinType::Anti);
        let distribution = (keeps_left && !left.keys.is_empty()).then(|| left.keys.clone());
        let stream = self.stream(PhysicalNode {
            spec: OperatorSpec::Join(JoinSpec {
                join_type: node.join_type,
                left: left.stream.output.clone(),
                right: right.stream.output.clone(),
                keys: left.keys.iter().copied().zip(right.keys.iter().copied()).collect(),
                condition,
                output: output.clone(),
            }),
            inputs: edges,
            output: output.clone(),
            parallelism,
            changes,
            distribution,
            name: "Join".into(),
            lines,
        });
        if output == node.output {
            return Ok(stream);
        }
        let kept = (0..left.width).chain((0..right.width).map(|index| index + left.stream.output.len()));
        let columns = identity(&output);
        let exprs = kept.take(node.output.len()).map(|index| columns[index].clone()).collect();
        Ok(self.add_calc(stream, None, exprs, node.output.clone()))
    }

    fn join_edges(&self, left: &Side, right: &Side) -> (Vec<PhysicalEdge>, u32) {
        let (mut edges, parallelism) = self.exchange(&left.stream, &left.keys, 0);
        let (right, _) = self.exchange(&right.stream, &right.keys, 1);
        edges.extend(right);
        (edges, parallelism)
    }

    /// The stream with the keys among its columns: bare columns as they are, others computed behind them.
    fn with_keys(&mut self, stream: Stream, keys: Vec<Expr>) -> Side {
        let width = stream.output.len();
        let mut exprs = identity(&stream.output);
        let mut output = stream.output.clone();
        let mut columns = Vec::with_capacity(keys.len());
        for key in keys {
            match key.kind {
                ExprKind::Column(index) => columns.push(index),
                _ => {
                    columns.push(exprs.len());
                    output.fields.push(Field::new(format!("$f{}", exprs.len()), key.ty.clone()));
                    exprs.push(key);
                }
            }
        }
        let stream = if exprs.len() == width { stream } else { self.add_calc(stream, None, exprs, output) };
        Side { stream, keys: columns, width }
    }
}

/// Takes `left = right` terms out of a condition over both sides.
fn split_keys(condition: Expr, width: usize) -> Keys {
    let mut keys = Keys { pairs: Vec::new(), rest: Vec::new() };
    for term in conjuncts(condition) {
        match equal_sides(&term, width) {
            Some(pair) => keys.pairs.push(pair),
            None => keys.rest.push(term),
        }
    }
    keys
}

fn equal_sides(term: &Expr, width: usize) -> Option<(Expr, Expr)> {
    let ExprKind::Call { function, args } = &term.kind else {
        return None;
    };
    let [a, b] = args.as_slice() else {
        return None;
    };
    if function != "=" {
        return None;
    }
    let (left, right) = match (side_of(a, width)?, side_of(b, width)?) {
        (0, 1) => (a, b),
        (1, 0) => (b, a),
        _ => return None,
    };
    let mut right = right.clone();
    right.map_columns(&mut |index| index - width);
    let mut left = left.clone();
    // Keys are compared by their bytes, so both must be laid out alike.
    if left.ty.arrow_type() != right.ty.arrow_type() {
        let common: LogicalType = ::expr::types::common_type(&[left.ty.clone(), right.ty.clone()])?;
        left = coerce(left, &common);
        right = coerce(right, &common);
    }
    Some((left, right))
}

/// 0 when only left columns are read, 1 when only right ones, `None` otherwise.
fn side_of(expr: &Expr, width: usize) -> Option<usize> {
    let (mut left, mut right) = (false, false);
    expr.for_each_column(&mut |index| if index < width { left = true } else { right = true });
    match (left, right) {
        (true, false) => Some(0),
        (false, true) => Some(1),
        _ => None,
    }
}

fn join_changes(join_type: JoinType, left: Changes, right: Changes) -> Changes {
    let deletes = Changes { deletes: true, ..Changes::INSERT_ONLY };
    match join_type {
        JoinType::Inner => left.or(right),
        JoinType::Left | JoinType::Right | JoinType::Full => left.or(right).or(deletes),
        JoinType::Semi if right.is_insert_only() => left,
        JoinType::Semi | JoinType::Anti => left.or(deletes),
    }
}

/// What the operator emits: the columns of both sides, added keys included, under the join's names.
fn joined_output(node: &Join, left: &Side, right: &Side) -> RowType {
    let names = &node.output.fields;
    let mut fields: Vec<Field> = names[..left.width].to_vec();
    fields.extend(left.stream.output.fields[left.width..].iter().cloned());
    if !matches!(node.join_type, JoinType::Semi | JoinType::Anti) {
        fields.extend(names[left.width..].iter().cloned());
        fields.extend(right.stream.output.fields[right.width..].iter().cloned());
    }
    RowType::new(fields)
}

fn line(join_type: JoinType, left: &Side, right: &Side, rest: Option<&Expr>, output: &RowType) -> PlanLine {
    let kind = match join_type {
        JoinType::Inner => "InnerJoin",
        JoinType::Left => "LeftOuterJoin",
        JoinType::Right => "RightOuterJoin",
        JoinType::Full => "FullOuterJoin",
        JoinType::Semi => "LeftSemiJoin",
        JoinType::Anti => "LeftAntiJoin",
    };
    let mut both = left.stream.output.clone();
    both.fields.extend(right.stream.output.fields.iter().cloned());
    if output.len() == both.len() {
        both = output.clone();
    }
    let text = |style: Style| {
        let mut terms: Vec<String> = Vec::new();
        for (left_key, right_key) in left.keys.iter().zip(&right.keys) {
            let (a, b) = (&both.fields[*left_key].name, &both.fields[left.stream.output.len() + right_key].name);
            terms.push(if style == Style::Prefix { format!("=({a}, {b})") } else { format!("({a} = {b})") });
        }
        terms.extend(rest.map(|rest| expression(rest, &both, style)));
        let condition = match terms.as_slice() {
            [] => "true".to_owned(),
            [one] => one.clone(),
            many if style == Style::Prefix => format!("AND({})", many.join(", ")),
            many => format!("({})", many.join(" AND ")),
        };
        let select: Vec<&str> = output.fields.iter().map(|field| field.name.as_str()).collect();
        format!("joinType=[{kind}], where=[{condition}], select=[{}]", select.join(", "))
    };
    PlanLine { name: "Join", prefix: text(Style::Prefix), infix: text(Style::Infix) }
}
