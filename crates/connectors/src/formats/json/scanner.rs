//! Walks over the bytes of a JSON document: where values begin and end, checked against the grammar, without building anything.
//!
//! As Flink configures Jackson, control characters may stand unescaped in strings, and what follows the document is not looked at.

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats) enum Kind {
    /// A string; `escaped` when it has a backslash. The span leaves the quotes out.
    String {
        escaped: bool,
    },
    /// A number without point and exponent.
    Integer,
    /// Any other number.
    Float,
    True,
    False,
    Null,
    Object,
    Array,
}

/// A value and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats) struct Token {
    pub(in crate::formats) kind: Kind,
    start: u32,
    end: u32,
}

impl Token {
    /// The bytes of the value; of a string, those between the quotes.
    pub(in crate::formats) fn text<'a>(&self, document: &'a [u8]) -> &'a [u8] {
        &document[self.start as usize..self.end as usize]
    }
}

/// Where and why a document is malformed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::formats) struct Malformed {
    pub(super) at: usize,
    pub(super) expected: &'static str,
}

/// Deeper nesting is refused, as Jackson refuses it.
const MAX_DEPTH: u32 = 1_000;

/// A position in a document.
#[derive(Debug)]
pub(in crate::formats) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: u32,
}

impl<'a> Scanner<'a> {
    pub(in crate::formats) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, depth: 0 }
    }

    /// A scanner at the opening bracket of a value that was found before.
    pub(in crate::formats) fn inside(document: &'a [u8], token: Token) -> Self {
        Self { bytes: &document[..token.end as usize], at: token.start as usize, depth: 0 }
    }

    /// The next byte after blanks, not taken.
    pub(in crate::formats) fn peek(&mut self) -> Option<u8> {
        while let Some(&byte) = self.bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    pub(super) fn malformed<T>(&self, expected: &'static str) -> Result<T, Malformed> {
        Err(Malformed { at: self.at, expected })
    }

    /// Takes the opening bracket of an object or array; false when the closing one follows, which is taken too.
    pub(in crate::formats) fn open(&mut self, close: u8) -> bool {
        self.at += 1;
        if self.peek() == Some(close) {
            self.at += 1;
            return false;
        }
        true
    }

    /// Takes the comma between items, or the closing bracket: false then.
    pub(in crate::formats) fn another(&mut self, close: u8) -> Result<bool, Malformed> {
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            Some(byte) if byte == close => {
                self.at += 1;
                Ok(false)
            }
            _ => self.malformed("a comma or the end of the object or array"),
        }
    }

    /// Takes a field name and its colon.
    pub(super) fn key(&mut self) -> Result<Token, Malformed> {
        if self.peek() != Some(b'"') {
            return self.malformed("a field name in double quotes");
        }
        let key = self.string()?;
        if self.peek() != Some(b':') {
            return self.malformed("a colon");
        }
        self.at += 1;
        Ok(key)
    }

    /// Takes a value, whatever it is.
    pub(in crate::formats) fn value(&mut self) -> Result<Token, Malformed> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'{') => self.nested(Kind::Object, b'}'),
            Some(b'[') => self.nested(Kind::Array, b']'),
            Some(b't') => self.word(b"true", Kind::True),
            Some(b'f') => self.word(b"false", Kind::False),
            Some(b'n') => self.word(b"null", Kind::Null),
            _ => self.malformed("a value"),
        }
    }

    fn token(&self, kind: Kind, start: usize, end: usize) -> Token {
        Token { kind, start: start as u32, end: end as u32 }
    }

    fn nested(&mut self, kind: Kind, close: u8) -> Result<Token, Malformed> {
        let start = self.at;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.malformed("less deeply nested values");
        }
        if self.open(close) {
            loop {
                if kind == Kind::Object {
                    self.key()?;
                }
                self.value()?;
                if !self.another(close)? {
                    break;
                }
            }
        }
        self.depth -= 1;
        Ok(self.token(kind, start, self.at))
    }

    fn word(&mut self, word: &[u8], kind: Kind) -> Result<Token, Malformed> {
        let start = self.at;
        let end = start + word.len();
        let ends = !self.bytes.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        if self.bytes.get(start..end) != Some(word) || !ends {
            return self.malformed("true, false or null");
        }
        self.at = end;
        Ok(self.token(kind, start, end))
    }

    fn number(&mut self) -> Result<Token, Malformed> {
        let start = self.at;
        if self.bytes[self.at] == b'-' {
            self.at += 1;
        }
        let first = self.bytes.get(self.at).copied();
        let digits = self.digits();
        if digits == 0 || (digits > 1 && first == Some(b'0')) {
            return self.malformed("a number without leading zeros");
        }
        let mut kind = Kind::Integer;
        if self.bytes.get(self.at) == Some(&b'.') {
            kind = Kind::Float;
            self.at += 1;
            if self.digits() == 0 {
                return self.malformed("a digit after the decimal point");
            }
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            kind = Kind::Float;
            self.at += 1;
            if let Some(b'+' | b'-') = self.bytes.get(self.at) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return self.malformed("a digit in the exponent");
            }
        }
        Ok(self.token(kind, start, self.at))
    }

    fn digits(&mut self) -> usize {
        let count = self.bytes[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        count
    }

    fn string(&mut self) -> Result<Token, Malformed> {
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at += plain_length(&self.bytes[self.at..]);
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(self.token(Kind::String { escaped }, start, self.at - 1));
                }
                Some(_) => {
                    escaped = true;
                    self.escape()?;
                }
                None => return self.malformed("the closing quote of a string"),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Malformed> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                let digits = self.bytes.get(self.at + 2..self.at + 6);
                if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                    return self.malformed("four hexadecimal digits");
                }
                self.at += 6;
            }
            _ => return self.malformed("an escape of JSON"),
        }
        Ok(())
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Bytes before the next quote or backslash, found eight at a time.
fn plain_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(chunk) = bytes.get(at..at + 8) {
        let word = u64::from_le_bytes(chunk.try_into().expect("the chunk has eight bytes"));
        let found = zero_bytes(word ^ (ONES * u64::from(b'"'))) | zero_bytes(word ^ (ONES * u64::from(b'\\')));
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    at + bytes[at..].iter().take_while(|&&byte| byte != b'"' && byte != b'\\').count()
}

/// Marks the high bit of the lowest byte that is zero (higher marks may be false).
fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kind(text: &str) -> Result<Kind, &'static str> {
        Scanner::new(text.as_bytes()).value().map(|token| token.kind).map_err(|malformed| malformed.expected)
    }

    #[test]
    fn values_are_told_apart() {
        for (text, expected) in [
            ("\"a\"", Kind::String { escaped: false }),
            ("\"a long string with \\\" in it\"", Kind::String { escaped: true }),
            ("\"ctrl\t\"", Kind::String { escaped: false }),
            ("-0", Kind::Integer),
            ("12}", Kind::Integer),
            ("1.50", Kind::Float),
            ("1e3", Kind::Float),
            ("-1.5E-10", Kind::Float),
            (" true", Kind::True),
            ("false,", Kind::False),
            ("null", Kind::Null),
            ("{\"a\":[1,{\"b\":\"}\"}], \"c\" : {}}trailing", Kind::Object),
            ("[]", Kind::Array),
        ] {
            assert_eq!(kind(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "",
            "tru",
            "truex",
            "01",
            "+1",
            ".5",
            "1.",
            "1e",
            "-",
            "NaN",
            "'a'",
            "\"open",
            "\"\\q\"",
            "\"\\u12g4\"",
            "{\"a\":1",
            "{\"a\":1,}",
            "{a:1}",
            "{\"a\" 1}",
            "[1,]",
            "[1 2]",
            "[1}",
            "/* c */ 1",
        ] {
            assert!(kind(text).is_err(), "{text}");
        }
        assert!(kind(&"[".repeat(2_000)).is_err());
    }

    proptest! {
        #[test]
        fn strings_end_where_they_end(before in "[a-z\\x01é]{0,30}", end in prop::sample::select(vec!["\"", "\\"]), after in "[\"\\\\a]{0,10}") {
            let text = format!("{before}{end}{after}");
            prop_assert_eq!(plain_length(text.as_bytes()), before.len());
        }

        #[test]
        fn what_serde_writes_is_taken(text in any::<String>(), number in any::<f64>()) {
            prop_assume!(number.is_finite());
            let document = serde_json::json!({"a": [text, number, null], "b": {"c": true}}).to_string();
            let token = Scanner::new(document.as_bytes()).value().unwrap();
            prop_assert_eq!(token.text(document.as_bytes()), document.as_bytes());
        }
    }
}
