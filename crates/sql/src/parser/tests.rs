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
pub(crate) struct Recorded {
    pub(crate) text: String,
    pub(crate) is_expression: bool,
    error: Option<serde_json::Value>,
}

pub(crate) fn recorded() -> Vec<Recorded> {
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

/// Statements and forms that the corpus does not have.
pub(crate) const STATEMENTS: &[&str] = &[
    "CREATE CATALOG IF NOT EXISTS c1 COMMENT 'x' WITH ('type'='generic_in_memory')",
    "ALTER CATALOG c1 SET ('k'='v')",
    "ALTER CATALOG c1 RESET ('k', 'l')",
    "ALTER CATALOG c1 COMMENT 'y'",
    "DESCRIBE CATALOG EXTENDED c1",
    "DESC DATABASE EXTENDED c1.d1",
    "ALTER DATABASE d1 SET ('k'='v')",
    "DROP DATABASE IF EXISTS d1 RESTRICT",
    "REPLACE TABLE t WITH ('connector'='blackhole') AS SELECT 1 AS a",
    "CREATE TABLE t (b, a) WITH ('connector'='print') AS SELECT a, b FROM s",
    "CREATE TABLE t (a INT) DISTRIBUTED INTO 3 BUCKETS PARTITIONED BY (a) WITH ()",
    "CREATE TABLE t (a INT, WATERMARK FOR r.ts AS r.ts) WITH ('connector'='print')",
    "CREATE TABLE t LIKE s (INCLUDING ALL OVERWRITING WATERMARKS EXCLUDING METADATA INCLUDING DISTRIBUTION)",
    "ALTER VIEW IF EXISTS v RENAME TO v2",
    "ALTER VIEW v2 AS SELECT 3 AS b",
    "CREATE OR REPLACE VIEW v AS (SELECT 1) UNION (SELECT 2) ORDER BY 1",
    "CREATE FUNCTION f AS 'a.B' LANGUAGE JAVA USING JAR 'x.jar', ARTIFACT 'y.jar'",
    "ALTER TEMPORARY SYSTEM FUNCTION IF EXISTS f AS 'a.C' LANGUAGE SCALA",
    "DESCRIBE FUNCTION EXTENDED f",
    "CREATE TEMPORARY MODEL IF NOT EXISTS m WITH ('p'='q') AS SELECT f1, f2 FROM t",
    "ALTER MODEL IF EXISTS m RENAME TO n",
    "ALTER MODEL m RESET ('k')",
    "SHOW CREATE MODEL m",
    "DESCRIBE MODEL m",
    "DESC CONNECTION EXTENDED a.b.c",
    "CREATE TEMPORARY SYSTEM CONNECTION cn COMMENT 'c' WITH ('type'='x')",
    "ALTER CONNECTION IF EXISTS cn SET ('k'='v')",
    "SHOW CONNECTIONS IN db1 NOT LIKE 'x%'",
    "DROP TEMPORARY SYSTEM CONNECTION IF EXISTS cn",
    "CREATE OR ALTER MATERIALIZED TABLE mt (a INT, PRIMARY KEY (a) NOT ENFORCED) COMMENT 'c' \
     START_MODE = FROM_NOW(INTERVAL '1' DAY) AS SELECT a FROM t",
    "CREATE MATERIALIZED TABLE mt REFRESH_MODE = FULL START_MODE = RESUME_OR_FROM_TIMESTAMP(TIMESTAMP '2020-01-01 00:00:00') \
     AS SELECT a FROM t",
    "ALTER MATERIALIZED TABLE mt SUSPEND",
    "ALTER MATERIALIZED TABLE mt RESUME WITH ('k'='v')",
    "ALTER MATERIALIZED TABLE mt REFRESH PARTITION (d='1')",
    "ALTER MATERIALIZED TABLE mt SET FRESHNESS = INTERVAL '2' HOUR",
    "ALTER MATERIALIZED TABLE mt SET REFRESH_MODE = CONTINUOUS",
    "ALTER MATERIALIZED TABLE mt START_MODE = FROM_BEGINNING AS SELECT 1",
    "ALTER MATERIALIZED TABLE mt ADD x AS a + 1",
    "DROP MATERIALIZED TABLE IF EXISTS mt",
    "SHOW MATERIALIZED TABLES FROM c.d LIKE 'm%'",
    "SHOW CREATE OR ALTER MATERIALIZED TABLE mt",
    "UNLOAD MODULE core",
    "ANALYZE TABLE t COMPUTE STATISTICS FOR ALL COLUMNS",
    "COMPILE AND EXECUTE PLAN '/p.json' FOR STATEMENT SET BEGIN INSERT INTO t SELECT 1; END",
    "EXECUTE INSERT INTO t SELECT 1",
    "EXECUTE SELECT 1",
    "EXPLAIN EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT 1; INSERT INTO u SELECT 2; END",
    "EXPLAIN PLAN_ADVICE INSERT INTO t VALUES 1, 2",
    "EXPLAIN CREATE TABLE t AS SELECT 1 AS a",
    "INSERT INTO t (a, r.b) SELECT 1, 2 ON CONFLICT DO DEDUPLICATE",
    "INSERT INTO t (SELECT 1)",
    "INSERT INTO t ((SELECT 1) UNION ALL (SELECT 2))",
    "UPSERT INTO t VALUES (1, 2)",
    "UPDATE t AS x SET a = 1, b = a + 1 WHERE x.a = 2",
    "DELETE FROM t x WHERE a = 1",
    "ALTER TABLE t ADD IF NOT EXISTS PARTITION (b='x') WITH ('k'='v') PARTITION (b='y')",
    "ALTER TABLE t DROP IF EXISTS PARTITION (b='x'), PARTITION (b='y')",
    "ALTER TABLE IF EXISTS t RENAME a.x TO a.y",
    "ALTER TABLE t ADD (r.f2 ARRAY<INT> AFTER r.f0, c INT METADATA FROM 'k' VIRTUAL COMMENT 'm' FIRST)",
    "ALTER TABLE t ADD CONSTRAINT pk PRIMARY KEY (a, b) NOT ENFORCED",
    "ALTER TABLE t MODIFY a AS b + 1 COMMENT 'c' AFTER b",
    "ALTER TABLE t DROP (a, r.f0)",
    "ALTER TABLE t DROP PRIMARY KEY",
    "ALTER TABLE t DROP CONSTRAINT pk",
    "ALTER TABLE t DROP DISTRIBUTION",
    "ALTER TABLE t ADD DISTRIBUTION BY HASH(a, h) INTO 6 BUCKETS",
    "ALTER TABLE t MODIFY DISTRIBUTION BY (a)",
    "REMOVE JAR '/x.jar'",
    "SHOW JARS",
    "DESCRIBE JOB '00000000000000000000000000000000'",
    "RESET",
    "END",
    "SHOW CURRENT CATALOG",
    "SHOW CURRENT DATABASE",
    "SHOW DATABASES FROM c LIKE 'd%'",
    "SHOW USER FUNCTIONS IN c.d NOT ILIKE 'f%'",
    "SHOW PROCEDURES FROM sys LIKE 'x'",
    "SELECT COUNT(*) OVER (ORDER BY ts ROWS UNBOUNDED PRECEDING), LAG(a, 1) IGNORE NULLS OVER w FROM t WINDOW w AS (PARTITION BY b)",
    "SELECT ARRAY_AGG(DISTINCT a RESPECT NULLS ORDER BY b DESC), LISTAGG(a) WITHIN GROUP (ORDER BY b) FROM t",
    "SELECT t.*, c.d.t.* FROM c.d.t AS t GROUP BY DISTINCT a, (b, c), ROLLUP (a, (b, c)), CUBE (a, b), ()",
    "SELECT * FROM (a JOIN b ON a.x = b.x) LEFT JOIN (SELECT 1 AS y) c ON TRUE RIGHT JOIN d USING (y), e NATURAL FULL JOIN f",
    "SELECT * FROM a LEFT JOIN b ON a.x = b.x JOIN c USING (x) CROSS JOIN LATERAL (SELECT 1)",
    "SELECT * FROM ((SELECT 1) UNION (SELECT 2)) AS t(x) TABLESAMPLE BERNOULLI(10) REPEATABLE(3)",
    "SELECT * FROM t PIVOT (SUM(x) AS s, COUNT(*) FOR (k, l) IN (('a', 1) AS a1, ('b', 2))) AS p",
    "SELECT * FROM t UNPIVOT INCLUDE NULLS (v FOR k IN (a AS 'A', b AS 'B'))",
    "SELECT * FROM t MATCH_RECOGNIZE (ALL ROWS PER MATCH AFTER MATCH SKIP TO FIRST B PATTERN (^ (A | B C)+? {- D -} \
     PERMUTE(E, F) G{,3} (H I){2} $) SUBSET U = (A, B) DEFINE A AS FINAL LAST(U.p, 1) > RUNNING FIRST(B.p))",
    "VALUES (1, 'a'), (2, 'b') ORDER BY 1 LIMIT 3",
    "TABLE t",
    "(SELECT 1) INTERSECT ALL (SELECT 2) EXCEPT SELECT 3 UNION SELECT 4 OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY",
    "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT * FROM r LIMIT ALL",
    "SELECT a > ALL (SELECT b FROM t), a = ANY (1, 2), a <> SOME (SELECT 1), UNIQUE (SELECT 1)",
    "SELECT CASE a WHEN 1, 2 THEN 'x' ELSE 'y' END, CASE WHEN a THEN 1 END, a IS NOT JSON SCALAR, m IS NOT A SET",
    "SELECT a MULTISET UNION ALL b MULTISET INTERSECT c, a MEMBER OF b, a SUBMULTISET b, p IMMEDIATELY PRECEDES q FROM t",
    "SELECT ARRAY(SELECT 1), MULTISET[1, 2], MAP[], ARRAY[], TIMESTAMP WITH LOCAL TIME ZONE '2020-01-01 00:00:00', ?",
    "SELECT JSON_OBJECT(), JSON_OBJECT(ABSENT ON NULL), JSON_OBJECT('a': 1, KEY k VALUE 2), JSON_ARRAY(NULL NULL ON NULL)",
    "SELECT JSON_EXISTS(j, '$.a' UNKNOWN ON ERROR), JSON_QUERY(j, '$' RETURNING ARRAY<STRING> EMPTY OBJECT ON ERROR) FROM t",
    "SELECT JSON_OBJECTAGG(KEY k VALUE v ABSENT ON NULL), JSON_ARRAYAGG(v ORDER BY k DESC NULL ON NULL) FROM t",
    "SELECT f(DEFAULT, x => TABLE (SELECT 1) PARTITION BY (a, b) ORDER BY (c DESC, d), y => MODEL m, z => DESCRIPTOR())",
    "SELECT a FROM t /*+ h1(a, b.c), h2('x', 1), h3 */ WHERE a NOT SIMILAR TO 'x' ESCAPE '!' AND b NOT RLIKE 'y'",
];

#[test]
fn the_other_statement_kinds_parse() {
    for sql in STATEMENTS {
        if let Err(error) = parse_statement(sql) {
            panic!("{}", error.render(sql));
        }
    }
}
