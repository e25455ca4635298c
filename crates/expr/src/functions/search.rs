//! Functions that look for something in a text: positions, prefixes, LIKE and SIMILAR TO.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::BooleanBuilder;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{BooleanArray, Int32Array};
use dataflow::{Failure, TypeKind};

use super::call::{Argument, BoundCall, Signature};
use super::family::Family::{Bytes, Int, Long, Text};
use super::family::Nullability::{Always, Never, OfArguments};
use super::family::signature;
use super::java_pattern::JavaPattern;
use super::pattern::{LikePattern, similar_to_regex};
use super::text::characters;
use super::{FunctionDef, Kernel, loops};
use crate::types::{is_binary, is_integer, is_numeric};

/// The family.
pub(super) fn functions() -> Vec<FunctionDef> {
    let new = FunctionDef::new;
    vec![
        new(
            "POSITION",
            &["POSITION(<CHARACTER> IN <CHARACTER>)"],
            "Where the first text is in the second; 0: nowhere.",
            found,
            position,
        ),
        new("LOCATE", LOCATE, "Where the first text is in the second, from a position on.", located, position),
        new(
            "INSTR",
            INSTR,
            "Where the second text is in the first, from a position on, the n-th time.",
            counted,
            instr,
        ),
        new("ASCII", &["ASCII(<CHARACTER>)"], "The first byte of a text.", to_int, ascii),
        new("CHR", &["CHR(<INTEGER>)"], "The character of a code, modulo 256.", chr_type, chr),
        new(
            "STARTSWITH",
            &["STARTSWITH(<EXPR>, <EXPR>)"],
            "Whether it starts with the second.",
            two_sequences,
            starts_with,
        ),
        new("ENDSWITH", &["ENDSWITH(<EXPR>, <EXPR>)"], "Whether it ends with the second.", two_sequences, starts_with),
        new("LIKE", &["<STRING> LIKE <STRING>"], "Whether it matches a pattern of % and _.", pattern_types, like),
        new(
            "SIMILAR TO",
            &["<STRING> SIMILAR TO <STRING>"],
            "Whether it matches an SQL regular expression.",
            pattern_types,
            similar,
        ),
        new(
            "IS_ALPHA",
            &["IS_ALPHA(<CHARACTER>)", "IS_ALPHA(<NUMERIC>)"],
            "Whether all characters are letters.",
            tested,
            is_alpha,
        ),
        new(
            "IS_DIGIT",
            &["IS_DIGIT(<CHARACTER>)", "IS_DIGIT(<NUMERIC>)"],
            "Whether all characters are digits.",
            tested,
            is_digit,
        ),
        new(
            "IS_DECIMAL",
            &["IS_DECIMAL(<CHARACTER>)", "IS_DECIMAL(<NUMERIC>)"],
            "Whether it is a number.",
            tested,
            is_decimal,
        ),
        new(
            "TRANSLATE",
            &["TRANSLATE(<CHARACTER>, <CHARACTER>, <CHARACTER>)"],
            "Characters replaced one by one.",
            three_texts,
            translate,
        ),
        new(
            "TRANSLATE3",
            &["TRANSLATE3(<CHARACTER>, <CHARACTER>, <CHARACTER>)"],
            "Characters replaced one by one.",
            three_texts,
            translate,
        ),
    ]
}

const LOCATE: &[&str] = &["LOCATE(<CHARACTER>, <CHARACTER>)", "LOCATE(<CHARACTER>, <CHARACTER>, <INTEGER>)"];
const INSTR: &[&str] = &[
    "INSTR(<CHARACTER>, <CHARACTER>)",
    "INSTR(<CHARACTER>, <CHARACTER>, <INTEGER>)",
    "INSTR(<CHARACTER>, <CHARACTER>, <INTEGER>, <INTEGER>)",
];

fn found(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Text], 2, TypeKind::Int, OfArguments)
}

fn located(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Text, Int], 2, TypeKind::Int, OfArguments)
}

fn counted(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Text, Int, Int], 2, TypeKind::Int, OfArguments)
}

fn to_int(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text], 1, TypeKind::Int, OfArguments)
}

fn chr_type(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Long], 1, TypeKind::STRING, Always)
}

fn two_sequences(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Text], 2, TypeKind::Boolean, OfArguments)
        .or_else(|| signature(args, &[Bytes, Bytes], 2, TypeKind::Boolean, OfArguments))
}

fn pattern_types(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Text, Text], 2, TypeKind::Boolean, OfArguments)
}

fn tested(args: &[Argument]) -> Option<Signature> {
    match args {
        [arg] if is_numeric(arg.kind()) => Signature::with_result(args, TypeKind::Boolean.not_null()),
        _ => signature(args, &[Text], 1, TypeKind::Boolean, Never),
    }
}

fn three_texts(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Text, Text], 3, TypeKind::STRING, OfArguments)
}

/// Where `search` is in `text`, in characters from zero, at or after the character `from`.
fn find(text: &str, search: &str, from: usize) -> Option<usize> {
    let rest = characters(text, from, usize::MAX);
    let skipped = text.len() - rest.len();
    let at = rest.find(search)? + skipped;
    Some(text[..at].chars().count())
}

fn position(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let (search, text) = (args[0].text(), args[1].text());
        Ok(loops::primitives::<Int32Type>(rows, |row| {
            let (search, text) = (search.get(row)?, text.get(row)?);
            let from = match args.get(2) {
                Some(from) => (from.value::<Int32Type>(row)? - 1).max(0) as usize,
                None => 0,
            };
            // The empty text is found at once, wherever the search begins.
            if search.is_empty() {
                return Some(1);
            }
            Some(find(text, search, from).map_or(0, |at| at as i32 + 1))
        }))
    }))
}

fn instr(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::fallible(|args, rows| {
        let (text, search) = (args[0].text(), args[1].text());
        let number = |index: usize, row: usize| args.get(index).map_or(Some(1), |arg| arg.value::<Int32Type>(row));
        let values = (0..rows).map(|row| {
            let Some((text, search)) = text.get(row).zip(search.get(row)) else { return Ok(None) };
            let Some((from, nth)) = number(2, row).zip(number(3, row)) else { return Ok(None) };
            if nth <= 0 {
                return Err(Failure::user("nthAppearance must be positive!"));
            }
            Ok(Some(nth_occurrence(text, search, from, nth as usize) as i32))
        });
        let values = values.collect::<Result<Int32Array, Failure>>()?;
        Ok(Arc::new(values))
    }))
}

/// The position of the n-th occurrence, searched forwards from a positive position, backwards from a negative one; 0: there is none.
fn nth_occurrence(text: &str, search: &str, from: i32, nth: usize) -> usize {
    let text: Vec<char> = text.chars().collect();
    let search: Vec<char> = search.chars().collect();
    let Some(last) = text.len().checked_sub(search.len()) else { return 0 };
    let matches = |at: &usize| text[*at..].starts_with(&search);
    let occurrence = match from {
        0 => None,
        1.. => (from as usize - 1..=last).filter(matches).nth(nth - 1),
        _ => match text.len().checked_sub(from.unsigned_abs() as usize) {
            Some(start) => (0..=start.min(last)).rev().filter(matches).nth(nth - 1),
            None => None,
        },
    };
    occurrence.map_or(0, |at| at + 1)
}

/// The byte is signed, as in Java.
fn ascii(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let text = args[0].text();
        Ok(loops::primitives::<Int32Type>(rows, |row| {
            Some(text.get(row)?.bytes().next().map_or(0, |byte| i32::from(byte as i8)))
        }))
    }))
}

fn chr(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        Ok(loops::texts(rows, |row, out| {
            let code = args[0].value::<Int64Type>(row)?;
            if code >= 0 {
                out.push(char::from((code % 256) as u8));
            }
            Some(())
        }))
    }))
}

fn starts_with(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let at_start = call.name == "STARTSWITH";
    if is_binary(call.arg(0)?) {
        return Ok(Kernel::new(move |args, rows| {
            let (whole, part) = (args[0].bytes(), args[1].bytes());
            Ok(loops::booleans(rows, |row| {
                let (whole, part) = (whole.get(row)?, part.get(row)?);
                Some(if at_start { whole.starts_with(part) } else { whole.ends_with(part) })
            }))
        }));
    }
    Ok(Kernel::new(move |args, rows| {
        let (whole, part) = (args[0].text(), args[1].text());
        Ok(loops::booleans(rows, |row| {
            let (whole, part) = (whole.get(row)?, part.get(row)?);
            Some(if at_start { whole.starts_with(part) } else { whole.ends_with(part) })
        }))
    }))
}

/// The escape character of a pattern.
fn constant_escape(call: &BoundCall<'_>) -> Result<Option<String>, Failure> {
    match (call.args.len(), call.constant_text(2)) {
        (2, _) => Ok(None),
        (_, Some(escape)) => Ok(Some(escape.to_owned())),
        _ => Err(Failure::user(format!("the ESCAPE of {} must be a constant", call.name)).fatal()),
    }
}

/// A constant pattern is taken apart once; others are for each row.
fn like(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let escape = constant_escape(call)?;
    if let Some(pattern) = call.constant_text(1) {
        let pattern =
            LikePattern::parse(pattern, escape.as_deref()).map_err(|message| Failure::user(message).fatal())?;
        return Ok(Kernel::new(move |args, rows| {
            let text = args[0].text();
            Ok(loops::booleans(rows, |row| Some(pattern.matches(text.get(row)?))))
        }));
    }
    Ok(Kernel::fallible(move |args, rows| {
        let (text, pattern) = (args[0].text(), args[1].text());
        let values = (0..rows).map(|row| match (text.get(row), pattern.get(row)) {
            (Some(text), Some(pattern)) => {
                let pattern = LikePattern::parse(pattern, escape.as_deref()).map_err(Failure::user)?;
                Ok(Some(pattern.matches(text)))
            }
            _ => Ok(None),
        });
        Ok(Arc::new(values.collect::<Result<BooleanArray, Failure>>()?))
    }))
}

fn similar(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let escape = constant_escape(call)?;
    let Some(pattern) = call.constant_text(1) else {
        return Ok(similar_to_each(escape));
    };
    let regex = similar_to_regex(pattern, escape.as_deref()).map_err(|message| Failure::user(message).fatal())?;
    Ok(Kernel::new(move |args, rows| {
        let text = args[0].text();
        Ok(loops::booleans(rows, |row| Some(regex.is_match(text.get(row)?))))
    }))
}

/// A pattern that changes from row to row is compiled when it does.
fn similar_to_each(escape: Option<String>) -> Kernel {
    Kernel::fallible(move |args, rows| {
        let (text, pattern) = (args[0].text(), args[1].text());
        let mut last: Option<(&str, JavaPattern)> = None;
        let mut values = BooleanBuilder::with_capacity(rows);
        for row in 0..rows {
            let Some((text, pattern)) = text.get(row).zip(pattern.get(row)) else {
                values.append_null();
                continue;
            };
            let regex = match last.take() {
                Some((known, regex)) if known == pattern => regex,
                _ => similar_to_regex(pattern, escape.as_deref()).map_err(Failure::user)?,
            };
            values.append_value(regex.is_match(text));
            last = Some((pattern, regex));
        }
        Ok(Arc::new(values.finish()))
    })
}

/// Of NULL and of the empty text, FALSE. Numbers are told by their types.
fn test(call: &BoundCall<'_>, number: fn(&TypeKind) -> bool, text: fn(&str) -> bool) -> Result<Kernel, Failure> {
    if is_numeric(call.arg(0)?) {
        let answer = number(call.arg(0)?);
        return Ok(Kernel::new(move |args, rows| {
            Ok(loops::booleans(rows, |row| Some(answer && args[0].array().is_valid(args[0].position(row)))))
        }));
    }
    Ok(Kernel::new(move |args, rows| {
        let values = args[0].text();
        Ok(loops::booleans(rows, |row| Some(values.get(row).is_some_and(|value| !value.is_empty() && text(value)))))
    }))
}

fn is_alpha(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    test(call, |_| false, |text| text.chars().all(char::is_alphabetic))
}

fn is_digit(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    test(call, is_integer, |text| text.chars().all(char::is_numeric))
}

fn is_decimal(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    test(call, |kind| !matches!(kind, TypeKind::Decimal { .. }), |text| crate::cast::parse::parse_double(text).is_ok())
}

/// A character without a counterpart is dropped.
fn translate(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let (text, from, to) = (args[0].text(), args[1].text(), args[2].text());
        Ok(loops::texts(rows, |row, out| {
            let mut map = HashMap::new();
            let mut by = to.get(row)?.chars();
            for c in from.get(row)?.chars() {
                let replacement = by.next();
                map.entry(c).or_insert(replacement);
            }
            out.extend(text.get(row)?.chars().filter_map(|c| map.get(&c).copied().unwrap_or(Some(c))));
            Some(())
        }))
    }))
}
