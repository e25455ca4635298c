//! GROUPING SETS: a projection of the rows for each set becomes one node that makes all of them, so that the rows of all sets are one stream, with one
//! watermark.

use std::convert::Infallible;

use dataflow::{Expr, ExprKind, Field, RowType};

use crate::logical::{Expand, LogicalPlan, Union};

/// Rewrites each union that expands the same rows.
pub(super) fn expand_sets(plan: LogicalPlan) -> LogicalPlan {
    let Ok(plan) = plan.rewrite_up(&mut |plan| {
        Ok::<_, Infallible>(match plan {
            LogicalPlan::Union(node) if node.is_expansion => expand(node),
            other => other,
        })
    });
    plan
}

fn expand(node: Union) -> LogicalPlan {
    let input_of = |plan: &LogicalPlan| match plan {
        LogicalPlan::Project(project) => Some(project.input.clone()),
        _ => None,
    };
    let Some(input) = node.inputs.first().and_then(input_of) else { return LogicalPlan::Union(node) };
    if !node.inputs.iter().all(|plan| input_of(plan).as_ref() == Some(&input)) {
        return LogicalPlan::Union(node);
    }
    let projects = node.inputs.into_iter().map(|plan| match plan {
        LogicalPlan::Project(project) => project.exprs,
        _ => unreachable!("all are projections"),
    });
    let (input, projects) = computed_below(input, projects.collect(), &node.output);
    LogicalPlan::Expand(Expand { input, projects, output: node.output })
}

/// What the projections compute stands in one below them, so that they only choose from it.
fn computed_below(
    input: Box<LogicalPlan>,
    mut projects: Vec<Vec<Expr>>,
    output: &RowType,
) -> (Box<LogicalPlan>, Vec<Vec<Expr>>) {
    let is_constant = |expr: &Expr| matches!(expr.kind, ExprKind::Literal(_));
    let computed = |column: usize| projects.iter().map(|exprs| &exprs[column]).find(|expr| !is_constant(expr)).cloned();
    let computed: Vec<(usize, Expr)> =
        (0..output.len()).filter_map(|column| Some((column, computed(column)?))).collect();
    let is_one = |exprs: &Vec<Expr>| {
        computed.iter().all(|(column, expr)| is_constant(&exprs[*column]) || exprs[*column].kind == expr.kind)
    };
    if computed.is_empty() || !projects.iter().all(is_one) {
        return (input, projects);
    }
    for exprs in &mut projects {
        for (place, (column, _)) in computed.iter().enumerate() {
            if !is_constant(&exprs[*column]) {
                exprs[*column].kind = ExprKind::Column(place);
            }
        }
    }
    let field = |(column, expr): &(usize, Expr)| Field::new(&output.fields[*column].name, expr.ty.clone());
    let row = RowType::new(computed.iter().map(field).collect());
    let exprs = computed.into_iter().map(|(_, expr)| expr).collect();
    (Box::new(input.project(exprs, row)), projects)
}
