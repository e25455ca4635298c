//! JSON without paths: `IS JSON`, JSON_STRING, JSON_QUOTE, JSON_UNQUOTE.

use std::fmt::Write;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dataflow::{Failure, LogicalType, TypeKind};
use serde_json::Value;

use super::call::{Argument, BoundCall, Signature};
use super::family::Family::Text;
use super::family::Nullability::{Never, OfArguments};
use super::family::signature;
use super::{FunctionDef, Kernel, loops};
use crate::render::{render_cell, timestamp_parts};
use crate::types::{is_character, is_numeric};

/// The family.
pub(super) fn functions() -> Vec<FunctionDef> {
    let new = FunctionDef::new;
    vec![
        new("IS JSON VALUE", &["<CHARACTER> IS JSON VALUE"], "Whether it is JSON.", tested, is_json),
        new("IS JSON OBJECT", &["<CHARACTER> IS JSON OBJECT"], "Whether it is a JSON object.", tested, is_json),
        new("IS JSON ARRAY", &["<CHARACTER> IS JSON ARRAY"], "Whether it is a JSON array.", tested, is_json),
        new("IS JSON SCALAR", &["<CHARACTER> IS JSON SCALAR"], "Whether it is another JSON value.", tested, is_json),
        new("JSON_QUOTE", &["JSON_QUOTE(<CHARACTER>)"], "A text as a JSON string.", text_to_text, quote),
        new("JSON_UNQUOTE", &["JSON_UNQUOTE(<CHARACTER>)"], "The text of a JSON string.", text_to_text, unquote),
        new("JSON_STRING", &["JSON_STRING(<ANY>)"], "A value as JSON.", any_to_text, json_string),
    ]
}

/// FALSE of NULL.
fn tested(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text], 1, TypeKind::Boolean, Never)
}

fn text_to_text(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text], 1, TypeKind::STRING, OfArguments)
}

fn any_to_text(args: &[Argument]) -> Option<Signature> {
    let [arg] = args else { return None };
    has_json(arg.kind()).then_some(())?;
    Signature::unchanged(args, TypeKind::STRING)
}

/// Whether Flink writes values of the type as JSON.
fn has_json(kind: &TypeKind) -> bool {
    match kind {
        TypeKind::Boolean
        | TypeKind::Binary { .. }
        | TypeKind::Varbinary { .. }
        | TypeKind::Timestamp { .. }
        | TypeKind::TimestampLtz { .. } => true,
        TypeKind::Array(element) => has_json(&element.kind),
        TypeKind::Map(key, value) => is_character(&key.kind) && has_json(&value.kind),
        TypeKind::Row(row) => row.fields.iter().all(|field| has_json(&field.ty.kind)),
        kind => is_character(kind) || is_numeric(kind),
    }
}

fn is_json(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let accepts: fn(&Value) -> bool = match call.name {
        "IS JSON OBJECT" => Value::is_object,
        "IS JSON ARRAY" => Value::is_array,
        "IS JSON SCALAR" => |value| !value.is_object() && !value.is_array(),
        _ => |_| true,
    };
    Ok(Kernel::new(move |args, rows| {
        let text = args[0].text();
        Ok(loops::booleans(rows, |row| {
            let value = text.get(row).and_then(|text| serde_json::from_str::<Value>(text).ok());
            Some(value.is_some_and(|value| accepts(&value)))
        }))
    }))
}

/// Everything but ASCII is escaped, and so is the slash.
fn quote(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let text = args[0].text();
        Ok(loops::mapped(text, rows, |text, out| {
            out.push('"');
            for c in text.chars() {
                match c {
                    '/' => out.push_str("\\/"),
                    _ if c.is_ascii() => push_escaped(c, out),
                    _ => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                        let _ = write!(out, "\\u{unit:04x}");
                    }),
                }
            }
            out.push('"');
        }))
    }))
}

fn push_escaped(c: char, out: &mut String) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        c if c < ' ' => {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        }
        c => out.push(c),
    }
}

/// Text that is no JSON string stays as it is.
fn unquote(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let text = args[0].text();
        Ok(loops::mapped(text, rows, |text, out| match serde_json::from_str::<Value>(text) {
            Ok(Value::String(unquoted)) => out.push_str(&unquoted),
            _ => out.push_str(text),
        }))
    }))
}

/// NULL of NULL; inside of a value NULL is `null`.
fn json_string(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let ty = call.args.first().cloned().ok_or_else(|| call.no_kernel())?;
    Ok(Kernel::new(move |args, rows| {
        let values = args[0].expand(rows)?;
        Ok(loops::texts(rows, |row, out| {
            values.is_valid(row).then_some(())?;
            write_json(&values, row, &ty, out);
            Some(())
        }))
    }))
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    text.chars().for_each(|c| push_escaped(c, out));
    out.push('"');
}

fn write_json(array: &dyn Array, row: usize, ty: &LogicalType, out: &mut String) {
    if array.is_null(row) {
        out.push_str("null");
        return;
    }
    match &ty.kind {
        TypeKind::Boolean => out.push_str(if array.as_boolean().value(row) { "true" } else { "false" }),
        TypeKind::Char { .. } | TypeKind::Varchar { .. } => write_text(array.as_string::<i32>().value(row), out),
        TypeKind::Binary { .. } | TypeKind::Varbinary { .. } => {
            out.push('"');
            STANDARD.encode_string(array.as_binary::<i32>().value(row), out);
            out.push('"');
        }
        TypeKind::Double => {
            let mut text = String::new();
            dataflow::java_number::write_double(array.as_primitive::<Float64Type>().value(row), &mut text);
            // As BigDecimal writes a positive exponent.
            out.push_str(&if text.contains("E-") { text } else { text.replace('E', "E+") });
        }
        TypeKind::Timestamp { precision, .. } => write_timestamp(array, row, *precision, "", out),
        TypeKind::TimestampLtz { precision, .. } => write_timestamp(array, row, *precision, "Z", out),
        TypeKind::Array(element) => {
            let elements = array.as_list::<i32>().value(row);
            write_list('[', ']', elements.len(), out, |at, out| write_json(&elements, at, element, out));
        }
        TypeKind::Map(_, value) => {
            let entries = array.as_map().value(row);
            let keys = entries.column(0).as_string::<i32>();
            write_list('{', '}', entries.len(), out, |at, out| {
                write_text(keys.value(at), out);
                out.push(':');
                write_json(entries.column(1), at, value, out);
            });
        }
        TypeKind::Row(fields) => {
            let columns = array.as_struct().columns();
            write_list('{', '}', columns.len(), out, |at, out| {
                write_text(&fields.fields[at].name, out);
                out.push(':');
                write_json(&columns[at], row, &fields.fields[at].ty, out);
            });
        }
        // Numbers read the same; other types have no JSON.
        _ => render_cell(array, row, ty, chrono_tz::Tz::UTC, out),
    }
}

fn write_list(open: char, close: char, count: usize, out: &mut String, item: impl Fn(usize, &mut String)) {
    out.push(open);
    for index in 0..count {
        if index > 0 {
            out.push(',');
        }
        item(index, out);
    }
    out.push(close);
}

/// ISO 8601, with as many digits after the point as are needed.
fn write_timestamp(array: &dyn Array, row: usize, precision: u8, suffix: &str, out: &mut String) {
    let (millis, nanos) = timestamp_parts(array, row, precision);
    let mut text = String::new();
    crate::render::timestamp(millis, nanos, 9, &mut text);
    let text = text.replacen(' ', "T", 1);
    let text = text.strip_suffix(".000000000").unwrap_or(text.trim_end_matches('0'));
    let _ = write!(out, "\"{text}{suffix}\"");
}
