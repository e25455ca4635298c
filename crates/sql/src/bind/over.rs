//! OVER: aggregates over the rows before each row, collected while the select list and QUALIFY are bound.
//!
//! Expressions above them are bound before they are there, so their columns are numbered from [`OVER_BASE`] until [`Overs::build`].

use dataflow::operator_spec::{OverFrame, SortField};
use dataflow::{AggregateCall, Expr, ExprKind, Field, Literal, LogicalType, RowType, TimeAttribute, TypeKind};

use super::expr::{ExprBinder, coerce, function_error, not_supported};
use super::function::as_literal;
use super::groups::is_aggregate;
use crate::ast::{
    FrameBound, FrameUnit, FunctionArgs, FunctionCall, NamedWindow, NullsOrder, OrderItem, Over, SetQuantifier, Span,
    WindowFrame, WindowSpec,
};
use crate::error::SqlError;
use crate::logical::{LogicalPlan, OverAggregate};

/// Index of the first OVER aggregate until the width of the row is known.
pub(super) const OVER_BASE: usize = 1 << 26;

/// The OVER aggregates of one SELECT.
#[derive(Debug, Default)]
pub(crate) struct Overs {
    named: Vec<NamedWindow>,
    calls: Vec<BoundOver>,
}

#[derive(Debug, Clone, PartialEq)]
struct BoundOver {
    window: BoundWindow,
    function: String,
    args: Vec<Expr>,
    distinct: bool,
    ty: LogicalType,
    span: Span,
}

#[derive(Debug, Clone, PartialEq)]
struct BoundWindow {
    partition: Vec<Expr>,
    order: Vec<BoundOrder>,
    frame: OverFrame,
}

#[derive(Debug, Clone, PartialEq)]
struct BoundOrder {
    expr: Expr,
    descending: bool,
    nulls_first: bool,
}

/// A window by the columns that are computed for it: of its partition, of its order, and of the arguments of each call.
type SettledWindow = (Vec<usize>, Vec<SortField>, Vec<Vec<usize>>);

/// Whether the upper-case name is that of a function that only stands before OVER.
pub(super) fn is_window_function(name: &str) -> bool {
    matches!(name, "ROW_NUMBER" | "RANK" | "DENSE_RANK" | "PERCENT_RANK" | "CUME_DIST" | "NTILE" | "LAG" | "LEAD")
}

/// Whether an expression reads an OVER aggregate.
pub(super) fn reads_overs(expr: &Expr) -> bool {
    let mut any = false;
    expr.for_each_column(&mut |column| any |= column >= OVER_BASE);
    any
}

/// Where NULLs go by an element of ORDER BY: they count as the lowest values unless it says otherwise.
pub(super) fn nulls_first(item: &OrderItem) -> bool {
    match item.nulls {
        Some(NullsOrder::First) => true,
        Some(NullsOrder::Last) => false,
        None => !item.descending,
    }
}

impl Overs {
    /// With these windows of the WINDOW clause.
    pub fn new(named: &[NamedWindow]) -> Self {
        Self { named: named.to_vec(), calls: Vec::new() }
    }

    /// Takes the expressions that they are over out, to be rewritten with what is above.
    pub fn take_exprs(&mut self) -> Vec<Expr> {
        let mut exprs = Vec::new();
        self.for_each_expr(&mut |expr| exprs.push(std::mem::replace(expr, super::boolean(true))));
        exprs
    }

    /// Puts them back.
    pub fn put_exprs(&mut self, exprs: Vec<Expr>) {
        let mut exprs = exprs.into_iter();
        self.for_each_expr(&mut |expr| *expr = exprs.next().expect("as many as were taken"));
    }

    fn for_each_expr(&mut self, visit: &mut impl FnMut(&mut Expr)) {
        for call in &mut self.calls {
            let order = call.window.order.iter_mut().map(|order| &mut order.expr);
            call.args.iter_mut().chain(&mut call.window.partition).chain(order).for_each(&mut *visit);
        }
    }

    fn add(&mut self, bound: BoundOver) -> Expr {
        let same = |known: &BoundOver| BoundOver { span: bound.span, ..known.clone() } == bound;
        let index = self.calls.iter().position(same).unwrap_or_else(|| {
            self.calls.push(bound.clone());
            self.calls.len() - 1
        });
        Expr::column(OVER_BASE + index, bound.ty)
    }

    fn window_named(&self, name: &crate::ast::Ident) -> Result<&WindowSpec, SqlError> {
        let found = self.named.iter().find(|window| window.name.value.eq_ignore_ascii_case(&name.value));
        let unknown = || SqlError::validation(format!("Window '{}' not found", name.value), name.span);
        found.map(|window| &window.spec).ok_or_else(unknown)
    }

    /// Puts the aggregates over the plan; the columns of `exprs` are settled.
    pub fn build(self, plan: LogicalPlan, exprs: &mut [Expr]) -> LogicalPlan {
        if self.calls.is_empty() {
            return plan;
        }
        let mut columns = Columns::new(plan.output());
        let mut windows: Vec<(BoundWindow, Vec<usize>)> = Vec::new();
        for (index, call) in self.calls.iter().enumerate() {
            match windows.iter_mut().find(|(window, _)| *window == call.window) {
                Some((_, calls)) => calls.push(index),
                None => windows.push((call.window.clone(), vec![index])),
            }
        }
        let settled: Vec<SettledWindow> = windows
            .iter()
            .map(|(window, calls)| {
                let partition = window.partition.iter().map(|expr| columns.add(expr)).collect();
                let order = window.order.iter().map(|order| SortField {
                    column: columns.add(&order.expr),
                    descending: order.descending,
                    nulls_first: order.nulls_first,
                });
                let order = order.collect();
                let mut args = |&call: &usize| self.calls[call].args.iter().map(|arg| columns.add(arg)).collect();
                (partition, order, calls.iter().map(&mut args).collect())
            })
            .collect();
        let mut plan = columns.build(plan);
        let mut places = vec![0; self.calls.len()];
        for ((window, calls), (partition, order, args)) in windows.into_iter().zip(settled) {
            let mut output = plan.output().clone();
            let mut listed = Vec::new();
            for (&call, args) in calls.iter().zip(args) {
                let BoundOver { function, distinct, ty, .. } = &self.calls[call];
                places[call] = output.len();
                output.fields.push(Field::new(format!("w0$o{}", listed.len()), ty.clone()));
                let (function, distinct, ty) = (function.clone(), *distinct, ty.clone());
                listed.push(AggregateCall { function, args, distinct, filter: None, ty });
            }
            plan = LogicalPlan::OverAggregate(OverAggregate {
                input: Box::new(plan),
                partition,
                order,
                frame: window.frame,
                calls: listed,
                output,
                span: self.calls[calls[0]].span,
            });
        }
        let settle = |index: usize| if index >= OVER_BASE { places[index - OVER_BASE] } else { index };
        exprs.iter_mut().for_each(|expr| expr.map_columns(&mut |index| settle(index)));
        plan
    }
}

/// The input's columns, and those computed for OVER.
struct Columns {
    width: usize,
    exprs: Vec<Expr>,
    fields: Vec<Field>,
}

impl Columns {
    fn new(input: &RowType) -> Self {
        let exprs = crate::logical::identity(input);
        Self { width: input.len(), exprs, fields: input.fields.clone() }
    }

    fn add(&mut self, expr: &Expr) -> usize {
        if let Some(known) = self.exprs.iter().position(|known| known == expr) {
            return known;
        }
        self.fields.push(Field::new(format!("${}", self.exprs.len()), expr.ty.clone()));
        self.exprs.push(expr.clone());
        self.exprs.len() - 1
    }

    fn build(self, input: LogicalPlan) -> LogicalPlan {
        if self.exprs.len() == self.width {
            return input;
        }
        input.project(self.exprs, RowType::new(self.fields))
    }
}

impl ExprBinder<'_> {
    /// A call before OVER.
    pub(super) fn over(&mut self, name: &str, call: &FunctionCall, over: &Over, span: Span) -> Result<Expr, SqlError> {
        if !is_aggregate(name) && !is_window_function(name) || call.filter.is_some() {
            return Err(SqlError::validation("OVER must be applied to aggregate function", span));
        }
        let Some(overs) = &self.overs else {
            let message = format!("Windowed aggregate expression is illegal in {} clause", self.clause_word());
            return Err(SqlError::validation(message, span)
                .with_hint("compute it in a sub-query and put the condition outside, or into QUALIFY"));
        };
        if !call.order_by.is_empty() || call.within_group || call.nulls.is_some() {
            return Err(not_supported("ORDER BY, WITHIN GROUP or NULLS of an OVER aggregate", span));
        }
        if matches!(name, "PERCENT_RANK" | "CUME_DIST" | "NTILE" | "LEAD") {
            return Err(SqlError::unsupported(format!("{name} Function is not supported in stream mode."), span));
        }
        let spec = match over {
            Over::Name(name) => overs.window_named(name)?.clone(),
            Over::Spec(spec) => spec.clone(),
        };
        let spec = match &spec.base {
            Some(base) => refined(overs.window_named(base)?, &spec),
            None => spec,
        };
        let window = self.window(name, &spec, span)?;
        let args = match &call.args {
            FunctionArgs::Star if name == "COUNT" => Vec::new(),
            args => self.scalar_args(args, span)?,
        };
        let distinct = call.quantifier == Some(SetQuantifier::Distinct);
        let (args, ty) = match name {
            "ROW_NUMBER" | "RANK" | "DENSE_RANK" if args.is_empty() => (args, TypeKind::BigInt.not_null()),
            "ROW_NUMBER" | "RANK" | "DENSE_RANK" => {
                let message = format!("Invalid number of arguments to function '{name}'. Was expecting 0 arguments");
                return Err(SqlError::validation(message, span));
            }
            "LAG" => lag(args, span)?,
            _ => {
                let types: Vec<LogicalType> = args.iter().map(|arg| arg.ty.without_time_attribute()).collect();
                let resolved = ::expr::aggregate::resolve(name, &types, distinct, true)
                    .map_err(|error| function_error(&error, span))?;
                let args = args.into_iter().zip(&resolved.arg_types).map(|(arg, ty)| coerce(arg, ty)).collect();
                (args, resolved.result.without_time_attribute())
            }
        };
        // Flink types LAG by its default alone; a NULL that there is, too, gives way to it.
        let default = args.get(2).filter(|_| name == "LAG" && !ty.nullable && args[0].ty.nullable).cloned();
        let ty = ty.with_nullable(ty.nullable || default.is_some());
        let bound = BoundOver { window, function: name.to_owned(), args, distinct, ty, span };
        let Some(overs) = &mut self.overs else { unreachable!("looked at above") };
        let value = overs.add(bound);
        match default {
            Some(default) => self.call("COALESCE", vec![value, default], span),
            None => Ok(value),
        }
    }

    fn window(&mut self, name: &str, spec: &WindowSpec, span: Span) -> Result<BoundWindow, SqlError> {
        let partition = spec.partition_by.iter().map(|expr| self.bind(expr)).collect::<Result<Vec<_>, _>>()?;
        let order = spec.order_by.iter().map(|item| {
            let expr = self.bind(&item.expr)?;
            Ok(BoundOrder { expr, descending: item.descending, nulls_first: nulls_first(item) })
        });
        let order = order.collect::<Result<Vec<_>, SqlError>>()?;
        let frame = match (&spec.frame, name) {
            (Some(frame), _) if is_window_function(name) => {
                let message = "ROW/RANGE not allowed with RANK, DENSE_RANK or ROW_NUMBER functions";
                return Err(SqlError::validation(message, frame.span));
            }
            (None, "ROW_NUMBER") => OverFrame::UnboundedRows,
            (None, _) => OverFrame::UnboundedRange,
            (Some(frame), _) => self.frame(frame, &order, span)?,
        };
        // Constants order nothing.
        let order = order.into_iter().filter(|order| !matches!(order.expr.kind, ExprKind::Literal(_)));
        let order: Vec<BoundOrder> = order.collect();
        if order.is_empty() && is_window_function(name) {
            let message = "Over Agg: The window rank function requires order by clause with non-constant fields. please re-check the over window statement.";
            return Err(SqlError::validation(message, span));
        }
        Ok(BoundWindow { partition, order, frame })
    }

    fn frame(&mut self, frame: &WindowFrame, order: &[BoundOrder], span: Span) -> Result<OverFrame, SqlError> {
        if !matches!(frame.end, None | Some(FrameBound::CurrentRow)) {
            return Err(following(span));
        }
        match (&frame.start, frame.unit) {
            (FrameBound::UnboundedPreceding, FrameUnit::Rows) => Ok(OverFrame::UnboundedRows),
            (FrameBound::UnboundedPreceding, FrameUnit::Range) => Ok(OverFrame::UnboundedRange),
            (FrameBound::Preceding(expr), unit) => {
                let bound = self.bind(expr)?;
                match (unit, &bound.ty.kind, as_literal(&bound)) {
                    (FrameUnit::Rows, TypeKind::Int | TypeKind::BigInt, Some(&Literal::Int(rows))) if rows >= 0 => {
                        Ok(OverFrame::Rows(rows as u64))
                    }
                    (FrameUnit::Rows, ..) => {
                        Err(SqlError::validation("ROWS PRECEDING takes a number of rows that is constant", expr.span))
                    }
                    (FrameUnit::Range, TypeKind::IntervalDayTime, Some(&Literal::Int(millis))) => {
                        Ok(OverFrame::Range(millis))
                    }
                    (FrameUnit::Range, ..) if order.iter().any(|order| is_time(&order.expr)) => {
                        Err(SqlError::validation("Data Type mismatch between ORDER BY and RANGE clause", expr.span)
                            .with_hint("RANGE over a time attribute takes an INTERVAL of days to seconds"))
                    }
                    (FrameUnit::Range, ..) => Err(SqlError::unsupported(
                        "Non-time attribute sort is not supported for bounded OVER window.",
                        span,
                    )),
                }
            }
            _ => Err(following(span)),
        }
    }
}

fn is_time(expr: &Expr) -> bool {
    expr.ty.time_attribute() != TimeAttribute::None
        || matches!(expr.ty.kind, TypeKind::Timestamp { .. } | TypeKind::TimestampLtz { .. })
}

fn following(span: Span) -> SqlError {
    SqlError::unsupported("OVER RANGE FOLLOWING windows are not supported yet.", span)
        .with_hint("a stream has no rows behind the current one: end the frame at CURRENT ROW")
}

/// A window that refines a named one.
fn refined(base: &WindowSpec, spec: &WindowSpec) -> WindowSpec {
    WindowSpec {
        base: None,
        partition_by: [base.partition_by.clone(), spec.partition_by.clone()].concat(),
        order_by: if spec.order_by.is_empty() { base.order_by.clone() } else { spec.order_by.clone() },
        frame: spec.frame.clone().or_else(|| base.frame.clone()),
        span: spec.span,
    }
}

/// `LAG(value [, offset [, default]])`
fn lag(mut args: Vec<Expr>, span: Span) -> Result<(Vec<Expr>, LogicalType), SqlError> {
    if args.is_empty() || args.len() > 3 {
        let message = "Invalid number of arguments to function 'LAG'. Was expecting 1 to 3 arguments";
        return Err(SqlError::validation(message, span));
    }
    if let Some(offset) = args.get(1)
        && !matches!((&offset.ty.kind, as_literal(offset)), (_, Some(Literal::Int(0..))))
    {
        return Err(SqlError::unsupported("the offset of LAG must be a constant that is not negative", span));
    }
    let bigint = TypeKind::BigInt.not_null();
    match args.get_mut(1) {
        Some(offset) => *offset = coerce(offset.clone(), &bigint),
        None => args.push(Expr::literal(Literal::Int(1), bigint)),
    }
    let value = args[0].ty.without_time_attribute();
    let mut ty = value.with_nullable(true);
    if args.len() == 3 {
        let types = [value.clone(), args[2].ty.clone()];
        let common = ::expr::types::common_type(&types)
            .ok_or_else(|| SqlError::validation(format!("LAG cannot give {} in place of {value}", types[1]), span))?;
        let nullable = args[2].ty.nullable;
        let default = args.remove(2);
        let first = args.remove(0);
        args.insert(0, coerce(first, &common));
        args.push(coerce(default, &common));
        ty = common.with_nullable(nullable);
    }
    Ok((args, ty))
}
