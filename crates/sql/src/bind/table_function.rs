//! Table functions in FROM: the window functions TUMBLE, HOP, CUMULATE and SESSION; TO_CHANGELOG and FROM_CHANGELOG are in `changelog`.

use dataflow::{Expr, ExprKind, RowType};

use super::Binder;
use super::changelog::is_changelog_function;
use super::expr::{Clause, ExprBinder, not_supported};
use super::scope::Scope;
use super::window::{WindowKind, check_time_column, interval_millis};
use crate::ast::{
    self, FunctionArg, FunctionArgValue, FunctionArgs, FunctionCall, Ident, Query, Span, TableArg, TableArgSource,
};
use crate::error::SqlError;
use crate::logical::{LogicalPlan, LogicalWindow, WindowTableFunction, identity, window_columns};

/// The arguments of a window function by parameter.
struct WindowArgs<'c> {
    table: WindowInput<'c>,
    time: (&'c Ident, Span),
    intervals: Vec<&'c FunctionArg>,
}

/// The rows that a window function is over.
#[derive(Clone, Copy)]
enum WindowInput<'c> {
    Table(&'c TableArg),
    /// `(SELECT ...)`
    Query(&'c Query),
}

impl Binder<'_> {
    pub(super) fn table_function(&mut self, call: &FunctionCall, lateral: bool) -> Result<LogicalPlan, SqlError> {
        let name = call.name.last().value.to_uppercase();
        if is_changelog_function(&name) && !lateral {
            return self.changelog_function(&name, call);
        }
        let Some(kind) = WindowKind::of_table_function(&name) else {
            return Err(not_supported(&format!("the table function {name}"), call.span)
                .with_hint("TUMBLE, HOP, CUMULATE, SESSION, TO_CHANGELOG and FROM_CHANGELOG are supported"));
        };
        if lateral {
            return Err(SqlError::validation(format!("{name} cannot be LATERAL"), call.span));
        }
        let args = window_args(kind, call)?;
        let (input, names) = match args.table {
            WindowInput::Table(TableArg { source: TableArgSource::Name(name), .. }) => {
                // `TABLE t` is `SELECT * FROM t`.
                let (plan, names) = self.table(name, &[], name.span)?;
                let row = plan.output().clone();
                (plan.project(identity(&row), row), names)
            }
            WindowInput::Table(TableArg { source: TableArgSource::Query(query), .. }) => {
                (self.query(query)?, Vec::new())
            }
            WindowInput::Query(query) => (self.query(query)?, Vec::new()),
        };
        let scope = Scope::of_table(names, input.output());
        let (time, descriptor) = args.time;
        let unknown = |error| SqlError { message: format!("Unknown identifier '{}'", time.value), ..error };
        let column = scope.index_of(time).map_err(unknown)?;
        let ty = input.output().fields[column].ty.clone();
        check_time_column(kind, &ty, descriptor)?;
        let nothing = Scope::default();
        let mut binder = ExprBinder::new(&nothing, Clause::Values, &self.facts);
        let mut values = Vec::new();
        for arg in &args.intervals {
            let FunctionArgValue::Expr(expr) = &arg.value else {
                return Err(wrong_call(kind, arg.span));
            };
            values.push(interval_millis(&binder.bind(expr)?, arg.span)?);
        }
        let assigner = kind.assigner(&values, call.span)?;
        let window = LogicalWindow { column: Some(column), ty, assigner, is_attached: false };
        let partition = match args.table {
            WindowInput::Table(table) => self.partition(kind, table, &scope)?,
            WindowInput::Query(_) => Vec::new(),
        };
        let mut fields = input.output().fields.clone();
        fields.extend(window_columns(&window).fields);
        Ok(LogicalPlan::WindowTableFunction(WindowTableFunction {
            input: Box::new(input),
            window,
            partition,
            output: RowType::new(fields),
            span: call.span,
        }))
    }

    fn partition(&self, kind: WindowKind, table: &TableArg, scope: &Scope) -> Result<Vec<usize>, SqlError> {
        if kind != WindowKind::Session && !table.partition_by.is_empty() {
            return Err(SqlError::validation(format!("{} takes no PARTITION BY", kind.word()), table.span));
        }
        let mut binder = ExprBinder::new(scope, Clause::GroupBy, &self.facts);
        let column = |expr| match binder.bind(expr)? {
            Expr { kind: ExprKind::Column(index), .. } => Ok(index),
            _ => Err(SqlError::validation("PARTITION BY takes columns only", table.span)),
        };
        table.partition_by.iter().map(column).collect()
    }
}

/// Sorts the arguments, positional or named, into their parameters.
fn window_args(kind: WindowKind, call: &FunctionCall) -> Result<WindowArgs<'_>, SqlError> {
    let wrong = || wrong_call(kind, call.span);
    let FunctionArgs::List(args) = &call.args else {
        return Err(wrong());
    };
    let parameters: Vec<&str> = ["DATA", "TIMECOL"].iter().chain(kind.parameters()).copied().collect();
    let mut by_parameter: Vec<Option<&FunctionArg>> = vec![None; parameters.len()];
    for (position, arg) in args.iter().enumerate() {
        let index = match &arg.name {
            None => position,
            Some(name) => {
                let upper = name.value.to_uppercase();
                parameters.iter().position(|parameter| *parameter == upper).ok_or_else(|| {
                    SqlError::validation(format!("{} has no parameter '{}'", kind.word(), name.value), name.span)
                        .with_detail(format!("its parameters are {}", parameters.join(", ")))
                })?
            }
        };
        *by_parameter.get_mut(index).ok_or_else(wrong)? = Some(arg);
    }
    let required = if parameters.last() == Some(&"OFFSET") { parameters.len() - 1 } else { parameters.len() };
    if by_parameter[..required].iter().any(Option::is_none) {
        let message =
            format!("Invalid number of arguments to function '{}'. Was expecting {required} arguments", kind.word());
        return Err(
            SqlError::validation(message, call.span).with_detail(format!("Supported form(s): {}", kind.signature()))
        );
    }
    let mut given = by_parameter.into_iter().flatten();
    let (Some(table), Some(time)) = (given.next(), given.next()) else {
        return Err(wrong());
    };
    let table = match &table.value {
        FunctionArgValue::Table(table) => WindowInput::Table(table),
        FunctionArgValue::Expr(ast::Expr { kind: ast::ExprKind::Subquery(query), .. }) => WindowInput::Query(query),
        _ => return Err(wrong()),
    };
    let FunctionArgValue::Descriptor(columns) = &time.value else {
        return Err(wrong());
    };
    let [column] = columns.as_slice() else {
        return Err(wrong());
    };
    Ok(WindowArgs { table, time: (column, time.span), intervals: given.collect() })
}

fn wrong_call(kind: WindowKind, span: Span) -> SqlError {
    SqlError::validation(format!("{} is called with wrong arguments", kind.word()), span)
        .with_detail(format!("Supported form(s): {}", kind.signature()))
}
