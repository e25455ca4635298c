-- name: win_one_phase
-- tags: window
-- note: the same in one phase
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
SET 'table.optimizer.agg-phase-strategy'='ONE_PHASE';
CREATE TABLE t (id INT, k STRING, v INT, d DECIMAL(8,2), f DOUBLE, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.null-literal'='','csv.ignore-parse-errors'='false');
CREATE TABLE n (id INT, k STRING, v INT, d DECIMAL(8,2), f DOUBLE, ts TIMESTAMP(3)) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.null-literal'='','csv.ignore-parse-errors'='false');
SELECT k, window_start, window_end, COUNT(*) AS a, COUNT(v) AS b FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end;
SELECT k, window_start, window_end, SUM(v) AS a, SUM(d) AS b, AVG(v) AS c FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end;
SELECT k, window_start, window_end, MIN(v) AS a, MAX(d) AS b, MIN(k) AS c FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end;
SELECT k, window_start, window_end, COUNT(DISTINCT v) AS a, SUM(DISTINCT v) AS b FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end;
SELECT k, window_start, window_end, COUNT(*) FILTER (WHERE v > 9) AS a, COUNT(DISTINCT v) FILTER (WHERE id > 2) AS b FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end;
SELECT k, window_start, window_end, LISTAGG(CAST(v AS STRING)) AS a FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end;
SELECT k, window_start, window_end, FIRST_VALUE(v) AS a, LAST_VALUE(v) AS b FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end;
SELECT window_start, window_end, COUNT(*) AS a, COUNT(v) AS b FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, window_end, SUM(v) AS a, SUM(d) AS b, AVG(v) AS c FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, window_end, MIN(v) AS a, MAX(d) AS b, MIN(k) AS c FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, window_end, COUNT(DISTINCT v) AS a, SUM(DISTINCT v) AS b FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
