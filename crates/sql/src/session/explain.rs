//! EXPLAIN: the plans of a statement as text.

use super::query::placed;
use super::{Outcome, Session};
use crate::ast::{Explain, ExplainDetail, Insert, Span, StatementKind};
use crate::bind::{Binder, not_supported};
use crate::error::SqlError;
use crate::explain::{logical_tree, physical_tree};
use crate::physical::{PhysicalPlan, PhysicalPlanner, Style};
use crate::rules::{optimize, share_scans};

impl Session {
    pub(super) fn explain(&self, explain: &Explain, span: Span) -> Result<Outcome, SqlError> {
        let changelog = explain.details.contains(&ExplainDetail::ChangelogMode);
        let unsupported = [ExplainDetail::JsonExecutionPlan, ExplainDetail::EstimatedCost, ExplainDetail::PlanAdvice];
        if let Some(detail) = explain.details.iter().find(|detail| unsupported.contains(detail)) {
            return Err(not_supported(&format!("EXPLAIN {}", detail.word()), span));
        }
        let inserts = match &explain.statement.kind {
            StatementKind::Query(query) => {
                let settings = self.settings(span)?;
                let bound = Binder::new(&self.catalog).top_query(query)?;
                let mut plan = placed(optimize(bound.clone(), &settings.context), span)?;
                share_scans(std::slice::from_mut(&mut plan));
                let mut planner = PhysicalPlanner::new(&settings);
                placed(planner.query(&plan), span)?;
                return Ok(Outcome::list("result", [text(&logical_tree(&bound), &planner.finish(), changelog)]));
            }
            StatementKind::Insert(insert) => std::slice::from_ref(insert.as_ref()),
            StatementKind::StatementSet(set) => set.inserts.as_slice(),
            _ => return Err(not_supported("EXPLAIN of this statement", explain.statement.span)),
        };
        self.explain_inserts(inserts, changelog, span)
    }

    fn explain_inserts(&self, inserts: &[Insert], changelog: bool, span: Span) -> Result<Outcome, SqlError> {
        let settings = self.settings(span)?;
        let (bound, plan) = self.plan_inserts(inserts, &settings, span)?;
        let trees: Vec<String> = bound
            .iter()
            .map(|insert| {
                let fields: Vec<&str> = insert.plan.output().fields.iter().map(|field| field.name.as_str()).collect();
                let sink = format!("LogicalSink(table=[{}], fields=[{}])\n", insert.path, fields.join(", "));
                sink + &crate::explain::indented(&logical_tree(&insert.plan))
            })
            .collect();
        Ok(Outcome::list("result", [text(&trees.join("\n"), &plan, changelog)]))
    }
}

fn text(ast: &str, plan: &PhysicalPlan, changelog: bool) -> String {
    let physical = physical_tree(plan, Style::Prefix, changelog);
    let execution = physical_tree(plan, Style::Infix, false);
    format!(
        "== Abstract Syntax Tree ==\n{ast}\n== Optimized Physical Plan ==\n{physical}\n== Optimized Execution Plan ==\n{execution}"
    )
}
