//! JSON_OBJECT and JSON_ARRAY.
//!
//! `JSON_OBJECT(on null, key, how, value, ...)` and `JSON_ARRAY(on null, how, value, ...)`: `on null` is NULL or ABSENT; `how` says what a value is:
//! VALUE is written as JSON, JSON is the text of one of these functions, DOCUMENT is the text of a document.

use arrow_array::{Array, ArrayRef};
use dataflow::{Failure, Literal, LogicalType, TypeKind};

use super::call::{Argument, BoundCall, Signature};
use super::json::{has_json, write_json};
use super::{FunctionDef, Kernel, loops};
use crate::json::{Json, key_order, write_text};
use crate::operand::Operand;
use crate::types::is_character;

/// The family.
pub(super) fn functions() -> Vec<FunctionDef> {
    let new = FunctionDef::new;
    vec![
        new("JSON_OBJECT", OBJECT, "A JSON object of these keys and values.", object_types, json_object),
        new("JSON_ARRAY", ARRAY, "A JSON array of these values.", array_types, json_array),
    ]
}

const OBJECT: &[&str] = &["JSON_OBJECT([[KEY] <CHARACTER LITERAL> VALUE <ANY>]* [{NULL | ABSENT} ON NULL])"];
const ARRAY: &[&str] = &["JSON_ARRAY([<ANY>]* [{NULL | ABSENT} ON NULL])"];

fn object_types(args: &[Argument]) -> Option<Signature> {
    let items = args.get(1..)?.chunks(3);
    let takes = |item: &[Argument]| match item {
        [key, how, value] => matches!(key.literal, Some(Literal::String(_))) && is_item(how, value),
        _ => false,
    };
    items.into_iter().all(takes).then_some(())?;
    Signature::with_result(args, TypeKind::STRING.not_null())
}

fn array_types(args: &[Argument]) -> Option<Signature> {
    let items = args.get(1..)?.chunks(2);
    items.into_iter().all(|item| matches!(item, [how, value] if is_item(how, value))).then_some(())?;
    Signature::with_result(args, TypeKind::STRING.not_null())
}

/// Whether a value can be written as it is meant.
fn is_item(how: &Argument, value: &Argument) -> bool {
    let has_text = |kind: &TypeKind| is_character(kind);
    match &how.literal {
        Some(Literal::String(how)) if how == "VALUE" => has_json(value.kind()),
        _ => has_text(value.kind()),
    }
}

/// A value of the result.
struct Item {
    key: Option<String>,
    how: How,
    argument: usize,
    ty: LogicalType,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Value,
    Json,
    Document,
}

fn items(call: &BoundCall<'_>, keyed: bool) -> Vec<Item> {
    let width = if keyed { 3 } else { 2 };
    let of = |argument: usize| Item {
        key: keyed.then(|| call.constant_text(argument - 2).unwrap_or_default().to_owned()),
        how: match call.constant_text(argument - 1) {
            Some("JSON") => How::Json,
            Some("DOCUMENT") => How::Document,
            _ => How::Value,
        },
        argument,
        ty: call.args[argument].clone(),
    };
    (width..call.args.len()).step_by(width).map(of).collect()
}

fn json_object(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let absent = call.constant_text(0) == Some("ABSENT");
    // The last value of a key is the one that counts.
    let mut entries: Vec<Item> = Vec::new();
    for item in items(call, true) {
        match entries.iter_mut().find(|known| known.key == item.key) {
            Some(known) => *known = item,
            None => entries.push(item),
        }
    }
    entries.sort_by(|a, b| key_order(a.key.as_deref().unwrap_or_default(), b.key.as_deref().unwrap_or_default()));
    Ok(build('{', '}', entries, absent))
}

fn json_array(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let absent = call.constant_text(0) == Some("ABSENT");
    Ok(build('[', ']', items(call, false), absent))
}

fn build(open: char, close: char, items: Vec<Item>, absent: bool) -> Kernel {
    Kernel::fallible(move |args: &[Operand], rows| {
        let values = items.iter().map(|item| args[item.argument].expand(rows)).collect::<Result<Vec<ArrayRef>, _>>()?;
        let mut failure = None;
        let texts = loops::texts(rows, |row, out| {
            out.push(open);
            for (item, values) in items.iter().zip(&values) {
                if absent && values.is_null(row) {
                    continue;
                }
                if out.len() > 1 {
                    out.push(',');
                }
                if let Some(key) = &item.key {
                    write_text(key, out);
                    out.push(':');
                }
                if let Err(error) = write_item(item, values, row, out) {
                    failure.get_or_insert(error);
                }
            }
            out.push(close);
            Some(())
        });
        failure.map_or(Ok(texts), Err)
    })
}

fn write_item(item: &Item, values: &ArrayRef, row: usize, out: &mut String) -> Result<(), Failure> {
    if values.is_null(row) || item.how == How::Value {
        write_json(values, row, &item.ty, out);
        return Ok(());
    }
    let text = arrow_array::cast::AsArray::as_string::<i32>(values.as_ref()).value(row);
    if item.how == How::Json {
        out.push_str(text);
        return Ok(());
    }
    if text.is_empty() {
        out.push_str("null");
        return Ok(());
    }
    let document = Json::parse(text).map_err(|error| {
        Failure::user(format!("'{text}' is no JSON: it cannot be read at byte {}", error.at)).fatal()
    })?;
    document.write(out);
    Ok(())
}
