-- The same as tumble_csv.sql with the window table function, which Flink aggregates in two phases.
CREATE TABLE events (user_id STRING, event_type STRING, amount DOUBLE, event_time TIMESTAMP(3),
  WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND)
WITH ('connector'='filesystem','path'='${CACHE}/events-5000000.csv','format'='csv');
CREATE TABLE totals (user_id STRING, window_start TIMESTAMP(3), events BIGINT, total_amount DOUBLE)
WITH ('connector'='filesystem','path'='${OUT}','format'='csv');
INSERT INTO totals
SELECT user_id, window_start, COUNT(*), SUM(amount)
FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(event_time), INTERVAL '1' MINUTE)) GROUP BY user_id, window_start, window_end;
