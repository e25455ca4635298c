-- name: first_late_boundary
-- tags: first window late watermark
-- note: a window closes when the watermark reaches its end minus 1 ms; a filter alone drops nothing
-- file: t.csv
-- | 1,a,2024-01-01 00:00:01.000
-- | 2,a,2024-01-01 00:00:11.998
-- | 3,a,2024-01-01 00:00:09.999
-- | 4,b,2024-01-01 00:00:11.999
-- | 5,a,2024-01-01 00:00:09.998
-- | 6,b,2024-01-01 00:00:12.000
-- | 7,a,2024-01-01 00:00:09.999
-- | 8,b,2024-01-01 00:00:05.000
-- | 9,b,2024-01-01 00:00:10.000
-- | 10,a,2024-01-01 00:00:40.000
-- | 11,b,2024-01-01 00:00:39.999
-- | 12,b,2024-01-01 00:00:19.999
SET 'pipeline.auto-watermark-interval'='0';
CREATE TABLE t (id INT, k STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv');
SELECT k, window_start, COUNT(*) AS n, SUM(id) AS ids FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end;
SELECT k, TUMBLE_START(ts, INTERVAL '10' SECOND) AS ws, COUNT(*) AS n, SUM(id) AS ids FROM t GROUP BY k, TUMBLE(ts, INTERVAL '10' SECOND);
CREATE TABLE strict (id INT, k STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv');
SELECT k, window_start, COUNT(*) AS n, SUM(id) AS ids FROM TABLE(TUMBLE(TABLE strict, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end;
SELECT k, TUMBLE_START(ts, INTERVAL '10' SECOND) AS ws, COUNT(*) AS n, SUM(id) AS ids FROM strict GROUP BY k, TUMBLE(ts, INTERVAL '10' SECOND);
SELECT id, k, ts FROM strict WHERE k = 'b';
