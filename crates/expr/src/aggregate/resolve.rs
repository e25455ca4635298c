//! The catalogue of aggregates: what they take and what they give.

use dataflow::{LogicalType, TypeKind};

use super::average::average_scale;
use crate::functions::FunctionError;
use crate::types::decimal::MAX_PRECISION;
use crate::types::{is_constructed, is_numeric};

/// An aggregate function of the catalogue.
#[derive(Debug)]
pub struct AggregateDef {
    /// Name, upper case.
    pub name: &'static str,
    /// The forms that it takes, as Flink prints them.
    pub forms: &'static [&'static str],
    /// One line of documentation.
    pub doc: &'static str,
    /// Kind of the result, when it takes these arguments.
    result: fn(&[LogicalType]) -> Option<TypeKind>,
    empty: Empty,
}

/// What the aggregate of no row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Empty {
    /// NULL, so that the result is nullable where a group can be empty or an argument is nullable.
    Null,
    /// Always NULL possible.
    AlwaysNullable,
    /// A value: the result is NOT NULL.
    Value,
}

/// What a call of an aggregate means.
#[derive(Debug, Clone, PartialEq)]
pub struct ResolvedAggregate {
    /// What the arguments have to be cast to.
    pub arg_types: Vec<LogicalType>,
    /// Result type.
    pub result: LogicalType,
}

const CATALOGUE: &[AggregateDef] = &[
    AggregateDef {
        name: "AVG",
        forms: &["AVG(<NUMERIC>)"],
        doc: "The average; of integers an integer, cut towards zero.",
        result: average,
        empty: Empty::Null,
    },
    AggregateDef {
        name: "COUNT",
        forms: &["COUNT(<ANY>...)", "COUNT(*)"],
        doc: "The rows whose arguments are all not NULL.",
        result: |_| Some(TypeKind::BigInt),
        empty: Empty::Value,
    },
    AggregateDef {
        name: "MAX",
        forms: &["MAX(<COMPARABLE_TYPE>)"],
        doc: "The greatest value.",
        result: comparable,
        empty: Empty::Null,
    },
    AggregateDef {
        name: "MIN",
        forms: &["MIN(<COMPARABLE_TYPE>)"],
        doc: "The least value.",
        result: comparable,
        empty: Empty::Null,
    },
    AggregateDef {
        name: "SUM",
        forms: &["SUM(<NUMERIC>)"],
        doc: "The sum; integers keep their type and wrap around.",
        result: sum,
        empty: Empty::Null,
    },
    AggregateDef {
        name: "SUM0",
        forms: &["SUM0(<NUMERIC>)"],
        doc: "The sum; zero of no value.",
        result: sum,
        empty: Empty::Value,
    },
];

/// All aggregate functions, by name.
pub fn catalogue() -> &'static [AggregateDef] {
    CATALOGUE
}

/// What an aggregate over arguments of these types means. `grouped`: every group has a row, that is, there is a GROUP BY and the call has no FILTER.
pub fn resolve(
    name: &str,
    args: &[LogicalType],
    _distinct: bool,
    grouped: bool,
) -> Result<ResolvedAggregate, FunctionError> {
    let name = name.to_uppercase();
    let name = if name == "$SUM0" { "SUM0" } else { name.as_str() };
    let Some(definition) = CATALOGUE.iter().find(|definition| definition.name == name) else {
        return Err(FunctionError::missing_types(name, args));
    };
    let Some(kind) = (definition.result)(args) else {
        return Err(FunctionError::cannot_apply(name, definition.forms, args));
    };
    let nullable = match definition.empty {
        Empty::Null => !grouped || args.iter().any(|arg| arg.nullable),
        Empty::AlwaysNullable => true,
        Empty::Value => false,
    };
    let arg_types = args.iter().map(LogicalType::without_time_attribute).collect();
    Ok(ResolvedAggregate { arg_types, result: kind.not_null().with_nullable(nullable) })
}

fn one_numeric(args: &[LogicalType]) -> Option<&TypeKind> {
    match args {
        [arg] if is_numeric(&arg.kind) => Some(&arg.kind),
        _ => None,
    }
}

fn sum(args: &[LogicalType]) -> Option<TypeKind> {
    Some(match one_numeric(args)? {
        TypeKind::Decimal { scale, .. } => TypeKind::Decimal { precision: MAX_PRECISION, scale: *scale },
        other => other.clone(),
    })
}

fn average(args: &[LogicalType]) -> Option<TypeKind> {
    Some(match one_numeric(args)? {
        TypeKind::Decimal { scale, .. } => TypeKind::Decimal { precision: MAX_PRECISION, scale: average_scale(*scale) },
        other => other.clone(),
    })
}

fn comparable(args: &[LogicalType]) -> Option<TypeKind> {
    match args {
        [arg] if !is_constructed(&arg.kind) && arg.kind != TypeKind::Null => Some(arg.without_time_attribute().kind),
        _ => None,
    }
}
