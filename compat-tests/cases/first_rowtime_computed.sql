-- name: first_rowtime_computed
-- tags: first window rowtime computed
-- note: a time attribute plus an interval is one still, a cast of it is not
-- file: t.csv
-- | 1,2024-01-01 00:00:01
-- | 2,2024-01-01 00:00:09
-- | 3,2024-01-01 00:00:10
-- | 4,2024-01-01 00:00:31
-- file: m.csv
-- | 1,1704067201000
-- | 2,1704067209999
-- | 3,1704067210000
-- | 4,1704067199999
-- | 5,1704067231500
SET 'pipeline.auto-watermark-interval'='0';
CREATE TABLE s (id INT, seen STRING, ts AS TO_TIMESTAMP(seen), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv');
SELECT TUMBLE_START(ts, INTERVAL '10' SECOND) AS ws, COUNT(*) AS n, MIN(seen) AS first_at FROM s GROUP BY TUMBLE(ts, INTERVAL '10' SECOND);
SELECT id, ts, CAST(ts AS STRING) AS t FROM s;
CREATE TABLE m (id INT, ms BIGINT, ts AS TO_TIMESTAMP_LTZ(ms, 3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector'='filesystem','path'='${DATA}/m.csv','format'='csv');
SELECT window_start, window_end, window_time, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE m, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, window_time;
SELECT TUMBLE_START(ts, INTERVAL '10' SECOND) AS ws, TUMBLE_END(ts, INTERVAL '10' SECOND) AS we, TUMBLE_ROWTIME(ts, INTERVAL '10' SECOND) AS wr, COUNT(*) AS n FROM m GROUP BY TUMBLE(ts, INTERVAL '10' SECOND);
SELECT id, ts FROM m;
CREATE TABLE f (id INT, seen STRING, ts AS TO_TIMESTAMP(REPLACE(seen, 'T', ' '), 'yyyy-MM-dd HH:mm:ss'), day_of AS CAST(TO_TIMESTAMP(seen) AS DATE), WATERMARK FOR ts AS ts) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv');
SELECT day_of, COUNT(*) AS n FROM f GROUP BY day_of, TUMBLE(ts, INTERVAL '1' MINUTE);
SELECT ts + INTERVAL '1' SECOND AS later, COUNT(*) AS n FROM s GROUP BY ts + INTERVAL '1' SECOND, TUMBLE(ts, INTERVAL '1' HOUR);
SELECT COUNT(*) AS n FROM (SELECT ts + INTERVAL '1' SECOND AS later FROM s) GROUP BY TUMBLE(later, INTERVAL '1' HOUR);
SELECT COUNT(*) AS n FROM (SELECT CAST(ts AS TIMESTAMP(3)) AS same FROM s) GROUP BY TUMBLE(same, INTERVAL '1' HOUR);
