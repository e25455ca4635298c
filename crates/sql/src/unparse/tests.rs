//! The round trip: text to tree to text to the same tree.

use crate::parser::tests::{STATEMENTS, corpus, recorded};
use crate::parser::{parse_data_type, parse_expression, parse_script, parse_statement};

/// The tree as text, without its places (`@12..34`).
fn without_places(tree: &impl std::fmt::Debug) -> String {
    let text = format!("{tree:?}");
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '@' && chars.peek().is_some_and(char::is_ascii_digit) {
            while chars.next_if(|c| c.is_ascii_digit() || *c == '.').is_some() {}
        } else {
            out.push(c);
        }
    }
    out
}

fn assert_statement_survives(sql: &str) {
    let Ok(first) = parse_statement(sql) else { return };
    let text = first.to_string();
    let second = parse_statement(&text).unwrap_or_else(|error| panic!("{sql}\n{}", error.render(&text)));
    assert_eq!(without_places(&first), without_places(&second), "{sql}\n{text}");
}

fn assert_expression_survives(sql: &str) {
    let Ok(first) = parse_expression(sql) else { return };
    let text = first.to_string();
    let second = parse_expression(&text).unwrap_or_else(|error| panic!("{sql}\n{}", error.render(&text)));
    assert_eq!(without_places(&first), without_places(&second), "{sql}\n{text}");
}

#[test]
fn the_corpus_survives() {
    corpus().iter().for_each(|(_, sql)| assert_statement_survives(sql));
}

#[test]
fn the_other_statement_kinds_survive() {
    STATEMENTS.iter().for_each(|sql| assert_statement_survives(sql));
}

#[test]
fn the_recorded_cases_survive() {
    for case in recorded() {
        if case.is_expression {
            assert_expression_survives(&case.text);
        } else {
            assert_statement_survives(&case.text);
        }
    }
}

#[test]
fn expressions_get_the_parentheses_they_need() {
    let cases = [
        ("(a + b) * c", "(a + b) * c"),
        ("a + (b * c)", "a + b * c"),
        ("a - (b - c)", "a - (b - c)"),
        ("- - a", "- -a"),
        ("-(-1)", "- -1"),
        ("not (a and b)", "NOT (a AND b)"),
        ("(a and b) and c", "(a AND b) AND c"),
        ("a and b and c", "a AND b AND c"),
        ("a and (b or c)", "a AND (b OR c)"),
        ("(a = b) is null", "a = b IS NULL"),
        ("a = (b is null)", "a = (b IS NULL)"),
        ("a || b + c", "a || b + c"),
        ("(a + b) || c", "(a + b) || c"),
        ("(r).f[1].g", "(r).f[1].g"),
        ("r.f[1].g", "r.f[1].g"),
        ("a between b and (c and d)", "a BETWEEN b AND (c AND d)"),
        ("(a, b) in ((1, 2))", "(a, b) IN ((1, 2))"),
        ("substring(a, 2)", "SUBSTRING(a FROM 2)"),
        ("trim(a)", "TRIM(BOTH FROM a)"),
        ("interval (a - b) day", "INTERVAL (a - b) DAY"),
        ("(a - b) day", "(a - b) DAY"),
        ("left(a, 2)", "left(a, 2)"),
        ("`left` + `ok` + `a b`", "`left` + `ok` + `a b`"),
        ("x in (select 1 union select 2)", "x IN (SELECT 1 UNION SELECT 2)"),
        ("((select 1) union all (select 2))", "((SELECT 1) UNION ALL (SELECT 2))"),
    ];
    for (sql, expected) in cases {
        let parsed = parse_expression(sql).unwrap_or_else(|error| panic!("{}", error.render(sql)));
        assert_eq!(parsed.to_string(), expected, "{sql}");
        assert_expression_survives(sql);
    }
}

#[test]
fn types_have_one_spelling() {
    let cases = [
        ("int", "INT"),
        ("character varying(3)", "VARCHAR(3)"),
        ("double precision not null", "DOUBLE NOT NULL"),
        ("timestamp(3) with local time zone", "TIMESTAMP_LTZ(3)"),
        ("row(a int not null array, b string 'x') multiset", "MULTISET<ROW<a ARRAY<INT NOT NULL>, b STRING 'x'>>"),
        ("row<>", "ROW<>"),
        ("numeric(10)", "DECIMAL(10)"),
        ("structured<'a.B', x int>", "STRUCTURED<'a.B', x INT>"),
        ("interval day(3) to second(6)", "INTERVAL DAY(3) TO SECOND(6)"),
    ];
    for (sql, expected) in cases {
        let parsed = parse_data_type(sql).unwrap_or_else(|error| panic!("{}", error.render(sql)));
        assert_eq!(parsed.to_string(), expected, "{sql}");
    }
}

#[test]
fn a_script_survives() {
    let script = "SET 'a' = 'b'; -- one; two\nSELECT ';' /* ; */ FROM t /*+ OPTIONS('x' = 'y;') */;;";
    let statements = parse_script(script).expect("the script is right");
    let texts: Vec<String> = statements.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["SET 'a' = 'b'", "SELECT ';' FROM t /*+ OPTIONS('x' = 'y;') */"]);
    assert_eq!(statements[0].span.slice(script), "SET 'a' = 'b'");
}
