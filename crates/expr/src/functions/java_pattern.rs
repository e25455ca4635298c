//! Java's regular expressions in the words of the `regex` crate; what it cannot do (look-around, back references, atomic groups, possessive
//! quantifiers) is left to `fancy-regex`, which backtracks as Java does.

use std::fmt::Write;
use std::iter::Peekable;
use std::str::Chars;

use regex::Regex;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub(super) enum JavaPattern {
    /// Takes time linear in the text.
    Automaton(Regex),
    /// May backtrack; when it gives up, nothing is found.
    Backtracking(Box<fancy_regex::Regex>),
}

/// Java refuses the pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InvalidPattern;

/// Byte ranges of a match's groups; the first is the whole match.
type Groups = Vec<Option<(usize, usize)>>;

impl JavaPattern {
    /// Compiles a pattern.
    pub(super) fn new(pattern: &str) -> Result<JavaPattern, InvalidPattern> {
        let mut translation = Translation::default();
        translation.translate(pattern)?;
        if translation.backtracks {
            let regex = fancy_regex::Regex::new(&translation.out).map_err(|_| InvalidPattern)?;
            return Ok(JavaPattern::Backtracking(Box::new(regex)));
        }
        Regex::new(&translation.out).map(JavaPattern::Automaton).map_err(|_| InvalidPattern)
    }

    /// Whether it is found anywhere in the text.
    pub(super) fn is_match(&self, text: &str) -> bool {
        match self {
            JavaPattern::Automaton(regex) => regex.is_match(text),
            JavaPattern::Backtracking(regex) => regex.is_match(text).unwrap_or(false),
        }
    }

    /// Number of groups, the whole match among them.
    pub(super) fn group_count(&self) -> usize {
        match self {
            JavaPattern::Automaton(regex) => regex.captures_len(),
            JavaPattern::Backtracking(regex) => regex.captures_len(),
        }
    }

    /// The byte range of the first match at or behind a byte.
    pub(super) fn find_at(&self, text: &str, start: usize) -> Option<(usize, usize)> {
        match self {
            JavaPattern::Automaton(regex) => regex.find_at(text, start).map(|found| (found.start(), found.end())),
            JavaPattern::Backtracking(regex) => {
                let found = regex.find_from_pos(text, start).ok()??;
                Some((found.start(), found.end()))
            }
        }
    }

    /// The groups of the first match at or behind a byte.
    pub(super) fn groups_at(&self, text: &str, start: usize) -> Option<Groups> {
        match self {
            JavaPattern::Automaton(regex) => {
                let groups = regex.captures_at(text, start)?;
                Some(groups.iter().map(|group| group.map(|group| (group.start(), group.end()))).collect())
            }
            JavaPattern::Backtracking(regex) => {
                let groups = regex.captures_from_pos(text, start).ok()??;
                Some(groups.iter().map(|group| group.map(|group| (group.start(), group.end()))).collect())
            }
        }
    }
}

/// Calls `each` for all matches as Java's `Matcher.find` goes over them: behind an empty match it goes on one character further.
pub(super) fn each_match<T>(
    text: &str,
    find: impl Fn(usize) -> Option<T>,
    range: impl Fn(&T) -> (usize, usize),
    mut each: impl FnMut(T),
) {
    let mut at = 0;
    while at <= text.len() {
        let Some(found) = find(at) else { return };
        let (start, end) = range(&found);
        at = match end > start {
            true => end,
            false => end + text[end..].chars().next().map_or(1, char::len_utf8),
        };
        each(found);
    }
}

#[derive(Default)]
struct Translation {
    out: String,
    /// `(?s)`: the point stands for line ends too.
    dot_all: bool,
    /// `(?x)`: blanks and comments are skipped.
    comments: bool,
    /// `(?U)`: classes are those of Unicode.
    unicode: bool,
    backtracks: bool,
}

/// What the point does not stand for in Java.
const LINE_ENDS: &str = r"\n\r\x{85}\x{2028}\x{2029}";
const HORIZONTAL: &str = r" \t\x{A0}\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}";
const VERTICAL: &str = r"\n\x0B\x0C\r\x{85}\x{2028}\x{2029}";

impl Translation {
    fn translate(&mut self, pattern: &str) -> Result<(), InvalidPattern> {
        let mut chars = pattern.chars().peekable();
        let mut class_depth = 0;
        while let Some(c) = chars.next() {
            match c {
                '\\' => self.escape(&mut chars, class_depth > 0)?,
                '[' => {
                    class_depth += 1;
                    self.out.push('[');
                    if chars.peek() == Some(&'^') {
                        self.out.extend(chars.next());
                    }
                    // A bracket that closes nothing stands for itself.
                    if chars.peek() == Some(&']') {
                        chars.next();
                        self.out.push_str("\\]");
                    }
                }
                ']' if class_depth > 0 => {
                    class_depth -= 1;
                    self.out.push(']');
                }
                ']' => self.out.push_str("\\]"),
                // Java knows no difference of classes.
                '-' if class_depth > 0 && chars.peek() == Some(&'-') => self.out.push_str("\\-"),
                '~' if class_depth > 0 => self.out.push_str("\\~"),
                '#' | ' ' if class_depth > 0 => {
                    self.out.push('\\');
                    self.out.push(c);
                }
                _ if class_depth > 0 => self.out.push(c),
                '.' if self.dot_all => self.out.push_str(r"(?s:.)"),
                '.' => {
                    let _ = write!(self.out, "[^{LINE_ENDS}]");
                }
                '(' => self.group(&mut chars)?,
                '{' => self.repetition(&mut chars)?,
                '}' => self.out.push_str("\\}"),
                '*' | '+' | '?' => {
                    self.out.push(c);
                    self.possessive(&mut chars);
                }
                '#' if self.comments => while chars.next().is_some_and(|c| c != '\n') {},
                c if c.is_whitespace() && self.comments => {}
                _ => self.out.push(c),
            }
        }
        if class_depth > 0 { Err(InvalidPattern) } else { Ok(()) }
    }

    /// `+` behind a quantifier.
    fn possessive(&mut self, chars: &mut Peekable<Chars<'_>>) {
        if chars.peek() == Some(&'+') {
            chars.next();
            self.out.push('+');
            self.backtracks = true;
        }
    }

    /// `{n}`, `{n,}`, `{n,m}`; nothing else.
    fn repetition(&mut self, chars: &mut Peekable<Chars<'_>>) -> Result<(), InvalidPattern> {
        let mut body = String::new();
        loop {
            match chars.next() {
                Some('}') => break,
                Some(c) if c.is_ascii_digit() || c == ',' => body.push(c),
                _ => return Err(InvalidPattern),
            }
        }
        if !body.starts_with(|c: char| c.is_ascii_digit()) || body.matches(',').count() > 1 {
            return Err(InvalidPattern);
        }
        let _ = write!(self.out, "{{{body}}}");
        self.possessive(chars);
        Ok(())
    }

    /// What stands behind an opening parenthesis.
    fn group(&mut self, chars: &mut Peekable<Chars<'_>>) -> Result<(), InvalidPattern> {
        self.out.push('(');
        if chars.peek() != Some(&'?') {
            return Ok(());
        }
        self.out.extend(chars.next());
        match chars.peek() {
            Some('=' | '!' | '>') => self.backtracks = true,
            Some('<') => {
                self.out.extend(chars.next());
                self.backtracks |= matches!(chars.peek(), Some('=' | '!'));
            }
            Some(c) if c.is_ascii_alphabetic() || *c == '-' => return self.flags(chars),
            _ => {}
        }
        Ok(())
    }

    /// `idmsuxU-idmsuxU`, up to `)` or `:`.
    fn flags(&mut self, chars: &mut Peekable<Chars<'_>>) -> Result<(), InvalidPattern> {
        let mut on = true;
        let mut kept = String::new();
        while let Some(c) = chars.next_if(|c| *c != ')' && *c != ':') {
            match c {
                '-' => {
                    on = false;
                    kept.push('-');
                }
                's' => self.dot_all = on,
                'x' => self.comments = on,
                'i' | 'm' => kept.push(c),
                'U' => self.unicode = on,
                'u' | 'd' => {}
                _ => return Err(InvalidPattern),
            }
        }
        let kept = kept.trim_end_matches('-');
        match (kept.is_empty(), chars.peek()) {
            // A group of flags that are dealt with here: `(?s)`.
            (true, Some(')')) => {
                self.out.truncate(self.out.len() - "(?".len());
                chars.next();
            }
            (_, Some(_)) => self.out.push_str(kept),
            (_, None) => return Err(InvalidPattern),
        }
        Ok(())
    }

    /// What stands behind a backslash.
    fn escape(&mut self, chars: &mut Peekable<Chars<'_>>, in_class: bool) -> Result<(), InvalidPattern> {
        let Some(c) = chars.next() else { return Err(InvalidPattern) };
        let class = |negated: bool, body: &str| if negated { format!("[^{body}]") } else { format!("[{body}]") };
        match c {
            'd' | 'D' | 'w' | 'W' | 's' | 'S' if self.unicode => {
                self.out.push('\\');
                self.out.push(c);
            }
            'd' | 'D' => self.out.push_str(&class(c == 'D', "0-9")),
            'w' | 'W' => self.out.push_str(&class(c == 'W', "a-zA-Z_0-9")),
            's' | 'S' => self.out.push_str(&class(c == 'S', r" \t\n\x0B\x0C\r")),
            'h' | 'H' => self.out.push_str(&class(c == 'H', HORIZONTAL)),
            'v' | 'V' => self.out.push_str(&class(c == 'V', VERTICAL)),
            'R' if !in_class => {
                let _ = write!(self.out, r"(?:\r\n|[{VERTICAL}])");
            }
            'b' | 'B' if !in_class => {
                self.out.push('\\');
                self.out.push(c);
            }
            'A' | 'z' if !in_class => {
                self.out.push('\\');
                self.out.push(c);
            }
            'Z' if !in_class => {
                self.backtracks = true;
                self.out.push_str(r"(?=\n?\z)");
            }
            'G' if !in_class => {
                self.backtracks = true;
                self.out.push_str(r"\G");
            }
            'Q' => {
                let mut quoted = String::new();
                while let Some(c) = chars.next() {
                    if c == '\\' && chars.peek() == Some(&'E') {
                        chars.next();
                        break;
                    }
                    quoted.push(c);
                }
                self.out.push_str(&regex::escape(&quoted));
            }
            'E' => {}
            '1'..='9' if !in_class => {
                self.backtracks = true;
                let _ = write!(self.out, "(?:\\{c})");
            }
            'k' if !in_class => {
                self.backtracks = true;
                self.out.push_str("\\k");
            }
            '0' => {
                let mut code = 0;
                let mut digits = 0;
                while let Some(digit) = chars.next_if(|c| digits < 3 && ('0'..='7').contains(c) && code * 8 < 256) {
                    code = code * 8 + digit.to_digit(8).unwrap_or_default();
                    digits += 1;
                }
                if digits == 0 {
                    return Err(InvalidPattern);
                }
                self.literal(code)?;
            }
            'x' if chars.peek() == Some(&'{') => {
                chars.next();
                let mut hex = String::new();
                while let Some(c) = chars.next_if(|c| *c != '}') {
                    hex.push(c);
                }
                chars.next();
                self.literal(u32::from_str_radix(&hex, 16).map_err(|_| InvalidPattern)?)?;
            }
            'x' => self.hex(chars, 2)?,
            'u' => self.hex(chars, 4)?,
            'p' | 'P' => self.property(chars, c == 'P')?,
            't' | 'n' | 'r' | 'f' | 'a' => {
                self.out.push('\\');
                self.out.push(c);
            }
            'e' => self.literal(0x1b)?,
            'c' => {
                let control = chars.next().ok_or(InvalidPattern)?;
                self.literal(u32::from(control) ^ 0x40)?;
            }
            c if c.is_ascii_alphabetic() => return Err(InvalidPattern),
            c => self.literal(c.into())?,
        }
        Ok(())
    }

    fn hex(&mut self, chars: &mut Peekable<Chars<'_>>, digits: usize) -> Result<(), InvalidPattern> {
        let mut code = 0;
        for _ in 0..digits {
            code = code * 16 + chars.next().and_then(|c| c.to_digit(16)).ok_or(InvalidPattern)?;
        }
        self.literal(code)
    }

    fn literal(&mut self, code: u32) -> Result<(), InvalidPattern> {
        let c = char::from_u32(code).ok_or(InvalidPattern)?;
        self.out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
        Ok(())
    }

    /// `\pL`, `\p{Alpha}`, `\p{IsLatin}`, `\p{javaLowerCase}`. The names of POSIX mean ASCII.
    fn property(&mut self, chars: &mut Peekable<Chars<'_>>, negated: bool) -> Result<(), InvalidPattern> {
        let mut name = String::new();
        match chars.next() {
            Some('{') => {
                while let Some(c) = chars.next_if(|c| *c != '}') {
                    name.push(c);
                }
                chars.next().ok_or(InvalidPattern)?;
            }
            Some(c) => name.push(c),
            None => return Err(InvalidPattern),
        }
        let ascii = match name.as_str() {
            "Lower" => "a-z",
            "Upper" => "A-Z",
            "ASCII" => r"\x00-\x7F",
            "Alpha" => "a-zA-Z",
            "Digit" => "0-9",
            "Alnum" => "a-zA-Z0-9",
            "Punct" => r"!-/:-@\[-`{-\~",
            "Graph" => r"!-\~",
            "Print" => r"\x20-\~",
            "Blank" => r" \t",
            "Cntrl" => r"\x00-\x1F\x7F",
            "XDigit" => "0-9a-fA-F",
            "Space" => r" \t\n\x0B\x0C\r",
            _ => "",
        };
        let not = if negated { "^" } else { "" };
        if !ascii.is_empty() {
            let _ = write!(self.out, "[{not}{ascii}]");
            return Ok(());
        }
        let unicode = match name.as_str() {
            "javaLowerCase" => "Lowercase",
            "javaUpperCase" => "Uppercase",
            "javaWhitespace" => "White_Space",
            "javaLetter" | "javaAlphabetic" => "Alphabetic",
            "javaDigit" => "Nd",
            other => other.strip_prefix("Is").unwrap_or(other),
        };
        let _ = write!(self.out, "[{not}\\p{{{unicode}}}]");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        JavaPattern::new(pattern).unwrap().is_match(text)
    }

    #[test]
    fn patterns_are_javas() {
        for (pattern, text) in [
            (r"^\d+\Q.*\E$", "12.*"),
            (r"(ab)\1", "abab"),
            (r"(?<n>a)\k<n>", "aa"),
            ("foo(?!baz)", "foobar"),
            ("(?<=foo)bar", "foobar"),
            ("(?i)abc", "ABC"),
            (r"a\hb", "a\tb"),
            (r"[\w&&[^b]]c", "ac"),
            (r"\p{IsLatin}\p{Alpha}\p{L}", "éaé"),
            (r"\x41\u0042\0103", "ABC"),
            ("(?s)a.b", "a\nb"),
            ("[]a]+", "]a"),
            ("]", "]"),
            (r"a\Z", "a\n"),
            ("a(?x) b # comment", "ab"),
            (r"(?U)\w", "é"),
        ] {
            assert!(matches(pattern, text), "{pattern}");
        }
        for (pattern, text) in [(r"\d", "٣"), ("a++a", "aaa"), ("a.b", "a\rb"), (r"\w", "é"), ("(?>a|ab)c", "abc")] {
            assert!(!matches(pattern, text), "{pattern}");
        }
        for pattern in ["[", "*", "x{", "a{,2}", r"\y", "(", "a{2", r"\x4", r"\", r"\p{Nope}"] {
            assert!(JavaPattern::new(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn empty_matches_are_found_as_java_finds_them() {
        let pattern = JavaPattern::new("a*").unwrap();
        let mut found = Vec::new();
        each_match("aab", |at| pattern.find_at("aab", at), |found| *found, |range| found.push(range));
        assert_eq!(found, [(0, 2), (2, 2), (3, 3)]);
    }
}
