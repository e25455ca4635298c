//! Which columns of a plan are the bounds of a window that its rows belong to.

use dataflow::ExprKind;
use dataflow::operator_spec::WindowProperty;

use super::{LogicalPlan, LogicalWindow};

/// The windows of the rows of a plan.
#[derive(Debug, Clone)]
pub(crate) struct WindowRoles {
    /// The windows.
    pub window: LogicalWindow,
    /// What of the window each column is.
    pub columns: Vec<Option<WindowProperty>>,
}

impl WindowRoles {
    /// The windows of a plan's rows, when they come from a window table function or an aggregation over one.
    pub fn of(plan: &LogicalPlan) -> Option<Self> {
        match plan {
            LogicalPlan::WindowTableFunction(node) => {
                let mut columns = vec![None; node.input.output().len()];
                columns.extend([WindowProperty::Start, WindowProperty::End, WindowProperty::Rowtime].map(Some));
                Some(Self { window: node.window.clone(), columns })
            }
            LogicalPlan::WindowAggregate(node) if !node.is_legacy => {
                let mut columns = vec![None; node.keys.len() + node.calls.len()];
                columns.extend(node.properties.iter().copied().map(Some));
                Some(Self { window: node.window.clone(), columns })
            }
            LogicalPlan::Project(node) => {
                let below = Self::of(&node.input)?;
                let role = |expr: &dataflow::Expr| match expr.kind {
                    ExprKind::Column(index) => below.columns[index],
                    _ => None,
                };
                Some(Self { columns: node.exprs.iter().map(role).collect(), window: below.window })
            }
            LogicalPlan::Filter(node) => Self::of(&node.input),
            LogicalPlan::Rank(node) => {
                let mut below = Self::of(&node.input).filter(|roles| roles.has_bounds(&node.partition))?;
                below.columns.resize(node.output.len(), None);
                Some(below)
            }
            _ => None,
        }
    }

    /// Whether both bounds of the window are among these columns.
    pub fn has_bounds(&self, columns: &[usize]) -> bool {
        let has = |property| columns.iter().any(|&column| self.columns[column] == Some(property));
        has(WindowProperty::Start) && has(WindowProperty::End)
    }
}
