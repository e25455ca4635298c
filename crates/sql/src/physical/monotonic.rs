//! Whether rows that are updated by key only ever move up in an order, so that a Top-N need not keep those that are not among the first.

use dataflow::ExprKind;
use dataflow::operator_spec::SortField;

use crate::logical::{Aggregate, LogicalPlan};

/// The columns by which rows that are never deleted are updated, when each update moves its row up or lets it stay: below is an aggregation of rows that only come, its keys
/// are there, and it is ordered by them and by aggregates that only rise, or fall.
pub(super) fn rising_keys(plan: &LogicalPlan, partition: &[usize], order: &[SortField]) -> Option<Vec<usize>> {
    let (aggregate, columns) = aggregate_below(plan)?;
    if aggregate.keys.is_empty() || order.is_empty() {
        return None;
    }
    let place_of = |key: usize| columns.iter().position(|column| *column == Some(key));
    let keys = (0..aggregate.keys.len()).map(place_of).collect::<Option<Vec<usize>>>()?;
    let rises = |field: &SortField| {
        let Some(column) = columns[field.column] else { return false };
        let Some(call) = column.checked_sub(aggregate.keys.len()) else { return true };
        let function = aggregate.calls[call].function.as_str();
        matches!((function, field.descending), ("COUNT" | "MAX", true) | ("MIN", false))
    };
    let within = partition.iter().all(|column| keys.contains(column));
    (within && order.iter().all(rises)).then_some(keys)
}

/// The aggregation that a plan only moves columns of, and which of its columns each one is.
fn aggregate_below(plan: &LogicalPlan) -> Option<(&Aggregate, Vec<Option<usize>>)> {
    match plan {
        LogicalPlan::Aggregate(node) => Some((node, (0..node.output.len()).map(Some).collect())),
        LogicalPlan::Project(node) => {
            let (aggregate, below) = aggregate_below(&node.input)?;
            let column = |expr: &dataflow::Expr| match expr.kind {
                ExprKind::Column(index) => below[index],
                _ => None,
            };
            Some((aggregate, node.exprs.iter().map(column).collect()))
        }
        _ => None,
    }
}
