//! VARIANT: PARSE_JSON and TRY_PARSE_JSON, and access to what a variant holds. A variant is kept as the text of its JSON, without blanks, keys in
//! order, numbers as Flink prints them.

use arrow_array::builder::StringBuilder;
use arrow_array::types::Int32Type;
use dataflow::{Failure, TypeKind};

use std::sync::Arc;

use super::call::{Argument, BoundCall, Signature};
use super::{FunctionDef, Kernel};
use crate::json::{Json, Kind, Malformed, Reader};
use crate::types::is_character;

/// The family.
pub(super) fn functions() -> Vec<FunctionDef> {
    let new = FunctionDef::new;
    vec![
        new("PARSE_JSON", PARSE, "A JSON text as a VARIANT; the flag allows keys that come twice.", parsed, parse_json),
        new("TRY_PARSE_JSON", TRY_PARSE, "The same; NULL of what is no JSON.", tried, parse_json),
    ]
}

const PARSE: &[&str] = &["PARSE_JSON(<CHARACTER>)", "PARSE_JSON(<CHARACTER>, <BOOLEAN>)"];
const TRY_PARSE: &[&str] = &["TRY_PARSE_JSON(<CHARACTER>)", "TRY_PARSE_JSON(<CHARACTER>, <BOOLEAN>)"];

fn parsed(args: &[Argument]) -> Option<Signature> {
    let is_text = |arg: &Argument| is_character(arg.kind()) || *arg.kind() == TypeKind::Null;
    match args {
        [text] if is_text(text) => Signature::cast_to(args, &[TypeKind::STRING], TypeKind::Variant),
        [text, flag] if is_text(text) && *flag.kind() == TypeKind::Boolean => {
            Signature::cast_to(args, &[TypeKind::STRING, TypeKind::Boolean], TypeKind::Variant)
        }
        _ => None,
    }
}

fn tried(args: &[Argument]) -> Option<Signature> {
    let mut signature = parsed(args)?;
    signature.result.nullable = true;
    Some(signature)
}

/// Why a text is no variant.
enum Refusal {
    Malformed(Malformed),
    DuplicateKey(String),
}

impl From<Malformed> for Refusal {
    fn from(error: Malformed) -> Self {
        Refusal::Malformed(error)
    }
}

fn parse_json(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let tries = call.name == "TRY_PARSE_JSON";
    Ok(Kernel::fallible(move |args, rows| {
        let texts = args[0].text();
        let mut out = StringBuilder::with_capacity(rows, rows * 16);
        for row in 0..rows {
            let allowed = match args.get(1) {
                Some(flag) if flag.array().is_null(flag.position(row)) => None,
                Some(flag) => Some(arrow_array::cast::AsArray::as_boolean(flag.array()).value(flag.position(row))),
                None => Some(false),
            };
            let Some((text, allowed)) = texts.get(row).zip(allowed) else {
                out.append_null();
                continue;
            };
            match variant(text, allowed) {
                Ok(variant) => out.append_value(variant),
                Err(_) if tries => out.append_null(),
                Err(Refusal::Malformed(error)) => {
                    let message = format!("'{text}' is no JSON: it cannot be read at byte {}", error.at);
                    return Err(Failure::user(message).fatal());
                }
                Err(Refusal::DuplicateKey(key)) => {
                    let message = format!("VARIANT_DUPLICATE_KEY: the key '{key}' comes twice in an object");
                    return Err(Failure::user(message).fatal());
                }
            }
        }
        Ok(Arc::new(out.finish()))
    }))
}

/// The text of a variant.
fn variant(text: &str, duplicates: bool) -> Result<String, Refusal> {
    if !duplicates {
        let mut reader = Reader::new(text);
        check_keys(&mut reader)?;
    }
    let json = Json::parse(text)?;
    let mut out = String::with_capacity(text.len());
    json.write_with(write_variant_number, &mut out);
    Ok(out)
}

/// Fails at a key that comes twice in an object.
fn check_keys(reader: &mut Reader<'_>) -> Result<(), Refusal> {
    let mut duplicate = None;
    fn check(reader: &mut Reader<'_>, duplicate: &mut Option<String>) -> Result<(), Malformed> {
        match reader.peek()? {
            Kind::Object => {
                let mut keys: Vec<String> = Vec::new();
                reader.entries(|reader, key| {
                    if keys.iter().any(|known| *known == key) {
                        duplicate.get_or_insert_with(|| key.clone().into_owned());
                    }
                    keys.push(key.into_owned());
                    check(reader, duplicate)
                })
            }
            Kind::Array => reader.elements(|reader, _| check(reader, duplicate)),
            _ => reader.skip(),
        }
    }
    check(reader, &mut duplicate)?;
    duplicate.map_or(Ok(()), |key| Err(Refusal::DuplicateKey(key)))
}

/// Numbers with an exponent are DOUBLE, others with a point DECIMAL without zeros at the end.
fn write_variant_number(text: &str, out: &mut String) {
    if text.contains(['e', 'E']) {
        dataflow::java_number::write_double(text.parse().unwrap_or(f64::NAN), out);
    } else if text.contains('.') {
        out.push_str(text.trim_end_matches('0').trim_end_matches('.'));
    } else {
        out.push_str(if text == "-0" { "0" } else { text });
    }
}

/// `variant['key']`, `variant[1]`; NULL where there is nothing. A variant that is no object or array has no such thing.
pub(super) fn variant_item(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let by_key = is_character(call.arg(1)?);
    Ok(Kernel::fallible(move |args, rows| {
        let variants = args[0].text();
        let mut found = StringBuilder::with_capacity(rows, rows * 8);
        for row in 0..rows {
            found.append_option(
                match variants.get(row) {
                    Some(variant) if by_key => {
                        args[1].text().get(row).map(|key| by_key_of(variant, key)).transpose()?
                    }
                    Some(variant) => args[1].value::<Int32Type>(row).map(|at| by_index_of(variant, at)).transpose()?,
                    None => None,
                }
                .flatten(),
            );
        }
        Ok(Arc::new(found.finish()))
    }))
}

fn by_key_of<'a>(variant: &'a str, wanted: &str) -> Result<Option<&'a str>, Failure> {
    let mut reader = Reader::new(variant);
    if reader.peek() != Ok(Kind::Object) {
        return Err(Failure::user(
            "String key access on variant requires an object variant, but a non-object variant was provided.",
        ));
    }
    let mut found = None;
    let entries = reader.entries(|reader, key| {
        let value = reader.raw()?;
        if key == wanted {
            found = Some(value);
        }
        Ok(())
    });
    Ok(found.filter(|_| entries.is_ok()))
}

fn by_index_of(variant: &str, wanted: i32) -> Result<Option<&str>, Failure> {
    let mut reader = Reader::new(variant);
    if reader.peek() != Ok(Kind::Array) {
        return Err(Failure::user(
            "Integer index access on variant requires an array variant, but a non-array variant was provided.",
        ));
    }
    let mut found = None;
    let elements = reader.elements(|reader, index| {
        let value = reader.raw()?;
        if i32::try_from(index + 1) == Ok(wanted) {
            found = Some(value);
        }
        Ok(())
    });
    Ok(found.filter(|_| elements.is_ok()))
}

#[cfg(test)]
mod tests {
    use super::variant;

    #[test]
    fn variants_are_canonical() {
        let text = |json: &str| variant(json, false).ok();
        assert_eq!(text(r#"{"b":1.50, "a":[1e2, 2.0, "x"]}"#).as_deref(), Some(r#"{"a":[100.0,2,"x"],"b":1.5}"#));
        assert_eq!(text("1.5e10").as_deref(), Some("1.5E10"));
        assert_eq!(text(r#"{"a":1,"a":2}"#), None);
        assert_eq!(variant(r#"{"a":1,"a":2}"#, true).ok().as_deref(), Some(r#"{"a":2}"#));
    }
}
