//! The catalogue of aggregates: what they take and what they give.

use dataflow::{LogicalType, TypeKind};

use super::average::average_scale;
use crate::functions::FunctionError;
use crate::functions::json::has_json;
use crate::types::decimal::MAX_PRECISION;
use crate::types::{is_character, is_constructed, is_integer, is_numeric};

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
    casts: Casts,
}

/// What arguments are cast to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Casts {
    /// They stay as they are.
    None,
    /// INT.
    Int,
    /// DOUBLE.
    Double,
    /// The value DOUBLE, the share or shares DOUBLE, the weight BIGINT.
    Percentile,
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
        name: "$SUM0",
        forms: &["$SUM0(<NUMERIC>)"],
        doc: "The sum; zero of no value. Of plans only: SQL has no name for it.",
        result: sum,
        empty: Empty::Value,
        casts: Casts::None,
    },
    AggregateDef {
        name: "ARRAY_AGG",
        forms: &["ARRAY_AGG(<ANY>)"],
        doc: "An array of the values, NULLs included.",
        result: array,
        empty: Empty::AlwaysNullable,
        casts: Casts::None,
    },
    AggregateDef {
        name: "AVG",
        forms: &["AVG(<NUMERIC>)"],
        doc: "The average; of integers an integer, cut towards zero.",
        result: average,
        empty: Empty::Null,
        casts: Casts::None,
    },
    AggregateDef {
        name: "BITMAP_AND_AGG",
        forms: &["BITMAP_AND_AGG(<BITMAP>)"],
        doc: "The integers that all bitmaps hold.",
        result: bitmap_to_bitmap,
        empty: Empty::AlwaysNullable,
        casts: Casts::None,
    },
    AggregateDef {
        name: "BITMAP_AND_CARDINALITY_AGG",
        forms: &["BITMAP_AND_CARDINALITY_AGG(<BITMAP>)"],
        doc: "The integers that all bitmaps hold: how many.",
        result: bitmap_to_count,
        empty: Empty::AlwaysNullable,
        casts: Casts::None,
    },
    AggregateDef {
        name: "BITMAP_BUILD_AGG",
        forms: &["BITMAP_BUILD_AGG(<INTEGER>)"],
        doc: "The integers as a bitmap.",
        result: integer_to_bitmap,
        empty: Empty::AlwaysNullable,
        casts: Casts::Int,
    },
    AggregateDef {
        name: "BITMAP_BUILD_CARDINALITY_AGG",
        forms: &["BITMAP_BUILD_CARDINALITY_AGG(<INTEGER>)"],
        doc: "The integers as a bitmap: how many.",
        result: integer_to_count,
        empty: Empty::AlwaysNullable,
        casts: Casts::Int,
    },
    AggregateDef {
        name: "BITMAP_OR_AGG",
        forms: &["BITMAP_OR_AGG(<BITMAP>)"],
        doc: "The integers that any bitmap holds.",
        result: bitmap_to_bitmap,
        empty: Empty::AlwaysNullable,
        casts: Casts::None,
    },
    AggregateDef {
        name: "BITMAP_OR_CARDINALITY_AGG",
        forms: &["BITMAP_OR_CARDINALITY_AGG(<BITMAP>)"],
        doc: "The integers that any bitmap holds: how many.",
        result: bitmap_to_count,
        empty: Empty::AlwaysNullable,
        casts: Casts::None,
    },
    AggregateDef {
        name: "BITMAP_XOR_AGG",
        forms: &["BITMAP_XOR_AGG(<BITMAP>)"],
        doc: "The integers that an odd number of bitmaps holds.",
        result: bitmap_to_bitmap,
        empty: Empty::AlwaysNullable,
        casts: Casts::None,
    },
    AggregateDef {
        name: "BITMAP_XOR_CARDINALITY_AGG",
        forms: &["BITMAP_XOR_CARDINALITY_AGG(<BITMAP>)"],
        doc: "The integers that an odd number of bitmaps holds: how many.",
        result: bitmap_to_count,
        empty: Empty::AlwaysNullable,
        casts: Casts::None,
    },
    AggregateDef {
        name: "COLLECT",
        forms: &["COLLECT(<ANY>)"],
        doc: "A multiset of the values that are not NULL.",
        result: multiset,
        empty: Empty::Value,
        casts: Casts::None,
    },
    AggregateDef {
        name: "COUNT",
        forms: &["COUNT(<ANY>)", "COUNT(*)"],
        doc: "The rows whose argument is not NULL.",
        result: count,
        empty: Empty::Value,
        casts: Casts::None,
    },
    AggregateDef {
        name: "FIRST_VALUE",
        forms: &["FIRST_VALUE(<ANY>)"],
        doc: "The first value that is not NULL.",
        result: value,
        empty: Empty::Null,
        casts: Casts::None,
    },
    AggregateDef {
        name: "JSON_ARRAYAGG_ABSENT_ON_NULL",
        forms: &["JSON_ARRAYAGG(<ANY> [{NULL | ABSENT} ON NULL])"],
        doc: "A JSON array of the values, NULLs left out.",
        result: json_list,
        empty: Empty::Value,
        casts: Casts::None,
    },
    AggregateDef {
        name: "JSON_ARRAYAGG_NULL_ON_NULL",
        forms: &["JSON_ARRAYAGG(<ANY> [{NULL | ABSENT} ON NULL])"],
        doc: "A JSON array of the values, NULLs written as null.",
        result: json_list,
        empty: Empty::Value,
        casts: Casts::None,
    },
    AggregateDef {
        name: "JSON_OBJECTAGG_ABSENT_ON_NULL",
        forms: &["JSON_OBJECTAGG([KEY] <CHARACTER> VALUE <ANY> [{NULL | ABSENT} ON NULL])"],
        doc: "A JSON object of keys and values, NULLs left out.",
        result: json_map,
        empty: Empty::Value,
        casts: Casts::None,
    },
    AggregateDef {
        name: "JSON_OBJECTAGG_NULL_ON_NULL",
        forms: &["JSON_OBJECTAGG([KEY] <CHARACTER> VALUE <ANY> [{NULL | ABSENT} ON NULL])"],
        doc: "A JSON object of keys and values, NULLs written as null.",
        result: json_map,
        empty: Empty::Value,
        casts: Casts::None,
    },
    AggregateDef {
        name: "LAST_VALUE",
        forms: &["LAST_VALUE(<ANY>)"],
        doc: "The last value that is not NULL.",
        result: value,
        empty: Empty::Null,
        casts: Casts::None,
    },
    AggregateDef {
        name: "LISTAGG",
        forms: &["LISTAGG(<CHARACTER>)", "LISTAGG(<CHARACTER>, <CHARACTER>)"],
        doc: "The texts joined by a separator, a comma unless given.",
        result: list,
        empty: Empty::Null,
        casts: Casts::None,
    },
    AggregateDef {
        name: "MAX",
        forms: &["MAX(<COMPARABLE_TYPE>)"],
        doc: "The greatest value.",
        result: comparable,
        empty: Empty::Null,
        casts: Casts::None,
    },
    AggregateDef {
        name: "MIN",
        forms: &["MIN(<COMPARABLE_TYPE>)"],
        doc: "The least value.",
        result: comparable,
        empty: Empty::Null,
        casts: Casts::None,
    },
    AggregateDef {
        name: "PERCENTILE",
        forms: &[
            "PERCENTILE(<NUMERIC>, <NUMERIC>)",
            "PERCENTILE(<NUMERIC>, <NUMERIC>, <INTEGER>)",
            "PERCENTILE(<NUMERIC>, <ARRAY>)",
            "PERCENTILE(<NUMERIC>, <ARRAY>, <INTEGER>)",
        ],
        doc: "The value below which a share of the values lies; of an array of shares an array.",
        result: percentile,
        empty: Empty::AlwaysNullable,
        casts: Casts::Percentile,
    },
    AggregateDef {
        name: "STDDEV",
        forms: &["STDDEV(<NUMERIC>)"],
        doc: "The standard deviation of a sample.",
        result: average,
        empty: Empty::AlwaysNullable,
        casts: Casts::Double,
    },
    AggregateDef {
        name: "STDDEV_POP",
        forms: &["STDDEV_POP(<NUMERIC>)"],
        doc: "The standard deviation of a population.",
        result: average,
        empty: Empty::Null,
        casts: Casts::Double,
    },
    AggregateDef {
        name: "STDDEV_SAMP",
        forms: &["STDDEV_SAMP(<NUMERIC>)"],
        doc: "The standard deviation of a sample.",
        result: average,
        empty: Empty::AlwaysNullable,
        casts: Casts::Double,
    },
    AggregateDef {
        name: "SUM",
        forms: &["SUM(<NUMERIC>)"],
        doc: "The sum; integers keep their type and wrap around.",
        result: sum,
        empty: Empty::Null,
        casts: Casts::None,
    },
    AggregateDef {
        name: "VARIANCE",
        forms: &["VARIANCE(<NUMERIC>)"],
        doc: "The variance of a sample.",
        result: average,
        empty: Empty::AlwaysNullable,
        casts: Casts::Double,
    },
    AggregateDef {
        name: "VAR_POP",
        forms: &["VAR_POP(<NUMERIC>)"],
        doc: "The variance of a population.",
        result: average,
        empty: Empty::Null,
        casts: Casts::Double,
    },
    AggregateDef {
        name: "VAR_SAMP",
        forms: &["VAR_SAMP(<NUMERIC>)"],
        doc: "The variance of a sample.",
        result: average,
        empty: Empty::AlwaysNullable,
        casts: Casts::Double,
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
    distinct: bool,
    grouped: bool,
) -> Result<ResolvedAggregate, FunctionError> {
    let name = name.to_uppercase();
    let Some(definition) = CATALOGUE.iter().find(|definition| definition.name == name) else {
        return Err(FunctionError::missing_types(&name, args));
    };
    if let Some(arg) = args.first().filter(|arg| distinct && !can_be_distinct(&arg.kind)) {
        let root = match arg.kind {
            TypeKind::Row(_) => "ROW",
            TypeKind::Map(..) => "MAP",
            TypeKind::Multiset(_) => "MULTISET",
            TypeKind::Binary { .. } => "BINARY",
            _ => "VARBINARY",
        };
        let message =
            format!("Distinct aggregate function does not support type: {root}.\nPlease re-check the data type.");
        return Err(FunctionError::BadArguments { message, hint: None });
    }
    let Some(kind) = (definition.result)(args) else {
        if name == "COUNT" {
            let message = "We now only support the count of one field.".to_owned();
            return Err(FunctionError::BadArguments { message, hint: None });
        }
        return Err(FunctionError::cannot_apply(&name, definition.forms, args));
    };
    let nullable = match definition.empty {
        Empty::Null => !grouped || args.iter().any(|arg| arg.nullable),
        Empty::AlwaysNullable => true,
        Empty::Value => false,
    };
    let cast = |(index, arg): (usize, &LogicalType)| match (definition.casts, index, &arg.kind) {
        (Casts::Int, ..) => TypeKind::Int.not_null().with_nullable(arg.nullable),
        (Casts::None, ..) => arg.without_time_attribute(),
        (Casts::Percentile, 1, TypeKind::Array(element)) => {
            let element = TypeKind::Double.not_null().with_nullable(element.nullable);
            TypeKind::Array(Box::new(element)).not_null().with_nullable(arg.nullable)
        }
        (Casts::Percentile, 2, _) => TypeKind::BigInt.not_null().with_nullable(arg.nullable),
        (Casts::Double | Casts::Percentile, ..) => TypeKind::Double.not_null().with_nullable(arg.nullable),
    };
    let arg_types = args.iter().enumerate().map(cast).collect();
    Ok(ResolvedAggregate { arg_types, result: kind.not_null().with_nullable(nullable) })
}

/// Flink has no keys of these types for DISTINCT.
fn can_be_distinct(kind: &TypeKind) -> bool {
    !matches!(
        kind,
        TypeKind::Row(_)
            | TypeKind::Map(..)
            | TypeKind::Multiset(_)
            | TypeKind::Binary { .. }
            | TypeKind::Varbinary { .. }
    )
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
        [arg]
            if !is_constructed(&arg.kind)
                && !matches!(
                    arg.kind,
                    TypeKind::Null
                        | TypeKind::Bitmap
                        | TypeKind::Variant
                        | TypeKind::Binary { .. }
                        | TypeKind::Varbinary { .. }
                ) =>
        {
            Some(arg.without_time_attribute().kind)
        }
        _ => None,
    }
}

/// Any value that can be kept.
fn value(args: &[LogicalType]) -> Option<TypeKind> {
    match args {
        [arg] if !matches!(arg.kind, TypeKind::Null | TypeKind::Bitmap | TypeKind::Variant) => {
            Some(arg.without_time_attribute().kind)
        }
        _ => None,
    }
}

fn count(args: &[LogicalType]) -> Option<TypeKind> {
    (args.len() <= 1).then_some(TypeKind::BigInt)
}

fn array(args: &[LogicalType]) -> Option<TypeKind> {
    match args {
        [arg] => Some(TypeKind::Array(Box::new(arg.without_time_attribute()))),
        _ => None,
    }
}

fn list(args: &[LogicalType]) -> Option<TypeKind> {
    let texts = args.iter().all(|arg| is_character(&arg.kind));
    (texts && (1..=2).contains(&args.len())).then_some(TypeKind::STRING)
}

fn multiset(args: &[LogicalType]) -> Option<TypeKind> {
    let element = value(args)?;
    Some(TypeKind::Multiset(Box::new(element.not_null().with_nullable(args[0].nullable))))
}

/// Flink gives aggregated JSON this type, however long it is.
const JSON: TypeKind = TypeKind::Varchar { length: 2000 };

/// Values of which any text is JSON already have a word behind them.
fn json_list(args: &[LogicalType]) -> Option<TypeKind> {
    is_json_value(args).then_some(JSON)
}

fn json_map(args: &[LogicalType]) -> Option<TypeKind> {
    let (key, value) = args.split_first()?;
    (is_character(&key.kind) && is_json_value(value)).then_some(JSON)
}

fn is_json_value(args: &[LogicalType]) -> bool {
    match args {
        [value] => has_json(&value.kind),
        [value, word] => is_character(&value.kind) && matches!(word.kind, TypeKind::Char { .. }),
        _ => false,
    }
}

fn percentile(args: &[LogicalType]) -> Option<TypeKind> {
    let (value, share, weight) = match args {
        [value, share] => (value, share, None),
        [value, share, weight] => (value, share, Some(weight)),
        _ => return None,
    };
    (is_numeric(&value.kind) && weight.is_none_or(|weight| is_integer(&weight.kind))).then_some(())?;
    match &share.kind {
        TypeKind::Array(element) if is_numeric(&element.kind) => {
            Some(TypeKind::Array(Box::new(TypeKind::Double.nullable())))
        }
        kind => is_numeric(kind).then_some(TypeKind::Double),
    }
}

fn bitmap_to_bitmap(args: &[LogicalType]) -> Option<TypeKind> {
    matches!(args, [arg] if arg.kind == TypeKind::Bitmap).then_some(TypeKind::Bitmap)
}

fn bitmap_to_count(args: &[LogicalType]) -> Option<TypeKind> {
    bitmap_to_bitmap(args).map(|_| TypeKind::BigInt)
}

fn integer_to_bitmap(args: &[LogicalType]) -> Option<TypeKind> {
    let takes = |kind: &TypeKind| matches!(kind, TypeKind::TinyInt | TypeKind::SmallInt | TypeKind::Int);
    matches!(args, [arg] if takes(&arg.kind)).then_some(TypeKind::Bitmap)
}

fn integer_to_count(args: &[LogicalType]) -> Option<TypeKind> {
    integer_to_bitmap(args).map(|_| TypeKind::BigInt)
}
