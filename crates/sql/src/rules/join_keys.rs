//! Equalities between the sides of a join become equalities of bare columns: what must be computed, or cast to a common type, is computed below the
//! join, so that rows can be spread and found by it.

use dataflow::operator_spec::JoinType;
use dataflow::{Expr, ExprKind, Field, Literal, LogicalType, RowType, TypeKind};

use crate::bind::coerce;
use crate::logical::{Join, LogicalPlan, conjunction, conjuncts, identity};

/// Rewrites every join that compares anything but columns.
pub(super) fn join_keys(plan: LogicalPlan) -> LogicalPlan {
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
            self.fields.push(Field::new(format!("$f{}", self.exprs.len()), ty.clone()));
            self.exprs.push(Expr { ty: ty.clone(), ..key });
            self.exprs.len() - 1
        });
        Expr::column(index, ty)
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
            Some(keys) => pairs.extend(keys.into_iter().map(|(a, b)| (left.column(a), right.column(b)))),
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
        .map(|(a, mut b)| {
            b.map_columns(&mut |index| index + new_left);
            let nullable = a.ty.nullable || b.ty.nullable;
            Expr::call("=", vec![a, b], TypeKind::Boolean.not_null().with_nullable(nullable))
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

/// The keys that a term compares, if it is an equality between the sides.
fn equal_sides(term: &Expr, width: usize) -> Option<Vec<(Expr, Expr)>> {
    let ExprKind::Call { function, args } = &term.kind else {
        return None;
    };
    let [a, b] = args.as_slice() else {
        return None;
    };
    let null_safe = function == "IS NOT DISTINCT FROM";
    if function != "=" && !null_safe {
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
    if null_safe && (left.ty.nullable || right.ty.nullable) {
        let (left, right) = (null_safe_keys(left)?, null_safe_keys(right)?);
        return Some(left.into_iter().zip(right).collect());
    }
    Some(vec![(left, right)])
}

/// Keys that are never NULL and tell NULL from every value: whether it is NULL, and the value or, for NULL, an arbitrary one.
fn null_safe_keys(key: Expr) -> Option<[Expr; 2]> {
    let stand_in = match key.ty.kind {
        TypeKind::Boolean => Literal::Boolean(false),
        TypeKind::Float | TypeKind::Double => Literal::Float(0.0),
        TypeKind::Decimal { .. } => Literal::Decimal(0),
        TypeKind::Char { .. } | TypeKind::Varchar { .. } => Literal::String(String::new()),
        TypeKind::Binary { .. } | TypeKind::Varbinary { .. } => Literal::Bytes(Vec::new()),
        TypeKind::Timestamp { .. } | TypeKind::TimestampLtz { .. } => Literal::Timestamp(0),
        TypeKind::Array(_)
        | TypeKind::Map(..)
        | TypeKind::Multiset(_)
        | TypeKind::Row(_)
        | TypeKind::Bitmap
        | TypeKind::Variant
        | TypeKind::Null => {
            return None;
        }
        _ => Literal::Int(0),
    };
    let ty = key.ty.without_time_attribute().with_nullable(false);
    let is_null = Expr::call("IS NULL", vec![key.clone()], TypeKind::Boolean.not_null());
    let branches = vec![(is_null.clone(), Expr::literal(stand_in, ty.clone()))];
    let value = Expr { kind: ExprKind::Case { branches, otherwise: Box::new(key) }, ty };
    Some([is_null, value])
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
