-- name: win_kinds_nulls
-- tags: window null duplicates late
-- note: rows of equal time stamps, NULL keys and values, duplicates; rows 6 and 10 are late
-- file: w.csv
-- | 1,a,10,2024-01-01 10:00:00.000
-- | 2,b,20,2024-01-01 10:00:00.000
-- | 3,,5,2024-01-01 10:00:04.999
-- | 4,a,,2024-01-01 10:00:05.000
-- | 5,a,10,2024-01-01 10:00:12.000
-- | 6,b,7,2024-01-01 10:00:03.000
-- | 7,b,8,2024-01-01 10:00:12.000
-- | 8,b,8,2024-01-01 10:00:12.000
-- | 9,,9,2024-01-01 10:00:31.000
-- | 10,a,1,2024-01-01 10:00:11.000
SET 'pipeline.auto-watermark-interval'='0';
CREATE TABLE w (id INT, k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) WITH ('connector'='filesystem','path'='${DATA}/w.csv','format'='csv','csv.null-literal'='');
SELECT window_start, window_end, k, COUNT(*), COUNT(v), SUM(v), MIN(v), MAX(v), AVG(v) FROM TUMBLE(TABLE w, DESCRIPTOR(ts), INTERVAL '5' SECOND) GROUP BY window_start, window_end, k;
SELECT window_start, window_end, COUNT(*), COUNT(DISTINCT k), COUNT(DISTINCT v), SUM(DISTINCT v) FROM TUMBLE(TABLE w, DESCRIPTOR(ts), INTERVAL '10' SECOND) GROUP BY window_start, window_end;
SELECT window_start, window_end, k, COUNT(*), SUM(v) FROM HOP(TABLE w, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND) GROUP BY window_start, window_end, k;
SELECT window_start, window_end, COUNT(DISTINCT v), COUNT(DISTINCT k), COUNT(*) FROM HOP(TABLE w, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '15' SECOND) GROUP BY window_start, window_end;
SELECT window_start, window_end, k, COUNT(*), MAX(v) FROM CUMULATE(TABLE w, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '15' SECOND) GROUP BY window_start, window_end, k;
SELECT window_start, window_end, k, COUNT(*), SUM(v) FROM SESSION(TABLE w PARTITION BY k, DESCRIPTOR(ts), INTERVAL '5' SECOND) GROUP BY window_start, window_end, k;
SELECT window_start, window_end, COUNT(*), SUM(v) FROM SESSION(TABLE w, DESCRIPTOR(ts), INTERVAL '5' SECOND) GROUP BY window_start, window_end;
SELECT window_start, window_end, k, FIRST_VALUE(v), LAST_VALUE(v) FROM TUMBLE(TABLE w, DESCRIPTOR(ts), INTERVAL '10' SECOND) GROUP BY window_start, window_end, k;
SELECT window_start, window_end, k, SUM(v) FILTER (WHERE v > 7), COUNT(*) FILTER (WHERE k IS NULL) FROM TUMBLE(TABLE w, DESCRIPTOR(ts), INTERVAL '10' SECOND) GROUP BY window_start, window_end, k;
SELECT TUMBLE_START(ts, INTERVAL '5' SECOND), k, COUNT(*), SUM(v) FROM w GROUP BY TUMBLE(ts, INTERVAL '5' SECOND), k;
SELECT HOP_START(ts, INTERVAL '5' SECOND, INTERVAL '10' SECOND), HOP_END(ts, INTERVAL '5' SECOND, INTERVAL '10' SECOND), COUNT(v) FROM w GROUP BY HOP(ts, INTERVAL '5' SECOND, INTERVAL '10' SECOND);
SELECT SESSION_START(ts, INTERVAL '5' SECOND), SESSION_END(ts, INTERVAL '5' SECOND), k, COUNT(*) FROM w GROUP BY SESSION(ts, INTERVAL '5' SECOND), k;
SELECT id, window_start, window_end FROM TUMBLE(TABLE w, DESCRIPTOR(ts), INTERVAL '5' SECOND);
SELECT id, window_start, window_end FROM HOP(TABLE w, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '20' SECOND) WHERE k IS NULL;
SELECT id, window_start, window_end FROM CUMULATE(TABLE w, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND) WHERE v IS NULL;
SELECT id, window_start, window_end FROM SESSION(TABLE w PARTITION BY k, DESCRIPTOR(ts), INTERVAL '8' SECOND);
SELECT * FROM (SELECT id, k, v, window_start, window_end, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY v DESC) AS rn FROM TUMBLE(TABLE w, DESCRIPTOR(ts), INTERVAL '10' SECOND)) WHERE rn <= 2;
SELECT * FROM (SELECT id, k, v, window_start, window_end, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY v) AS rn FROM TUMBLE(TABLE w, DESCRIPTOR(ts), INTERVAL '10' SECOND)) WHERE rn <= 1;
SELECT * FROM (SELECT id, k, window_start, window_end, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY ts DESC) AS rn FROM TUMBLE(TABLE w, DESCRIPTOR(ts), INTERVAL '15' SECOND)) WHERE rn = 1;
SELECT * FROM (SELECT id, k, window_start, window_end, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY ts) AS rn FROM TUMBLE(TABLE w, DESCRIPTOR(ts), INTERVAL '15' SECOND)) WHERE rn = 1;
SELECT k, s, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY s DESC) AS rn FROM (SELECT window_start, window_end, k, SUM(v) AS s FROM TUMBLE(TABLE w, DESCRIPTOR(ts), INTERVAL '10' SECOND) GROUP BY window_start, window_end, k);
SELECT * FROM (SELECT k, s, window_end, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY s DESC) AS rn FROM (SELECT window_start, window_end, k, SUM(v) AS s FROM TUMBLE(TABLE w, DESCRIPTOR(ts), INTERVAL '10' SECOND) GROUP BY window_start, window_end, k)) WHERE rn <= 2;
SELECT window_start, window_end, MAX(c), SUM(s) FROM TUMBLE((SELECT window_time AS wt, k, COUNT(*) AS c, SUM(v) AS s FROM TUMBLE(TABLE w, DESCRIPTOR(ts), INTERVAL '5' SECOND) GROUP BY window_start, window_end, window_time, k), DESCRIPTOR(wt), INTERVAL '20' SECOND) GROUP BY window_start, window_end;
SELECT id, k, v, SUM(v) OVER (PARTITION BY k ORDER BY ts) AS s, COUNT(*) OVER (PARTITION BY k ORDER BY ts) AS c FROM w;
SELECT id, k, v, SUM(v) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM w;
SELECT id, k, MAX(v) OVER (ORDER BY ts RANGE BETWEEN INTERVAL '5' SECOND PRECEDING AND CURRENT ROW) AS m FROM w;
SELECT id, LAG(v) OVER (PARTITION BY k ORDER BY ts) AS p, FIRST_VALUE(v) OVER (PARTITION BY k ORDER BY ts) AS f FROM w;
SELECT id FROM w ORDER BY ts, v DESC;
SELECT id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rn FROM w) WHERE rn = 1;
SELECT id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS rn FROM w) WHERE rn = 1;
