//! Filters of a path: `?(@.n > 3 && @.s == 'x')`.

use std::cmp::Ordering;

use regex::Regex;

use super::super::Json;
use super::evaluate::walk;
use super::parse::Cursor;
use super::{PathError, Step};

/// Whether a value is kept.
#[derive(Debug, Clone)]
pub(super) enum Predicate {
    All(Vec<Predicate>),
    Any(Vec<Predicate>),
    Not(Box<Predicate>),
    /// `@.a`: it is there.
    Exists(Operand),
    Compares(Operand, Comparison, Operand),
    /// `@.a =~ /x/i`
    Matches(Operand, Regex),
    /// `@.a in [1, 2]`; the flag: `nin`.
    In(Operand, Vec<Json>, bool),
}

impl PartialEq for Predicate {
    fn eq(&self, other: &Self) -> bool {
        format!("{self:?}") == format!("{other:?}")
    }
}

/// A side of a comparison.
#[derive(Debug, Clone)]
pub(super) enum Operand {
    /// A path from the value that is tested.
    Path(Vec<Step>),
    Constant(Json),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

const COMPARISONS: [(&str, Comparison); 6] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessOrEqual),
    ("<", Comparison::Less),
    (">=", Comparison::GreaterOrEqual),
    (">", Comparison::Greater),
];

impl Predicate {
    /// Takes a predicate off.
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Predicate, PathError> {
        let mut terms = vec![Predicate::conjunction(cursor)?];
        loop {
            cursor.blanks();
            if !cursor.accept("||") {
                break;
            }
            terms.push(Predicate::conjunction(cursor)?);
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { Predicate::Any(terms) })
    }

    fn conjunction(cursor: &mut Cursor<'_>) -> Result<Predicate, PathError> {
        let mut terms = vec![Predicate::term(cursor)?];
        loop {
            cursor.blanks();
            if !cursor.accept("&&") {
                break;
            }
            terms.push(Predicate::term(cursor)?);
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { Predicate::All(terms) })
    }

    fn term(cursor: &mut Cursor<'_>) -> Result<Predicate, PathError> {
        cursor.blanks();
        if cursor.accept("!") {
            return Ok(Predicate::Not(Box::new(Predicate::term(cursor)?)));
        }
        if cursor.accept("(") {
            let inner = Predicate::parse(cursor)?;
            cursor.blanks();
            cursor.expect(")")?;
            return Ok(inner);
        }
        let left = Operand::parse(cursor)?;
        cursor.blanks();
        if cursor.accept("=~") {
            cursor.blanks();
            return Ok(Predicate::Matches(left, pattern(cursor)?));
        }
        for (word, negated) in [("in ", false), ("nin ", true), ("in[", false), ("nin[", true)] {
            if cursor.rest().starts_with(word) {
                cursor.expect(&word[..word.len() - 1])?;
                return Ok(Predicate::In(left, list(cursor)?, negated));
            }
        }
        match COMPARISONS.iter().find(|(sign, _)| cursor.accept(sign)) {
            Some((_, comparison)) => {
                cursor.blanks();
                Ok(Predicate::Compares(left, *comparison, Operand::parse(cursor)?))
            }
            None => Ok(Predicate::Exists(left)),
        }
    }

    /// Whether a value passes.
    pub(super) fn accepts(&self, value: &Json) -> bool {
        match self {
            Predicate::All(terms) => terms.iter().all(|term| term.accepts(value)),
            Predicate::Any(terms) => terms.iter().any(|term| term.accepts(value)),
            Predicate::Not(term) => !term.accepts(value),
            Predicate::Exists(operand) => operand.value(value).is_some(),
            Predicate::Compares(left, comparison, right) => {
                let (left, right) = (left.value(value), right.value(value));
                match comparison {
                    Comparison::Equal => are_equal(left.as_ref(), right.as_ref()),
                    Comparison::NotEqual => !are_equal(left.as_ref(), right.as_ref()),
                    Comparison::Less => order(left, right) == Some(Ordering::Less),
                    Comparison::LessOrEqual => order(left, right).is_some_and(Ordering::is_le),
                    Comparison::Greater => order(left, right) == Some(Ordering::Greater),
                    Comparison::GreaterOrEqual => order(left, right).is_some_and(Ordering::is_ge),
                }
            }
            Predicate::Matches(operand, regex) => match operand.value(value) {
                Some(Json::Text(text)) => regex.is_match(&text),
                _ => false,
            },
            Predicate::In(operand, list, negated) => {
                let value = operand.value(value);
                list.iter().any(|item| are_equal(value.as_ref(), Some(item))) != *negated
            }
        }
    }
}

impl Operand {
    fn parse(cursor: &mut Cursor<'_>) -> Result<Operand, PathError> {
        if cursor.accept("@") {
            let mut steps = Vec::new();
            while cursor.rest().starts_with(['.', '[']) {
                cursor.step(&mut steps)?;
            }
            return Ok(Operand::Path(steps));
        }
        if cursor.rest().starts_with(['\'', '"']) {
            return Ok(Operand::Constant(Json::Text(cursor.quoted()?)));
        }
        let word = cursor.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'));
        match Json::parse(word) {
            Ok(constant) => Ok(Operand::Constant(constant)),
            Err(_) => cursor.invalid("a value is missing"),
        }
    }

    fn value(&self, tested: &Json) -> Option<Json> {
        match self {
            Operand::Constant(constant) => Some(constant.clone()),
            Operand::Path(steps) => {
                let mut found = Vec::new();
                walk(tested, steps, true, &mut found).ok()?;
                found.into_iter().next()
            }
        }
    }
}

fn number(value: &Json) -> Option<f64> {
    match value {
        Json::Number(text) => text.parse().ok(),
        _ => None,
    }
}

fn are_equal(left: Option<&Json>, right: Option<&Json>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => match (number(left), number(right)) {
            (Some(left), Some(right)) => left == right,
            _ => left == right,
        },
        (None, None) => true,
        _ => false,
    }
}

fn order(left: Option<Json>, right: Option<Json>) -> Option<Ordering> {
    match (left?, right?) {
        (Json::Text(left), Json::Text(right)) => Some(left.cmp(&right)),
        (left, right) => number(&left)?.partial_cmp(&number(&right)?),
    }
}

/// `/x/` or `/x/i`, which has to match the whole text.
fn pattern(cursor: &mut Cursor<'_>) -> Result<Regex, PathError> {
    cursor.expect("/")?;
    let body = cursor.take_while(|c| c != '/');
    cursor.expect("/")?;
    let flags = if cursor.accept("i") { "(?i)" } else { "" };
    match Regex::new(&format!("{flags}^(?:{body})$")) {
        Ok(regex) => Ok(regex),
        Err(_) => cursor.invalid("the regular expression is not valid"),
    }
}

fn list(cursor: &mut Cursor<'_>) -> Result<Vec<Json>, PathError> {
    cursor.blanks();
    cursor.expect("[")?;
    let mut items = Vec::new();
    loop {
        cursor.blanks();
        match Operand::parse(cursor)? {
            Operand::Constant(constant) => items.push(constant),
            Operand::Path(_) => return cursor.invalid("a list holds constants"),
        }
        cursor.blanks();
        if !cursor.accept(",") {
            break;
        }
    }
    cursor.expect("]")?;
    Ok(items)
}
