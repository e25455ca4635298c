//! REGEXP and its kin, and the functions that split text. An invalid pattern gives FALSE or NULL, as in Flink.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, MapBuilder, MapFieldNames, StringBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, BooleanArray, Int32Array};
use arrow_schema::{DataType, Field};
use dataflow::java_map::{hash_map_order, string_hash_code};
use dataflow::{Failure, TypeKind};

use super::call::{Argument, BoundCall, Signature};
use super::family::Family::{Int, Text};
use super::family::Nullability::{Always, OfArguments};
use super::family::signature;
use super::java_pattern::{JavaPattern, each_match};
use super::{FunctionDef, Kernel, loops};
use crate::operand::Operand;

/// The family.
pub(super) fn functions() -> Vec<FunctionDef> {
    let new = FunctionDef::new;
    vec![
        new(
            "REGEXP",
            &["REGEXP(<CHARACTER>, <CHARACTER>)"],
            "Whether a part matches a regular expression.",
            matching,
            regexp,
        ),
        new("REGEXP_EXTRACT", EXTRACT, "A group of the first match.", extracted, regexp_extract),
        new("REGEXP_EXTRACT_ALL", EXTRACT_ALL, "A group of every match.", extracted_all, regexp_extract_all),
        new(
            "REGEXP_REPLACE",
            &["REGEXP_REPLACE(<CHARACTER>, <CHARACTER>, <CHARACTER>)"],
            "Every match replaced by a text.",
            replaced,
            regexp_replace,
        ),
        new("REGEXP_COUNT", &["REGEXP_COUNT(<CHARACTER>, <CHARACTER>)"], "Number of matches.", to_int, regexp_count),
        new(
            "REGEXP_INSTR",
            &["REGEXP_INSTR(<CHARACTER>, <CHARACTER>)"],
            "Where the first match is; 0: nowhere.",
            to_int,
            regexp_instr,
        ),
        new("REGEXP_SUBSTR", &["REGEXP_SUBSTR(<CHARACTER>, <CHARACTER>)"], "The first match.", to_text, regexp_substr),
        new(
            "SPLIT_INDEX",
            &["SPLIT_INDEX(<CHARACTER>, <CHARACTER>, <INTEGER>)"],
            "A part of a split text, from zero.",
            split_types,
            split_index,
        ),
        new("SPLIT", &["SPLIT(<CHARACTER>, <CHARACTER>)"], "The parts of a text.", split_all, split),
        new("STR_TO_MAP", STR_TO_MAP, "A map of the pairs in a text.", map_types, str_to_map),
    ]
}

const EXTRACT: &[&str] =
    &["REGEXP_EXTRACT(<CHARACTER>, <CHARACTER>)", "REGEXP_EXTRACT(<CHARACTER>, <CHARACTER>, <INTEGER>)"];
const EXTRACT_ALL: &[&str] =
    &["REGEXP_EXTRACT_ALL(<CHARACTER>, <CHARACTER>)", "REGEXP_EXTRACT_ALL(<CHARACTER>, <CHARACTER>, <INTEGER>)"];
const STR_TO_MAP: &[&str] = &["STR_TO_MAP(<CHARACTER>)", "STR_TO_MAP(<CHARACTER>, <CHARACTER>, <CHARACTER>)"];

fn texts() -> TypeKind {
    TypeKind::Array(Box::new(TypeKind::STRING.nullable()))
}

fn matching(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Text], 2, TypeKind::Boolean, OfArguments)
}

fn extracted(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Text, Int], 2, TypeKind::STRING, Always)
}

fn extracted_all(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Text, Int], 2, texts(), Always)
}

fn replaced(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Text, Text], 3, TypeKind::STRING, OfArguments)
}

fn to_int(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Text], 2, TypeKind::Int, Always)
}

fn to_text(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Text], 2, TypeKind::STRING, Always)
}

fn split_types(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Text, Int], 3, TypeKind::STRING, Always)
        .or_else(|| signature(args, &[Text, Int, Int], 3, TypeKind::STRING, Always))
}

fn split_all(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Text], 2, texts(), OfArguments)
}

fn map_types(args: &[Argument]) -> Option<Signature> {
    (args.len() != 2).then_some(())?;
    let text = || Box::new(TypeKind::STRING.nullable());
    signature(args, &[Text, Text, Text], 1, TypeKind::Map(text(), text()), Always)
}

/// The patterns of a call: a constant one compiled once, others once for each text that they have.
struct Patterns {
    constant: Option<Option<JavaPattern>>,
}

impl Patterns {
    fn new(call: &BoundCall<'_>) -> Patterns {
        Patterns { constant: call.constant_text(1).map(|pattern| JavaPattern::new(pattern).ok()) }
    }

    /// The regular expression of each row; `None` where the pattern is NULL or invalid.
    fn of<'a>(&'a self, pattern: &Operand, rows: usize) -> RowPatterns<'a> {
        if let Some(constant) = &self.constant {
            return RowPatterns::Constant(constant.as_ref());
        }
        let texts = pattern.text();
        let mut known: HashMap<&str, Option<usize>> = HashMap::new();
        let mut compiled = Vec::new();
        let mut add = |text: &str| {
            compiled.push(JavaPattern::new(text).ok()?);
            Some(compiled.len() - 1)
        };
        let of_row = |row| texts.get(row).and_then(|text| *known.entry(text).or_insert_with(|| add(text)));
        let rows = (0..rows).map(of_row).collect();
        RowPatterns::Each { rows, compiled }
    }
}

/// The regular expressions of a batch.
enum RowPatterns<'a> {
    Constant(Option<&'a JavaPattern>),
    Each { rows: Vec<Option<usize>>, compiled: Vec<JavaPattern> },
}

impl RowPatterns<'_> {
    fn get(&self, row: usize) -> Option<&JavaPattern> {
        match self {
            RowPatterns::Constant(pattern) => *pattern,
            RowPatterns::Each { rows, compiled } => rows[row].map(|index| &compiled[index]),
        }
    }
}

/// The empty pattern matches nothing.
fn regexp(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let patterns = Patterns::new(call);
    Ok(Kernel::fallible(move |args, rows| {
        let (text, pattern) = (args[0].text(), args[1].text());
        let regexes = patterns.of(&args[1], rows);
        let matches = |row: usize| {
            let (text, pattern) = (text.get(row)?, pattern.get(row)?);
            Some(!pattern.is_empty() && regexes.get(row).is_some_and(|regex| regex.is_match(text)))
        };
        Ok(Arc::new((0..rows).map(matches).collect::<BooleanArray>()))
    }))
}

/// The group that the optional third argument asks for; `None` when it is NULL or negative.
fn group(args: &[Operand], row: usize, default: usize) -> Option<usize> {
    match args.get(2) {
        Some(group) => usize::try_from(group.value::<Int32Type>(row)?).ok(),
        None => Some(default),
    }
}

fn regexp_extract(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let patterns = Patterns::new(call);
    Ok(Kernel::fallible(move |args, rows| {
        let text = args[0].text();
        let regexes = patterns.of(&args[1], rows);
        Ok(loops::slices(rows, |row| {
            let (text, group) = (text.get(row)?, group(args, row, 0)?);
            let (start, end) = (*regexes.get(row)?.groups_at(text, 0)?.get(group)?)?;
            Some(&text[start..end])
        }))
    }))
}

fn regexp_extract_all(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let patterns = Patterns::new(call);
    Ok(Kernel::fallible(move |args, rows| {
        let text = args[0].text();
        let regexes = patterns.of(&args[1], rows);
        Ok(lists(rows, |row, list| {
            let (text, group, regex) = (text.get(row)?, group(args, row, 1)?, regexes.get(row)?);
            if group >= regex.group_count() {
                return None;
            }
            let whole = |groups: &Vec<Option<(usize, usize)>>| groups[0].unwrap_or_default();
            each_match(
                text,
                |at| regex.groups_at(text, at),
                whole,
                |groups| {
                    list.append_option(groups[group].map(|(start, end)| &text[start..end]));
                },
            );
            Some(())
        }))
    }))
}

fn regexp_replace(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let patterns = Patterns::new(call);
    Ok(Kernel::fallible(move |args, rows| {
        let (text, by) = (args[0].text(), args[2].text());
        let regexes = patterns.of(&args[1], rows);
        Ok(loops::texts(rows, |row, out| {
            let (text, by, regex) = (text.get(row)?, by.get(row)?, regexes.get(row)?);
            let mut copied = 0;
            each_match(
                text,
                |at| regex.find_at(text, at),
                |range| *range,
                |(start, end)| {
                    out.push_str(&text[copied..start]);
                    out.push_str(by);
                    copied = end;
                },
            );
            out.push_str(&text[copied..]);
            Some(())
        }))
    }))
}

fn regexp_count(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let patterns = Patterns::new(call);
    Ok(Kernel::fallible(move |args, rows| {
        let text = args[0].text();
        let regexes = patterns.of(&args[1], rows);
        Ok(loops::primitives::<Int32Type>(rows, |row| {
            let (text, regex) = (text.get(row)?, regexes.get(row)?);
            let mut count = 0;
            each_match(text, |at| regex.find_at(text, at), |range| *range, |_| count += 1);
            Some(count)
        }))
    }))
}

fn regexp_instr(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let patterns = Patterns::new(call);
    Ok(Kernel::fallible(move |args, rows| {
        let text = args[0].text();
        let regexes = patterns.of(&args[1], rows);
        let position = |row: usize| {
            let text = text.get(row)?;
            let found = regexes.get(row)?.find_at(text, 0);
            Some(found.map_or(0, |(start, _)| text[..start].encode_utf16().count() as i32 + 1))
        };
        Ok(Arc::new((0..rows).map(position).collect::<Int32Array>()))
    }))
}

fn regexp_substr(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let patterns = Patterns::new(call);
    Ok(Kernel::fallible(move |args, rows| {
        let text = args[0].text();
        let regexes = patterns.of(&args[1], rows);
        Ok(loops::slices(rows, |row| {
            let text = text.get(row)?;
            let (start, end) = regexes.get(row)?.find_at(text, 0)?;
            Some(&text[start..end])
        }))
    }))
}

/// The separator is a text, or the code of a character.
fn split_index(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let by_code = *call.arg(1)? == TypeKind::Int;
    Ok(Kernel::new(move |args, rows| {
        let text = args[0].text();
        let part = |row: usize, separator: &str| {
            let index = usize::try_from(args[2].value::<Int32Type>(row)?).ok()?;
            let text = text.get(row).filter(|text| !text.is_empty())?;
            match separator.is_empty() {
                true => (index == 0).then_some(text),
                false => text.split(separator).nth(index),
            }
        };
        Ok(loops::slices(rows, |row| {
            if by_code {
                let code = u32::try_from(args[1].value::<Int32Type>(row)?).ok()?;
                return part(row, char::from_u32(code)?.encode_utf8(&mut [0; 4]));
            }
            part(row, args[1].text().get(row)?)
        }))
    }))
}

/// The empty separator splits into characters.
fn split(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let (text, separator) = (args[0].text(), args[1].text());
        Ok(lists(rows, |row, list| {
            let (text, separator) = (text.get(row)?, separator.get(row)?);
            if separator.is_empty() {
                let mut buffer = [0; 4];
                for c in text.chars() {
                    // Java splits into UTF-16, and half a pair shows as a question mark.
                    match c.len_utf16() {
                        1 => list.append_value(c.encode_utf8(&mut buffer)),
                        _ => ["?"; 2].into_iter().for_each(|half| list.append_value(half)),
                    }
                }
            } else {
                text.split(separator).for_each(|part| list.append_value(part));
            }
            Some(())
        }))
    }))
}

/// ARRAY<STRING> for each row; what was appended before a `None` is dropped.
fn lists(rows: usize, mut write: impl FnMut(usize, &mut StringBuilder) -> Option<()>) -> ArrayRef {
    let field = Field::new("element", DataType::Utf8, true);
    let mut builder = ListBuilder::new(StringBuilder::new()).with_field(field);
    for row in 0..rows {
        let present = write(row, builder.values()).is_some();
        builder.append(present);
    }
    Arc::new(builder.finish())
}

fn str_to_map(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let names = map_field_names();
    Ok(Kernel::new(move |args, rows| {
        let text = args[0].text();
        let mut builder = MapBuilder::new(Some(names.clone()), StringBuilder::new(), StringBuilder::new());
        for row in 0..rows {
            let separator = |index: usize, default: &'static str| match args.get(index) {
                Some(arg) => arg.text().get(row),
                None => Some(default),
            };
            let parts = text.get(row).zip(separator(1, ",")).zip(separator(2, "="));
            if let Some(((text, between), inside)) = parts {
                for (key, value) in pairs(text, &Separator::new(between), &Separator::new(inside)) {
                    builder.keys().append_value(key);
                    builder.values().append_option(value);
                }
            }
            builder.append(parts.is_some())?;
        }
        Ok(Arc::new(builder.finish()))
    }))
}

/// A separator of STR_TO_MAP: a regular expression, as in Java's `String.split`.
enum Separator<'a> {
    Plain(&'a str),
    Pattern(JavaPattern),
    /// Java refuses it.
    Invalid,
}

impl<'a> Separator<'a> {
    fn new(text: &'a str) -> Separator<'a> {
        if !text.is_empty() && !text.contains(['.', '$', '|', '(', ')', '[', '{', '^', '?', '*', '+', '\\']) {
            return Separator::Plain(text);
        }
        JavaPattern::new(text).map_or(Separator::Invalid, Separator::Pattern)
    }

    /// Where the separator is found at or behind a byte, not before the first character when it is empty.
    fn find(&self, text: &str, from: usize) -> Option<(usize, usize)> {
        match self {
            Separator::Plain(separator) => {
                let at = from + text.get(from..)?.find(separator)?;
                Some((at, at + separator.len()))
            }
            Separator::Pattern(pattern) => match pattern.find_at(text, from)? {
                (at, end) if at == end && at == from => {
                    let next = from + text.get(from..)?.chars().next()?.len_utf8();
                    (next < text.len()).then(|| self.find(text, next))?
                }
                found => Some(found),
            },
            Separator::Invalid => None,
        }
    }
}

/// The pairs of a text, a later one replacing an earlier one of the same key. Empty parts at the end are left out.
fn pairs<'a>(text: &'a str, between: &Separator<'_>, inside: &Separator<'_>) -> Vec<(&'a str, Option<&'a str>)> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some((start, end)) = between.find(text, at) {
        parts.push(&text[at..start]);
        at = end;
    }
    parts.push(&text[at..]);
    while parts.last().is_some_and(|part| part.is_empty()) {
        parts.pop();
    }
    let mut pairs: Vec<(&str, Option<&str>)> = Vec::new();
    let count = parts.len();
    for pair in parts {
        let (key, value) = match inside.find(pair, 0) {
            Some((start, end)) => (&pair[..start], Some(&pair[end..])),
            None => (pair, None),
        };
        match pairs.iter_mut().find(|(known, _)| *known == key) {
            Some(known) => known.1 = value,
            None => pairs.push((key, value)),
        }
    }
    // As a Java `HashMap` gives them that was made for all parts.
    let codes: Vec<i32> = pairs.iter().map(|(key, _)| string_hash_code(key)).collect();
    hash_map_order(&codes, count).into_iter().map(|index| pairs[index]).collect()
}

/// The names that the Arrow layout of a MAP has.
fn map_field_names() -> MapFieldNames {
    MapFieldNames { entry: "entries".to_owned(), key: "key".to_owned(), value: "value".to_owned() }
}
