//! Regular joins: columns that must be equal spread the rows of both sides; the rest of the condition is evaluated per pair.

use dataflow::operator_spec::{JoinSpec, JoinType, OperatorSpec};
use dataflow::{Expr, ExprKind, RowType};

use super::describe::{Style, expression, state_ttl_of_sides};
use super::planner::{PhysicalPlanner, Stream};
use super::{Changes, ColumnSet, JoinSide, PhysicalNode, PlanLine, RowKeys};
use crate::error::SqlError;
use crate::logical::{Join, conjunction, conjuncts};

/// The equal columns of a condition and the rest of it, which is over both sides.
struct Keys {
    left: Vec<usize>,
    right: Vec<usize>,
    rest: Option<Expr>,
}

impl PhysicalPlanner<'_> {
    pub(super) fn join(&mut self, node: &Join) -> Result<Stream, SqlError> {
        let left = self.plan(&node.left)?;
        let right = self.plan(&node.right)?;
        let changes = join_changes(node.join_type, self.changes_of(&left), self.changes_of(&right));
        let keys = split_keys(node.condition.clone(), left.output.len());
        let columns = |columns: &[usize]| columns.iter().copied().collect::<ColumnSet>();
        let (left_equal, right_equal) = (columns(&keys.left), columns(&keys.right));
        let left_keys = self.keys_of(&left).behind_exchange(&keys.left);
        let right_keys = self.keys_of(&right).behind_exchange(&keys.right);
        let sides = [
            JoinSide { keys: &left_keys, equal: &left_equal },
            JoinSide { keys: &right_keys, equal: &right_equal },
        ];
        let row_keys = RowKeys::join(node.join_type, left.output.len(), &sides[0], &sides[1]);
        let (mut inputs, parallelism) = self.exchange(&left, &keys.left, 0);
        inputs.extend(self.exchange(&right, &keys.right, 1).0);
        let lines = vec![line(node, &left.output, &right.output, &keys, &sides)];
        let keeps_left = matches!(node.join_type, JoinType::Inner | JoinType::Left | JoinType::Semi | JoinType::Anti);
        Ok(self.stream(PhysicalNode {
            spec: OperatorSpec::Join(JoinSpec {
                join_type: node.join_type,
                left: left.output,
                right: right.output,
                keys: keys.left.iter().copied().zip(keys.right).collect(),
                condition: keys.rest,
                state_ttl_ms: [self.state_ttl(&node.state_ttl[0]), self.state_ttl(&node.state_ttl[1])],
                output: node.output.clone(),
            }),
            inputs,
            output: node.output.clone(),
            parallelism,
            changes,
            keys: row_keys,
            distribution: (keeps_left && !keys.left.is_empty()).then_some(keys.left),
            name: "Join".into(),
            lines,
        }))
    }
}

/// Takes `left column = right column` terms out of a condition over both sides.
fn split_keys(condition: Expr, width: usize) -> Keys {
    let mut keys = Keys { left: Vec::new(), right: Vec::new(), rest: None };
    let mut rest = Vec::new();
    for term in conjuncts(condition) {
        match equal_columns(&term, width) {
            Some((left, right)) => {
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
    let fits = function == "=" && left < width && right >= width && a.ty.arrow_type() == b.ty.arrow_type();
    fits.then(|| (left, right - width))
}

/// Which changes come out, as Flink has it: of a join that pads or negates, any.
fn join_changes(join_type: JoinType, left: Changes, right: Changes) -> Changes {
    match join_type {
        JoinType::Inner | JoinType::Semi => left.or(right),
        JoinType::Left | JoinType::Right | JoinType::Full | JoinType::Anti => Changes::ALL,
    }
}

fn line(node: &Join, left: &RowType, right: &RowType, keys: &Keys, sides: &[JoinSide<'_>; 2]) -> PlanLine {
    let kind = match node.join_type {
        JoinType::Inner => "InnerJoin",
        JoinType::Left => "LeftOuterJoin",
        JoinType::Right => "RightOuterJoin",
        JoinType::Full => "FullOuterJoin",
        JoinType::Semi => "LeftSemiJoin",
        JoinType::Anti => "LeftAntiJoin",
    };
    let mut both = node.output.clone();
    if both.len() < left.len() + right.len() {
        both = RowType::new(left.fields.iter().chain(&right.fields).cloned().collect());
    }
    let text = |style: Style| {
        let mut terms: Vec<String> = Vec::new();
        for (left_key, right_key) in keys.left.iter().zip(&keys.right) {
            let (a, b) = (&both.fields[*left_key].name, &both.fields[left.len() + right_key].name);
            terms.push(if style == Style::Prefix { format!("=({a}, {b})") } else { format!("({a} = {b})") });
        }
        terms.extend(keys.rest.as_ref().map(|rest| expression(rest, &both, style)));
        let condition = match terms.as_slice() {
            [] => "true".to_owned(),
            [one] => one.clone(),
            many if style == Style::Prefix => format!("AND({})", many.join(", ")),
            many => format!("({})", many.join(" AND ")),
        };
        let select: Vec<&str> = node.output.fields.iter().map(|field| field.name.as_str()).collect();
        let [left, right] = sides.each_ref().map(input_spec);
        format!(
            "joinType=[{kind}], where=[{condition}], select=[{}], leftInputSpec=[{left}], rightInputSpec=[{right}]",
            select.join(", ")
        )
    };
    PlanLine {
        name: "Join",
        prefix: text(Style::Prefix) + &state_ttl_of_sides(&node.state_ttl),
        infix: text(Style::Infix),
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
