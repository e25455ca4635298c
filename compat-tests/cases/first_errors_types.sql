-- name: first_errors_types
-- tags: first error types
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
SELECT id + k FROM t;
SELECT k * 2 FROM t;
SELECT id FROM t WHERE k > 5;
SELECT id FROM t WHERE id = 'x';
SELECT id FROM t WHERE v;
SELECT SUM(k) FROM t;
SELECT AVG(k) FROM t;
SELECT UPPER(id, 1) FROM t;
SELECT UPPER(id) FROM t;
SELECT SUBSTRING(k) FROM t;
SELECT CASE WHEN id = 1 THEN 'a' ELSE 2 END FROM t;
SELECT COALESCE(id, 'x') FROM t;
SELECT IF(id > 1, 'a', 2) FROM t;
SELECT CAST(id AS DATE) FROM t;
SELECT CAST(k AS NOTYPE) FROM t;
SELECT id || k FROM t;
SELECT NOT id FROM t;
SELECT id AND TRUE FROM t;
SELECT -k FROM t;
SELECT id LIKE 'a%' FROM t;
SELECT id BETWEEN 'a' AND 'b' FROM t;
SELECT id IN ('a', 'b') FROM t;
SELECT DATE '2024-01-01' + 1;
SELECT TIMESTAMP '2024-01-01 00:00:00' - TIMESTAMP '2023-01-01 00:00:00';
SELECT EXTRACT(YEAR FROM k) FROM t;
SELECT TIMESTAMP '2024-13-01 00:00:00';
SELECT INTERVAL '61' NOTHING;
SELECT * FROM t UNION ALL SELECT id FROM t;
CREATE TABLE w1 (id INT, WATERMARK FOR id AS id) WITH ('connector'='datagen');
CREATE TABLE w2 (id INT, WATERMARK FOR nope AS nope) WITH ('connector'='datagen');
CREATE TABLE w3 (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS id) WITH ('connector'='datagen');
CREATE TABLE w4 (id INT, ts TIMESTAMP(6), WATERMARK FOR ts AS ts) WITH ('connector'='datagen');
CREATE TABLE w5 (id INT, ts STRING, WATERMARK FOR ts AS ts) WITH ('connector'='datagen');
CREATE TABLE c1 (id INT, x AS nope + 1) WITH ('connector'='datagen');
CREATE TABLE p1 (id INT, PRIMARY KEY (id)) WITH ('connector'='datagen');
CREATE TABLE d1 (n DECIMAL(50, 2)) WITH ('connector'='datagen');
CREATE TABLE d2 (n DECIMAL(5, 7)) WITH ('connector'='datagen');
