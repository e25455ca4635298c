-- name: errors_queries
-- tags: errors
-- note: queries that are wrong in one thing each
-- file: a.csv
-- | 2024-01-01 10:00:01.000,1,x,10,1.50
-- | 2024-01-01 10:00:02.000,2,y,,2.25
-- | 2024-01-01 10:00:04.000,3,x,30,
-- | 2024-01-01 10:00:03.000,4,,5,0.01
-- | 2024-01-01 10:00:09.000,5,z,10,9.99
-- | 2024-01-01 10:00:05.000,6,y,7,-1.00
-- | 2024-01-01 10:00:12.000,7,x,10,1.50
-- | 2024-01-01 10:00:01.000,8,z,1,3.00
-- | 2024-01-01 10:00:21.000,9,y,8,4.00
-- file: b.csv
-- | 2024-01-01 10:00:02.000,x,100
-- | 2024-01-01 10:00:03.000,y,200
-- | 2024-01-01 10:00:08.000,x,300
-- | 2024-01-01 10:00:11.000,,400
-- | 2024-01-01 10:00:20.000,w,500
SET 'pipeline.auto-watermark-interval'='0';
CREATE TABLE a (ts TIMESTAMP(3), id INT, k STRING, v INT, d DECIMAL(6,2), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) WITH ('connector'='filesystem','path'='${DATA}/a.csv','format'='csv','csv.null-literal'='');
CREATE TABLE b (ts TIMESTAMP(3), k STRING, w INT, WATERMARK FOR ts AS ts) WITH ('connector'='filesystem','path'='${DATA}/b.csv','format'='csv','csv.null-literal'='');
SELECT k, no_such FROM a;
SELECT k, v FROM a GROUP BY k;
SELECT SUM(k) FROM a;
SELECT * FROM a JOIN b ON a.k = b.w;
SELECT k FROM a WHERE SUM(v) > 1;
SELECT a.k FROM a, b WHERE ts > b.ts;
SELECT id FROM a ORDER BY id;
SELECT COUNT(*) OVER (PARTITION BY k ORDER BY v DESC) FROM a;
SELECT * FROM TABLE(TUMBLE(TABLE a, DESCRIPTOR(v), INTERVAL '5' SECOND));
SELECT k, v FROM a UNION ALL SELECT k FROM b;
INSERT INTO a SELECT 1;
SELECT id FROM a LIMIT -1;
SELECT (SELECT k FROM a) AS s;
SELECT NO_FN(k) FROM a;
SELECT CAST(k AS INT) FROM a;
SELECT * FROM (VALUES (1, 'a'), (2, NULL)) AS t (n, s) WHERE s IS NULL;
