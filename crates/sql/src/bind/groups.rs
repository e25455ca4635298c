//! The aggregation under construction while a SELECT with GROUP BY or aggregates is bound.
//!
//! Expressions above it are bound over its future output: keys, then calls, then window properties.

use dataflow::operator_spec::WindowProperty;
use dataflow::{AggregateCall, Expr, ExprKind, Field, LogicalType, RowType};

use super::expr::{Clause, ExprBinder, SessionFacts, coerce, function_error, not_supported};
use super::scope::Scope;
use super::window::GroupWindow;
use crate::ast::{FunctionArgs, FunctionCall, SetQuantifier, Span};
use crate::error::SqlError;
use crate::logical::{Aggregate, LogicalPlan, LogicalWindow, WindowAggregate};

/// Output index of the first window property until the number of calls is known.
const PROPERTY_BASE: usize = 1 << 24;

/// Flink's aggregates that the catalogue may not have: they are refused as aggregates, not as unknown functions.
const UNSUPPORTED: [&str; 24] = [
    "APPROX_COUNT_DISTINCT",
    "ARRAY_AGG",
    "ARRAY_CONCAT_AGG",
    "COLLECT",
    "CUME_DIST",
    "DENSE_RANK",
    "FIRST_VALUE",
    "GROUPING",
    "GROUPING_ID",
    "JSON_ARRAYAGG",
    "JSON_OBJECTAGG",
    "LAG",
    "LAST_VALUE",
    "LEAD",
    "LISTAGG",
    "NTILE",
    "PERCENTILE",
    "PERCENT_RANK",
    "RANK",
    "ROW_NUMBER",
    "STDDEV_POP",
    "STDDEV_SAMP",
    "VAR_POP",
    "VAR_SAMP",
];

/// Keys, window and aggregates of one GROUP BY.
#[derive(Debug)]
pub(crate) struct Groups {
    keys: Vec<Expr>,
    window: Option<GroupWindow>,
    calls: Vec<BoundCall>,
    properties: Vec<WindowProperty>,
}

#[derive(Debug, Clone, PartialEq)]
struct BoundCall {
    function: String,
    args: Vec<Expr>,
    distinct: bool,
    filter: Option<Expr>,
    ty: LogicalType,
}

/// Whether the upper-case name is an aggregate's.
pub(crate) fn is_aggregate(name: &str) -> bool {
    ::expr::aggregate::catalogue().iter().any(|aggregate| aggregate.name == name) || UNSUPPORTED.contains(&name)
}

impl Groups {
    /// An aggregation by these keys, and a window.
    pub fn new(keys: Vec<Expr>, window: Option<GroupWindow>) -> Self {
        Self { keys, window, calls: Vec::new(), properties: Vec::new() }
    }

    /// The output column of a grouped expression, if it is a key.
    pub fn key_of(&self, expr: &Expr) -> Option<Expr> {
        let index = self.keys.iter().position(|key| key == expr)?;
        Some(Expr::column(index, expr.ty.clone()))
    }

    /// The output column of a window property, if `window` is the one grouped by.
    pub fn window_property(&mut self, window: &GroupWindow, property: WindowProperty) -> Option<Expr> {
        if self.window.as_ref() != Some(window) {
            return None;
        }
        let index = self.properties.iter().position(|known| *known == property).unwrap_or_else(|| {
            self.properties.push(property);
            self.properties.len() - 1
        });
        Some(Expr::column(PROPERTY_BASE + index, logical_window(window, 0).property_type(property)))
    }

    /// The output column of an aggregate call.
    pub fn aggregate(
        &mut self,
        name: &str,
        call: &FunctionCall,
        scope: &Scope,
        facts: &SessionFacts,
        span: Span,
    ) -> Result<Expr, SqlError> {
        if !call.order_by.is_empty() || call.within_group || call.nulls.is_some() {
            return Err(not_supported("ORDER BY, WITHIN GROUP or NULLS of an aggregate", span));
        }
        let mut binder = ExprBinder::new(scope, Clause::Aggregate, facts);
        let distinct = call.quantifier == Some(SetQuantifier::Distinct);
        let args = match &call.args {
            FunctionArgs::Star if name == "COUNT" => Vec::new(),
            FunctionArgs::List(args) if name == "COUNT" && args.is_empty() => {
                let message = "Invalid number of arguments to function 'COUNT'. Was expecting 1 arguments";
                return Err(SqlError::validation(message, span).with_hint("COUNT(*) counts rows"));
            }
            args => binder.scalar_args(args, span)?,
        };
        let filter = call.filter.as_ref().map(|filter| binder.bind_condition(filter)).transpose()?;
        let types: Vec<LogicalType> = args.iter().map(|arg| arg.ty.without_time_attribute()).collect();
        let grouped = !self.keys.is_empty() || self.window.is_some();
        let resolved = ::expr::aggregate::resolve(name, &types, distinct, grouped && filter.is_none())
            .map_err(|error| function_error(&error, span))?;
        let args = args.into_iter().zip(&resolved.arg_types).map(|(arg, ty)| coerce(arg, ty)).collect();
        let bound = BoundCall {
            function: name.to_owned(),
            args,
            distinct,
            filter,
            ty: resolved.result.without_time_attribute(),
        };
        let index = self.calls.iter().position(|known| *known == bound).unwrap_or_else(|| {
            self.calls.push(bound);
            self.calls.len() - 1
        });
        Ok(Expr::column(self.keys.len() + index, self.calls[index].ty.clone()))
    }

    /// Builds the aggregation over `input`. `above` are the expressions bound over it, whose columns are settled here; `names` are those of the
    /// select list, after which aggregates are called where they stand alone.
    pub fn build(self, input: LogicalPlan, above: &mut [Expr], names: &[String]) -> LogicalPlan {
        let mut columns = Columns::default();
        let keys: Vec<usize> = self.keys.iter().map(|key| columns.add(key, input.output())).collect();
        let window =
            self.window.as_ref().map(|window| logical_window(window, columns.add(&window.time, input.output())));
        let calls: Vec<AggregateCall> = self
            .calls
            .iter()
            .map(|call| AggregateCall {
                function: call.function.clone(),
                args: call.args.iter().map(|arg| columns.add(arg, input.output())).collect(),
                distinct: call.distinct,
                filter: call.filter.as_ref().map(|filter| columns.add(filter, input.output())),
                ty: call.ty.clone(),
            })
            .collect();
        let (first_call, first_property) = (keys.len(), keys.len() + calls.len());
        for expr in above.iter_mut() {
            expr.map_columns(&mut |index| {
                if index >= PROPERTY_BASE { index - PROPERTY_BASE + first_property } else { index }
            });
        }
        let name_of = |index: usize| {
            let item =
                above.iter().position(|expr| expr.kind == ExprKind::Column(index)).and_then(|item| names.get(item));
            item.cloned().unwrap_or_else(|| format!("$f{index}"))
        };
        let mut fields: Vec<Field> = keys.iter().map(|&key| columns.fields[key].clone()).collect();
        fields.extend(calls.iter().enumerate().map(|(i, call)| Field::new(name_of(first_call + i), call.ty.clone())));
        let input = Box::new(input.project(columns.exprs, RowType::new(columns.fields)));
        match window {
            None => LogicalPlan::Aggregate(Aggregate { input, keys, calls, output: RowType::new(fields) }),
            Some(window) => {
                let typed = |(i, property): (usize, &WindowProperty)| {
                    Field::new(name_of(first_property + i), window.property_type(*property))
                };
                fields.extend(self.properties.iter().enumerate().map(typed));
                LogicalPlan::WindowAggregate(WindowAggregate {
                    input,
                    window,
                    keys,
                    calls,
                    properties: self.properties,
                    output: RowType::new(fields),
                    is_legacy: true,
                })
            }
        }
    }
}

fn logical_window(window: &GroupWindow, column: usize) -> LogicalWindow {
    LogicalWindow { column: Some(column), ty: window.time.ty.clone(), assigner: window.assigner }
}

/// The projection below an aggregation: each expression once.
#[derive(Default)]
struct Columns {
    exprs: Vec<Expr>,
    fields: Vec<Field>,
}

impl Columns {
    fn add(&mut self, expr: &Expr, input: &RowType) -> usize {
        if let Some(index) = self.exprs.iter().position(|known| known == expr) {
            return index;
        }
        let name = match expr.kind {
            ExprKind::Column(index) => input.fields[index].name.clone(),
            _ => format!("$f{}", self.exprs.len()),
        };
        self.exprs.push(expr.clone());
        self.fields.push(Field::new(name, expr.ty.clone()));
        self.exprs.len() - 1
    }
}
