//! Patterns of LIKE and SIMILAR TO.

use regex::Regex;

use super::java_pattern::JavaPattern;

/// A LIKE pattern. There is no escape character unless ESCAPE names one.
#[derive(Debug, Clone)]
pub(super) enum LikePattern {
    /// `abc`
    Equal(String),
    /// `abc%`
    Prefix(String),
    /// `%abc`
    Suffix(String),
    /// `%abc%`
    Contains(String),
    /// Anything else.
    Tokens(Vec<Token>),
}

/// A part of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// A character.
    Char(char),
    /// `_`
    One,
    /// `%`
    Many,
}

impl LikePattern {
    /// Takes a pattern apart. Fails, in Flink's words, when the escape character stands before anything but a wildcard or itself.
    pub(super) fn parse(pattern: &str, escape: Option<&str>) -> Result<LikePattern, String> {
        let tokens = tokens(pattern, escape_char(escape)?)?;
        let literal = |tokens: &[Token]| {
            tokens
                .iter()
                .map(|token| if let Token::Char(c) = token { Some(*c) } else { None })
                .collect::<Option<String>>()
        };
        let parsed = match tokens.as_slice() {
            [Token::Many, middle @ .., Token::Many] => literal(middle).map(LikePattern::Contains),
            [start @ .., Token::Many] => literal(start).map(LikePattern::Prefix),
            [Token::Many, end @ ..] => literal(end).map(LikePattern::Suffix),
            all => literal(all).map(LikePattern::Equal),
        };
        Ok(parsed.unwrap_or(LikePattern::Tokens(tokens)))
    }

    /// Whether the whole text matches.
    pub(super) fn matches(&self, text: &str) -> bool {
        match self {
            LikePattern::Equal(other) => text == other,
            LikePattern::Prefix(prefix) => text.starts_with(prefix.as_str()),
            LikePattern::Suffix(suffix) => text.ends_with(suffix.as_str()),
            LikePattern::Contains(part) => text.contains(part.as_str()),
            LikePattern::Tokens(tokens) => matches_tokens(text, tokens),
        }
    }
}

fn escape_char(escape: Option<&str>) -> Result<Option<char>, String> {
    let Some(escape) = escape else { return Ok(None) };
    let mut chars = escape.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Ok(Some(c)),
        (None, _) => Ok(None),
        _ => Err(format!("Invalid escape character '{escape}'")),
    }
}

fn tokens(pattern: &str, escape: Option<char>) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut chars = pattern.chars().enumerate();
    while let Some((at, c)) = chars.next() {
        tokens.push(match c {
            _ if Some(c) == escape => match chars.next() {
                Some((_, next)) if next == '%' || next == '_' || Some(next) == escape => Token::Char(next),
                _ => return Err(format!("Invalid escape sequence '{pattern}', {at}")),
            },
            '%' => Token::Many,
            '_' => Token::One,
            _ => Token::Char(c),
        });
    }
    Ok(tokens)
}

/// Greedy matching that goes back to the last `%` only: linear for most patterns.
fn matches_tokens(text: &str, tokens: &[Token]) -> bool {
    let (mut rest, mut at) = (text, 0);
    let mut retry: Option<(&str, usize)> = None;
    loop {
        match (tokens.get(at), rest.chars().next()) {
            (None, None) => return true,
            (Some(Token::Many), _) => {
                at += 1;
                retry = Some((rest, at));
                continue;
            }
            (Some(Token::One), Some(c)) => {
                rest = &rest[c.len_utf8()..];
                at += 1;
                continue;
            }
            (Some(Token::Char(wanted)), Some(c)) if *wanted == c => {
                rest = &rest[c.len_utf8()..];
                at += 1;
                continue;
            }
            _ => {}
        }
        // The last % takes one character more.
        let Some((from, token)) = retry else { return false };
        let Some(c) = from.chars().next() else { return false };
        rest = &from[c.len_utf8()..];
        at = token;
        retry = Some((rest, at));
    }
}

/// The regular expression of a SIMILAR TO pattern, anchored at both ends.
pub(super) fn similar_to_regex(pattern: &str, escape: Option<&str>) -> Result<JavaPattern, String> {
    let escape = escape_char(escape)?;
    let mut regex = String::from("(?s)^(?:");
    let mut in_class = false;
    let mut chars = pattern.chars().enumerate();
    while let Some((at, c)) = chars.next() {
        match c {
            _ if Some(c) == escape => match chars.next() {
                Some((_, next)) => regex.push_str(&regex::escape(&next.to_string())),
                None => return Err(format!("Invalid escape sequence '{pattern}', {at}")),
            },
            '%' if !in_class => regex.push_str(".*"),
            '_' if !in_class => regex.push('.'),
            _ => {
                in_class = (in_class || c == '[') && c != ']';
                regex.push(c);
            }
        }
    }
    regex.push_str(")$");
    for (name, class) in [
        ("ALPHA", "alpha"),
        ("DIGIT", "digit"),
        ("ALNUM", "alnum"),
        ("UPPER", "upper"),
        ("LOWER", "lower"),
        ("SPACE", "space"),
        ("WHITESPACE", "space"),
    ] {
        regex = regex.replace(&format!("[:{name}:]"), &format!("[:{class}:]"));
    }
    match Regex::new(&regex) {
        Ok(regex) => Ok(JavaPattern::Automaton(regex)),
        // Such as a back reference.
        Err(error) => JavaPattern::new(&regex).map_err(|_| format!("Invalid regular expression '{pattern}': {error}")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn like(text: &str, pattern: &str, escape: Option<&str>) -> bool {
        LikePattern::parse(pattern, escape).unwrap().matches(text)
    }

    #[test]
    fn like_patterns() {
        assert!(like("abc", "_b_", None));
        assert!(
            like("abc", "a%", None) && like("abc", "%c", None) && like("abc", "%b%", None) && like("abc", "abc", None)
        );
        assert!(!like("abc", "a", None) && !like("abc", "x%", None));
        assert!(like("aXbXc", "a%b%c", None) && !like("aXbXd", "a%b%c", None));
        assert!(like("a\nb", "a_b", None));
        assert!(like("", "%", None) && like("", "", None) && !like("", "_", None));
        assert!(like(r"a\%c", r"a\%c", None) && !like("a%c", r"a\%c", None));
        assert!(like("a%c", r"a\%c", Some("\\")) && !like("abc", r"a\%c", Some("\\")));
        assert!(like("日本", "__", None));
        assert_eq!(LikePattern::parse("a!bc", Some("!")).unwrap_err(), "Invalid escape sequence 'a!bc', 1");
    }

    #[test]
    fn other_patterns() {
        let similar = |text: &str, pattern| similar_to_regex(pattern, None).unwrap().is_match(text);
        assert!(similar("abc", "(a|b)%") && similar("abcabc", "(abc){2}") && similar("abc", "a.c"));
        assert!(similar("a1", "[a-z][[:DIGIT:]]") && !similar("xabc", "abc"));
    }

    proptest! {
        #[test]
        fn like_agrees_with_a_regular_expression(text in "[ab]{0,8}", pattern in "[ab%_]{0,8}") {
            let regex = Regex::new(&format!("^{}$", pattern.replace('%', ".*").replace('_', "."))).unwrap();
            prop_assert_eq!(like(&text, &pattern, None), regex.is_match(&text));
        }
    }
}
