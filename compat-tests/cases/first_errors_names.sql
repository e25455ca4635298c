-- name: first_errors_names
-- tags: first error names
-- file: t.csv
-- | 1,x,5
-- | 2,y,7
-- | 3,x,5
-- | 4,,1
-- | 5,x,
-- | 6,y,-7
-- | 7,,2
-- | 8,z,3
-- | 9,x,1
-- | 10,z,
CREATE TABLE t (id INT, k STRING, v INT) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.null-literal'='');
SELECT nope FROM t;
SELECT t.nope FROM t;
SELECT x.id FROM t;
SELECT * FROM nowhere;
SELECT id FROM nowhere.db.t;
SELECT NOFUNC(id) FROM t;
SELECT ID FROM t;
SELECT id FROM T;
SELECT id FROM t GROUP BY k;
SELECT k, id FROM t GROUP BY k, v;
SELECT k FROM t WHERE COUNT(*) > 1;
SELECT SUM(COUNT(*)) FROM t GROUP BY k;
SELECT id AS a FROM t WHERE a > 1;
SELECT a.id FROM t AS a, t AS b WHERE id = 1;
SELECT k FROM t HAVING v > 1;
SELECT id, FROM t;
SELECT id FROM t WHERE;
SELEC id FROM t;
SELECT id FROM t ORDER id;
CREATE TABLE t (id INT) WITH ('connector'='print');
CREATE TABLE IF NOT EXISTS t (id INT) WITH ('connector'='print');
CREATE VIEW v AS SELECT nope FROM t;
CREATE VIEW v2 (a, b) AS SELECT id FROM t;
CREATE TABLE dup (a INT, a STRING) WITH ('connector'='print');
DROP TABLE nope;
DROP VIEW IF EXISTS nope;
SELECT `id FROM t;
