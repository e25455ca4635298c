-- Group window over a big CSV: count and sum per user and minute. 5,000,000 rows, 1,000 users.
CREATE TABLE events (user_id STRING, event_type STRING, amount DOUBLE, event_time TIMESTAMP(3),
  WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND)
WITH ('connector'='filesystem','path'='${CACHE}/events-5000000.csv','format'='csv');
CREATE TABLE totals (user_id STRING, window_start TIMESTAMP(3), events BIGINT, total_amount DOUBLE)
WITH ('connector'='filesystem','path'='${OUT}','format'='csv');
INSERT INTO totals
SELECT user_id, TUMBLE_START(event_time, INTERVAL '1' MINUTE), COUNT(*), SUM(amount)
FROM events GROUP BY user_id, TUMBLE(event_time, INTERVAL '1' MINUTE);
