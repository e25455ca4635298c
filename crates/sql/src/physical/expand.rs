//! Expand: each row once for each of several projections. Keeps the changes that rows are.

use dataflow::operator_spec::{ExpandSpec, OperatorSpec};
use dataflow::{Expr, ExprKind, Literal};

use super::describe::{Style, expression};
use super::planner::{PhysicalPlanner, Stream};
use super::{PhysicalNode, PlanLine, RowKeys};
use crate::error::SqlError;
use crate::logical::Expand;

impl PhysicalPlanner<'_> {
    pub(super) fn expand(&mut self, node: &Expand) -> Result<Stream, SqlError> {
        let input = self.plan(&node.input)?;
        let parallelism = self.parallelism_of(&input);
        let inputs = self.forward(&input, parallelism, None);
        let changes = self.changes_of(&input);
        let text = |style| {
            let named = |(expr, name): (&Expr, &str)| match (&expr.kind, expression(expr, &input.output, style)) {
                (ExprKind::Literal(Literal::Null), _) => format!("null AS {name}"),
                (_, text) if text == name => text,
                (_, text) => format!("{text} AS {name}"),
            };
            let project = |exprs: &Vec<Expr>| {
                let names = node.output.fields.iter().map(|field| field.name.as_str());
                let columns: Vec<String> = exprs.iter().zip(names).map(named).collect();
                format!("{{{}}}", columns.join(", "))
            };
            format!("projects=[{}]", node.projects.iter().map(project).collect::<Vec<_>>().join(", "))
        };
        let lines = vec![PlanLine { name: "Expand", prefix: text(Style::Prefix), infix: text(Style::Infix) }];
        Ok(self.stream(PhysicalNode {
            spec: OperatorSpec::Expand(ExpandSpec { projects: node.projects.clone(), output: node.output.clone() }),
            inputs,
            output: node.output.clone(),
            parallelism,
            changes,
            keys: RowKeys::none(),
            distribution: None,
            name: "Expand".into(),
            lines,
        }))
    }
}
