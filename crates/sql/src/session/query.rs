//! INSERT and SELECT: bind, optimise, plan, chain.

use dataflow::{Expr, ExprKind, Field, Literal};

use crate::ast::{Insert, Query, Span};
use crate::bind::{Binder, BoundInsert, bind_insert};
use crate::error::SqlError;
use crate::logical::LogicalPlan;
use crate::physical::{PhysicalPlan, PhysicalPlanner, job_graph};
use crate::rules::{optimize, share_scans};
use crate::settings::Settings;

use super::{Outcome, Session};

impl Session {
    pub(super) fn select(&mut self, query: &Query, span: Span) -> Result<Outcome, SqlError> {
        let settings = self.settings(span)?;
        let bound = Binder::new(&self.catalog).top_query(query)?;
        let schema = bound.output().clone();
        let mut plan = placed(optimize(bound, &settings), span)?;
        placed(refuse_null_constants(&plan), span)?;
        share_scans(std::slice::from_mut(&mut plan), &settings);
        let mut planner = PhysicalPlanner::new(&settings);
        placed(planner.collect(&plan), span)?;
        let plan = planner.finish();
        let collect = plan.roots[0].0;
        let collect_parallelism = plan.nodes[collect].parallelism;
        let name = settings.job_name.clone().unwrap_or_else(|| "collect".into());
        let (graph, ids) = job_graph(&plan, name, &settings, self.config.clone());
        Ok(Outcome::Select { graph: Box::new(graph), schema, collect: ids[collect], collect_parallelism })
    }

    pub(super) fn insert(&mut self, inserts: &[Insert], span: Span) -> Result<Outcome, SqlError> {
        let settings = self.settings(span)?;
        let (bound, plan) = self.plan_inserts(inserts, &settings, span)?;
        let names: Vec<String> = bound.iter().map(|insert| insert.path.to_string()).collect();
        let name = settings.job_name.clone().unwrap_or_else(|| format!("insert-into_{}", names.join(",")));
        let (graph, _) = job_graph(&plan, name, &settings, self.config.clone());
        Ok(Outcome::Insert(Box::new(graph)))
    }

    /// Plans inserts as one job.
    pub(super) fn plan_inserts(
        &self,
        inserts: &[Insert],
        settings: &Settings,
        span: Span,
    ) -> Result<(Vec<BoundInsert>, PhysicalPlan), SqlError> {
        let mut bound = Vec::with_capacity(inserts.len());
        let mut plans: Vec<LogicalPlan> = Vec::with_capacity(inserts.len());
        for insert in inserts {
            let insert = bind_insert(&mut Binder::new(&self.catalog), insert)?;
            plans.push(placed(optimize(insert.plan.clone(), settings), insert.span)?);
            bound.push(insert);
        }
        share_scans(&mut plans, settings);
        let mut planner = PhysicalPlanner::new(settings);
        for (insert, plan) in bound.iter().zip(&plans) {
            placed(planner.insert(insert, plan), span)?;
        }
        Ok((bound, planner.finish()))
    }
}

/// A NOT NULL column of a result whose constant is NULL: the type of a cast promises what its value does not keep.
fn refuse_null_constants(plan: &LogicalPlan) -> Result<(), SqlError> {
    let rows = match plan {
        LogicalPlan::Project(project) => std::slice::from_ref(&project.exprs),
        LogicalPlan::Values(values) => values.rows.as_slice(),
        _ => return Ok(()),
    };
    let fields = &plan.output().fields;
    let broken =
        |(expr, field): &(&Expr, &Field)| !field.ty.nullable && matches!(expr.kind, ExprKind::Literal(Literal::Null));
    match rows.iter().flat_map(|row| row.iter().zip(fields)).find(broken) {
        None => Ok(()),
        Some((_, field)) => Err(SqlError::validation(
            format!("Column '{}' is NOT NULL, however, a null value is being written into it.", field.name),
            Span::default(),
        )
        .with_hint("a value that does not fit DECIMAL(p, s) becomes NULL; use a greater precision, or TRY_CAST")),
    }
}

/// Errors of stages that know no place get the statement's.
pub(super) fn placed<T>(result: Result<T, SqlError>, span: Span) -> Result<T, SqlError> {
    result.map_err(|error| if error.span == Span::default() { SqlError { span, ..error } } else { error })
}
