//! Lists and maps inside one configuration text: a YAML flow value, or Flink's older form with `;`, `,` and quotes.

use indexmap::IndexMap;

use super::yaml::{self, Node};

/// Reads `[a, b]` or `a;b`.
pub(super) fn parse_list(text: &str) -> Result<Vec<String>, String> {
    let text = text.trim();
    if !text.starts_with('[') {
        return split_quoted(text, ';');
    }
    match yaml::parse_node(text) {
        Ok(Node::List(items)) => Ok(items.iter().map(flow_text).collect()),
        Ok(_) => Err("it is not a YAML list".to_owned()),
        Err(e) => Err(e.problem),
    }
}

/// Reads `{a: b, c: d}` or `a:b,c:d`.
pub(super) fn parse_map(text: &str) -> Result<IndexMap<String, String>, String> {
    let text = text.trim();
    if text.starts_with('{') {
        return match yaml::parse_node(text) {
            Ok(Node::Map(entries)) => {
                Ok(entries.into_iter().map(|(key, value)| (key, flow_text(&value.value))).collect())
            }
            Ok(_) => Err("it is not a YAML map".to_owned()),
            Err(e) => Err(e.problem),
        };
    }
    let mut map = IndexMap::new();
    for pair in split_quoted(text, ',')? {
        let (key, value) = split_pair(&pair)?;
        map.insert(key, value);
    }
    Ok(map)
}

fn split_pair(pair: &str) -> Result<(String, String), String> {
    let mut parts = split_quoted(pair, ':')?.into_iter();
    match (parts.next(), parts.next(), parts.next()) {
        (Some(key), Some(value), None) => Ok((key, value)),
        (Some(key), None, None) if pair.trim_end().ends_with(':') => Ok((key, String::new())),
        _ => Err(format!("'{pair}' is not a pair 'key:value' (quote a part that has a ':' itself)")),
    }
}

/// Writes a map as the text that [`parse_map`] reads back.
pub(super) fn map_text(map: &IndexMap<String, String>) -> String {
    let entries: Vec<String> =
        map.iter().map(|(key, value)| format!("{}: {}", quote_if_needed(key), quote_if_needed(value))).collect();
    format!("{{{}}}", entries.join(", "))
}

/// Splits at `delimiter` outside of quotes, as Flink's `StructuredOptionsSplitter` does: a part may be quoted with
/// `'` or `"`, a doubled quote stands for itself, and empty parts vanish. A quote inside a plain part is kept as it is
/// only when the part does not begin with one.
fn split_quoted(text: &str, delimiter: char) -> Result<Vec<String>, String> {
    let mut parts = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        match rest.chars().next().filter(|c| matches!(c, '\'' | '"')) {
            Some(quote) => {
                let (part, after) = take_quoted(rest, quote)?;
                parts.push(part);
                let after = after.trim_start();
                if !after.is_empty() && !after.starts_with(delimiter) {
                    return Err(format!("a '{delimiter}' is missing after the quoted part before '{after}'"));
                }
                rest = after.strip_prefix(delimiter).unwrap_or(after).trim_start();
            }
            None => {
                let (part, after) = rest.split_once(delimiter).unwrap_or((rest, ""));
                if !part.trim().is_empty() {
                    parts.push(part.trim().to_owned());
                }
                rest = after.trim_start();
            }
        }
    }
    Ok(parts)
}

fn take_quoted(text: &str, quote: char) -> Result<(String, &str), String> {
    let mut part = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match (c == quote, chars.peek()) {
            (true, Some((_, next))) if *next == quote => {
                part.push(quote);
                chars.next();
            }
            (true, _) => return Ok((part, &text[at + 1..])),
            (false, _) => part.push(c),
        }
    }
    Err(format!("a closing {quote} is missing"))
}

/// Writes a YAML node as the one-line text that [`parse_list`] and [`parse_map`] read back.
pub(super) fn flow_text(node: &Node) -> String {
    match node {
        Node::Null => "null".to_owned(),
        Node::Scalar(text) => text.clone(),
        nested => nested_flow(nested),
    }
}

fn nested_flow(node: &Node) -> String {
    match node {
        Node::Null => "null".to_owned(),
        Node::Scalar(text) => quote_if_needed(text),
        Node::List(items) => {
            let items: Vec<String> = items.iter().map(nested_flow).collect();
            format!("[{}]", items.join(", "))
        }
        Node::Map(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(k, v)| format!("{}: {}", quote_if_needed(k), nested_flow(&v.value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

/// Quotes what YAML would not read back as this very text.
fn quote_if_needed(text: &str) -> String {
    let is_word = text.starts_with(|c: char| c.is_alphabetic() || matches!(c, '/' | '_'))
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '/' | '-' | '+' | '$'))
        && !["true", "false", "null"].iter().any(|word| word.eq_ignore_ascii_case(text));
    let is_integer = text.parse::<i64>().is_ok_and(|number| number.to_string() == text);
    if is_word || is_integer || text == "true" || text == "false" {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_lists_in_both_forms() {
        for (text, expected) in [
            ("", vec![]),
            ("a", vec!["a"]),
            ("a;b", vec!["a", "b"]),
            (" a ; b ;", vec!["a", "b"]),
            ("'a;b';\"c\";it's", vec!["a;b", "c", "it's"]),
            ("'it''s';x", vec!["it's", "x"]),
            ("[a, b]", vec!["a", "b"]),
            ("['a, b', 1, true]", vec!["a, b", "1", "true"]),
            ("[]", vec![]),
        ] {
            assert_eq!(parse_list(text).unwrap(), expected, "{text}");
        }
        for text in ["'a", "'a'b", "[a"] {
            assert!(parse_list(text).is_err(), "{text}");
        }
    }

    #[test]
    fn reads_maps_in_both_forms() {
        for (text, expected) in [
            ("", vec![]),
            ("a:1,b:2", vec![("a", "1"), ("b", "2")]),
            (" a : 1 , b : 2 ", vec![("a", "1"), ("b", "2")]),
            ("'u:''http://x''',b:2", vec![("u", "http://x"), ("b", "2")]),
            ("{a: 1, b: 'x y'}", vec![("a", "1"), ("b", "x y")]),
        ] {
            let map = parse_map(text).unwrap();
            let pairs: Vec<(&str, &str)> = map.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            assert_eq!(pairs, expected, "{text}");
        }
        for text in ["a", "a:b:c", "a:1,b", "{a"] {
            assert!(parse_map(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn flow_lists_read_back(items in prop::collection::vec("[ -~]{0,12}", 0..4)) {
            let node = Node::List(items.iter().cloned().map(Node::Scalar).collect());
            prop_assert_eq!(parse_list(&flow_text(&node)).unwrap(), items);
        }
    }
}
