//! Names, texts, options, hints.

use std::fmt::{Display, Formatter, Result};

use super::{Joined, commas, write_opt};
use crate::ast::{Hint, HintArgs, Ident, KeyValue, ObjectName, PartitionItem, Text};
use crate::lexer::{is_identifier_part, is_identifier_start, keywords};

/// Whether the text has the form of a word.
fn is_word(text: &str) -> bool {
    text.starts_with(is_identifier_start) && text.chars().all(is_identifier_part) && text != "$"
}

/// A name where any word may stand unquoted: a function, an argument, a hint.
pub(super) struct AnyWord<'a>(pub(super) &'a Ident);

impl Display for AnyWord<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if !self.0.quoted && is_word(&self.0.value) { f.write_str(&self.0.value) } else { self.0.fmt(f) }
    }
}

/// The name of a called function; reserved words that name functions stay as they are.
pub(super) struct FunctionName<'a>(pub(super) &'a ObjectName);

impl Display for FunctionName<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0.parts.as_slice() {
            [one] if keywords::is_function_name(&one.value) || keywords::is_niladic_function(&one.value) => {
                AnyWord(one).fmt(f)
            }
            _ => self.0.fmt(f),
        }
    }
}

impl Display for Ident {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.quoted || keywords::is_reserved(&self.value) || !is_word(&self.value) {
            write!(f, "`{}`", self.value.replace('`', "``"))
        } else {
            f.write_str(&self.value)
        }
    }
}

impl Display for ObjectName {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        Joined(&self.parts, ".").fmt(f)
    }
}

impl Display for Text {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "'{}'", self.value.replace('\'', "''"))
    }
}

impl Display for KeyValue {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} = {}", self.key, self.value)
    }
}

impl Display for PartitionItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.column.fmt(f)?;
        write_opt(f, " = ", self.value.as_ref(), "")
    }
}

impl Display for Hint {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        AnyWord(&self.name).fmt(f)?;
        match &self.args {
            HintArgs::None => Ok(()),
            HintArgs::Options(options) => write!(f, "({})", commas(options)),
            HintArgs::Names(names) => write!(f, "({})", commas(names)),
            HintArgs::Literals(literals) => write!(f, "({})", commas(literals)),
        }
    }
}

/// ` /*+ ... */`, or nothing without hints.
pub(super) fn write_hints(f: &mut Formatter<'_>, hints: &[Hint]) -> Result {
    if hints.is_empty() { Ok(()) } else { write!(f, " /*+ {} */", commas(hints)) }
}

/// ` PARTITION (...)`, or nothing without items.
pub(super) fn write_partition(f: &mut Formatter<'_>, items: &[PartitionItem]) -> Result {
    if items.is_empty() { Ok(()) } else { write!(f, " PARTITION ({})", commas(items)) }
}
