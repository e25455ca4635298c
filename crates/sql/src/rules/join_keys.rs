//! Equalities between the sides of a join become equalities of bare columns: what must be computed, or cast to a common type, is computed below the
//! join, so that rows can be spread and found by it.

use dataflow::operator_spec::JoinType;
use dataflow::{Expr, ExprKind, Field, LogicalType, RowType, TypeKind};

use crate::bind::coerce;
use crate::logical::{Join, LogicalPlan, NULL_SAFE_EQUALS, conjunction, conjuncts, identity};

/// Rewrites every join that compares anything but columns.
pub(crate) fn join_keys(plan: LogicalPlan) -> LogicalPlan {
    let rewritten: Result<_, std::convert::Infallible> = plan.rewrite_up(&mut |plan| {
        Ok(match plan {
            LogicalPlan::Join(node) => rewrite(node),
            other => other,
        })
    });
    match rewritten {
        Ok(plan) => plan,
    }
}

/// One side with its computed keys.
struct Side {
    exprs: Vec<Expr>,
    fields: Vec<Field>,
}

impl Side {
    fn of(row: &RowType) -> Self {
        Self { exprs: identity(row), fields: row.fields.clone() }
    }

    /// The column of a key, computed if it is none.
    fn column(&mut self, key: Expr) -> Expr {
        let known = self.exprs.iter().position(|expr| expr.kind == key.kind && expr.ty.kind == key.ty.kind);
        // As in Flink, a computed time is an ordinary column.
        let ty = if known.is_some() { key.ty.clone() } else { key.ty.without_time_attribute() };
        let index = known.unwrap_or_else(|| {
            // A column that is cast keeps its name, as in Calcite.
            let name = match &key.kind {
                ExprKind::Cast { input, try_cast: false } => match input.kind {
                    ExprKind::Column(index) => self.free_name(&self.fields[index].name),
                    _ => format!("$f{}", self.exprs.len()),
                },
                _ => format!("$f{}", self.exprs.len()),
            };
            self.fields.push(Field::new(name, ty.clone()));
            self.exprs.push(Expr { ty: ty.clone(), ..key });
            self.exprs.len() - 1
        });
        Expr::column(index, ty)
    }

    /// The name with the first number that makes it new.
    fn free_name(&self, name: &str) -> String {
        let is_free = |name: &String| self.fields.iter().all(|field| field.name != *name);
        (0..).map(|number| format!("{name}{number}")).find(is_free).unwrap_or_default()
    }

    fn apply(self, plan: LogicalPlan) -> LogicalPlan {
        if self.exprs.len() == plan.output().len() { plan } else { plan.project(self.exprs, RowType::new(self.fields)) }
    }
}

fn rewrite(node: Join) -> LogicalPlan {
    let (left_width, right_width) = (node.left.output().len(), node.right.output().len());
    let (mut left, mut right) = (Side::of(node.left.output()), Side::of(node.right.output()));
    let mut pairs = Vec::new();
    let mut rest = Vec::new();
    for term in conjuncts(node.condition.clone()) {
        match equal_sides(&term, left_width) {
            Some(Equality { function, left: a, right: b, is_turned }) => {
                pairs.push((function.to_owned(), left.column(a), right.column(b), is_turned));
            }
            None => rest.push(term),
        }
    }
    if pairs.is_empty() {
        return LogicalPlan::Join(node);
    }
    let new_left = left.exprs.len();
    let shift = |index: usize| if index < left_width { index } else { index - left_width + new_left };
    let mut condition: Vec<Expr> = pairs
        .into_iter()
        .map(|(function, a, mut b, is_turned)| {
            b.map_columns(&mut |index| index + new_left);
            let nullable = function == "=" && (a.ty.nullable || b.ty.nullable);
            let args = if is_turned { vec![b, a] } else { vec![a, b] };
            Expr::call(&function, args, TypeKind::Boolean.not_null().with_nullable(nullable))
        })
        .collect();
    for mut term in rest {
        term.map_columns(&mut |index| shift(index));
        condition.push(term);
    }
    let is_semi = matches!(node.join_type, JoinType::Semi | JoinType::Anti);
    let mut fields: Vec<Field> = node.output.fields[..left_width].to_vec();
    fields.extend(left.fields[left_width..].iter().cloned());
    if !is_semi {
        fields.extend(node.output.fields[left_width..].iter().cloned());
        fields.extend(right.fields[right_width..].iter().cloned());
    }
    let output = RowType::new(fields);
    let columns = identity(&output);
    let kept = (0..node.output.len()).map(|index| columns[shift(index)].clone()).collect();
    let join = LogicalPlan::Join(Join {
        left: Box::new(left.apply(*node.left)),
        right: Box::new(right.apply(*node.right)),
        join_type: node.join_type,
        temporal: node.temporal,
        condition: conjunction(condition).unwrap_or_else(|| crate::bind::boolean(true)),
        state_ttl: node.state_ttl,
        output,
    });
    if join.output().len() == node.output.len() { join } else { join.project(kept, node.output) }
}

/// A term that compares the sides.
struct Equality<'t> {
    function: &'t str,
    left: Expr,
    right: Expr,
    /// Whether it is written with the right side first.
    is_turned: bool,
}

/// The term, if it is an equality between the sides.
fn equal_sides(term: &Expr, width: usize) -> Option<Equality<'_>> {
    let ExprKind::Call { function, args } = &term.kind else {
        return None;
    };
    let [a, b] = args.as_slice() else {
        return None;
    };
    if function != "=" && function != NULL_SAFE_EQUALS {
        return None;
    }
    let (left, right, is_turned) = match (side_of(a, width)?, side_of(b, width)?) {
        (0, 1) => (a, b, false),
        (1, 0) => (b, a, true),
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
    Some(Equality { function, left, right, is_turned })
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
