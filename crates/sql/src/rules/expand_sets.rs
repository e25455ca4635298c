//! GROUPING SETS: a projection of the rows for each set becomes one node that makes all of them, so that the rows of all sets are one stream, with one
//! watermark.

use std::convert::Infallible;

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
    LogicalPlan::Expand(Expand { input, projects: projects.collect(), output: node.output })
}
