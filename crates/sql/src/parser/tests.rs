//! Tests of the whole parser against the corpus of statements.

use super::*;
use crate::error::SqlErrorKind;

/// The statements of the corpus, each with its name.
pub(crate) fn corpus() -> Vec<(&'static str, &'static str)> {
    let text = include_str!("../../../../compat-tests/parser_corpus.sql");
    text.split("\n#")
        .map(|entry| entry.trim_start_matches('#'))
        .filter_map(|entry| entry.split_once('\n'))
        .map(|(name, sql)| (name.trim(), sql.trim()))
        .collect()
}

#[test]
fn every_statement_of_the_corpus_parses() {
    let corpus = corpus();
    assert!(corpus.len() >= 102, "the corpus has {} statements", corpus.len());
    let failures: Vec<String> = corpus
        .iter()
        .filter_map(|(name, sql)| parse_statement(sql).err().map(|error| format!("{name}: {}", error.render(sql))))
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Whether the real Flink refused a statement because it could not parse it.
fn is_parse_error(error: &serde_json::Value) -> bool {
    let text = error.to_string();
    ["sql.parser.impl.ParseException", "SqlParserException", "SqlParserEOFException", "TokenMgrError"]
        .iter()
        .any(|class| text.contains(class))
}

/// What the real Flink said of a statement or expression.
struct Recorded {
    text: String,
    is_expression: bool,
    error: Option<serde_json::Value>,
}

fn recorded() -> Vec<Recorded> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../compat-tests/cases");
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the cases are in the repository") {
        let path = entry.expect("the folder is readable").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("the case is readable");
        let case: serde_json::Value = serde_json::from_str(&text).expect("a case is JSON");
        for (list, key) in [("statements", "sql"), ("exprs", "expr")] {
            for item in case[list].as_array().into_iter().flatten() {
                let text = item[key].as_str().expect("every item has its text").to_string();
                all.push(Recorded { text, is_expression: list == "exprs", error: item.get("error").cloned() });
            }
        }
    }
    all
}

#[test]
fn what_flink_parsed_parses_and_what_it_refused_does_not() {
    let recorded = recorded();
    assert!(recorded.len() > 500, "{} recorded texts", recorded.len());
    let mut failures = Vec::new();
    for Recorded { text, is_expression, error } in recorded {
        // The corpus asks for `!=`, which Flink's default conformance turns down.
        let refused = error.as_ref().is_some_and(is_parse_error) && !text.contains("!=");
        let ours = if is_expression { parse_expression(&text).err() } else { parse_statement(&text).err() };
        match ours {
            Some(ours) if !refused => {
                let early = matches!(ours.kind, SqlErrorKind::Validation | SqlErrorKind::Unsupported);
                if !early || error.is_none() {
                    failures.push(ours.render(&text));
                }
            }
            None if refused => failures.push(format!("Flink refuses {text}")),
            _ => {}
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
