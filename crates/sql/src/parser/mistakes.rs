//! Typical mistakes: each is reported at its place, with what was expected or a way out.

use super::*;

/// The text, the column of the error, and words that its rendering must hold.
const MISTAKES: &[(&str, usize, &[&str])] = &[
    ("SELECT a b c FROM t", 12, &["unexpected 'c'", "expected ',', FROM", "a comma may be missing"]),
    ("SELECT a, FROM t", 11, &["unexpected keyword FROM", "comma too many"]),
    ("SELECT FROM t", 8, &["unexpected keyword FROM", "expected an expression"]),
    ("SELECT a FORM t", 15, &["did you mean FROM instead of 'FORM'?"]),
    ("SELCT 1", 1, &["no statement begins with 'SELCT'", "did you mean SELECT"]),
    ("SELECT a FROM t WHRE a = 1", 22, &["did you mean WHERE instead of 'WHRE'?"]),
    ("SELECT a FROM t ORDER a", 23, &["expected BY after ORDER"]),
    ("SELECT a FROM t WHERE a NOT 3", 29, &["expected BETWEEN, IN or LIKE after NOT"]),
    ("SELECT (a + b FROM t", 15, &["the '(' at line 1, column 8 is still open"]),
    ("SELECT a + b) FROM t", 13, &["there is no '(' that it closes"]),
    ("SELECT 'abc FROM t", 8, &["the string that begins here is not closed"]),
    ("SELECT * FROM t WHERE x = 'it's'", 31, &["a quote inside a string is doubled"]),
    ("SELECT \"a\" FROM t", 8, &["unexpected character '\"'", "names in `back-quotes`"]),
    ("SELECT value FROM t", 8, &["'value' is a reserved keyword", "`value`"]),
    ("SELECT a AS start FROM t", 13, &["'start' is a reserved keyword", "`start`"]),
    ("SELECT a FROM db.table", 18, &["'table' is a reserved keyword", "`table`"]),
    ("CREATE TABLE t (timestamp TIMESTAMP(3))", 17, &["'timestamp' is a reserved keyword", "`timestamp`"]),
    ("CREATE TABLE t (a INT b STRING)", 23, &["unexpected 'b'", "a comma may be missing"]),
    ("CREATE TABLE t (a INT,) WITH ('k'='v')", 23, &["there is a comma too many"]),
    ("CREATE TABLE t (a INT) WITH (connector='x')", 30, &["write it in single quotes: 'connector'"]),
    ("CREATE TABLE t (a INT) WITH ('a'='x'\n'b'='y')", 1, &["line 2, column 1", "a comma may be missing"]),
    ("CREATE TALBE t (a INT)", 8, &["did you mean TABLE instead of 'TALBE'?"]),
    ("CREATE TEMPORARY DATABASE d", 1, &["TEMPORARY does not apply to a DATABASE"]),
    ("INSERT t SELECT 1", 8, &["expected OVERWRITE or INTO"]),
    ("SELECT INTERVAL '1' MINUT", 21, &["did you mean MINUTE"]),
    ("SELECT a == b FROM t", 11, &["equality is written with one ="]),
    ("SELECT a::INT FROM t", 9, &["CAST(value AS type)"]),
    ("SELECT CAST(1 AS INT NOT NULL)", 18, &["NOT NULL does not apply to the target of a cast"]),
    ("SELECT a FROM t JOIN u WHERE t.a = u.a", 17, &["the join has no condition", "USING"]),
    ("SELECT a FROM SELECT b FROM t", 15, &["FROM (SELECT ...)"]),
    ("SELECT 1 WHERE 1", 10, &["WHERE needs a FROM before it"]),
    ("SELECT a FROM t WHERE a IN ()", 29, &["the parentheses must not be empty"]),
    ("SET = '1 h'", 5, &["SET 'key' = 'value'"]),
    ("SET a.b 'c'", 9, &["expected"]),
    ("SHOW TABELS", 6, &["did you mean TABLES"]),
    ("MERGE INTO t USING u ON TRUE", 1, &["MERGE is not supported"]),
    ("SELECT 1 & 3", 10, &["unexpected character '&'"]),
    ("SELECT a FROM t UNION b", 23, &["SELECT or a query"]),
];

#[test]
fn mistakes_are_explained() {
    for (sql, column, words) in MISTAKES {
        let error = parse_statement(sql).expect_err(sql);
        let rendered = error.render(sql);
        assert_eq!(error.location(sql).column, *column, "{rendered}");
        for word in *words {
            assert!(rendered.contains(word), "missing {word:?} in\n{rendered}");
        }
    }
}

#[test]
fn input_that_ends_too_early_is_incomplete() {
    for sql in [
        "SELECT",
        "SELECT a FROM t WHERE",
        "SELECT (1",
        "SELECT 'a",
        "SELECT /* a",
        "CREATE TABLE t (a INT",
        "",
        "-- a",
    ] {
        let error = parse_statement(sql).expect_err(sql);
        assert!(error.incomplete, "{}", error.render(sql));
    }
    for sql in ["SELECT a b c", "SELECT )", "SELCT 1", "SELECT 1;;x"] {
        let error = parse_statement(sql).expect_err(sql);
        assert!(!error.incomplete, "{}", error.render(sql));
    }
}

#[test]
fn the_first_mistake_of_a_script_is_placed_in_the_whole_text() {
    let script = "SELECT 1;\n-- fine so far\nSELECT 2 FROM;\nSELCT 3;";
    let error = parse_script(script).expect_err("the second statement is wrong");
    let location = error.location(script);
    assert_eq!((location.line, location.column), (3, 14), "{}", error.render(script));
}

#[test]
fn a_statement_set_is_one_statement() {
    let script =
        "EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; INSERT INTO b SELECT 2; END; BEGIN STATEMENT SET; END;";
    let statements = parse_script(script).expect("the script is right");
    let kinds: Vec<&str> = statements.iter().map(|statement| statement.span.slice(script)).collect();
    assert_eq!(kinds.len(), 3, "{kinds:?}");
    assert!(kinds[0].starts_with("EXECUTE") && kinds[0].ends_with("END"));
}
