-- name: agg_split_distinct
-- tags: agg distinct split
-- note: DISTINCT by buckets
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
SET 'table.optimizer.distinct-agg.split.enabled'='true';
CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8,2), f DOUBLE, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.null-literal'='','csv.ignore-parse-errors'='false');
CREATE TABLE n (id INT, k STRING, v INT, d DECIMAL(8,2), f DOUBLE, ts TIMESTAMP(3)) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.null-literal'='','csv.ignore-parse-errors'='false');
SELECT k, COUNT(DISTINCT v) AS a FROM n GROUP BY k;
SELECT k, COUNT(DISTINCT v) AS a, SUM(v) AS b, MAX(v) AS c, MIN(v) AS e FROM n GROUP BY k;
SELECT COUNT(DISTINCT v) AS a, SUM(d) AS b FROM n;
SELECT k, SUM(DISTINCT v) AS a, COUNT(DISTINCT v) FILTER (WHERE id > 4) AS b FROM n GROUP BY k;
SELECT v, COUNT(DISTINCT k) AS a, COUNT(*) AS b FROM n GROUP BY v;
SELECT k, COUNT(DISTINCT ts) AS a, COUNT(DISTINCT ts) FILTER (WHERE v > 6) AS b FROM n GROUP BY k;
SELECT k, COUNT(DISTINCT s) AS a, SUM(c) AS b FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3)) GROUP BY k;
SELECT COUNT(DISTINCT s) AS a, SUM(c) AS b FROM (SELECT k, MOD(v, 3) AS m, COUNT(*) AS c, SUM(v) AS s, MAX(d) AS x FROM n GROUP BY k, MOD(v, 3));
SELECT k, COUNT(DISTINCT f) AS a FROM n GROUP BY k;
SELECT k, COUNT(DISTINCT d) AS a, COUNT(d) AS b FROM n GROUP BY k;
