-- name: agg_two_phase_retract
-- tags: agg minibatch two-phase retract
-- note: rows are taken back across bundles; of one row each, so that their order is known
-- file: t.csv
-- | 1,a,10,1.50,2.5,2024-01-01 10:00:01.000
-- | 2,b,20,2.25,,2024-01-01 10:00:02.000
-- | 3,a,10,,1.5,2024-01-01 10:00:02.000
-- | 4,,5,4.00,0.5,2024-01-01 10:00:04.000
-- | 5,b,,3.10,3.5,2024-01-01 10:00:11.000
-- | 6,a,30,1.50,2.5,2024-01-01 10:00:12.000
-- | 7,c,7,9.99,7.0,2024-01-01 10:00:09.000
-- | 8,b,20,2.25,-1.0,2024-01-01 10:00:21.000
-- | 9,,5,,,2024-01-01 10:00:22.000
-- | 10,a,-3,0.05,4.25,2024-01-01 10:00:03.000
-- | 11,c,7,9.99,7.0,2024-01-01 10:00:23.000
-- | 12,d,,,,2024-01-01 10:00:31.000
-- | 13,a,10,1.50,2.5,2024-01-01 10:00:33.000
-- | 14,b,1,2.25,8.0,2024-01-01 10:00:14.000
-- | 15,a,30,7.00,2.5,2024-01-01 10:00:41.000
SET 'pipeline.auto-watermark-interval'='0';
SET 'table.exec.mini-batch.enabled'='true';
SET 'table.exec.mini-batch.allow-latency'='10 h';
SET 'table.exec.mini-batch.size'='1';
CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8,2), f DOUBLE, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.null-literal'='','csv.ignore-parse-errors'='false');
CREATE TABLE n (id INT, k STRING, v INT, d DECIMAL(8,2), f DOUBLE, ts TIMESTAMP(3)) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.null-literal'='','csv.ignore-parse-errors'='false');
SELECT k, COUNT(*) AS a, COUNT(s) AS b FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3)) GROUP BY k;
SELECT k, SUM(s) AS a, SUM(x) AS b FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3)) GROUP BY k;
SELECT k, AVG(s) AS a, AVG(x) AS b FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3)) GROUP BY k;
SELECT k, MIN(s) AS a, MAX(s) AS b FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3)) GROUP BY k;
SELECT k, MIN(x) AS a, MAX(x) AS b FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3)) GROUP BY k;
SELECT k, COUNT(DISTINCT s) AS a, SUM(DISTINCT c) AS b FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3)) GROUP BY k;
SELECT k, COUNT(*) FILTER (WHERE s > 10) AS a, SUM(c) FILTER (WHERE m = 1) AS b FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3)) GROUP BY k;
SELECT k, MAX(c) AS a, MIN(c) AS b FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3)) GROUP BY k;
SELECT k, FIRST_VALUE(s) AS a, LAST_VALUE(s) AS b FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3)) GROUP BY k;
SELECT k, ARRAY_AGG(s) AS a FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3)) GROUP BY k;
SELECT k, LISTAGG(CAST(s AS STRING)) AS a FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3)) GROUP BY k;
SELECT k, PERCENTILE(s, 0.5) AS a FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3)) GROUP BY k;
SELECT k, COUNT(DISTINCT s) FILTER (WHERE c > 1) AS a FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3)) GROUP BY k;
SELECT c, COUNT(*) AS a, COUNT(s) AS b FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3)) GROUP BY c;
SELECT c, SUM(s) AS a, SUM(x) AS b FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3)) GROUP BY c;
SELECT c, MIN(s) AS a, MAX(s) AS b FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3)) GROUP BY c;
SELECT c, COUNT(DISTINCT s) AS a, SUM(DISTINCT c) AS b FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3)) GROUP BY c;
SELECT c, COUNT(*) FILTER (WHERE s > 10) AS a, SUM(c) FILTER (WHERE m = 1) AS b FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3)) GROUP BY c;
SELECT COUNT(*) AS a, COUNT(s) AS b FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3));
SELECT SUM(s) AS a, SUM(x) AS b FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3));
SELECT AVG(s) AS a, AVG(x) AS b FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3));
SELECT MIN(s) AS a, MAX(s) AS b FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3));
SELECT MIN(x) AS a, MAX(x) AS b FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3));
SELECT COUNT(DISTINCT s) AS a, SUM(DISTINCT c) AS b FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3));
SELECT COUNT(*) FILTER (WHERE s > 10) AS a, SUM(c) FILTER (WHERE m = 1) AS b FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3));
SELECT MAX(c) AS a, MIN(c) AS b FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3));
