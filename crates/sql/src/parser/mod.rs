//! Tokens to tree: a recursive-descent parser of Flink SQL, one family of rules a file.
//!
//! [`parse_script`] reads many statements, [`parse_statement`] one; [`parse_expression`], [`parse_query`] and
//! [`parse_data_type`] read pieces, as `job.yaml` and view expansion need them. Names are not resolved here. Bad input
//! gives an error with its place, never a panic; nesting is bounded. An error is `incomplete` when the text merely
//! ends too early.

mod alter;
mod create;
mod create_table;
mod cursor;
mod data_type;
mod diagnosis;
mod dml;
mod expr;
mod function;
mod json;
mod literal;
mod match_recognize;
#[cfg(test)]
mod mistakes;
mod names;
mod paren;
mod primary;
mod query;
#[cfg(test)]
mod robustness;
mod show;
mod special_function;
mod statement;
mod table_ref;
#[cfg(test)]
pub(crate) mod tests;

use crate::ast::{DataType, Expr, Query, Statement};
use crate::error::SqlError;
use crate::lexer::TokenKind;
use cursor::Parser;

/// The statements of a script, separated by `;`. Empty statements are skipped.
///
/// # Errors
/// The first mistake of the script.
pub fn parse_script(text: &str) -> Result<Vec<Statement>, SqlError> {
    parse_whole(text, Parser::statements)
}

/// One statement, with or without a `;` at its end.
///
/// # Errors
/// The first mistake, also when there is no statement or more than one.
pub fn parse_statement(text: &str) -> Result<Statement, SqlError> {
    parse_whole(text, |parser| {
        let statement = parser.statement()?;
        while parser.accept_kind(&TokenKind::Semicolon) {}
        Ok(statement)
    })
}

/// One query.
///
/// # Errors
/// The first mistake, also when more than a query stands there.
pub fn parse_query(text: &str) -> Result<Query, SqlError> {
    parse_whole(text, |parser| {
        if parser.is(&TokenKind::LeftParen) || parser.is_query_start() {
            return parser.query().map(|query| *query);
        }
        Err(parser.unexpected_instead_of("a query"))
    })
}

/// One expression.
///
/// # Errors
/// The first mistake, also when more than an expression stands there.
pub fn parse_expression(text: &str) -> Result<Expr, SqlError> {
    parse_whole(text, Parser::expr)
}

/// One data type, such as `ROW<a INT, b STRING NOT NULL>`.
///
/// # Errors
/// The first mistake, also when more than a type stands there.
pub fn parse_data_type(text: &str) -> Result<DataType, SqlError> {
    parse_whole(text, Parser::data_type)
}

/// What could follow this beginning of a statement: keywords and phrases in capitals, symbols, and what a name would be the name of (`a table`).
pub fn candidates_at_end(text: &str) -> Vec<&'static str> {
    let mut parser = Parser::new(text);
    // Whether it is whole does not matter: what was looked for at its end is noted either way.
    if parser.statement().is_ok() {
        parser.end().ok();
    }
    if parser.is(&TokenKind::Eof) { parser.candidates().to_vec() } else { Vec::new() }
}

fn parse_whole<'a, T>(text: &'a str, rule: impl FnOnce(&mut Parser<'a>) -> cursor::Result<T>) -> Result<T, SqlError> {
    let mut parser = Parser::new(text);
    let parsed = rule(&mut parser).and_then(|parsed| parser.end().map(|()| parsed));
    parsed.map_err(|error| *error)
}
