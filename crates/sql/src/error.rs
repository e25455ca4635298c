//! The one error type of the SQL front end: what is wrong, where in the text, and a way out.
//!
//! The lexer, the parser, the binder and the planner all raise it. It does not hold the text; [`SqlError::render`] shows
//! the place when it is given the text the spans refer to.

use std::fmt;

use crate::ast::{Location, Span};

/// An error in SQL text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SqlError {
    /// Which stage objects.
    pub kind: SqlErrorKind,
    /// What is wrong, in one sentence without a place.
    pub message: String,
    /// The offending piece of text.
    pub span: Span,
    /// More about what is wrong, for example what would have been accepted.
    pub detail: Option<String>,
    /// A way out.
    pub hint: Option<String>,
    /// Whether the text merely ends too early, so that more input could make it right.
    pub incomplete: bool,
}

/// The stage that objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlErrorKind {
    /// The text does not fall into tokens.
    Lex,
    /// The tokens do not make a statement.
    Parse,
    /// The statement means nothing: unknown names, wrong types.
    Validation,
    /// The statement is right but cannot be run here.
    Unsupported,
}

impl SqlError {
    /// An error of `kind` at `span`.
    pub fn new(kind: SqlErrorKind, message: impl Into<String>, span: Span) -> Self {
        Self { kind, message: message.into(), span, detail: None, hint: None, incomplete: false }
    }

    /// The text does not fall into tokens.
    pub fn lex(message: impl Into<String>, span: Span) -> Self {
        Self::new(SqlErrorKind::Lex, message, span)
    }

    /// The tokens do not make a statement.
    pub fn parse(message: impl Into<String>, span: Span) -> Self {
        Self::new(SqlErrorKind::Parse, message, span)
    }

    /// The statement means nothing.
    pub fn validation(message: impl Into<String>, span: Span) -> Self {
        Self::new(SqlErrorKind::Validation, message, span)
    }

    /// The statement cannot be run here.
    pub fn unsupported(message: impl Into<String>, span: Span) -> Self {
        Self::new(SqlErrorKind::Unsupported, message, span)
    }

    /// Adds more about what is wrong.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds a way out.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Marks the text as ending too early.
    #[must_use]
    pub fn into_incomplete(mut self) -> Self {
        self.incomplete = true;
        self
    }

    /// Moves the error by `offset` bytes, from a piece of text into the text it was cut from.
    #[must_use]
    pub fn shifted(mut self, offset: usize) -> Self {
        self.span = Span::new(self.span.start + offset, self.span.end + offset);
        self
    }

    /// Where the error begins in `text`.
    pub fn location(&self, text: &str) -> Location {
        self.span.location(text)
    }

    /// The error as shown to people: place, message, the line with a caret under the offending piece, detail and hint.
    pub fn render(&self, text: &str) -> String {
        let location = self.location(text);
        let mut out = format!("SQL error at {location}: {}", self.message);
        let line_start = line_start(text, self.span.start);
        let line = text[line_start..].lines().next().unwrap_or("");
        if !line.trim().is_empty() {
            let (shown, caret_column) = clip(line, location.column - 1);
            let span_chars = self.span.slice(text).lines().next().unwrap_or("").chars().count();
            let room = shown.chars().count().saturating_sub(caret_column);
            let carets = "^".repeat(span_chars.min(room).max(1));
            let number = location.line.to_string();
            let margin = " ".repeat(number.len());
            out.push_str(&format!("\n {number} | {shown}\n {margin} | {}{carets}", " ".repeat(caret_column)));
        }
        if let Some(detail) = &self.detail {
            out.push_str(&format!("\n  detail: {detail}"));
        }
        if let Some(hint) = &self.hint {
            out.push_str(&format!("\n  hint: {hint}"));
        }
        out
    }
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(detail) = &self.detail {
            write!(f, " ({detail})")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, ". {hint}")?;
        }
        Ok(())
    }
}

/// The offset at which the line of byte `offset` begins.
fn line_start(text: &str, offset: usize) -> usize {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].rfind('\n').map_or(0, |at| at + 1)
}

/// Cuts a long line to a window around `column` (in characters from 0); returns it and the column within it.
///
/// Tabs and control characters become blanks, so that the caret stays under its place.
fn clip(line: &str, column: usize) -> (String, usize) {
    const WIDTH: usize = 110;
    let chars: Vec<char> = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let first = if chars.len() <= WIDTH { 0 } else { column.saturating_sub(WIDTH / 2) };
    let last = chars.len().min(first + WIDTH);
    let mut shown = String::new();
    let mut caret = column - first;
    if first > 0 {
        shown.push_str("... ");
        caret += 4;
    }
    shown.extend(&chars[first..last]);
    if last < chars.len() {
        shown.push_str(" ...");
    }
    (shown.trim_end().to_string(), caret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rendering_shows_the_line_and_the_place() {
        let text = "SELECT a,\n\tnope FROM t";
        let error =
            SqlError::validation("column 'nope' is not known", Span::new(11, 15)).with_hint("did you mean 'hope'?");
        let expected = "SQL error at line 2, column 2: column 'nope' is not known\n 2 |  nope FROM t\n   |  ^^^^\n  hint: did you mean 'hope'?";
        assert_eq!(error.render(text), expected);
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let text = format!("SELECT {}, nope, {}", "a".repeat(300), "b".repeat(300));
        let at = text.find("nope").expect("in the text");
        let rendered = SqlError::validation("unknown", Span::new(at, at + 4)).render(&text);
        let lines: Vec<&str> = rendered.lines().collect();
        let caret = lines[2].find('^').expect("a caret");
        assert_eq!(&lines[1][caret..caret + 4], "nope", "{rendered}");
    }

    #[test]
    fn an_error_past_the_end_points_behind_the_last_character() {
        let rendered = SqlError::parse("unexpected end", Span::new(8, 8)).render("SELECT 1");
        assert!(
            rendered.starts_with("SQL error at line 1, column 9: unexpected end\n 1 | SELECT 1\n   |         ^"),
            "{rendered}"
        );
    }
}
