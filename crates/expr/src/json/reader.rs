//! A cursor over the text of a JSON document.

use std::borrow::Cow;

/// How deep a document may be nested, as in Jackson.
const MAX_DEPTH: usize = 1000;

/// The text is no JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// Byte of the text at which reading stopped.
    pub(crate) at: usize,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    Array,
    Text,
    Number,
    True,
    False,
    Null,
}

/// Goes over a document value by value. Each method that takes a value off leaves the cursor behind it.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

type Result<T> = std::result::Result<T, Malformed>;

impl<'a> Reader<'a> {
    /// Before the first value of a text.
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    fn malformed<T>(&self) -> Result<T> {
        Err(Malformed { at: self.at })
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The text that is left.
    pub(crate) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Skips blanks; whether nothing is left.
    pub(crate) fn at_end(&mut self) -> bool {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.byte() {
            self.at += 1;
        }
        self.at == self.text.len()
    }

    /// What the next value is; nothing is taken but blanks.
    pub(crate) fn peek(&mut self) -> Result<Kind> {
        self.at_end();
        Ok(match self.byte() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::Text,
            Some(b'-' | b'0'..=b'9') => Kind::Number,
            Some(b't') => Kind::True,
            Some(b'f') => Kind::False,
            Some(b'n') => Kind::Null,
            _ => return self.malformed(),
        })
    }

    /// Takes any value off.
    pub(crate) fn skip(&mut self) -> Result<()> {
        match self.peek()? {
            Kind::Object => self.entries(|reader, _| reader.skip()),
            Kind::Array => self.elements(|reader, _| reader.skip()),
            Kind::Text => self.skip_text().map(|_| ()),
            Kind::Number => self.number().map(|_| ()),
            Kind::True => self.word("true"),
            Kind::False => self.word("false"),
            Kind::Null => self.word("null"),
        }
    }

    /// Takes any value off and gives its text.
    pub(crate) fn raw(&mut self) -> Result<&'a str> {
        self.at_end();
        let start = self.at;
        self.skip()?;
        Ok(&self.text[start..self.at])
    }

    fn word(&mut self, word: &str) -> Result<()> {
        if !self.rest().starts_with(word) {
            return self.malformed();
        }
        self.at += word.len();
        self.ends_value()
    }

    /// A word or number must not run into another.
    fn ends_value(&self) -> Result<()> {
        match self.byte() {
            None | Some(b' ' | b'\t' | b'\n' | b'\r' | b',' | b']' | b'}' | b':') => Ok(()),
            Some(_) => self.malformed(),
        }
    }

    /// Takes a number off and gives its text.
    pub(crate) fn number(&mut self) -> Result<&'a str> {
        let start = self.at;
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        let whole = self.digits()?;
        if whole > 1 && self.text.as_bytes()[self.at - whole] == b'0' {
            return self.malformed();
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            self.digits()?;
        }
        self.ends_value()?;
        Ok(&self.text[start..self.at])
    }

    /// One digit or more; how many.
    fn digits(&mut self) -> Result<usize> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.byte() {
            self.at += 1;
        }
        if self.at == start { self.malformed() } else { Ok(self.at - start) }
    }

    /// Takes a string off.
    pub(crate) fn text(&mut self) -> Result<Cow<'a, str>> {
        let (raw, escaped) = self.skip_text()?;
        Ok(if escaped { Cow::Owned(unescape(raw)) } else { Cow::Borrowed(raw) })
    }

    /// Takes a string off: what stands between its quotes, and whether something in it is escaped.
    fn skip_text(&mut self) -> Result<(&'a str, bool)> {
        if self.byte() != Some(b'"') {
            return self.malformed();
        }
        self.at += 1;
        let (start, mut escaped) = (self.at, false);
        loop {
            match self.byte() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.at += 1;
                    match self.byte() {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
                        Some(b'u') => {
                            let code = self.text.as_bytes().get(self.at + 1..self.at + 5);
                            if !code.is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit)) {
                                return self.malformed();
                            }
                            self.at += 5;
                        }
                        _ => return self.malformed(),
                    }
                }
                Some(0x20..) => self.at += 1,
                _ => return self.malformed(),
            }
        }
        let raw = &self.text[start..self.at];
        self.at += 1;
        Ok((raw, escaped))
    }

    /// Takes an object off; `entry` is called behind each key and has to take the value off.
    pub(crate) fn entries(&mut self, mut entry: impl FnMut(&mut Self, Cow<'a, str>) -> Result<()>) -> Result<()> {
        self.list(b'}', |reader, _| {
            let key = reader.text()?;
            reader.at_end();
            if reader.byte() != Some(b':') {
                return reader.malformed();
            }
            reader.at += 1;
            entry(reader, key)
        })
    }

    /// Takes an array off; `element` is called before each element, with its number, and has to take it off.
    pub(crate) fn elements(&mut self, element: impl FnMut(&mut Self, usize) -> Result<()>) -> Result<()> {
        self.list(b']', element)
    }

    fn list(&mut self, close: u8, mut item: impl FnMut(&mut Self, usize) -> Result<()>) -> Result<()> {
        self.at += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.malformed();
        }
        self.at_end();
        let mut count = 0;
        if self.byte() != Some(close) {
            loop {
                self.at_end();
                item(self, count)?;
                count += 1;
                self.at_end();
                match self.byte() {
                    Some(b',') => self.at += 1,
                    Some(byte) if byte == close => break,
                    _ => return self.malformed(),
                }
            }
        }
        self.at += 1;
        self.depth -= 1;
        Ok(())
    }
}

/// The text between the quotes of a string; an escape that is none stands for its character. Half a
/// surrogate pair is no character: a question mark stands for it, as in Java's bytes.
pub(crate) fn unescape(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut units: Vec<u16> = Vec::new();
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            let unescaped = match chars.next() {
                Some('u') => {
                    let code = chars.as_str().get(..4).and_then(|code| u16::from_str_radix(code, 16).ok());
                    units.extend(code);
                    chars = chars.as_str().get(4..).unwrap_or_default().chars();
                    continue;
                }
                Some('b') => '\u{8}',
                Some('f') => '\u{c}',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some(other) => other,
                None => break,
            };
            flush(&mut units, &mut out);
            out.push(unescaped);
        } else {
            flush(&mut units, &mut out);
            out.push(c);
        }
    }
    flush(&mut units, &mut out);
    out
}

fn flush(units: &mut Vec<u16>, out: &mut String) {
    if !units.is_empty() {
        out.extend(char::decode_utf16(units.drain(..)).map(|unit| unit.unwrap_or('?')));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn documents() {
        let is_json = |text: &str| Reader::new(text).skip().is_ok();
        for good in ["{}", "[]", " { \"a\" : [ 1 , -2.5e+3, null ] } ", "\"\\u00e9\\n\"", "0", "1 trailing", "[1] x"] {
            assert!(is_json(good), "{good}");
        }
        for bad in [
            "",
            " ",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "{a:1}",
            "01",
            "-",
            "1.",
            "nul",
            "truex",
            "\"\n\"",
            "\"\\x\"",
            "\"\\u00\"",
        ] {
            assert!(!is_json(bad), "{bad}");
        }
        assert!(!is_json(&"[".repeat(MAX_DEPTH + 1)));
    }

    #[test]
    fn strings() {
        let text = |text: &'static str| Reader::new(text).text().map(|text| text.into_owned());
        assert_eq!(text(r#""a\"\\\/\n\u00e9\ud83d\ude00""#), Ok("a\"\\/\né😀".to_owned()));
        assert_eq!(text(r#""\ud83dx""#), Ok("?x".to_owned()));
    }

    proptest! {
        #[test]
        fn anything_can_be_read(text: String) {
            let ours = Reader::new(&text);
            let whole = ours.clone().skip().is_ok() && {
                let mut reader = ours;
                reader.skip().is_ok() && reader.at_end()
            };
            prop_assert_eq!(whole, serde_json::from_str::<serde_json::Value>(&text).is_ok());
        }
    }
}
