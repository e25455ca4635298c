//! TO_CHANGELOG and FROM_CHANGELOG. Rows stay where they are.

use dataflow::operator_spec::{FromChangelogSpec, OperatorSpec, ToChangelogSpec};

use super::planner::{PhysicalPlanner, Stream};
use super::{Changes, PhysicalNode, PlanLine, RowKeys, describe};
use crate::error::SqlError;
use crate::logical::{Changelog, Direction};

impl PhysicalPlanner<'_> {
    pub(super) fn changelog_function(&mut self, node: &Changelog) -> Result<Stream, SqlError> {
        let input = self.plan(&node.input)?;
        let parallelism = self.parallelism_of(&input);
        let keys = self.distribution_of(&input);
        let inputs = self.forward(&input, parallelism, keys.as_deref());
        let output = node.output.clone();
        let (spec, changes, moved) = match &node.direction {
            Direction::ToRows { codes } => {
                let spec = ToChangelogSpec { codes: codes.clone(), output: output.clone() };
                let moved = keys.map(|keys| keys.iter().map(|key| key + 1).collect());
                (OperatorSpec::ToChangelog(spec), Changes::INSERT_ONLY, moved)
            }
            Direction::FromRows { op, codes } => {
                if !self.changes_of(&input).is_insert_only() {
                    return Err(SqlError::unsupported(
                        "FROM_CHANGELOG doesn't support consuming update changes: its rows are inserted, and a column says what each means",
                        node.span,
                    ));
                }
                let spec = FromChangelogSpec { op: *op, codes: codes.clone(), output: output.clone() };
                (OperatorSpec::FromChangelog(spec), Changes::ALL, None)
            }
        };
        let all: Vec<usize> = (0..output.len()).collect();
        let types: Vec<String> =
            output.fields.iter().map(|field| format!("{} {}", describe::type_text(&field.ty), field.name)).collect();
        let text = format!(
            "invocation=[{}], uid=[null], select=[{}], rowType=[RecordType({})]",
            node.invocation,
            describe::columns(&all, &output).replace(", ", ","),
            types.join(", ")
        );
        Ok(self.stream(PhysicalNode {
            spec,
            inputs,
            output,
            parallelism,
            changes,
            keys: RowKeys::none(),
            distribution: moved,
            name: "ProcessTableFunction".into(),
            lines: vec![PlanLine { name: "ProcessTableFunction", prefix: text.clone(), infix: text }],
        }))
    }
}
