//! EXPLAIN: the plans of a statement as text.

use super::query::placed;
use super::{Outcome, Session};
use crate::ast::{Explain, ExplainDetail, Insert, Span, StatementKind};
use crate::bind::{Binder, not_supported};
use crate::error::SqlError;
use crate::explain::{NodeDetails, advice, job_json, logical_tree, physical_tree};
use crate::physical::{PhysicalPlan, PhysicalPlanner, Style};
use crate::rules::{optimize, share_scans};

impl Session {
    /// Costs are not estimated, so ESTIMATED_COST adds nothing.
    pub(super) fn explain(&self, explain: &Explain, text: &str, span: Span) -> Result<Outcome, SqlError> {
        let (ast, plan) = match &explain.statement.kind {
            StatementKind::Query(query) => {
                let settings = self.settings(span)?;
                let bound = Binder::new(&self.catalog).top_query(query)?;
                let mut plan = placed(optimize(bound.clone(), &settings), span)?;
                share_scans(std::slice::from_mut(&mut plan), &settings);
                let mut planner = PhysicalPlanner::new(&settings);
                placed(planner.query(&plan), span)?;
                (logical_tree(&bound), planner.finish())
            }
            StatementKind::Insert(insert) => self.explain_inserts(std::slice::from_ref(insert.as_ref()), span)?,
            StatementKind::StatementSet(set) => self.explain_inserts(&set.inserts, span)?,
            StatementKind::CreateTable(create) if create.as_query.is_some() => {
                let query = create.as_query.as_ref().expect("the guard says so");
                // The table is made in a session that is thrown away.
                let mut session = self.clone();
                let insert = session.create_target(create, query, text)?;
                session.explain_inserts(&[insert], span)?
            }
            _ => return Err(not_supported("EXPLAIN of this statement", explain.statement.span)),
        };
        Ok(Outcome::list("result", [explained(&ast, &plan, &explain.details)]))
    }

    fn explain_inserts(&self, inserts: &[Insert], span: Span) -> Result<(String, PhysicalPlan), SqlError> {
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
        Ok((trees.join("\n"), plan))
    }
}

fn explained(ast: &str, plan: &PhysicalPlan, details: &[ExplainDetail]) -> String {
    let has = |detail: ExplainDetail| details.contains(&detail);
    let shown = NodeDetails { changelog: has(ExplainDetail::ChangelogMode), advice: has(ExplainDetail::PlanAdvice) };
    let physical = physical_tree(plan, Style::Prefix, shown);
    let execution = physical_tree(plan, Style::Infix, NodeDetails::default());
    let mut text = format!("== Abstract Syntax Tree ==\n{ast}\n");
    match shown.advice {
        false => text.push_str(&format!("== Optimized Physical Plan ==\n{physical}\n")),
        true => {
            text.push_str(&format!("== Optimized Physical Plan With Advice ==\n{physical}\n{}\n\n", advice(plan)));
        }
    }
    text.push_str(&format!("== Optimized Execution Plan ==\n{execution}"));
    if has(ExplainDetail::JsonExecutionPlan) {
        text.push_str(&format!("\n== Physical Execution Plan ==\n{}", job_json(plan)));
    }
    text
}
