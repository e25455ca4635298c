//! Tests of the whole parser against the corpus of statements.

use super::*;

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
