//! JSON strings: escapes undone when read, made when written, and values written again in compact form.

use super::scanner::{Kind, Malformed, Scanner, Token};
use crate::formats::number_text::parse_double;
use crate::java_text;

/// Appends the text of a checked string without its escapes. False when its bytes are not UTF-8.
///
/// Half of a surrogate pair becomes `?`, as it does when Java encodes it.
pub(super) fn unescape(raw: &[u8], out: &mut String) -> bool {
    let Ok(mut rest) = std::str::from_utf8(raw) else { return false };
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escape = rest.as_bytes()[at + 1];
        let mut length = 2;
        match escape {
            b'b' => out.push('\u{8}'),
            b'f' => out.push('\u{c}'),
            b'n' => out.push('\n'),
            b'r' => out.push('\r'),
            b't' => out.push('\t'),
            b'u' => {
                let (character, taken) = unicode(&rest[at..]);
                out.push(character);
                length = taken;
            }
            other => out.push(char::from(other)),
        }
        rest = &rest[at + length..];
    }
    out.push_str(rest);
    true
}

/// The character of one `\uXXXX` or of a surrogate pair of two, and the bytes that it takes.
fn unicode(text: &str) -> (char, usize) {
    let unit = |text: &str| u32::from_str_radix(text.get(2..6)?, 16).ok();
    let first = unit(text).unwrap_or(u32::from(b'?'));
    if let Some(character) = char::from_u32(first) {
        return (character, 6);
    }
    let second = text.get(6..).filter(|rest| rest.starts_with("\\u")).and_then(unit);
    match second {
        Some(second @ 0xDC00..=0xDFFF) if first < 0xDC00 => {
            let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            (char::from_u32(code).unwrap_or('?'), 12)
        }
        _ => ('?', 6),
    }
}

/// Appends a string in quotes as Jackson writes records: characters beyond the basic plane as two escapes.
pub(super) fn push_quoted(text: &str, out: &mut String) {
    push_string::<true>(text, out);
}

/// Appends a string in quotes; only with `PAIRS` are characters beyond the basic plane escaped.
fn push_string<const PAIRS: bool>(text: &str, out: &mut String) {
    out.push('"');
    let mut plain_from = 0;
    for (at, &byte) in text.as_bytes().iter().enumerate() {
        let begins_pair = PAIRS && byte >= 0xF0;
        if byte >= 0x20 && byte != b'"' && byte != b'\\' && !begins_pair {
            continue;
        }
        out.push_str(&text[plain_from..at]);
        plain_from = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x08 => out.push_str("\\b"),
            0x0C => out.push_str("\\f"),
            0xF0..=0xFF => {
                let character = text[at..].chars().next().expect("a character begins here");
                let mut units = [0; 2];
                for &unit in character.encode_utf16(&mut units).iter() {
                    push_unit(unit, out);
                }
                plain_from = at + 4;
            }
            _ => push_unit(u16::from(byte), out),
        }
    }
    out.push_str(&text[plain_from..]);
    out.push('"');
}

fn push_unit(unit: u16, out: &mut String) {
    out.push_str("\\u");
    for shift in [12, 8, 4, 0] {
        out.push(char::from(b"0123456789ABCDEF"[usize::from(unit >> shift & 15)]));
    }
}

/// Appends a checked value without blanks, its numbers as Jackson reads and writes them.
pub(super) fn push_compact(document: &[u8], token: Token, out: &mut String) -> Result<(), Malformed> {
    let raw = token.text(document);
    match token.kind {
        Kind::String { .. } => {
            let mut text = String::new();
            unescape(raw, &mut text);
            // A tree that Jackson turns into text keeps characters beyond the basic plane as they are.
            push_string::<false>(&text, out);
        }
        Kind::Integer if raw == b"-0" => out.push('0'),
        Kind::Float => {
            let value = parse_double(raw).unwrap_or(f64::NAN);
            if value.is_finite() {
                java_text::push_double(out, value);
            } else {
                out.push('"');
                java_text::push_double(out, value);
                out.push('"');
            }
        }
        Kind::Integer | Kind::True | Kind::False | Kind::Null => out.push_str(&String::from_utf8_lossy(raw)),
        Kind::Object => push_items(document, token, b'}', out)?,
        Kind::Array => push_items(document, token, b']', out)?,
    }
    Ok(())
}

fn push_items(document: &[u8], token: Token, close: u8, out: &mut String) -> Result<(), Malformed> {
    let mut scanner = Scanner::inside(document, token);
    out.push(if close == b'}' { '{' } else { '[' });
    let mut more = scanner.open(close);
    while more {
        if close == b'}' {
            push_compact(document, scanner.key()?, out)?;
            out.push(':');
        }
        push_compact(document, scanner.value()?, out)?;
        more = scanner.another(close)?;
        if more {
            out.push(',');
        }
    }
    out.push(char::from(close));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unescaped(text: &str) -> String {
        let mut out = String::new();
        assert!(unescape(text.as_bytes(), &mut out));
        out
    }

    #[test]
    fn escapes_are_undone() {
        assert_eq!(unescaped(r#"a\"b\\c\/d\b\f\n\r\t\u00e9\ud83d\ude00"#), "a\"b\\c/d\u{8}\u{c}\n\r\té😀");
        assert_eq!(unescaped(r"\ud83d"), "?");
        assert_eq!(unescaped(r"\ud83dx"), "?x");
        assert_eq!(unescaped(r"\ude00\ud83d"), "??");
        assert!(!unescape(&[0xFF], &mut String::new()));
    }

    #[test]
    fn values_are_written_again_in_compact_form() {
        let document = r#" {"a" : 1, "b":[ 1,2.50 , "x\ty"], "c":null,"d":-0,"e":1e400,"f":1.0E5,"g":"q\"\u0001\u007f\/<","h":{},"i":12345678901234567890123}"#;
        let mut out = String::new();
        let token = Scanner::new(document.as_bytes()).value().unwrap();
        push_compact(document.as_bytes(), token, &mut out).unwrap();
        assert_eq!(
            out,
            "{\"a\":1,\"b\":[1,2.5,\"x\\ty\"],\"c\":null,\"d\":0,\"e\":\"Infinity\",\"f\":100000.0,\"g\":\"q\\\"\\u0001\u{7f}/<\",\"h\":{},\"i\":12345678901234567890123}"
        );
    }

    #[test]
    fn strings_are_quoted_as_jackson_quotes_them() {
        let mut out = String::new();
        push_quoted("a\"\\\u{1}\u{1f}\u{7f}\u{2028}/<é\u{1F600}z", &mut out);
        assert_eq!(out, "\"a\\\"\\\\\\u0001\\u001F\u{7f}\u{2028}/<é\\uD83D\\uDE00z\"");
    }

    proptest! {
        #[test]
        fn quoted_then_unescaped(text in any::<String>()) {
            let mut quoted = String::new();
            push_quoted(&text, &mut quoted);
            prop_assert_eq!(unescaped(&quoted[1..quoted.len() - 1]), text);
        }
    }
}
