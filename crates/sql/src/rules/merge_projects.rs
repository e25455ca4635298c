//! Projections that meet become one; projections that change nothing go.

use dataflow::{Expr, ExprKind};

use crate::logical::{LogicalPlan, Project, Values, is_deterministic, is_identity, substitute};

/// More nodes than this are not copied into one expression: computing the parts once is cheaper.
const MAX_NODES: usize = 200;

/// Merges adjacent projections, bottom up.
pub(super) fn merge_projects(plan: LogicalPlan) -> LogicalPlan {
    let merged: Result<_, std::convert::Infallible> = plan.rewrite_up(&mut |plan| Ok(merge(plan)));
    match merged {
        Ok(plan) => plan,
    }
}

fn merge(plan: LogicalPlan) -> LogicalPlan {
    let LogicalPlan::Project(mut outer) = plan else {
        return plan;
    };
    if let LogicalPlan::Project(inner) = outer.input.as_ref()
        && let Some(exprs) = merged_exprs(&outer, inner)
    {
        let LogicalPlan::Project(inner) = *outer.input else { unreachable!("matched above") };
        outer = Project { input: inner.input, exprs, output: outer.output };
    }
    if let LogicalPlan::Values(values) = outer.input.as_ref() {
        // Every row is evaluated once either way.
        if values.rows.iter().flatten().all(is_deterministic) {
            let row = |row: &Vec<Expr>| outer.exprs.iter().map(|expr| substitute(expr, row)).collect();
            return LogicalPlan::Values(Values { rows: values.rows.iter().map(row).collect(), output: outer.output });
        }
    }
    if is_identity(&outer.exprs, outer.input.output()) && outer.output == *outer.input.output() {
        return *outer.input;
    }
    LogicalPlan::Project(outer)
}

/// The outer expressions over the input of the inner projection, unless that would evaluate something more often or grow too much.
fn merged_exprs(outer: &Project, inner: &Project) -> Option<Vec<Expr>> {
    if !inner.exprs.iter().all(is_deterministic) && !only_moves(outer, inner) {
        return None;
    }
    let exprs: Vec<Expr> = outer.exprs.iter().map(|expr| substitute(expr, &inner.exprs)).collect();
    let limit = MAX_NODES.max(inner.exprs.iter().map(size).sum());
    (exprs.iter().map(size).sum::<usize>() <= limit).then_some(exprs)
}

/// Whether the outer projection takes each column of the inner one as it is and at most once, so that nothing is evaluated more often.
fn only_moves(outer: &Project, inner: &Project) -> bool {
    let mut uses = vec![0_usize; inner.exprs.len()];
    let plain = outer.exprs.iter().all(|expr| match expr.kind {
        ExprKind::Column(index) => {
            uses[index] += 1;
            true
        }
        _ => false,
    });
    plain && uses.iter().all(|&uses| uses <= 1)
}

fn size(expr: &Expr) -> usize {
    1 + expr.children().into_iter().map(size).sum::<usize>()
}
