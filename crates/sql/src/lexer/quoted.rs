//! Decoding of quoted tokens: strings, prefixed literals, quoted identifiers.

use super::{Lexer, TokenKind};
use crate::ast::Span;
use crate::error::SqlError;

impl Lexer<'_> {
    /// The text between quotes at the current place, doubled quotes made single. `what` names the token in errors.
    pub(super) fn quoted_text(&mut self, quote: char, what: &str) -> Result<String, SqlError> {
        let start = self.at;
        let mut value = String::new();
        self.at += quote.len_utf8();
        loop {
            let rest = self.rest();
            let Some(length) = rest.find(quote) else {
                self.at = start;
                let span = Span::new(start, start + quote.len_utf8());
                let error = SqlError::lex(format!("the {what} that begins here is not closed"), span);
                return Err(error.with_hint(format!("close it with {quote}")).into_incomplete());
            };
            value.push_str(&rest[..length]);
            self.at += length + quote.len_utf8();
            if !self.rest().starts_with(quote) {
                return Ok(value);
            }
            value.push(quote);
            self.at += quote.len_utf8();
        }
    }

    pub(super) fn quoted_identifier(&mut self) -> Result<String, SqlError> {
        let start = self.at;
        let name = self.quoted_text('`', "quoted name")?;
        if name.is_empty() {
            return Err(SqlError::lex("a quoted name must not be empty", self.span_from(start)));
        }
        Ok(name)
    }

    /// A literal with a prefix of letters, `X'1F'` or `_UTF8'x'`; nothing when the word is no such prefix.
    pub(super) fn prefixed_literal(&mut self, prefix: &str) -> Result<Option<TokenKind>, SqlError> {
        let start = self.at;
        let quote_at = start + prefix.len();
        let kind = match prefix {
            "X" | "x" => {
                self.at = quote_at;
                let digits = self.quoted_text('\'', "binary literal")?;
                TokenKind::Binary(decode_hex(&digits).map_err(|why| SqlError::validation(why, self.span_from(start)))?)
            }
            "N" | "n" => {
                self.at = quote_at;
                TokenKind::String { value: self.quoted_text('\'', "string")?, charset: None }
            }
            "E" | "e" => {
                self.at = quote_at;
                TokenKind::String { value: self.c_style_text()?, charset: None }
            }
            _ if prefix.len() > 1 && prefix.starts_with('_') => {
                self.at = quote_at;
                TokenKind::String { value: self.quoted_text('\'', "string")?, charset: Some(prefix[1..].to_string()) }
            }
            _ => return Ok(None),
        };
        Ok(Some(kind))
    }

    /// `U&'...'`, with its escape character when `UESCAPE` follows.
    pub(super) fn unicode_literal(&mut self) -> Result<TokenKind, SqlError> {
        let start = self.at;
        self.at += "U&".len();
        let raw = self.quoted_text('\'', "string")?;
        let escape = self.uescape()?.unwrap_or('\\');
        let value = decode_unicode(&raw, escape).map_err(|why| {
            let error = SqlError::lex(why, self.span_from(start));
            error.with_hint(format!("write {escape}XXXX or {escape}+XXXXXX with hexadecimal digits"))
        })?;
        Ok(TokenKind::String { value, charset: Some("UTF16".to_string()) })
    }

    /// `UESCAPE 'c'`, if it follows.
    fn uescape(&mut self) -> Result<Option<char>, SqlError> {
        const WORD: &str = "UESCAPE";
        let before = self.at;
        self.skip_blanks()?;
        if !self.rest().get(..WORD.len()).is_some_and(|word| word.eq_ignore_ascii_case(WORD)) {
            self.at = before;
            return Ok(None);
        }
        let start = self.at;
        self.at += WORD.len();
        self.skip_blanks()?;
        let text = if self.peek() == Some('\'') { self.quoted_text('\'', "string")? } else { String::new() };
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_ascii_hexdigit() && !c.is_whitespace() && c != '+' => Ok(Some(c)),
            _ => Err(SqlError::lex("UESCAPE needs a string of one character", self.span_from(start))
                .with_hint("for example UESCAPE '!'; a hexadecimal digit, '+' or a blank cannot be used")),
        }
    }

    /// The text of `E'...'`, at its opening quote.
    fn c_style_text(&mut self) -> Result<String, SqlError> {
        let start = self.at;
        self.at += 1;
        let mut value = String::new();
        while let Some(c) = self.peek() {
            self.at += c.len_utf8();
            match c {
                '\'' if self.peek() == Some('\'') => {
                    value.push('\'');
                    self.at += 1;
                }
                '\'' => return Ok(value),
                '\\' => value.push(self.c_style_escape()?),
                _ => value.push(c),
            }
        }
        self.at = start;
        let error = SqlError::lex("the string that begins here is not closed", Span::new(start, start + 1));
        Err(error.with_hint("close it with '").into_incomplete())
    }

    /// The character that an escape stands for; the backslash is already taken.
    fn c_style_escape(&mut self) -> Result<char, SqlError> {
        let start = self.at - 1;
        let Some(c) = self.peek() else {
            return Ok('\\'); // the caller sees the end of the text next
        };
        self.at += c.len_utf8();
        Ok(match c {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' | 'U' => {
                let digits = if c == 'u' { 4 } else { 8 };
                let code = self.rest().get(..digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
                let Some(decoded) = code.and_then(char::from_u32) else {
                    let message = format!("\\{c} needs {digits} hexadecimal digits of a character");
                    return Err(SqlError::lex(message, self.span_from(start)));
                };
                self.at += digits;
                decoded
            }
            other => other,
        })
    }
}

fn decode_hex(digits: &str) -> Result<Vec<u8>, String> {
    if !digits.len().is_multiple_of(2) {
        return Err("a binary literal must have an even number of hexadecimal digits".to_string());
    }
    let decoded: Option<Vec<u8>> = digits
        .as_bytes()
        .chunks(2)
        .map(|pair| {
            let digit = |byte: u8| (byte as char).to_digit(16);
            Some((digit(pair[0])? * 16 + digit(pair[1])?) as u8)
        })
        .collect();
    decoded.ok_or_else(|| "a binary literal may hold hexadecimal digits only".to_string())
}

/// Decodes `\XXXX` and `\+XXXXXX`; a surrogate pair written as two escapes makes one character.
fn decode_unicode(raw: &str, escape: char) -> Result<String, String> {
    let bad = || "the string holds an incomplete or impossible unicode escape".to_string();
    let mut units: Vec<u16> = Vec::with_capacity(raw.len());
    let push = |units: &mut Vec<u16>, c: char| units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
    let mut chars = raw.chars().peekable();
    let code_of = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>| {
        let digits = if chars.next_if_eq(&'+').is_some() { 6 } else { 4 };
        (0..digits).try_fold(0u32, |code, _| Some(code * 16 + chars.next()?.to_digit(16)?))
    };
    while let Some(c) = chars.next() {
        if c != escape || chars.next_if_eq(&escape).is_some() {
            push(&mut units, c);
            continue;
        }
        let code = code_of(&mut chars).ok_or_else(bad)?;
        match u16::try_from(code) {
            Ok(unit) => units.push(unit),
            Err(_) => push(&mut units, char::from_u32(code).ok_or_else(bad)?),
        }
    }
    String::from_utf16(&units).map_err(|_| bad())
}
