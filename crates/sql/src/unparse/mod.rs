//! Tree back to SQL text: `Display` of every node, one family a file.
//!
//! The text parses to the same tree again, places aside. It is one line, keywords in capitals, with parentheses only
//! where they are needed; synonyms appear in one spelling and names are quoted when they were, or must be.

mod alter;
mod create;
mod data_type;
mod expr;
mod function;
mod json;
mod literal;
mod name;
mod query;
mod statement;
mod table_ref;
#[cfg(test)]
mod tests;

use std::fmt::{Display, Formatter, Result};

/// Items with a separator between them.
struct Joined<'a, T>(&'a [T], &'static str);

impl<T: Display> Display for Joined<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (index, item) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(self.1)?;
            }
            item.fmt(f)?;
        }
        Ok(())
    }
}

/// Items with commas between them.
fn commas<T: Display>(items: &[T]) -> Joined<'_, T> {
    Joined(items, ", ")
}

/// `before` and the items with commas between them, or nothing when there are none.
fn write_list<T: Display>(f: &mut Formatter<'_>, before: &str, items: &[T]) -> Result {
    if items.is_empty() { Ok(()) } else { write!(f, "{before}{}", commas(items)) }
}

/// `before`, the item and `after`, or nothing when there is none.
fn write_opt<T: Display>(f: &mut Formatter<'_>, before: &str, item: Option<&T>, after: &str) -> Result {
    match item {
        Some(item) => write!(f, "{before}{item}{after}"),
        None => Ok(()),
    }
}

/// `text` when the flag is set.
fn flag(set: bool, text: &'static str) -> &'static str {
    if set { text } else { "" }
}
