-- name: explain_same_key
-- tags: explain
-- note: operators whose rows lie by their keys already: Flink spreads them once more
CREATE TABLE a (k INT, v STRING, n INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector'='filesystem','path'='${DATA}/a.csv','format'='csv');
CREATE TABLE b (k INT, w STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector'='filesystem','path'='${DATA}/b.csv','format'='csv');
CREATE TABLE out1 (k INT PRIMARY KEY NOT ENFORCED, c BIGINT) WITH ('connector'='print');
EXPLAIN SELECT x.k, c, d FROM (SELECT k, COUNT(*) c FROM a GROUP BY k) x JOIN (SELECT k, MAX(w) d FROM b GROUP BY k) y ON x.k = y.k;
EXPLAIN SELECT a.k, COUNT(*) FROM a JOIN b ON a.k = b.k GROUP BY a.k;
EXPLAIN SELECT k, c FROM (SELECT k, c, ROW_NUMBER() OVER (PARTITION BY k ORDER BY c DESC) rn FROM (SELECT k, v, COUNT(*) c FROM a GROUP BY k, v)) WHERE rn <= 2;
EXPLAIN SELECT DISTINCT k FROM (SELECT k, COUNT(*) c FROM a GROUP BY k, v);
EXPLAIN INSERT INTO out1 SELECT k, SUM(c) FROM (SELECT k, COUNT(*) c FROM a GROUP BY k, v) GROUP BY k;
EXPLAIN SELECT k, COUNT(DISTINCT v) FROM (SELECT DISTINCT k, v FROM a) GROUP BY k;
SET 'table.exec.mini-batch.enabled' = 'true';
SET 'table.exec.mini-batch.allow-latency' = '1 s';
SET 'table.exec.mini-batch.size' = '1000';
EXPLAIN SELECT a.k, COUNT(*) FROM (SELECT k, v, COUNT(*) c FROM a GROUP BY k, v) a GROUP BY a.k;
EXPLAIN SELECT k, SUM(c) FROM (SELECT k, v, COUNT(*) c FROM a GROUP BY k, v) GROUP BY k;
EXPLAIN SELECT a.k, COUNT(*) FROM a JOIN b ON a.k = b.k GROUP BY a.k;
