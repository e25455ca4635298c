//! Functions that cut, join and change text. Positions count characters (code points) from one.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::BinaryArray;
use arrow_array::types::Int32Type;
use dataflow::types::MAX_LENGTH;
use dataflow::{Failure, TypeKind};

use super::call::{Argument, BoundCall, Signature};
use super::family::Family::{Int, Text};
use super::family::Nullability::{Always, OfArguments};
use super::family::{signature, varchar_of};
use super::{FunctionDef, Kernel, loops};
use crate::operand::{Operand, TextOperand};
use crate::types::{is_character, length};

/// The family.
pub(super) fn functions() -> Vec<FunctionDef> {
    let new = FunctionDef::new;
    let upper = new("UPPER", &["UPPER(<CHARACTER>)"], "Text in upper case.", same_text, upper);
    let lower = new("LOWER", &["LOWER(<CHARACTER>)"], "Text in lower case.", same_text, lower);
    let length = new("CHAR_LENGTH", &["CHAR_LENGTH(<CHARACTER>)"], "Number of characters.", text_to_int, char_length);
    let character_length = length.alias("CHARACTER_LENGTH", &["CHARACTER_LENGTH(<CHARACTER>)"]);
    let substring =
        new("SUBSTRING", SUBSTRING, "Part of a text, from a position (negative: from the end).", cut, substring);
    let substr =
        substring.alias("SUBSTR", &["SUBSTR(<CHARACTER>, <INTEGER>)", "SUBSTR(<CHARACTER>, <INTEGER>, <INTEGER>)"]);
    vec![
        upper,
        lower,
        length,
        character_length,
        substring,
        substr,
        new("INITCAP", &["INITCAP(<CHARACTER>)"], "The first letter of each word in upper case.", same_text, init_cap),
        new("LEFT", &["LEFT(<CHARACTER>, <INTEGER>)"], "The first characters.", side, left),
        new("RIGHT", &["RIGHT(<CHARACTER>, <INTEGER>)"], "The last characters.", side, right),
        new(
            "TRIM",
            &["TRIM([BOTH|LEADING|TRAILING} <CHARACTER> FROM <CHARACTER>)"],
            "Text without characters at its ends.",
            trimmed,
            trim,
        ),
        new(
            "LTRIM",
            &["LTRIM(<CHARACTER>)", "LTRIM(<CHARACTER>, <CHARACTER>)"],
            "Text without leading characters.",
            trimmed_side,
            trim_side,
        ),
        new(
            "RTRIM",
            &["RTRIM(<CHARACTER>)", "RTRIM(<CHARACTER>, <CHARACTER>)"],
            "Text without trailing characters.",
            trimmed_side,
            trim_side,
        ),
        new(
            "BTRIM",
            &["BTRIM(<CHARACTER>)", "BTRIM(<CHARACTER>, <CHARACTER>)"],
            "Text without leading and trailing characters.",
            trimmed_both,
            trim_side,
        ),
        new(
            "LPAD",
            &["LPAD(<CHARACTER>, <INTEGER>, <CHARACTER>)"],
            "Filled or cut to a length, at the left.",
            padded,
            pad,
        ),
        new(
            "RPAD",
            &["RPAD(<CHARACTER>, <INTEGER>, <CHARACTER>)"],
            "Filled or cut to a length, at the right.",
            padded,
            pad,
        ),
        new("REPEAT", &["REPEAT(<CHARACTER>, <INTEGER>)"], "The text so many times.", repeated, repeat),
        new("REVERSE", &["REVERSE(<CHARACTER>)"], "The characters in reverse order.", reversed, reverse),
        new(
            "REPLACE",
            &["REPLACE(<CHARACTER>, <CHARACTER>, <CHARACTER>)"],
            "Every occurrence of the second replaced by the third.",
            replaced,
            replace,
        ),
        new("OVERLAY", OVERLAY, "A part replaced by another text.", overlaid, overlay),
        new(
            "||",
            &["<STRING> || <STRING>", "<EQUIVALENT_TYPE> || <EQUIVALENT_TYPE>"],
            "Both texts, one after the other.",
            joined,
            concat,
        ),
        new(
            "CONCAT",
            &["CONCAT(<CHARACTER>)"],
            "All texts, one after the other; NULL when one is NULL.",
            concatenated,
            concat,
        ),
        new(
            "CONCAT_WS",
            &["CONCAT_WS(<CHARACTER>, <CHARACTER>...)"],
            "All texts that are not NULL, separated by the first.",
            concatenated_ws,
            concat_ws,
        ),
        new("ELT", &["ELT(<INTEGER>, <CHARACTER>...)"], "The argument at a position.", element, elt),
    ]
}

const SUBSTRING: &[&str] = &["SUBSTRING(<CHARACTER>, <INTEGER>)", "SUBSTRING(<CHARACTER>, <INTEGER>, <INTEGER>)"];
const OVERLAY: &[&str] = &[
    "OVERLAY(<CHARACTER> PLACING <CHARACTER> FROM <INTEGER>)",
    "OVERLAY(<CHARACTER> PLACING <CHARACTER> FROM <INTEGER> FOR <INTEGER>)",
];

fn same_text(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text], 1, args.first()?.kind().clone(), OfArguments)
}

fn text_to_int(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text], 1, TypeKind::Int, OfArguments)
}

/// Positions are no BIGINT in Flink.
fn cut(args: &[Argument]) -> Option<Signature> {
    let long = |arg: &Argument| *arg.kind() == TypeKind::BigInt;
    (!args.iter().skip(1).any(long)).then_some(())?;
    signature(args, &[Text, Int, Int], 2, varchar_of(args.first()), Always)
}

fn side(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Int], 2, varchar_of(args.first()), Always)
}

fn trimmed(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Text, Text], 3, varchar_of(args.get(2)), OfArguments)
}

fn trimmed_side(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Text], 1, varchar_of(args.first()), OfArguments)
}

fn trimmed_both(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Text], 1, TypeKind::STRING, OfArguments)
}

fn padded(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Int, Text], 3, TypeKind::STRING, OfArguments)
}

fn repeated(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Int], 2, TypeKind::STRING, OfArguments)
}

fn reversed(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text], 1, TypeKind::STRING, Always)
}

fn replaced(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Text, Text], 3, TypeKind::STRING, OfArguments)
}

fn overlaid(args: &[Argument]) -> Option<Signature> {
    let length = sum_of_lengths(args.get(..2)?);
    signature(args, &[Text, Text, Int, Int], 3, TypeKind::Varchar { length }, OfArguments)
}

fn sum_of_lengths(args: &[Argument]) -> u32 {
    let total: u64 = args.iter().map(|arg| u64::from(length(arg.kind()).unwrap_or(MAX_LENGTH))).sum();
    total.min(u64::from(MAX_LENGTH)) as u32
}

/// CHAR of the sum of lengths when both are CHAR, else VARCHAR.
fn joined(args: &[Argument]) -> Option<Signature> {
    (args.len() == 2 && args.iter().all(|arg| is_character(arg.kind()))).then_some(())?;
    let length = sum_of_lengths(args);
    let fixed = args.iter().all(|arg| matches!(arg.kind(), TypeKind::Char { .. }));
    Signature::unchanged(args, if fixed { TypeKind::Char { length } } else { TypeKind::Varchar { length } })
}

fn concatenated(args: &[Argument]) -> Option<Signature> {
    (!args.is_empty()).then_some(())?;
    signature(args, &vec![Text; args.len()], 1, TypeKind::STRING, OfArguments)
}

fn concatenated_ws(args: &[Argument]) -> Option<Signature> {
    concatenated(args)
}

/// Of texts or of bytes. A constant position that is negative is refused.
fn element(args: &[Argument]) -> Option<Signature> {
    let [index, values @ ..] = args else { return None };
    let types: Vec<_> = values.iter().map(|value| value.ty.clone()).collect();
    let common = crate::types::common_type(&types)?;
    let takes = crate::types::is_character(&common.kind) || crate::types::is_binary(&common.kind);
    let negative = matches!(index.literal, Some(dataflow::Literal::Int(..=-1)));
    if !crate::types::is_integer(index.kind()) && *index.kind() != TypeKind::Null || !takes || negative {
        return None;
    }
    let mut casts = vec![TypeKind::Int.not_null().with_nullable(index.ty.nullable)];
    casts.extend(types.iter().map(|ty| common.with_nullable(ty.nullable)));
    Some(Signature { args: casts, result: common.with_nullable(true) })
}

fn upper(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(change_case(|text, out| match text.is_ascii() {
        true => out.extend(text.chars().map(|c| c.to_ascii_uppercase())),
        false => out.push_str(&text.to_uppercase()),
    }))
}

fn lower(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(change_case(|text, out| match text.is_ascii() {
        true => out.extend(text.chars().map(|c| c.to_ascii_lowercase())),
        false => out.push_str(&text.to_lowercase()),
    }))
}

/// A word starts after anything that is neither letter nor digit.
fn init_cap(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(change_case(|text, out| {
        let mut in_word = false;
        // Only the letters and digits of ASCII make words, as in Flink.
        for c in text.chars() {
            out.push(if in_word { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() });
            in_word = c.is_ascii_alphanumeric();
        }
    }))
}

fn change_case(change: fn(&str, &mut String)) -> Kernel {
    Kernel::new(move |args, rows| {
        let text = args[0].text();
        Ok(loops::mapped(text, rows, change))
    })
}

fn char_length(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let text = args[0].text();
        Ok(loops::primitives::<Int32Type>(rows, |row| Some(text.get(row)?.chars().count() as i32)))
    }))
}

/// The characters from `start` (from zero), `count` of them at most.
pub(super) fn characters(text: &str, start: usize, count: usize) -> &str {
    if text.is_ascii() {
        let start = start.min(text.len());
        return &text[start..start.saturating_add(count).min(text.len())];
    }
    let from = text.char_indices().nth(start).map_or(text.len(), |(at, _)| at);
    let rest = &text[from..];
    &rest[..rest.char_indices().nth(count).map_or(rest.len(), |(at, _)| at)]
}

fn int(operand: &Operand, row: usize) -> Option<i32> {
    operand.value::<Int32Type>(row)
}

fn substring(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let text = args[0].text();
        Ok(loops::slices(rows, |row| {
            let (text, position) = (text.get(row)?, int(&args[1], row)?);
            let count = match args.get(2) {
                Some(count) => usize::try_from(int(count, row)?).ok()?,
                None => usize::MAX,
            };
            let start = match position {
                1.. => position as usize - 1,
                0 => 0,
                _ => match text.chars().count().checked_sub(position.unsigned_abs() as usize) {
                    Some(start) => start,
                    None => return Some(""),
                },
            };
            Some(characters(text, start, count))
        }))
    }))
}

fn left(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let text = args[0].text();
        Ok(loops::slices(rows, |row| {
            let (text, count) = (text.get(row)?, int(&args[1], row)?);
            Some(characters(text, 0, count.max(0) as usize))
        }))
    }))
}

fn right(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let text = args[0].text();
        Ok(loops::slices(rows, |row| {
            let (text, count) = (text.get(row)?, int(&args[1], row)?.max(0) as usize);
            Some(characters(text, text.chars().count().saturating_sub(count), count))
        }))
    }))
}

/// Which ends are trimmed.
#[derive(Clone, Copy)]
struct Ends {
    leading: bool,
    trailing: bool,
}

impl Ends {
    /// Trims the characters of `set`.
    fn trim<'a>(self, text: &'a str, set: &str) -> &'a str {
        let text = if self.leading { text.trim_start_matches(|c| set.contains(c)) } else { text };
        if self.trailing { text.trim_end_matches(|c| set.contains(c)) } else { text }
    }
}

fn trim(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let ends = match call.constant_text(0) {
        Some("BOTH") => Ends { leading: true, trailing: true },
        Some("LEADING") => Ends { leading: true, trailing: false },
        Some("TRAILING") => Ends { leading: false, trailing: true },
        _ => return Err(Failure::internal("the first argument of TRIM is not BOTH, LEADING or TRAILING")),
    };
    Ok(Kernel::new(move |args, rows| {
        let (set, text) = (args[1].text(), args[2].text());
        Ok(loops::slices(rows, |row| Some(ends.trim(text.get(row)?, set.get(row)?))))
    }))
}

fn trim_side(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let ends = Ends { leading: call.name != "RTRIM", trailing: call.name != "LTRIM" };
    Ok(Kernel::new(move |args, rows| {
        let text = args[0].text();
        let set: Option<TextOperand<'_>> = args.get(1).map(Operand::text);
        Ok(loops::slices(rows, |row| {
            let set = match set {
                Some(set) => set.get(row)?,
                None => " ",
            };
            Some(ends.trim(text.get(row)?, set))
        }))
    }))
}

/// Appends UTF-16 units. Half of a character beyond U+FFFF is none.
fn push_utf16(units: impl Iterator<Item = u16>, out: &mut String) {
    out.extend(char::decode_utf16(units).map(|unit| unit.unwrap_or('?')));
}

/// Lengths count UTF-16 units, as in Flink.
fn pad(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let at_left = call.name == "LPAD";
    Ok(Kernel::new(move |args, rows| {
        let (text, fill) = (args[0].text(), args[2].text());
        Ok(loops::texts(rows, |row, out| {
            let (text, length, fill) = (text.get(row)?, int(&args[1], row)?, fill.get(row)?);
            let length = usize::try_from(length).ok().filter(|_| !fill.is_empty())?;
            let missing = length.saturating_sub(text.encode_utf16().count());
            let filling = fill.encode_utf16().cycle().take(missing);
            let kept = text.encode_utf16().take(length - missing);
            if at_left {
                push_utf16(filling.chain(kept), out);
            } else {
                push_utf16(kept.chain(filling), out);
            }
            Some(())
        }))
    }))
}

fn repeat(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let text = args[0].text();
        Ok(loops::texts(rows, |row, out| {
            let (text, times) = (text.get(row)?, int(&args[1], row)?);
            (0..times).for_each(|_| out.push_str(text));
            Some(())
        }))
    }))
}

fn reverse(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(change_case(|text, out| out.extend(text.chars().rev())))
}

fn replace(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let (text, search, by) = (args[0].text(), args[1].text(), args[2].text());
        Ok(loops::texts(rows, |row, out| {
            let (text, search, by) = (text.get(row)?, search.get(row)?, by.get(row)?);
            out.push_str(&match text.contains(search) {
                true => Cow::Owned(text.replace(search, by)),
                false => Cow::Borrowed(text),
            });
            Some(())
        }))
    }))
}

/// A position outside of the text leaves it as it is; the length is that of the replacement unless given,
/// and one that is not positive drops the rest. Positions count UTF-16 units, as in Flink.
fn overlay(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let (text, by) = (args[0].text(), args[1].text());
        Ok(loops::texts(rows, |row, out| {
            let (text, by, position) = (text.get(row)?, by.get(row)?, int(&args[2], row)?);
            let units: Vec<u16> = text.encode_utf16().collect();
            let length = match args.get(3) {
                Some(length) => int(length, row)?,
                None => by.encode_utf16().count() as i32,
            };
            if position <= 0 || position as usize > units.len() {
                out.push_str(text);
                return Some(());
            }
            let start = position as usize - 1;
            push_utf16(units[..start].iter().copied(), out);
            out.push_str(by);
            if length > 0 {
                let rest = units.get(start.saturating_add(length as usize)..).unwrap_or_default();
                push_utf16(rest.iter().copied(), out);
            }
            Some(())
        }))
    }))
}

fn concat(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let texts: Vec<TextOperand<'_>> = args.iter().map(Operand::text).collect();
        Ok(loops::texts(rows, |row, out| {
            for text in &texts {
                out.push_str(text.get(row)?);
            }
            Some(())
        }))
    }))
}

fn concat_ws(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let separator = args[0].text();
        let texts: Vec<TextOperand<'_>> = args[1..].iter().map(Operand::text).collect();
        Ok(loops::texts(rows, |row, out| {
            let separator = separator.get(row)?;
            for (index, text) in texts.iter().filter_map(|text| text.get(row)).enumerate() {
                if index > 0 {
                    out.push_str(separator);
                }
                out.push_str(text);
            }
            Some(())
        }))
    }))
}

fn elt(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let position = |args: &[Operand], row| usize::try_from(int(&args[0], row)?).ok()?.checked_sub(1);
    if crate::types::is_binary(&call.result.kind) {
        return Ok(Kernel::new(move |args, rows| {
            let values: Vec<_> = args[1..].iter().map(Operand::bytes).collect();
            let value = |row| values.get(position(args, row)?)?.get(row);
            Ok(Arc::new((0..rows).map(value).collect::<BinaryArray>()))
        }));
    }
    Ok(Kernel::new(move |args, rows| {
        let texts: Vec<TextOperand<'_>> = args[1..].iter().map(Operand::text).collect();
        Ok(loops::slices(rows, |row| texts.get(position(args, row)?)?.get(row)))
    }))
}
