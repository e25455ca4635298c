//! UNNEST: the elements of a collection beside their row. Keeps rows, and the changes that they are, where they lie.

use dataflow::TypeKind;
use dataflow::operator_spec::{OperatorSpec, UnnestSpec};

use super::describe::{Style, columns, expression};
use super::planner::{PhysicalPlanner, Stream};
use super::{PhysicalNode, PlanLine, RowKeys};
use crate::error::SqlError;
use crate::logical::Unnest;

impl PhysicalPlanner<'_> {
    pub(super) fn unnest(&mut self, node: &Unnest) -> Result<Stream, SqlError> {
        let input = self.plan(&node.input)?;
        let parallelism = self.parallelism_of(&input);
        let keys = self.distribution_of(&input);
        let inputs = self.forward(&input, parallelism, keys.as_deref());
        let changes = self.changes_of(&input);
        let all: Vec<usize> = (0..node.output.len()).collect();
        let kind = if node.outer { "LEFT" } else { "INNER" };
        let text = |style| {
            let collection = expression(&node.collection, &input.output, style);
            let function =
                if node.collection.ty.kind == TypeKind::BigInt { "$REPLICATE_ROWS$1" } else { "$UNNEST_ROWS$1" };
            let call = format!("{function}({collection})");
            let select = columns(&all, &node.output);
            format!("invocation=[{call}], correlate=[table({call})], select=[{select}], joinType=[{kind}]")
        };
        let lines = vec![PlanLine { name: "Correlate", prefix: text(Style::Prefix), infix: text(Style::Infix) }];
        Ok(self.stream(PhysicalNode {
            spec: OperatorSpec::Unnest(UnnestSpec {
                collection: node.collection.clone(),
                outer: node.outer,
                with_ordinality: node.with_ordinality,
                output: node.output.clone(),
            }),
            inputs,
            output: node.output.clone(),
            parallelism,
            changes,
            keys: RowKeys::none(),
            distribution: keys,
            name: "Correlate".into(),
            lines,
        }))
    }
}
