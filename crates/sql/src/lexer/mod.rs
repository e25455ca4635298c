//! Text to tokens, by the lexical rules of Flink SQL (those of Calcite with the Java policy).
//!
//! Identifiers are case sensitive and quoted with back-quotes; `--` and `//` comments run to the end of the line,
//! `/* ... */` comments are skipped but `/*+ ... */` hints are kept. The lexer knows no keywords: see [`keywords`].

pub mod keywords;
mod quoted;
mod token;

pub use token::{Token, TokenKind};

use crate::ast::Span;
use crate::error::SqlError;

/// The tokens of a text. When a part of it is no token, the tokens before it and the error.
#[derive(Debug)]
pub struct Tokens {
    /// The tokens; the last one is [`TokenKind::Eof`], or [`TokenKind::Invalid`] when there is an error.
    pub tokens: Vec<Token>,
    /// Why the text stops falling into tokens.
    pub error: Option<SqlError>,
}

/// Cuts a text into tokens.
pub fn tokenize(text: &str) -> Tokens {
    let mut lexer = Lexer { text, at: 0, in_hint: false };
    let mut tokens = Vec::with_capacity(text.len() / 4 + 2);
    loop {
        match lexer.next_token() {
            Ok(token) => {
                let done = token.kind == TokenKind::Eof;
                tokens.push(token);
                if done {
                    return Tokens { tokens, error: None };
                }
            }
            Err(error) => {
                tokens.push(Token { kind: TokenKind::Invalid, span: error.span });
                return Tokens { tokens, error: Some(error) };
            }
        }
    }
}

/// Whether a character may begin an identifier.
pub fn is_identifier_start(c: char) -> bool {
    c == '_' || c == '$' || c.is_alphabetic()
}

/// Whether a character may continue an identifier.
pub fn is_identifier_part(c: char) -> bool {
    is_identifier_start(c) || c.is_numeric()
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    in_hint: bool,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn peek_second(&self) -> Option<char> {
        self.rest().chars().nth(1)
    }

    fn span_from(&self, start: usize) -> Span {
        Span::new(start, self.at)
    }

    fn next_token(&mut self) -> Result<Token, SqlError> {
        self.skip_blanks()?;
        let start = self.at;
        let kind = match self.peek() {
            None => TokenKind::Eof,
            Some('\'') => TokenKind::String { value: self.quoted_text('\'', "string")?, charset: None },
            Some('`') => TokenKind::QuotedIdent(self.quoted_identifier()?),
            Some(c) if c.is_ascii_digit() => self.number(),
            Some('.') if self.peek_second().is_some_and(|c| c.is_ascii_digit()) => self.number(),
            Some(c) if is_identifier_start(c) => self.word()?,
            Some(c) => self.symbol(c)?,
        };
        Ok(Token { kind, span: self.span_from(start) })
    }

    /// Skips white space and comments.
    fn skip_blanks(&mut self) -> Result<(), SqlError> {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start().len();
            let rest = self.rest();
            if rest.starts_with("--") || rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") && !rest.starts_with("/*+") {
                let Some(length) = rest[2..].find("*/") else {
                    let span = Span::new(self.at, self.at + 2);
                    let error = SqlError::lex("the comment that begins here is not closed", span);
                    return Err(error.with_hint("close it with */").into_incomplete());
                };
                self.at += length + 4;
            } else {
                return Ok(());
            }
        }
    }

    /// A number: `12`, `1.5`, `5.`, `.5`, `1e0`, `1.5E-3`.
    fn number(&mut self) -> TokenKind {
        self.skip_digits();
        if self.peek() == Some('.') {
            self.at += 1;
            self.skip_digits();
        }
        let exponent = self.rest();
        if exponent.starts_with(['e', 'E']) {
            let sign = usize::from(exponent[1..].starts_with(['+', '-']));
            if exponent[1 + sign..].starts_with(|c: char| c.is_ascii_digit()) {
                self.at += 1 + sign;
                self.skip_digits();
                return TokenKind::Approximate;
            }
        }
        TokenKind::Exact
    }

    fn skip_digits(&mut self) {
        let rest = self.rest();
        self.at += rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    }

    /// A word, or a literal that begins with letters.
    fn word(&mut self) -> Result<TokenKind, SqlError> {
        let rest = self.rest();
        let length = rest.find(|c| !is_identifier_part(c)).unwrap_or(rest.len());
        let word = &rest[..length];
        if rest[length..].starts_with('\'')
            && let Some(kind) = self.prefixed_literal(word)?
        {
            return Ok(kind);
        }
        if word.eq_ignore_ascii_case("U") && rest[length..].starts_with("&'") {
            return self.unicode_literal();
        }
        self.at += length;
        Ok(if word == "$" { TokenKind::Dollar } else { TokenKind::Word })
    }

    fn symbol(&mut self, c: char) -> Result<TokenKind, SqlError> {
        let rest = self.rest();
        for (symbol, kind) in LONG_SYMBOLS {
            if rest.starts_with(symbol) && (*kind != TokenKind::HintEnd || self.in_hint) {
                self.at += symbol.len();
                match kind {
                    TokenKind::HintBegin => self.in_hint = true,
                    TokenKind::HintEnd => self.in_hint = false,
                    _ => {}
                }
                return Ok(kind.clone());
            }
        }
        let kind = match c {
            '(' => TokenKind::LeftParen,
            ')' => TokenKind::RightParen,
            '[' => TokenKind::LeftBracket,
            ']' => TokenKind::RightBracket,
            '{' => TokenKind::LeftBrace,
            '}' => TokenKind::RightBrace,
            ',' => TokenKind::Comma,
            ';' => TokenKind::Semicolon,
            '.' => TokenKind::Dot,
            ':' => TokenKind::Colon,
            '+' => TokenKind::Plus,
            '-' => TokenKind::Minus,
            '*' => TokenKind::Star,
            '/' => TokenKind::Slash,
            '%' => TokenKind::Percent,
            '|' => TokenKind::Bar,
            '^' => TokenKind::Caret,
            '?' => TokenKind::Question,
            '=' => TokenKind::Eq,
            '<' => TokenKind::Lt,
            '>' => TokenKind::Gt,
            _ => return Err(self.stray_character(c)),
        };
        self.at += c.len_utf8();
        Ok(kind)
    }

    fn stray_character(&self, c: char) -> SqlError {
        let span = Span::new(self.at, self.at + c.len_utf8());
        let shown = if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
        let error = SqlError::lex(format!("unexpected character '{shown}'"), span);
        match c {
            '"' => error.with_hint("strings stand in 'single quotes', names in `back-quotes`"),
            '&' => error.with_hint("conditions are joined with AND; there is no bitwise operator"),
            '\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}' => {
                error.with_hint("this is a typographic quote; write a straight one: '")
            }
            '!' => error.with_hint("write NOT, or <> for inequality"),
            _ => error,
        }
    }
}

/// Symbols of two characters or more, those first that begin like another.
const LONG_SYMBOLS: &[(&str, TokenKind)] = &[
    ("/*+", TokenKind::HintBegin),
    ("*/", TokenKind::HintEnd),
    ("||", TokenKind::Concat),
    ("<>", TokenKind::NotEq),
    ("!=", TokenKind::NotEq),
    ("<=", TokenKind::LtEq),
    (">=", TokenKind::GtEq),
    ("=>", TokenKind::Arrow),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<TokenKind> {
        let found = tokenize(text);
        assert_eq!(found.error, None, "{text}");
        found.tokens.into_iter().map(|token| token.kind).collect()
    }

    fn string(value: &str, charset: Option<&str>) -> TokenKind {
        TokenKind::String { value: value.into(), charset: charset.map(Into::into) }
    }

    #[test]
    fn literals() {
        let cases = [
            ("'it''s'", string("it's", None)),
            (r"U&'\00e4\+01F600\\'", string("ä😀\\", Some("UTF16"))),
            ("U&'!00e4' UESCAPE '!'", string("ä", Some("UTF16"))),
            ("_UTF8'x'", string("x", Some("UTF8"))),
            (r"E'a\n\'b\u00e4'", string("a\n'bä", None)),
            ("N'x'", string("x", None)),
            ("x'1fA0'", TokenKind::Binary(vec![0x1f, 0xa0])),
            ("`weird ``col`", TokenKind::QuotedIdent("weird `col".into())),
            ("5.", TokenKind::Exact),
            (".5", TokenKind::Exact),
            ("1.5E-3", TokenKind::Approximate),
            ("EXPR$0", TokenKind::Word),
            ("größe_1", TokenKind::Word),
        ];
        for (text, expected) in cases {
            assert_eq!(kinds(text), [expected, TokenKind::Eof], "{text}");
        }
    }

    #[test]
    fn comments_are_skipped_and_hints_are_kept() {
        use TokenKind::*;
        assert_eq!(kinds("a -- b\n/* c */ d // e"), [Word, Word, Eof]);
        assert_eq!(kinds("t /*+ h */ * / x"), [Word, HintBegin, Word, HintEnd, Star, Slash, Word, Eof]);
        assert_eq!(kinds("B*? $)"), [Word, Star, Question, Dollar, RightParen, Eof]);
        assert_eq!(kinds("a<>b!=c=>d||e"), [Word, NotEq, Word, NotEq, Word, Arrow, Word, Concat, Word, Eof]);
    }

    #[test]
    fn mistakes_have_a_place() {
        let cases = [
            ("a 'x", 2, true),
            ("a `x", 2, true),
            ("a /* x", 2, true),
            ("a \"x\"", 2, false),
            ("1 & 3", 2, false),
            ("x'1'", 0, false),
            ("x'zz'", 0, false),
            (r"U&'\00'", 0, false),
            ("``", 0, false),
        ];
        for (text, start, incomplete) in cases {
            let error = tokenize(text).error.unwrap_or_else(|| panic!("{text} is wrong"));
            assert_eq!((error.span.start, error.incomplete), (start, incomplete), "{text}: {error}");
        }
    }
}
