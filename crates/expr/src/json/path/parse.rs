//! From the text of a path to its steps.

use super::evaluate::Function;
use super::filter::Predicate;
use super::{JsonPath, PathError, Step};

/// A cursor over the text of a path, which filters use too.
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl JsonPath {
    /// Takes a path apart. One that does not begin with `$` begins with a key.
    pub(crate) fn parse(text: &str) -> Result<JsonPath, PathError> {
        let trimmed = text.trim();
        let mut cursor = Cursor::new(trimmed);
        if trimmed.is_empty() {
            return cursor.invalid("it is empty");
        }
        let mut steps = Vec::new();
        if !cursor.accept("$") {
            steps.push(cursor.named()?);
        }
        while !cursor.rest().is_empty() {
            cursor.step(&mut steps)?;
        }
        if steps.last() == Some(&Step::Descent) {
            return cursor.invalid("it ends with '..'");
        }
        let is_definite =
            |step: &Step| matches!(step, Step::Child(_) | Step::Children(_) | Step::Index(_) | Step::Function(_));
        Ok(JsonPath { definite: steps.iter().all(is_definite), steps })
    }
}

impl<'a> Cursor<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn invalid<T>(&self, why: &str) -> Result<T, PathError> {
        Err(PathError::Invalid(format!("'{}' is no JSON path: {why} at position {}", self.text, self.at)))
    }

    pub(super) fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Takes this text off, if it is next.
    pub(super) fn accept(&mut self, text: &str) -> bool {
        let next = self.rest().starts_with(text);
        if next {
            self.at += text.len();
        }
        next
    }

    pub(super) fn expect(&mut self, text: &str) -> Result<(), PathError> {
        if self.accept(text) { Ok(()) } else { self.invalid(&format!("'{text}' is missing")) }
    }

    /// Takes characters off while they are wanted.
    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// One step, which begins with a point or a bracket.
    pub(super) fn step(&mut self, steps: &mut Vec<Step>) -> Result<(), PathError> {
        if self.accept("..") {
            steps.push(Step::Descent);
            if self.rest().starts_with('[') {
                return Ok(());
            }
            steps.push(self.named()?);
        } else if self.accept(".") {
            if self.rest().starts_with('[') {
                return Ok(());
            }
            steps.push(self.named()?);
        } else if self.accept("[") {
            steps.push(self.bracket()?);
        } else {
            return self.invalid("'.' or '[' is missing");
        }
        Ok(())
    }

    /// A key, a function or `*`, behind a point.
    fn named(&mut self) -> Result<Step, PathError> {
        if self.accept("*") {
            return Ok(Step::Wildcard);
        }
        let name = self.take_while(|c| !matches!(c, '.' | '[' | '(' | ' ' | ')' | '=' | '<' | '>' | '!' | '&' | '|'));
        if name.is_empty() {
            return self.invalid("a key is missing");
        }
        if self.rest().starts_with('(') {
            let Some(function) = Function::of(name) else {
                return self.invalid(&format!("there is no function '{name}'"));
            };
            self.expect("()")?;
            return Ok(Step::Function(function));
        }
        if self.rest().starts_with(' ')
            && !self.rest().trim_start().starts_with(['=', '<', '>', '!', '&', '|', ')', 'i', 'n', 'c', 's', 'e'])
        {
            return self.invalid("a key with blanks has to stand in brackets");
        }
        Ok(Step::Child(name.into()))
    }

    /// What stands in brackets, the first of which is taken.
    fn bracket(&mut self) -> Result<Step, PathError> {
        self.blanks();
        let step = match self.rest().chars().next() {
            Some('*') => {
                self.at += 1;
                Step::Wildcard
            }
            Some('?') => {
                self.at += 1;
                self.blanks();
                self.expect("(")?;
                let predicate = Predicate::parse(self)?;
                self.blanks();
                self.expect(")")?;
                Step::Filter(predicate)
            }
            Some('\'' | '"') => self.quoted_keys()?,
            Some('0'..='9' | '-' | ':') => self.positions()?,
            _ => return self.invalid("brackets hold a key in quotes, an index, '*' or a filter"),
        };
        self.blanks();
        self.expect("]")?;
        Ok(step)
    }

    fn quoted_keys(&mut self) -> Result<Step, PathError> {
        let mut keys = vec![self.quoted()?];
        loop {
            self.blanks();
            if !self.accept(",") {
                break;
            }
            self.blanks();
            keys.push(self.quoted()?);
        }
        Ok(if keys.len() == 1 { Step::Child(keys.remove(0)) } else { Step::Children(keys) })
    }

    /// A text in single or double quotes.
    pub(super) fn quoted(&mut self) -> Result<Box<str>, PathError> {
        let quote = match self.rest().chars().next() {
            Some(quote @ ('\'' | '"')) => quote,
            _ => return self.invalid("a quote is missing"),
        };
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.at += at + 1;
                return Ok(text.into());
            }
            text.push(if c == '\\' { chars.next().map_or(c, |(_, escaped)| escaped) } else { c });
        }
        self.invalid("a quote is not closed")
    }

    /// `0`, `-1`, `0,1`, `1:3`, `:2`, `-2:`
    fn positions(&mut self) -> Result<Step, PathError> {
        let text = self.take_while(|c| c.is_ascii_digit() || matches!(c, '-' | ':' | ',' | ' ')).trim();
        let number = |text: &str| text.trim().parse::<i64>().ok();
        let step = if let Some((from, to)) = text.split_once(':') {
            let bound = |text: &str| if text.trim().is_empty() { Some(None) } else { number(text).map(Some) };
            bound(from).zip(bound(to)).filter(|bounds| *bounds != (None, None)).map(|(from, to)| Step::Slice(from, to))
        } else if text.contains(',') {
            text.split(',').map(number).collect::<Option<Vec<i64>>>().map(Step::Indices)
        } else {
            number(text).map(Step::Index)
        };
        step.map_or_else(|| self.invalid("it has no such index"), Ok)
    }
}
