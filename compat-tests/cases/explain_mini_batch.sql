-- name: explain_mini_batch
-- tags: explain mini-batch
-- note: which plans have a MiniBatchAssigner
CREATE TABLE a (k INT, v STRING) WITH ('connector'='filesystem','path'='${DATA}/a.csv','format'='csv');
CREATE TABLE b (k INT, w STRING) WITH ('connector'='filesystem','path'='${DATA}/b.csv','format'='csv');
CREATE TABLE s (k INT, v STRING) WITH ('connector'='print');
SET 'table.exec.mini-batch.enabled' = 'true';
SET 'table.exec.mini-batch.allow-latency' = '10 min';
SET 'table.exec.mini-batch.size' = '1000';
EXPLAIN SELECT k, v FROM a;
EXPLAIN SELECT k FROM a;
EXPLAIN SELECT k + 1 FROM a;
EXPLAIN SELECT k, v FROM a WHERE k > 1;
EXPLAIN SELECT k, v FROM a WHERE CHAR_LENGTH(v) > 1;
EXPLAIN INSERT INTO s SELECT k, v FROM a;
EXPLAIN SELECT k, v FROM a UNION ALL SELECT k, w FROM b;
EXPLAIN SELECT a.k FROM a JOIN b ON a.k = b.k;
EXPLAIN SELECT k, COUNT(*) FROM a GROUP BY k;
EXPLAIN SELECT k, COUNT(*) FROM a WHERE k > 2 GROUP BY k;
EXPLAIN SELECT * FROM a ORDER BY k LIMIT 3;
EXPLAIN SELECT k FROM a ORDER BY k LIMIT 3;
CREATE TABLE ta (k INT, v STRING, n INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector'='filesystem','path'='${DATA}/a.csv','format'='csv');
EXPLAIN SELECT k, v FROM ta WHERE k > 1;
EXPLAIN INSERT INTO s SELECT k, v FROM ta;
EXPLAIN SELECT k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY n DESC) rn FROM a) WHERE rn <= 2;
EXPLAIN SELECT * FROM ta ORDER BY n LIMIT 3;
