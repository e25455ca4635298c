//! Errors of the SQL front end as the exceptions that Flink raises: its classes, the place as Calcite writes it, and at the end what flinkrs knows
//! besides, the hint at a way out.

use sql::ast::Span;
use sql::{SqlError, SqlErrorKind};

use crate::throwable::Throwable;

const VALIDATION: &str = "org.apache.flink.table.api.ValidationException";
const TABLE: &str = "org.apache.flink.table.api.TableException";

/// How messages begin that come from Calcite's validator in Flink.
const OF_CALCITE: [&str; 14] = [
    "Column '",
    "Object '",
    "Table '",
    "Expression '",
    "No match found for function signature",
    "Cannot apply '",
    "Aggregate expression",
    "Aggregate expressions",
    "Invalid number of arguments",
    "Values passed to VALUES",
    "Unknown identifier",
    "Numeric literal",
    "Duplicate relation name",
    "Number of INSERT target columns",
];

/// How messages begin that come from Flink's catalog manager.
const OF_CATALOGS: [&str; 2] = ["A catalog with name [", "A database with name ["];

/// The exception that Flink would raise for the error in this text.
pub(super) fn throwable(error: &SqlError, text: &str) -> Throwable {
    let message = with_hint(error);
    match error.kind {
        SqlErrorKind::Lex | SqlErrorKind::Parse => parse_error(error, text),
        SqlErrorKind::Unsupported if is_refused_operation(&error.message) => Throwable::unsupported(message),
        SqlErrorKind::Unsupported => Throwable::new(TABLE, message),
        SqlErrorKind::Validation if begins(&error.message, &OF_CALCITE) => {
            let placed = format!("{}: {message}", place(error.span, text));
            Throwable::new(VALIDATION, format!("SQL validation failed. {placed}"))
                .caused_by(Throwable::new("org.apache.calcite.runtime.CalciteContextException", placed))
                .caused_by(Throwable::new("org.apache.calcite.sql.validate.SqlValidatorException", message))
        }
        SqlErrorKind::Validation if begins(&error.message, &OF_CATALOGS) => {
            Throwable::new("org.apache.flink.table.catalog.exceptions.CatalogException", message)
        }
        SqlErrorKind::Validation if of_statement_sets(&error.message) => Throwable::execution(message),
        SqlErrorKind::Validation => match in_two(&message) {
            Some((class, outer, inner)) => Throwable::new(VALIDATION, outer).caused_by(Throwable::new(class, inner)),
            None => Throwable::new(VALIDATION, message),
        },
    }
}

/// A message that is of two exceptions in Flink: class of the inner one, message of the outer one, message of the inner one.
fn in_two(message: &str) -> Option<(&'static str, &str, &str)> {
    if message.ends_with("is not partitioned.") {
        let class = "org.apache.flink.table.catalog.exceptions.TableNotPartitionedException";
        return Some((class, "Could not execute SHOW PARTITIONS", message));
    }
    let class = if message.starts_with("Could not execute Create") {
        "org.apache.flink.table.catalog.exceptions.TableAlreadyExistException"
    } else if message.starts_with("Unable to create a s") {
        VALIDATION
    } else {
        return None;
    };
    let (outer, inner) = message.split_once(": ")?;
    Some((class, outer, inner))
}

fn is_refused_operation(message: &str) -> bool {
    message.contains(" is not implemented for class ") || message.starts_with("SQL Gateway doesn't support ")
}

/// Clients wait for more input when they read `Encountered "<EOF>"`.
fn parse_error(error: &SqlError, text: &str) -> Throwable {
    let place = if error.incomplete { end(text) } else { position(error.span, text) };
    let detail = with_detail(error);
    let (class, prefix, message) = if error.incomplete {
        let message = format!("Encountered \"<EOF>\" at {place}.{detail}");
        ("org.apache.flink.table.api.SqlParserEOFException", "", message)
    } else {
        let message = format!("{} at {place}.{detail}", error.message);
        ("org.apache.flink.table.api.SqlParserException", "SQL parse failed. ", message)
    };
    Throwable::new(class, format!("{prefix}{message}"))
        .caused_by(Throwable::new("org.apache.calcite.sql.parser.SqlParseException", message.clone()))
        .caused_by(Throwable::new("org.apache.flink.sql.parser.impl.ParseException", message))
}

fn position(span: Span, text: &str) -> String {
    let location = span.location(text);
    format!("line {}, column {}", location.line, location.column)
}

/// The last character, blanks included: there Flink's parser sees the end.
fn end(text: &str) -> String {
    match text.char_indices().next_back() {
        Some((last, _)) => position(Span::new(last, text.len()), text),
        None => "line 0, column 0".to_owned(),
    }
}

fn begins(message: &str, beginnings: &[&str]) -> bool {
    beginnings.iter().any(|beginning| message.starts_with(beginning))
}

fn of_statement_sets(message: &str) -> bool {
    message.starts_with("No Statement Set to submit") || message.contains("is allowed in Statement Set")
}

/// `From line 1, column 8 to line 1, column 11`
fn place(span: Span, text: &str) -> String {
    let from = span.location(text);
    let last = Span::new(span.end.saturating_sub(1).max(span.start), span.end).location(text);
    format!("From line {}, column {} to line {}, column {}", from.line, from.column, last.line, last.column)
}

fn with_hint(error: &SqlError) -> String {
    let parts = [error.detail.as_ref(), error.hint.as_ref()];
    parts.into_iter().flatten().fold(error.message.clone(), |text, part| format!("{text}\n{part}"))
}

fn with_detail(error: &SqlError) -> String {
    let parts = [error.detail.as_ref(), error.hint.as_ref()];
    parts.into_iter().flatten().fold(String::new(), |text, part| format!("{text}\n{part}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(text: &str, error: &SqlError) -> Vec<String> {
        let trace = throwable(error, text).stack_trace();
        trace.lines().filter(|line| !line.starts_with('\t')).map(str::to_owned).collect()
    }

    #[test]
    fn an_unknown_column_as_calcite_says_it() {
        let error = SqlError::validation("Column 'nope' not found in any table", Span::new(7, 11));
        assert_eq!(
            trace("SELECT nope FROM o", &error),
            [
                "org.apache.flink.table.api.ValidationException: SQL validation failed. From line 1, column 8 to line 1, column 11: Column 'nope' not found in any table",
                "Caused by: org.apache.calcite.runtime.CalciteContextException: From line 1, column 8 to line 1, column 11: Column 'nope' not found in any table",
                "Caused by: org.apache.calcite.sql.validate.SqlValidatorException: Column 'nope' not found in any table",
            ]
        );
    }

    #[test]
    fn an_unfinished_statement_asks_for_more() {
        let text = "SELECT * FROM o WHERE";
        let error = sql::parser::parse_statement(text).unwrap_err();
        let first = &trace(text, &error)[0];
        let begin = "org.apache.flink.table.api.SqlParserEOFException: Encountered \"<EOF>\" at line 1, column 21.";
        assert!(first.starts_with(begin), "{first}");
    }
}
