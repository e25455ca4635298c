-- name: dedup_repeats
-- tags: dedup mini-batch
-- note: last rows that equal the one before: emitted behind an update, left out behind an insert; in mini-batches the last row of each
-- file: d.csv
-- | 1,a,1
-- | 2,a,1
-- | 3,a,1
-- | 4,a,2
-- | 5,a,2
-- | 6,a,2
-- | 7,b,5
-- | 8,b,5
-- | 9,b,6
-- | 10,b,5
-- | 11,b,5
-- | 12,,5
-- | 13,,5
CREATE TABLE d (id INT, k STRING, v INT, pt AS PROCTIME()) WITH ('connector'='filesystem','path'='${DATA}/d.csv','format'='csv','csv.null-literal'='');
SELECT k, v FROM (SELECT k, v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY pt DESC) AS rn FROM d) WHERE rn = 1;
SELECT k, v FROM (SELECT k, v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY PROCTIME() DESC) AS rn FROM d) WHERE rn = 1;
SELECT k, COUNT(*) AS n, SUM(v) AS s FROM (SELECT k, v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY pt DESC) AS rn FROM d) WHERE rn = 1 GROUP BY k;
CREATE TABLE s (k STRING, v INT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector'='print','print-identifier'='s');
INSERT INTO s SELECT k, v FROM (SELECT k, v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY pt DESC) AS rn FROM d) WHERE rn = 1;
SET 'table.exec.mini-batch.enabled'='true';
SET 'table.exec.mini-batch.allow-latency'='5 s';
SET 'table.exec.mini-batch.size'='4';
SELECT k, v FROM (SELECT k, v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY pt DESC) AS rn FROM d) WHERE rn = 1;
SELECT k, v FROM (SELECT k, v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY pt) AS rn FROM d) WHERE rn = 1;
SELECT k, COUNT(*) AS n, SUM(v) AS s FROM (SELECT k, v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY pt DESC) AS rn FROM d) WHERE rn = 1 GROUP BY k;
CREATE TABLE e (id INT, k STRING, v INT, ts AS TO_TIMESTAMP_LTZ(100 - id, 3), WATERMARK FOR ts AS ts) WITH ('connector'='filesystem','path'='${DATA}/d.csv','format'='csv','csv.null-literal'='');
SELECT id, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rn FROM e) WHERE rn = 1;
SELECT id, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS rn FROM e) WHERE rn = 1;
SET 'table.exec.mini-batch.enabled'='false';
SELECT id, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rn FROM e) WHERE rn = 1;
