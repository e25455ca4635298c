//! Group windows (`GROUP BY TUMBLE(ts, ...)`) and window table functions (`TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), ...))`).

use dataflow::operator_spec::{WindowAssigner, WindowProperty};
use dataflow::{Expr, ExprKind, Literal, LogicalType, TimeAttribute, TypeKind};

use super::calcite::type_name;
use super::expr::{Clause, ExprBinder, SessionFacts};
use super::function::{as_literal, scalar_arg};
use super::scope::Scope;
use crate::ast::{FunctionArgs, FunctionCall, Span};
use crate::error::SqlError;

/// The kinds of window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the variants are Flink's window functions")]
pub(crate) enum WindowKind {
    Tumble,
    Hop,
    Cumulate,
    Session,
}

/// `TUMBLE_START` and its kin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GroupWindowFunction {
    /// Which window.
    pub kind: WindowKind,
    /// What of it.
    pub property: WindowProperty,
}

/// A window of GROUP BY.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GroupWindow {
    /// The time column.
    pub time: Expr,
    /// The windows.
    pub assigner: WindowAssigner,
}

impl WindowKind {
    /// The window that the upper-case name of a function of GROUP BY means.
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "TUMBLE" => Some(WindowKind::Tumble),
            "HOP" => Some(WindowKind::Hop),
            "SESSION" => Some(WindowKind::Session),
            _ => None,
        }
    }

    /// The same for a table function.
    pub fn of_table_function(name: &str) -> Option<Self> {
        if name == "CUMULATE" { Some(WindowKind::Cumulate) } else { Self::of(name) }
    }

    /// Its SQL word.
    pub fn word(self) -> &'static str {
        match self {
            WindowKind::Tumble => "TUMBLE",
            WindowKind::Hop => "HOP",
            WindowKind::Cumulate => "CUMULATE",
            WindowKind::Session => "SESSION",
        }
    }

    /// The names of the interval parameters of the table function, in order; the last of three is optional.
    pub fn parameters(self) -> &'static [&'static str] {
        match self {
            WindowKind::Tumble => &["SIZE", "OFFSET"],
            WindowKind::Hop => &["SLIDE", "SIZE", "OFFSET"],
            WindowKind::Cumulate => &["STEP", "SIZE", "OFFSET"],
            WindowKind::Session => &["GAP"],
        }
    }

    /// How Flink writes the signature of the table function.
    pub fn signature(self) -> &'static str {
        match self {
            WindowKind::Tumble => {
                "TUMBLE(TABLE table_name, DESCRIPTOR(timecol), datetime interval[, datetime interval])"
            }
            WindowKind::Hop => {
                "HOP(TABLE table_name, DESCRIPTOR(timecol), datetime interval, datetime interval[, datetime interval])"
            }
            WindowKind::Cumulate => {
                "CUMULATE(TABLE table_name, DESCRIPTOR(timecol), datetime interval, datetime interval[, datetime interval])"
            }
            WindowKind::Session => {
                "SESSION(TABLE table_name [PARTITION BY (keycols, ...)], DESCRIPTOR(timecol), datetime interval)"
            }
        }
    }

    /// The assigner of these intervals (ms), in the order of [`parameters`](Self::parameters).
    pub fn assigner(self, intervals: &[i64], span: Span) -> Result<WindowAssigner, SqlError> {
        let required = if matches!(self, WindowKind::Hop | WindowKind::Cumulate) { 2 } else { 1 };
        let invalid = |message: String| Err(SqlError::validation(format!("{} {message}", self.word()), span));
        for (interval, parameter) in intervals.iter().zip(self.parameters()).take(required) {
            if *interval <= 0 {
                let parameter = parameter.to_lowercase();
                return invalid(format!("requires {parameter} to be positive, but got {interval} ms."));
            }
        }
        let size = intervals[required - 1];
        let offset = intervals.get(required).copied().unwrap_or(0);
        if offset.abs() >= size {
            return invalid(format!(
                "table function parameters must satisfy abs(offset) < size, but got size {size} ms and offset {offset} ms."
            ));
        }
        Ok(match self {
            WindowKind::Tumble => WindowAssigner::Tumble { size, offset },
            WindowKind::Session => WindowAssigner::Session { gap: size },
            WindowKind::Hop => WindowAssigner::Hop { slide: intervals[0], size, offset },
            WindowKind::Cumulate => WindowAssigner::Cumulate { step: intervals[0], size, offset },
        })
    }
}

impl GroupWindowFunction {
    /// The function of that upper-case name.
    pub fn of(name: &str) -> Option<Self> {
        let (kind, property) = name.split_once('_')?;
        let kind = WindowKind::of(kind)?;
        let property = match property {
            "START" => WindowProperty::Start,
            "END" => WindowProperty::End,
            "ROWTIME" => WindowProperty::Rowtime,
            "PROCTIME" => WindowProperty::Proctime,
            _ => return None,
        };
        Some(Self { kind, property })
    }
}

/// Binds `TUMBLE(ts, INTERVAL ...)` of GROUP BY, or the same arguments of a function such as TUMBLE_START.
pub(crate) fn bind_group_window(
    kind: WindowKind,
    call: &FunctionCall,
    scope: &Scope,
    facts: &SessionFacts,
) -> Result<GroupWindow, SqlError> {
    let FunctionArgs::List(args) = &call.args else {
        return Err(wrong_arguments(kind, &[], call.span));
    };
    let mut binder = ExprBinder::new(scope, Clause::GroupBy, facts);
    let bound: Vec<Expr> = args.iter().map(|arg| binder.bind(scalar_arg(arg)?)).collect::<Result<_, _>>()?;
    let types: Vec<LogicalType> = bound.iter().map(|arg| arg.ty.clone()).collect();
    let intervals = if kind == WindowKind::Hop { 2 } else { 1 };
    let with_offset = bound.len() == intervals + 2 && kind != WindowKind::Session;
    if bound.len() != intervals + 1 && !with_offset
        || !is_datetime(&types[0])
        || !types[1..=intervals].iter().all(is_interval)
    {
        return Err(wrong_arguments(kind, &types, call.span));
    }
    if with_offset {
        let message = format!("{} window with alignment is not supported yet.", kind.word());
        return Err(SqlError::unsupported(message, call.span)
            .with_hint(format!("TABLE({}(...)) takes an offset as an interval", kind.word())));
    }
    let mut values = Vec::with_capacity(intervals);
    for (arg, written) in bound[1..].iter().zip(&args[1..]) {
        values.push(interval_millis(arg, written.span)?);
    }
    let time = bound.into_iter().next().expect("the time column was checked above");
    if !matches!(time.kind, ExprKind::Column(_)) {
        return Err(SqlError::validation("Window can only be defined on a time attribute column", args[0].span)
            .with_hint("compute the column in the table's DDL and declare a WATERMARK for it"));
    }
    Ok(GroupWindow { time, assigner: kind.assigner(&values, call.span)? })
}

fn wrong_arguments(kind: WindowKind, types: &[LogicalType], span: Span) -> SqlError {
    let name = kind.word();
    let given: Vec<String> = types.iter().map(|ty| format!("<{}>", type_name(ty))).collect();
    let forms: &[&str] = match kind {
        WindowKind::Hop => &[
            "<DATETIME>, <DATETIME_INTERVAL>, <DATETIME_INTERVAL>",
            "<DATETIME>, <DATETIME_INTERVAL>, <DATETIME_INTERVAL>, <TIME>",
        ],
        _ => &["<DATETIME>, <DATETIME_INTERVAL>", "<DATETIME>, <DATETIME_INTERVAL>, <TIME>"],
    };
    let forms: Vec<String> = forms.iter().map(|form| format!("'${name}({form})'")).collect();
    SqlError::validation(
        format!(
            "Cannot apply '${name}' to arguments of type '${name}({})'. Supported form(s): {}",
            given.join(", "),
            forms.join("\n")
        ),
        span,
    )
}

/// The milliseconds of a constant interval.
pub(super) fn interval_millis(expr: &Expr, span: Span) -> Result<i64, SqlError> {
    match (&expr.ty.kind, as_literal(expr)) {
        (TypeKind::IntervalDayTime, Some(Literal::Int(millis))) => Ok(*millis),
        (TypeKind::IntervalYearMonth, _) => Err(SqlError::unsupported(
            "Window aggregate only support SECOND, MINUTE, HOUR, DAY as the time unit. MONTH and YEAR time unit are not supported yet.",
            span,
        )),
        _ => {
            Err(SqlError::validation("Only constant window intervals with millisecond resolution are supported.", span))
        }
    }
}

/// Whether a window can be over a column of this type at all.
pub(super) fn is_datetime(ty: &LogicalType) -> bool {
    matches!(
        ty.kind,
        TypeKind::Timestamp { .. } | TypeKind::TimestampLtz { .. } | TypeKind::Date | TypeKind::Time { .. }
    )
}

fn is_interval(ty: &LogicalType) -> bool {
    matches!(ty.kind, TypeKind::IntervalDayTime | TypeKind::IntervalYearMonth)
}

/// Refuses a time column of a window table function that carries no time.
pub(super) fn check_time_column(kind: WindowKind, ty: &LogicalType, span: Span) -> Result<(), SqlError> {
    if !matches!(ty.kind, TypeKind::Timestamp { .. } | TypeKind::TimestampLtz { .. }) {
        return Err(SqlError::validation(
            format!(
                "The window function {} requires the timecol to be TIMESTAMP or TIMESTAMP_LTZ, but is {}.\nBesides, the timecol must be a time attribute type in streaming mode.",
                kind.signature(),
                super::calcite::summary(ty)
            ),
            span,
        ));
    }
    if ty.time_attribute() == TimeAttribute::None {
        return Err(not_a_time_attribute(ty, span));
    }
    Ok(())
}

/// The refusal of a timestamp that is no time attribute, as the time column of a table function.
pub(crate) fn not_a_time_attribute(ty: &LogicalType, span: Span) -> SqlError {
    let message = format!("The window function requires the timecol is a time attribute type, but is {}.", ty.kind);
    SqlError::validation(message, span).with_hint(TIME_ATTRIBUTE_HINT)
}

/// The same for a window of GROUP BY.
pub(crate) fn group_window_without_time(ty: &LogicalType) -> SqlError {
    let kind = &ty.kind;
    let message = format!("Window aggregate can only be defined over a time attribute column, but {kind} encountered.");
    SqlError::validation(message, Span::default()).with_hint(TIME_ATTRIBUTE_HINT)
}

const TIME_ATTRIBUTE_HINT: &str = "declare WATERMARK FOR the column in CREATE TABLE, or use a PROCTIME() column; joins and aggregates make time attributes ordinary columns";
