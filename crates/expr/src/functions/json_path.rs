//! JSON_EXISTS, JSON_VALUE and JSON_QUERY: what a path finds in a document, and what becomes of it when it finds nothing or fails.
//!
//! Clauses follow the path as constants: JSON_EXISTS(document, path, on error), JSON_VALUE(document, path, NULL of the result type, on empty,
//! default, on error, default), JSON_QUERY(document, path, NULL of the result type, wrapper, on empty, on error). A result type that no clause
//! names is that of the untyped NULL.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Float64Builder, Int32Builder, ListBuilder, StringBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, cast::AsArray};
use arrow_schema::{DataType, Field};
use dataflow::{Failure, Literal, LogicalType, TypeKind};

use super::call::{Argument, BoundCall, Signature};
use super::{FunctionDef, Kernel, loops};
use crate::json::path::{JsonPath, PathError};
use crate::json::{Json, write_number};
use crate::operand::{Operand, TextOperand};
use crate::render::render_cell;
use crate::types::{is_character, length};

/// The family.
pub(super) fn functions() -> Vec<FunctionDef> {
    let new = FunctionDef::new;
    vec![
        new("JSON_EXISTS", EXISTS, "Whether a path finds something in a JSON document.", exists_types, json_exists),
        new("JSON_VALUE", VALUE, "The scalar that a path finds in a JSON document.", value_types, json_value),
        new("JSON_QUERY", QUERY, "What a path finds in a JSON document, as JSON.", query_types, json_query),
    ]
}

const EXISTS: &[&str] = &["JSON_EXISTS(<CHARACTER>, <CHARACTER LITERAL> [{TRUE | FALSE | UNKNOWN | ERROR} ON ERROR])"];
const VALUE: &[&str] =
    &["JSON_VALUE(<CHARACTER>, <CHARACTER LITERAL> [RETURNING {STRING | BOOLEAN | INTEGER | DOUBLE}] \
    [{NULL | ERROR | DEFAULT <ANY>} ON EMPTY] [{NULL | ERROR | DEFAULT <ANY>} ON ERROR])"];
const QUERY: &[&str] = &["JSON_QUERY(<CHARACTER>, <CHARACTER LITERAL> [RETURNING {STRING | ARRAY<STRING>}] \
    [{WITHOUT | WITH CONDITIONAL | WITH UNCONDITIONAL} ARRAY WRAPPER] \
    [{NULL | EMPTY ARRAY | EMPTY OBJECT | ERROR} ON EMPTY] [{NULL | EMPTY ARRAY | EMPTY OBJECT | ERROR} ON ERROR])"];

/// Whether document and path are text, and the path a literal.
fn takes(args: &[Argument], count: usize) -> Option<()> {
    let text = |arg: &Argument| is_character(arg.kind()) || arg.ty.kind == TypeKind::Null;
    (args.len() == count && args.iter().take(2).all(text)).then_some(())
}

/// A path that is NULL is none.
fn exists_types(args: &[Argument]) -> Option<Signature> {
    takes(args, 3)?;
    (args[1].literal != Some(Literal::Null)).then_some(())?;
    with_texts(args, TypeKind::Boolean.nullable())
}

/// The document and path, when untyped, as text.
fn with_texts(args: &[Argument], result: LogicalType) -> Option<Signature> {
    let mut signature = Signature::with_result(args, result)?;
    for ty in signature.args.iter_mut().take(2).filter(|ty| ty.kind == TypeKind::Null) {
        *ty = TypeKind::STRING.nullable();
    }
    Some(signature)
}

fn result_type(args: &[Argument]) -> TypeKind {
    match args.get(2).map(|arg| &arg.ty.kind) {
        None | Some(TypeKind::Null) => TypeKind::STRING,
        Some(kind) => kind.clone(),
    }
}

fn value_types(args: &[Argument]) -> Option<Signature> {
    takes(args, 7)?;
    let kind = result_type(args);
    let supported = matches!(kind, TypeKind::Varchar { .. } | TypeKind::Boolean | TypeKind::Int | TypeKind::Double);
    supported.then_some(())?;
    with_texts(args, kind.nullable())
}

/// ARRAY<STRING> is the only other result; an empty object is none.
fn query_types(args: &[Argument]) -> Option<Signature> {
    takes(args, 6)?;
    let kind = result_type(args);
    match &kind {
        TypeKind::Varchar { .. } => {}
        TypeKind::Array(element) if element.kind == TypeKind::STRING => {
            let empty_object = |arg: &Argument| arg.literal == Some(Literal::String("EMPTY OBJECT".to_owned()));
            (!args.iter().skip(4).any(empty_object)).then_some(())?;
        }
        _ => return None,
    }
    with_texts(args, kind.nullable())
}

/// What a path found.
enum Found {
    Value(Json),
    /// Nothing, and that is no error.
    Nothing,
    Failed(String),
}

/// A path, compiled, and whether it is lax.
struct Path {
    lax: bool,
    path: Result<JsonPath, PathError>,
}

impl Path {
    /// `[strict | lax] path`; strict unless it is said.
    fn parse(text: &str) -> Path {
        let trimmed = text.trim_start();
        let mode = |word: &str| {
            let rest = trimmed.get(word.len()..).filter(|_| trimmed[..word.len()].eq_ignore_ascii_case(word))?;
            (rest.starts_with(char::is_whitespace) && !rest.trim().is_empty()).then(|| rest.trim_start())
        };
        let (lax, path) = match (mode("lax"), mode("strict")) {
            (Some(path), _) => (true, path),
            (_, Some(path)) => (false, path),
            _ => (false, text),
        };
        Path { lax, path: JsonPath::parse(path) }
    }

    fn find(&self, document: &str) -> Found {
        let path = match &self.path {
            Ok(path) => path,
            Err(PathError::Invalid(message)) => return Found::Failed(message.clone()),
            Err(_) => return Found::Failed("the path is not valid".to_owned()),
        };
        match path.read(document) {
            Ok(_) if document.trim() == "null" => Found::Failed("the document is null".to_owned()),
            Ok(value) => Found::Value(value),
            Err(PathError::NotFound) if self.lax && path.is_definite() => Found::Nothing,
            Err(PathError::NotFound) if self.lax => Found::Value(Json::Array(Vec::new())),
            Err(PathError::Malformed(_)) if self.lax => Found::Nothing,
            Err(PathError::NotFound) => Found::Failed("No results for path".to_owned()),
            Err(PathError::Malformed(error)) => {
                Found::Failed(format!("'{document}' is no JSON: it cannot be read at byte {}", error.at))
            }
            Err(PathError::Invalid(message)) => Found::Failed(message),
        }
    }
}

/// The paths of a call: a constant one compiled once.
struct Paths(Option<Path>);

impl Paths {
    fn of(call: &BoundCall<'_>) -> Paths {
        Paths(call.constant_text(1).map(Path::parse))
    }

    /// What is found in each document; NULL when document or path is.
    fn find(&self, documents: TextOperand<'_>, paths: TextOperand<'_>, row: usize) -> Option<Found> {
        let (document, path) = (documents.get(row)?, paths.get(row)?);
        Some(match &self.0 {
            Some(path) => path.find(document),
            None => Path::parse(path).find(document),
        })
    }
}

fn json_exists(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let paths = Paths::of(call);
    let on_error = call.constant_text(2).unwrap_or_default().to_owned();
    Ok(Kernel::fallible(move |args, rows| {
        let mut out = BooleanBuilder::with_capacity(rows);
        for row in 0..rows {
            out.append_option(match paths.find(args[0].text(), args[1].text(), row) {
                None => None,
                Some(Found::Nothing | Found::Value(Json::Null)) => Some(false),
                Some(Found::Value(_)) => Some(true),
                Some(Found::Failed(message)) => match on_error.as_str() {
                    "ERROR" => return Err(failed(&message)),
                    "UNKNOWN" => None,
                    word => Some(word == "TRUE"),
                },
            });
        }
        Ok(Arc::new(out.finish()))
    }))
}

fn failed(message: &str) -> Failure {
    Failure::user(message.to_owned()).fatal()
}

/// What becomes of a row that has no value.
enum Behavior {
    Null,
    Error,
    /// The argument at this index.
    Default(usize),
}

impl Behavior {
    fn of(call: &BoundCall<'_>, index: usize) -> Behavior {
        match call.constant_text(index) {
            Some("ERROR") => Behavior::Error,
            Some("DEFAULT") => Behavior::Default(index + 1),
            _ => Behavior::Null,
        }
    }
}

/// A value of JSON_VALUE.
enum Scalar<'a> {
    Json(&'a Json),
    /// An argument's value for the row.
    Default(&'a Operand, &'a LogicalType),
}

fn json_value(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let paths = Paths::of(call);
    let (on_empty, on_error) = (Behavior::of(call, 3), Behavior::of(call, 5));
    let (types, kind) = (call.args.to_vec(), call.result.kind.clone());
    let zone = call.context.time_zone;
    Ok(Kernel::fallible(move |args, rows| {
        let mut out = ValueBuilder::new(&kind, rows);
        for row in 0..rows {
            let Some(found) = paths.find(args[0].text(), args[1].text(), row) else {
                out.null();
                continue;
            };
            let lax = match &paths.0 {
                Some(path) => path.lax,
                None => Path::parse(args[1].text().get(row).unwrap_or_default()).lax,
            };
            let (behavior, message) = match &found {
                Found::Value(value) if *value != Json::Null && value.is_scalar() => {
                    out.append(Scalar::Json(value), row, zone)?;
                    continue;
                }
                Found::Value(value) if !lax => {
                    let mut text = String::new();
                    value.write(&mut text);
                    let message =
                        format!("Strict jsonpath mode requires scalar value, and the actual value is: '{text}'");
                    (&on_error, message)
                }
                Found::Value(_) | Found::Nothing => {
                    (&on_empty, "Empty result of JSON_VALUE function is not allowed".to_owned())
                }
                Found::Failed(message) => (&on_error, message.clone()),
            };
            match behavior {
                Behavior::Null => out.null(),
                Behavior::Error => return Err(failed(&message)),
                Behavior::Default(index) => out.append(Scalar::Default(&args[*index], &types[*index]), row, zone)?,
            }
        }
        Ok(out.finish())
    }))
}

/// The results of JSON_VALUE. A value of another kind than the result is an error, also as a default.
enum ValueBuilder {
    Text(StringBuilder, Option<u32>),
    Boolean(BooleanBuilder),
    Int(Int32Builder),
    Double(Float64Builder),
}

impl ValueBuilder {
    fn new(kind: &TypeKind, rows: usize) -> Self {
        match kind {
            TypeKind::Boolean => ValueBuilder::Boolean(BooleanBuilder::with_capacity(rows)),
            TypeKind::Int => ValueBuilder::Int(Int32Builder::with_capacity(rows)),
            TypeKind::Double => ValueBuilder::Double(Float64Builder::with_capacity(rows)),
            kind => {
                let limit = length(kind).filter(|length| *length != dataflow::types::MAX_LENGTH);
                ValueBuilder::Text(StringBuilder::with_capacity(rows, rows * 8), limit)
            }
        }
    }

    fn null(&mut self) {
        match self {
            ValueBuilder::Text(out, _) => out.append_null(),
            ValueBuilder::Boolean(out) => out.append_null(),
            ValueBuilder::Int(out) => out.append_null(),
            ValueBuilder::Double(out) => out.append_null(),
        }
    }

    fn append(&mut self, value: Scalar<'_>, row: usize, zone: crate::Zone) -> Result<(), Failure> {
        let mut text = String::new();
        match (&value, self) {
            (Scalar::Default(operand, _), out) if operand.array().is_null(operand.position(row)) => out.null(),
            (Scalar::Json(value), ValueBuilder::Text(out, limit)) => {
                match value {
                    Json::Text(value) => text.push_str(value),
                    Json::Number(value) => write_number(value, &mut text),
                    value => value.write(&mut text),
                }
                out.append_value(cut(&text, *limit));
            }
            (Scalar::Default(operand, ty), ValueBuilder::Text(out, limit)) => {
                render_cell(operand.array(), operand.position(row), ty, zone, &mut text);
                out.append_value(cut(&text, *limit));
            }
            (Scalar::Json(Json::Boolean(value)), ValueBuilder::Boolean(out)) => out.append_value(*value),
            (Scalar::Default(operand, ty), ValueBuilder::Boolean(out)) if ty.kind == TypeKind::Boolean => {
                out.append_value(operand.array().as_boolean().value(operand.position(row)));
            }
            (Scalar::Json(Json::Number(number)), ValueBuilder::Int(out)) if number.parse::<i32>().is_ok() => {
                out.append_option(number.parse().ok());
            }
            (Scalar::Default(operand, ty), ValueBuilder::Int(out)) if ty.kind == TypeKind::Int => {
                out.append_option(operand.value::<Int32Type>(row));
            }
            (Scalar::Json(Json::Number(number)), ValueBuilder::Double(out)) if number.contains(['.', 'e', 'E']) => {
                out.append_option(number.parse().ok());
            }
            (Scalar::Json(value), _) => {
                value.write(&mut text);
                return Err(failed(&format!("JSON_VALUE found {text}, which is not of the type that it returns")));
            }
            (Scalar::Default(_, ty), _) => {
                return Err(failed(&format!(
                    "a default of JSON_VALUE is of type {ty}, which is not the type that it returns"
                )));
            }
        }
        Ok(())
    }

    fn finish(self) -> ArrayRef {
        match self {
            ValueBuilder::Text(mut out, _) => Arc::new(out.finish()),
            ValueBuilder::Boolean(mut out) => Arc::new(out.finish()),
            ValueBuilder::Int(mut out) => Arc::new(out.finish()),
            ValueBuilder::Double(mut out) => Arc::new(out.finish()),
        }
    }
}

/// The first characters of a text.
fn cut(text: &str, limit: Option<u32>) -> &str {
    match limit.and_then(|limit| text.char_indices().nth(limit as usize)) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// Whether JSON_QUERY wraps what it finds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrapper {
    Without,
    Conditional,
    Unconditional,
}

fn json_query(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let paths = Paths::of(call);
    let wrapper = match call.constant_text(3) {
        Some("CONDITIONAL") => Wrapper::Conditional,
        Some("UNCONDITIONAL") => Wrapper::Unconditional,
        _ => Wrapper::Without,
    };
    let behavior = |index| call.constant_text(index).unwrap_or("NULL").to_owned();
    let (on_empty, on_error) = (behavior(4), behavior(5));
    let as_array = matches!(call.result.kind, TypeKind::Array(_));
    let limit = length(&call.result.kind).filter(|length| *length != dataflow::types::MAX_LENGTH);
    Ok(Kernel::fallible(move |args, rows| {
        let results = (0..rows).map(|row| {
            let Some(found) = paths.find(args[0].text(), args[1].text(), row) else { return Ok(None) };
            let lax = match &paths.0 {
                Some(path) => path.lax,
                None => Path::parse(args[1].text().get(row).unwrap_or_default()).lax,
            };
            queried(found, lax, wrapper, (&on_empty, &on_error), as_array)
        });
        if as_array {
            let field = Field::new("element", DataType::Utf8, true);
            let mut out = ListBuilder::new(StringBuilder::new()).with_field(field);
            for result in results {
                let Some(Json::Array(elements)) = result? else {
                    out.append(false);
                    continue;
                };
                for element in &elements {
                    let mut text = String::new();
                    match element {
                        Json::Null => {
                            out.values().append_null();
                            continue;
                        }
                        Json::Text(value) => text.push_str(value),
                        element => element.write(&mut text),
                    }
                    out.values().append_value(&text);
                }
                out.append(true);
            }
            return Ok(Arc::new(out.finish()));
        }
        let results = results.collect::<Result<Vec<_>, _>>()?;
        Ok(loops::texts(rows, |row, out| {
            results[row].as_ref()?.write(out);
            let kept = cut(out, limit).len();
            out.truncate(kept);
            Some(())
        }))
    }))
}

/// The value of a row of JSON_QUERY.
fn queried(
    found: Found,
    lax: bool,
    wrapper: Wrapper,
    (on_empty, on_error): (&str, &str),
    as_array: bool,
) -> Result<Option<Json>, Failure> {
    let (behavior, message) = match found {
        Found::Value(Json::Null) | Found::Nothing if lax => {
            (on_empty, "Empty result of JSON_QUERY function is not allowed".to_owned())
        }
        Found::Value(value) => {
            let wrapped = match (wrapper, &value) {
                (Wrapper::Without, _) | (Wrapper::Conditional, Json::Array(_)) | (_, Json::Null) => value,
                _ => Json::Array(vec![value]),
            };
            if wrapped.is_scalar() || as_array && !matches!(wrapped, Json::Array(_)) {
                let mut text = String::new();
                wrapped.write(&mut text);
                let message = format!("JSON_QUERY requires an array or object, and the actual value is: '{text}'");
                (if lax && wrapped.is_scalar() { on_empty } else { on_error }, message)
            } else {
                return Ok(Some(wrapped));
            }
        }
        Found::Nothing => (on_empty, "Empty result of JSON_QUERY function is not allowed".to_owned()),
        Found::Failed(message) => (on_error, message),
    };
    match behavior {
        "ERROR" => Err(failed(&message)),
        "EMPTY ARRAY" => Ok(Some(Json::Array(Vec::new()))),
        "EMPTY OBJECT" => Ok(Some(Json::Object(Vec::new()))),
        _ => Ok(None),
    }
}
