//! Bad input: whatever the text, the parser answers with a tree or an error that has a place.

use proptest::prelude::*;

use super::tests::{STATEMENTS, corpus};
use super::*;
use crate::lexer::tokenize;

/// Parses with every entry point; errors must lie on the text and be showable.
fn check(text: &str) {
    let errors = [
        parse_script(text).err(),
        parse_statement(text).err(),
        parse_query(text).err(),
        parse_expression(text).err(),
        parse_data_type(text).err(),
    ];
    for error in errors.into_iter().flatten() {
        assert!(error.span.start <= error.span.end && error.span.end <= text.len(), "{error:?} on {text:?}");
        assert!(text.is_char_boundary(error.span.start) && text.is_char_boundary(error.span.end));
        assert!(!error.render(text).is_empty());
    }
    if let Ok(statements) = parse_script(text) {
        for statement in statements {
            let again = statement.to_string();
            assert!(parse_statement(&again).is_ok(), "{text:?} is written as {again:?}");
        }
    }
}

/// Every statement the tests know.
fn statements() -> Vec<&'static str> {
    corpus().into_iter().map(|(_, sql)| sql).chain(STATEMENTS.iter().copied()).collect()
}

/// Every token of every statement the tests know.
fn vocabulary() -> Vec<&'static str> {
    let all = statements();
    let mut words: Vec<&str> = all
        .iter()
        .flat_map(|sql| tokenize(sql).tokens.into_iter().map(|token| token.span.slice(sql)))
        .filter(|word| !word.is_empty())
        .collect();
    words.sort_unstable();
    words.dedup();
    words
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in ".{0,80}") {
        check(&text);
    }

    #[test]
    fn any_tokens(words in prop::collection::vec(prop::sample::select(vocabulary()), 0..25)) {
        check(&words.join(" "));
    }

    #[test]
    fn statements_with_changed_tokens(
        sql in prop::sample::select(statements()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..4u8, prop::sample::select(vocabulary())), 1..4),
    ) {
        let mut words: Vec<&str> = tokenize(sql).tokens.iter().map(|token| token.span.slice(sql)).collect();
        for (index, change, word) in changes {
            if words.is_empty() {
                break;
            }
            let at = index.index(words.len());
            match change {
                0 => drop(words.remove(at)),
                1 => words.insert(at, word),
                2 => words[at] = word,
                _ => words.swap(at, 0),
            }
        }
        check(&words.join(" "));
    }

    #[test]
    fn a_statement_cut_short_is_incomplete(sql in prop::sample::select(statements()), at in any::<prop::sample::Index>()) {
        let tokens = tokenize(sql).tokens;
        let end = tokens[at.index(tokens.len() - 1)].span.end;
        let text = &sql[..end];
        check(text);
        if let Err(error) = parse_statement(text) {
            // Or it objects to the last word, which more text might turn into a function call.
            prop_assert!(error.incomplete || error.span.end == text.len(), "{}", error.render(text));
        }
    }
}

#[test]
fn the_words_of_a_time_zone_cut_short_are_incomplete() {
    let texts = [
        "SELECT TIMESTAMP WITH",
        "SELECT TIMESTAMP WITH LOCAL",
        "SELECT TIMESTAMP WITH LOCAL TIME ZONE",
        "SELECT CAST(a AS TIMESTAMP WITH LOCAL",
        "SELECT CAST(a AS TIMESTAMP(3) WITH LOCAL TIME",
        "SELECT CAST(a AS TIME WITHOUT TIME",
    ];
    for text in texts {
        let error = parse_statement(text).expect_err("the statement is cut short");
        assert!(error.incomplete, "{}", error.render(text));
    }
}

#[test]
fn deep_nesting_is_an_error_and_not_a_crash() {
    let nested =
        |open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(50_000), close.repeat(50_000));
    let texts = [
        format!("SELECT {}", nested("(", "1", ")")),
        format!("SELECT {}", nested("NOT ", "a", "")),
        format!("SELECT {}", nested("- ", "a", "")),
        format!("SELECT {}", nested("f(", "a", ")")),
        format!("SELECT {}", nested("CASE WHEN a THEN ", "1", " END")),
        format!("SELECT {}", nested("ARRAY[", "1", "]")),
        format!("SELECT {}", nested("a[", "1", "]")),
        format!("SELECT {}", nested("RUNNING ", "f(1)", "")),
        format!("SELECT {}", nested("INTERVAL (", "1", ") DAY")),
        format!("SELECT CAST(a AS {})", nested("ARRAY<", "INT", ">")),
        format!("SELECT CAST(a AS INT{})", " ARRAY".repeat(50_000)),
        format!("SELECT a{}", " + 1".repeat(50_000)),
        format!("SELECT a{}", "[1]".repeat(50_000)),
        format!("SELECT a{}", " IS NULL".repeat(50_000)),
        format!("SELECT a{}", " BETWEEN 1 AND 2".repeat(50_000)),
        nested("SELECT * FROM (", "SELECT 1", ")"),
        nested("(", "SELECT 1", ")"),
        nested("SELECT * FROM (", "a", ")"),
        nested("WITH a AS (", "SELECT 1", ") SELECT 1"),
        format!("SELECT * FROM a{}", " JOIN b ON TRUE".repeat(50_000)),
        format!("SELECT * FROM a{}", ", b".repeat(50_000)),
        format!("SELECT 1{}", " UNION SELECT 1".repeat(50_000)),
        format!("SELECT 1 FROM a GROUP BY {}", nested("GROUPING SETS (", "a", ")")),
        format!("SELECT * FROM t MATCH_RECOGNIZE (PATTERN ({}) DEFINE A AS TRUE)", nested("(", "A", ")")),
        nested("EXPLAIN ", "SELECT 1", ""),
    ];
    for text in texts {
        let error = parse_statement(&text).expect_err("the text nests too deep");
        assert!(error.message.contains("nests deeper") || error.message.contains("unexpected"), "{}", error.message);
    }
}

#[test]
fn reasonable_nesting_is_fine() {
    let nested =
        |open: &str, inner: &str, close: &str, depth| format!("{}{inner}{}", open.repeat(depth), close.repeat(depth));
    let texts = [
        format!("SELECT {}", nested("(1 + ", "1", ")", 40)),
        format!("SELECT 1 FROM a WHERE {}", vec!["a = 1"; 20_000].join(" OR ")),
        format!("SELECT 1 FROM a WHERE {}", vec!["a = 1"; 20_000].join(" AND ")),
        format!("SELECT 1 FROM a WHERE b IN ({})", vec!["1"; 20_000].join(", ")),
        format!("INSERT INTO t VALUES {}", vec!["(1, 'a')"; 20_000].join(", ")),
        format!("SELECT {}", vec!["a"; 200].join(" || ")),
        vec!["SELECT 1"; 200].join(" UNION ALL "),
        nested("SELECT * FROM (", "SELECT 1", ")", 30),
    ];
    for text in texts {
        let parsed = parse_statement(&text).unwrap_or_else(|error| panic!("{}", error.render(&text)));
        assert!(parse_statement(&parsed.to_string()).is_ok());
    }
}
