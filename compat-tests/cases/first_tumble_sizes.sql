-- name: first_tumble_sizes
-- tags: first window tumble sizes
-- note: times before 1970 fall into the window below
-- file: old.csv
-- | 1,1969-12-31 23:59:58.500
-- | 2,1969-12-31 23:59:59.999
-- | 3,1970-01-01 00:00:00.000
-- | 4,1970-01-01 00:01:30.000
-- | 5,1969-12-31 23:59:00.000
-- | 6,2024-02-29 12:34:56.789
-- | 7,2024-03-01 00:00:00.000
SET 'pipeline.auto-watermark-interval'='0';
CREATE TABLE t (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' HOUR) WITH ('connector'='filesystem','path'='${DATA}/old.csv','format'='csv');
SELECT window_start, window_end, SUM(id) AS s FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, window_end, SUM(id) AS s FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1:30' MINUTE TO SECOND)) GROUP BY window_start, window_end;
SELECT window_start, window_end, SUM(id) AS s FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' DAY)) GROUP BY window_start, window_end;
SELECT TUMBLE_START(ts, INTERVAL '7' HOUR) AS ws, SUM(id) AS s FROM t GROUP BY TUMBLE(ts, INTERVAL '7' HOUR);
SELECT TUMBLE_START(ts, INTERVAL '0.100' SECOND) AS ws, SUM(id) AS s FROM t GROUP BY TUMBLE(ts, INTERVAL '0.100' SECOND);
