//! Rows that know their window: which columns of a plan are its bounds, and joins of rows that are in the same window.

use dataflow::operator_spec::WindowProperty;
use dataflow::{Expr, ExprKind, TypeKind};

use super::columns::conjuncts;
use super::{Join, LogicalPlan, LogicalWindow};

/// The columns with the bounds of the window that each row is in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WindowColumns {
    /// Those with its start.
    pub start: Vec<usize>,
    /// Those with its end.
    pub end: Vec<usize>,
    /// The windows.
    pub window: LogicalWindow,
}

/// A join of rows that are in the same window.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SameWindow {
    /// The windows, which are those of both sides.
    pub window: LogicalWindow,
    /// The columns that are compared: start and end of the left side's.
    pub left_bounds: (usize, usize),
    /// And of the right side's.
    pub right_bounds: (usize, usize),
    /// The other terms of the condition.
    pub rest: Vec<Expr>,
}

impl WindowColumns {
    /// Whether both bounds of the window are among these columns.
    pub fn has_bounds(&self, columns: &[usize]) -> bool {
        [&self.start, &self.end].iter().all(|bound| columns.iter().any(|column| bound.contains(column)))
    }

    /// The same columns where they are now; none when a bound is there no more.
    fn moved(self, places: impl Fn(usize) -> Vec<usize>) -> Option<Self> {
        let moved = |columns: &[usize]| columns.iter().flat_map(|&column| places(column)).collect::<Vec<_>>();
        let (start, end) = (moved(&self.start), moved(&self.end));
        (!start.is_empty() && !end.is_empty()).then_some(Self { start, end, ..self })
    }
}

/// The windows of the rows of a plan, if they have their bounds.
pub(crate) fn window_of(plan: &LogicalPlan) -> Option<WindowColumns> {
    match plan {
        LogicalPlan::WindowTableFunction(node) => {
            let width = node.input.output().len();
            Some(WindowColumns { start: vec![width], end: vec![width + 1], window: node.window.clone() })
        }
        LogicalPlan::WindowAggregate(node) if !node.is_legacy => {
            let first = node.keys.len() + node.calls.len();
            let places = |wanted: WindowProperty| -> Vec<usize> {
                let properties = node.properties.iter().enumerate().filter(move |(_, property)| **property == wanted);
                properties.map(|(index, _)| first + index).collect()
            };
            let (mut start, end) = (places(WindowProperty::Start), places(WindowProperty::End));
            let mut window = node.window.clone();
            if window.is_attached {
                // Its windows are those of the rows below, whose start is a key.
                let below = window_of(&node.input)?;
                start.extend((0..node.keys.len()).filter(|&key| below.start.contains(&node.keys[key])));
                window = below.window;
            }
            WindowColumns { start, end, window }.moved(|column| vec![column])
        }
        LogicalPlan::Filter(node) => window_of(&node.input),
        LogicalPlan::Rank(node) => window_of(&node.input).filter(|window| window.has_bounds(&node.partition)),
        LogicalPlan::Project(node) => {
            let places = |column: usize| -> Vec<usize> {
                let shows = move |expr: &Expr| expr.kind == ExprKind::Column(column);
                (0..node.exprs.len()).filter(|&place| shows(&node.exprs[place])).collect()
            };
            window_of(&node.input)?.moved(places)
        }
        LogicalPlan::Join(node) => {
            node.same_window()?;
            let mut columns = window_of(&node.left)?;
            let width = node.left.output().len();
            if node.output.len() > width {
                let right = window_of(&node.right)?;
                columns.start.extend(right.start.into_iter().map(|column| column + width));
                columns.end.extend(right.end.into_iter().map(|column| column + width));
            }
            Some(columns)
        }
        _ => None,
    }
}

impl Join {
    /// The windows of both rows, when it joins rows that are in the same window: start must equal start and end end.
    pub fn same_window(&self) -> Option<SameWindow> {
        let width = self.left.output().len();
        let compared = |term: &Expr| equal_columns(term, width);
        let terms = conjuncts(self.condition.clone());
        if self.temporal.is_some() || !terms.iter().any(|term| is_time_comparison(term) && compared(term).is_some()) {
            return None;
        }
        let (left, right) = (window_of(&self.left)?, window_of(&self.right)?);
        let is_same = |a: &LogicalWindow, b: &LogicalWindow| {
            a.assigner == b.assigner && a.is_rowtime() == b.is_rowtime() && time_type(a) == time_type(b)
        };
        if !is_same(&left.window, &right.window) {
            return None;
        }
        let (mut starts, mut ends, mut rest) = (None, None, Vec::new());
        for term in terms {
            match compared(&term) {
                Some((a, b)) if left.start.contains(&a) && right.start.contains(&b) => starts = Some((a, b)),
                Some((a, b)) if left.end.contains(&a) && right.end.contains(&b) => ends = Some((a, b)),
                _ => rest.push(term),
            }
        }
        let (starts, ends) = (starts?, ends?);
        Some(SameWindow {
            window: left.window,
            left_bounds: (starts.0, ends.0),
            right_bounds: (starts.1, ends.1),
            rest,
        })
    }
}

/// Whether bounds are what the clock of the session shows for an instant.
fn time_type(window: &LogicalWindow) -> bool {
    matches!(window.ty.kind, TypeKind::TimestampLtz { .. })
}

fn is_time_comparison(term: &Expr) -> bool {
    term.children().iter().all(|operand| matches!(operand.ty.kind, TypeKind::Timestamp { .. }))
}

/// The left and the right column that a term compares.
fn equal_columns(term: &Expr, width: usize) -> Option<(usize, usize)> {
    let ExprKind::Call { function, args } = &term.kind else { return None };
    let ([a, b], "=") = (args.as_slice(), function.as_str()) else { return None };
    let (ExprKind::Column(a), ExprKind::Column(b)) = (&a.kind, &b.kind) else { return None };
    let (left, right) = (*a.min(b), *a.max(b));
    (left < width && right >= width).then(|| (left, right - width))
}
