-- name: agg_each_global
-- tags: agg
-- note: each aggregate over all rows
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
CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8,2), f DOUBLE, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.null-literal'='','csv.ignore-parse-errors'='false');
CREATE TABLE n (id INT, k STRING, v INT, d DECIMAL(8,2), f DOUBLE, ts TIMESTAMP(3)) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.null-literal'='','csv.ignore-parse-errors'='false');
SELECT COUNT(*) AS a FROM n;
SELECT COUNT(v) AS a, COUNT(d) AS b FROM n;
SELECT SUM(v) AS a, SUM(d) AS b, SUM(f) AS c FROM n;
SELECT AVG(v) AS a, AVG(d) AS b FROM n;
SELECT MIN(v) AS a, MAX(v) AS b, MIN(d) AS c, MAX(f) AS e FROM n;
SELECT MIN(k) AS a, MAX(k) AS b FROM n;
SELECT MIN(ts) AS a, MAX(ts) AS b FROM n;
SELECT COUNT(DISTINCT v) AS a, COUNT(DISTINCT d) AS b FROM n;
SELECT SUM(DISTINCT v) AS a, AVG(DISTINCT v) AS b FROM n;
SELECT COUNT(*) FILTER (WHERE v > 9) AS a, SUM(d) FILTER (WHERE v IS NOT NULL) AS b FROM n;
SELECT COUNT(DISTINCT v) FILTER (WHERE id > 5) AS a, COUNT(DISTINCT v) AS b FROM n;
