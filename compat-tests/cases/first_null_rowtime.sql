-- name: first_null_rowtime
-- tags: first window rowtime null error
-- file: t.csv
-- | 1,2024-01-01 00:00:01.000
-- | 2,
-- | 3,2024-01-01 00:00:02.000
SET 'pipeline.auto-watermark-interval'='0';
CREATE TABLE t (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.null-literal'='');
SELECT id, ts FROM t;
SELECT COUNT(*) AS n FROM t GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE);
SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) WHERE ts IS NOT NULL GROUP BY window_start, window_end;
