//! What an encoder writes, the decoder of the same format reads back: for any rows, options and piece sizes.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array, StringArray,
    Time32MillisecondArray, TimestampMicrosecondArray,
};
use connectors::formats::Format;
use dataflow::{Batch, RowType, TypeKind};
use proptest::prelude::*;

use crate::{decode_pieces, encode, format, row};

fn types() -> RowType {
    row(&[
        ("flag", TypeKind::Boolean),
        ("small", TypeKind::Int),
        ("large", TypeKind::BigInt),
        ("real", TypeKind::Double),
        ("amount", TypeKind::Decimal { precision: 18, scale: 4 }),
        ("a \"quoted\" name", TypeKind::STRING),
        ("day", TypeKind::Date),
        ("time", TypeKind::Time { precision: 3 }),
        ("instant", TypeKind::timestamp(6)),
    ])
}

type Row = (
    Option<bool>,
    Option<i32>,
    Option<i64>,
    Option<f64>,
    Option<i64>,
    Option<String>,
    Option<i32>,
    Option<u32>,
    Option<i64>,
);

fn rows(text: &'static str) -> impl Strategy<Value = Vec<Row>> {
    let real = any::<f64>().prop_filter("NaN is not equal to itself", |value| !value.is_nan());
    let row = (
        any::<Option<bool>>(),
        any::<Option<i32>>(),
        any::<Option<i64>>(),
        proptest::option::of(real),
        proptest::option::of(-100_000_000_000_000_000i64..100_000_000_000_000_000),
        proptest::option::of(text),
        proptest::option::of(-700_000i32..2_900_000),
        proptest::option::of(0u32..86_400_000),
        // Years 1 to 9999 in microseconds.
        proptest::option::of(-62_135_596_800_000_000i64..253_402_300_800_000_000),
    );
    proptest::collection::vec(row, 0..8)
}

fn batch(rows: &[Row]) -> Batch {
    let decimals: Decimal128Array = rows.iter().map(|row| row.4.map(i128::from)).collect();
    let times: Time32MillisecondArray = rows.iter().map(|row| row.7.map(|millis| millis as i32)).collect();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(rows.iter().map(|row| row.0).collect::<BooleanArray>()),
        Arc::new(rows.iter().map(|row| row.1).collect::<Int32Array>()),
        Arc::new(rows.iter().map(|row| row.2).collect::<Int64Array>()),
        Arc::new(rows.iter().map(|row| row.3).collect::<Float64Array>()),
        Arc::new(decimals.with_precision_and_scale(18, 4).unwrap()),
        Arc::new(rows.iter().map(|row| row.5.clone()).collect::<StringArray>()),
        Arc::new(rows.iter().map(|row| row.6).collect::<Date32Array>()),
        Arc::new(times),
        Arc::new(rows.iter().map(|row| row.8).collect::<TimestampMicrosecondArray>()),
    ];
    Batch::from_columns(types().arrow_schema(), columns, None, rows.len()).unwrap()
}

fn check(format: &Format, rows: &[Row], piece: usize) -> Result<(), TestCaseError> {
    let written = batch(rows);
    let text: String = encode(format, &types(), &written).iter().map(|line| format!("{line}\n")).collect();
    let all: Vec<usize> = (0..types().len()).collect();
    let (read, errors) = decode_pieces(format, &types(), &all, text.as_bytes(), piece)
        .map_err(|failure| TestCaseError::fail(failure.one_line()))?;
    prop_assert_eq!(errors, 0);
    prop_assert_eq!(read.rows(), written.rows());
    Ok(())
}

proptest! {
    #[test]
    fn json(rows in rows("\\PC*|[\\x00-\\x20\"\\\\é]*"), piece in 1usize..300, plain in any::<bool>(), sparse in any::<bool>()) {
        let options = [
            ("encode.decimal-as-plain-number", if plain { "true" } else { "false" }),
            ("encode.ignore-null-fields", if sparse { "true" } else { "false" }),
            ("timestamp-format.standard", if plain { "ISO-8601" } else { "SQL" }),
        ];
        check(&format("json", &options), &rows, piece)?;
    }

    // A text that is the literal of NULL cannot be told from it, so the texts have none of its characters.
    #[test]
    fn csv(rows in rows("[a-m ,;\"'\\\\\\n\\r\\t#é😀|]{1,40}"), piece in 1usize..300, variant in 0usize..4) {
        let options: &[(&str, &str)] = match variant {
            0 => &[("null-literal", "NULL")],
            1 => &[("null-literal", "n/a"), ("field-delimiter", "|"), ("quote-character", "'")],
            2 => &[("null-literal", "n/a"), ("escape-character", "\\")],
            _ => &[("null-literal", "NULL"), ("field-delimiter", "\\t"), ("write-bigdecimal-in-scientific-notation", "false")],
        };
        check(&format("csv", options), &rows, piece)?;
    }
}
