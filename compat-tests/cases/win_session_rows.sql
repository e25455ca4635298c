-- name: win_session_rows
-- tags: window session
-- note: sessions that are not aggregated by their own key, and a time attribute that is a group key
-- file: b.csv
-- | 2024-01-01 10:00:01.000,A,4,u1
-- | 2024-01-01 10:00:03.500,B,2,u2
-- | 2024-01-01 10:00:06.000,A,5,u1
-- | 2024-01-01 10:00:11.000,A,1,u3
-- | 2024-01-01 10:00:14.000,B,7,u2
-- | 2024-01-01 10:00:31.000,C,3,u1
CREATE TABLE b (ts TIMESTAMP(3), item STRING, price INT, usr STRING, WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) WITH ('connector'='filesystem','path'='${DATA}/b.csv','format'='csv');
SELECT usr, window_start, window_end, COUNT(*) FROM TABLE(SESSION(TABLE b PARTITION BY item, DESCRIPTOR(ts), INTERVAL '6' SECOND)) GROUP BY usr, window_start, window_end;
SELECT * FROM TABLE(SESSION(TABLE b PARTITION BY item, DESCRIPTOR(ts), INTERVAL '6' SECOND));
SELECT TUMBLE_START(ts, INTERVAL '10' SECOND), SUM(c) FROM (SELECT ts, COUNT(*) AS c FROM b GROUP BY ts) GROUP BY TUMBLE(ts, INTERVAL '10' SECOND);
