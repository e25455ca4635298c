//! Readers for the files of recorded answers that tests go through.

use arrow_array::ArrayRef;
use dataflow::{Expr, Literal, LogicalType, TypeKind};

use crate::cast::parse::{parse_date, parse_time, parse_timestamp};
use crate::render::render_cell;

/// Reads `12`, `1.5`, `1e0`, `'text'`, `x'0a'`, `DATE '...'`, `TRUE`, `NULL:INT`.
pub(crate) fn literal(text: &str) -> Expr {
    let quoted =
        |prefix: &str| Some(text.strip_prefix(prefix)?.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'"));
    let (literal, kind) = if let Some(text) = quoted("") {
        let length = text.chars().count() as u32;
        (Literal::String(text), TypeKind::Char { length })
    } else if let Some(hex) = quoted("x") {
        let bytes = (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect();
        (Literal::Bytes(bytes), TypeKind::Binary { length: hex.len() as u32 / 2 })
    } else if let Some(text) = quoted("DATE ") {
        (Literal::Int(parse_date(&text).unwrap().into()), TypeKind::Date)
    } else if let Some(text) = quoted("TIME ") {
        let precision = text.split_once('.').map_or(0, |(_, fraction)| fraction.len()) as u8;
        (Literal::Int(parse_time(&text).unwrap().into()), TypeKind::Time { precision })
    } else if let Some(text) = quoted("TIMESTAMP ") {
        let (millis, nanos) = parse_timestamp(&text).unwrap();
        let precision = text.split_once('.').map_or(0, |(_, fraction)| fraction.len()) as u8;
        (Literal::Timestamp(i128::from(millis) * 1_000_000 + i128::from(nanos)), TypeKind::timestamp(precision))
    } else if let Some(kind) = text.strip_prefix("NULL:") {
        let kind = if kind == "INT" { TypeKind::Int } else { TypeKind::STRING };
        return Expr::literal(Literal::Null, kind.nullable());
    } else if text == "TRUE" || text == "FALSE" {
        (Literal::Boolean(text == "TRUE"), TypeKind::Boolean)
    } else if text.contains(['e', 'E']) {
        (Literal::Float(text.parse().unwrap()), TypeKind::Double)
    } else if let Some((whole, fraction)) = text.split_once('.') {
        let unscaled = format!("{whole}{fraction}");
        let digits = unscaled.trim_start_matches('-').trim_start_matches('0').len().max(fraction.len() + 1);
        let kind = TypeKind::Decimal { precision: digits as u8, scale: fraction.len() as u8 };
        (Literal::Decimal(unscaled.parse().unwrap()), kind)
    } else {
        let value: i64 = text.parse().unwrap();
        (Literal::Int(value), if i32::try_from(value).is_ok() { TypeKind::Int } else { TypeKind::BigInt })
    };
    Expr::literal(literal, kind.not_null())
}

/// A value as the SQL Client prints it, in UTC.
pub(crate) fn text(array: &ArrayRef, row: usize, ty: &LogicalType) -> String {
    let mut out = String::new();
    render_cell(array, row, ty, crate::Zone::UTC, &mut out);
    out
}

/// Reads the types that casts are recorded for: `INT`, `DECIMAL(5,2)`, `TIMESTAMP_LTZ(3)`.
pub(crate) fn type_kind(text: &str) -> TypeKind {
    let (name, rest) = text.split_once('(').unwrap_or((text, ""));
    let numbers: Vec<u32> = rest.trim_end_matches(')').split(',').filter_map(|number| number.parse().ok()).collect();
    let first = numbers.first().copied();
    let precision = first.unwrap_or(0) as u8;
    match name {
        "BOOLEAN" => TypeKind::Boolean,
        "TINYINT" => TypeKind::TinyInt,
        "SMALLINT" => TypeKind::SmallInt,
        "INT" => TypeKind::Int,
        "BIGINT" => TypeKind::BigInt,
        "FLOAT" => TypeKind::Float,
        "DOUBLE" => TypeKind::Double,
        "DECIMAL" => TypeKind::Decimal { precision, scale: numbers[1] as u8 },
        "CHAR" => TypeKind::Char { length: numbers[0] },
        "VARCHAR" => TypeKind::Varchar { length: numbers[0] },
        "STRING" => TypeKind::STRING,
        "BINARY" => TypeKind::Binary { length: numbers[0] },
        "VARBINARY" => TypeKind::Varbinary { length: numbers[0] },
        "DATE" => TypeKind::Date,
        "TIME" => TypeKind::Time { precision },
        "TIMESTAMP" => TypeKind::timestamp(precision),
        "TIMESTAMP_LTZ" => TypeKind::timestamp_ltz(precision),
        other => panic!("no such type: {other}"),
    }
}
