//! JSON without paths: `IS JSON`, JSON_STRING, JSON_QUOTE, JSON_UNQUOTE; and the text of values as JSON, which others use too.

use std::fmt::Write;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dataflow::{Failure, LogicalType, TypeKind};

use super::call::{Argument, BoundCall, Signature};
use super::family::Family::Text;
use super::family::Nullability::{Never, OfArguments};
use super::family::signature;
use super::{FunctionDef, Kernel, loops};
use crate::json::{Kind, Reader, key_order, push_escaped, unescape, write_number, write_text};
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
    if *arg.kind() == TypeKind::Null {
        return Signature::cast_to(args, &[TypeKind::STRING], TypeKind::STRING);
    }
    has_json(arg.kind()).then_some(())?;
    Signature::unchanged(args, TypeKind::STRING)
}

/// Whether Flink writes values of the type as JSON.
pub(crate) fn has_json(kind: &TypeKind) -> bool {
    match kind {
        TypeKind::Boolean
        | TypeKind::Variant
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
    let accepts: fn(Kind) -> bool = match call.name {
        "IS JSON OBJECT" => |kind| kind == Kind::Object,
        "IS JSON ARRAY" => |kind| kind == Kind::Array,
        "IS JSON SCALAR" => |kind| !matches!(kind, Kind::Object | Kind::Array),
        _ => |_| true,
    };
    Ok(Kernel::new(move |args, rows| {
        let text = args[0].text();
        Ok(loops::booleans(rows, |row| {
            let Some(text) = text.get(row) else { return Some(false) };
            let mut reader = Reader::new(text);
            Some(reader.peek().is_ok_and(accepts) && reader.skip().is_ok())
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
                    _ => {
                        let _ = write!(out, "\\u{:04x}", u32::from(c));
                        // Flink goes over UTF-16 and writes the whole code point for the first half of a pair.
                        if let Some(low) = c.encode_utf16(&mut [0; 2]).get(1) {
                            let _ = write!(out, "\\u{low:04x}");
                        }
                    }
                }
            }
            out.push('"');
        }))
    }))
}

/// Text that is no JSON string stays as it is. Flink looks at the first string and takes off the last quote.
fn unquote(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let text = args[0].text();
        Ok(loops::mapped(text, rows, |text, out| {
            let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
            match inner.filter(|_| Reader::new(text).text().is_ok()) {
                Some(inner) => out.push_str(&unescape(inner)),
                None => out.push_str(text),
            }
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

/// Appends a value as JSON, entries of objects in the order of their keys.
pub(crate) fn write_json(array: &dyn Array, row: usize, ty: &LogicalType, out: &mut String) {
    if array.is_null(row) {
        out.push_str("null");
        return;
    }
    match &ty.kind {
        TypeKind::Boolean => out.push_str(if array.as_boolean().value(row) { "true" } else { "false" }),
        TypeKind::Variant => out.push_str(array.as_string::<i32>().value(row)),
        TypeKind::Char { .. } | TypeKind::Varchar { .. } => write_text(array.as_string::<i32>().value(row), out),
        TypeKind::Binary { .. } | TypeKind::Varbinary { .. } => {
            out.push('"');
            STANDARD.encode_string(array.as_binary::<i32>().value(row), out);
            out.push('"');
        }
        TypeKind::Float => write_double(array.as_primitive::<Float32Type>().value(row).into(), out),
        TypeKind::Double => write_double(array.as_primitive::<Float64Type>().value(row), out),
        TypeKind::Decimal { .. } => {
            let mut text = String::new();
            render_cell(array, row, ty, crate::Zone::UTC, &mut text);
            // A point, so that it is read as a BigDecimal.
            write_number(&if text.contains('.') { text } else { text + "e0" }, out);
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
            let mut order: Vec<usize> = (0..entries.len()).collect();
            order.sort_by(|&a, &b| key_order(keys.value(a), keys.value(b)));
            write_list('{', '}', order.len(), out, |at, out| {
                write_text(keys.value(order[at]), out);
                out.push(':');
                write_json(entries.column(1), order[at], value, out);
            });
        }
        TypeKind::Row(fields) => {
            let columns = array.as_struct().columns();
            let mut order: Vec<usize> = (0..columns.len()).collect();
            order.sort_by(|&a, &b| key_order(&fields.fields[a].name, &fields.fields[b].name));
            write_list('{', '}', order.len(), out, |at, out| {
                let field = &fields.fields[order[at]];
                write_text(&field.name, out);
                out.push(':');
                write_json(&columns[order[at]], row, &field.ty, out);
            });
        }
        // Numbers read the same; other types have no JSON.
        _ => render_cell(array, row, ty, crate::Zone::UTC, out),
    }
}

/// As a BigDecimal; what is no number, as text.
fn write_double(value: f64, out: &mut String) {
    let mut text = String::new();
    dataflow::java_number::write_double(value, &mut text);
    if value.is_finite() { write_number(&text, out) } else { write_text(&text, out) }
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
