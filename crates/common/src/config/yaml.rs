//! YAML as Flink reads it: version 1.2 with the core schema, then nested maps flattened to dotted keys.
//!
//! Scalars become texts, because it is the option that knows the type; `yes` and `on` are texts anyway in YAML 1.2.
//! Each value keeps its line, so that a later complaint can point at it.

use std::fmt;

use indexmap::IndexMap;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::Spanned;

use super::structured::flow_text;

/// A YAML value whose scalars are texts.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Null,
    Scalar(String),
    List(Vec<Node>),
    Map(IndexMap<String, Spanned<Node>>),
}

/// Why a text is not YAML, and where.
#[derive(Debug)]
pub(super) struct YamlError {
    pub line: u64,
    pub column: u64,
    pub problem: String,
}

/// A flattened entry: key, text and line.
pub(super) struct FlatEntry {
    pub key: String,
    pub text: String,
    pub line: u64,
}

/// Parses one YAML document.
pub(super) fn parse_node(text: &str) -> Result<Node, YamlError> {
    let options = serde_yaml::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    };
    serde_yaml::from_str_with_options(text, options).map_err(|e| {
        let (line, column) = e.location().map_or((0, 0), |l| (l.line(), l.column()));
        YamlError { line, column, problem: problem(&e, line, column) }
    })
}

/// The reader's message without the place, which is kept apart, and without advice for programmers.
fn problem(error: &serde_yaml::Error, line: u64, column: u64) -> String {
    match error.without_snippet() {
        serde_yaml::Error::DuplicateMappingKey { key: Some(key), .. } => format!("the key '{key}' is there twice"),
        serde_yaml::Error::MultipleDocuments { .. } => "a second YAML document begins; only one is allowed".to_owned(),
        other => other.to_string().replace(&format!(" at line {line}, column {column}"), ""),
    }
}

/// Parses a config file: a mapping, flattened. An empty file has no entries; a key without a value is not set.
pub(super) fn parse_config(text: &str) -> Result<Vec<FlatEntry>, YamlError> {
    let mut entries = Vec::new();
    match parse_node(text)? {
        Node::Null => {}
        Node::Map(map) => flatten("", map, &mut entries),
        Node::Scalar(_) | Node::List(_) => {
            let problem = "the config file must be a mapping of keys to values, such as 'rest.port: 8081'".to_owned();
            return Err(YamlError { line: 1, column: 1, problem });
        }
    }
    Ok(entries)
}

fn flatten(prefix: &str, map: IndexMap<String, Spanned<Node>>, entries: &mut Vec<FlatEntry>) {
    for (key, Spanned { value, referenced, .. }) in map {
        let key = format!("{prefix}{key}");
        match value {
            Node::Null => {}
            Node::Map(nested) => flatten(&format!("{key}."), nested, entries),
            leaf => entries.push(FlatEntry { key, text: flow_text(&leaf), line: referenced.line() }),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Scalar(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Scalar(value.to_string()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Node, E> {
        Ok(Node::Scalar(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Node, E> {
        Ok(Node::Scalar(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        // {:?} keeps '1.0' apart from '1', as Java's Double.toString does.
        Ok(Node::Scalar(format!("{value:?}")))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Scalar(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut map = IndexMap::new();
        while let Some((key, value)) = access.next_entry::<String, Spanned<Node>>()? {
            map.insert(key, value);
        }
        Ok(Node::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(text: &str) -> Vec<(String, String, u64)> {
        parse_config(text).unwrap().into_iter().map(|e| (e.key, e.text, e.line)).collect()
    }

    #[test]
    fn nested_and_flat_keys_mix() {
        let text = "\
jobmanager:
  rpc:
    address: localhost   # a comment
    port: 6123
rest.port: 8081
execution:
  checkpointing.interval: 10 s
  checkpointing:
    mode: EXACTLY_ONCE
";
        let expected = [
            ("jobmanager.rpc.address", "localhost", 3),
            ("jobmanager.rpc.port", "6123", 4),
            ("rest.port", "8081", 5),
            ("execution.checkpointing.interval", "10 s", 7),
            ("execution.checkpointing.mode", "EXACTLY_ONCE", 9),
        ];
        let expected: Vec<_> = expected.map(|(k, v, l)| (k.to_owned(), v.to_owned(), l)).into();
        assert_eq!(flat(text), expected);
    }

    #[test]
    fn scalars_keep_their_yaml_1_2_meaning() {
        for (yaml, text) in [
            ("yes", "yes"),
            ("on", "on"),
            ("n", "n"),
            ("true", "true"),
            ("007", "007"),
            ("1_000", "1_000"),
            ("0.5", "0.5"),
            ("1.0", "1.0"),
            ("'8081'", "8081"),
            ("\"a: b\"", "a: b"),
            ("9223372036854775807 bytes", "9223372036854775807 bytes"),
            ("[a, b]", "[a, b]"),
            ("[1, 'x y', null]", "[1, 'x y', null]"),
            ("10:30", "10:30"),
            ("2024-01-01", "2024-01-01"),
            ("-1", "-1"),
        ] {
            assert_eq!(flat(&format!("k: {yaml}")), [("k".to_owned(), text.to_owned(), 1)], "{yaml}");
        }
        for unset in ["k:", "k: null", "k: ~", "", "# only a comment\n"] {
            assert!(flat(unset).is_empty(), "{unset}");
        }
    }

    #[test]
    fn errors_have_a_place() {
        for (text, line, words) in [
            ("a: 1\nb: [1\nc: 2", 3, "':'"),
            ("a: 1\na: 2", 2, "the key 'a' is there twice"),
            ("a: 1\n---\nb: 2", 3, "a second YAML document begins"),
            ("- a\n- b", 1, "must be a mapping"),
            ("plain", 1, "must be a mapping"),
        ] {
            let error = parse_config(text).err().unwrap_or_else(|| panic!("{text} was read"));
            assert_eq!(error.line, line, "{text}: {}", error.problem);
            assert!(error.problem.contains(words) && !error.problem.contains(" line "), "{}", error.problem);
        }
    }
}
