-- From nothing to the first result: a window over a CSV of 1,000 rows, printed by the TaskManager.
CREATE TABLE events (user_id STRING, event_type STRING, amount DOUBLE, event_time TIMESTAMP(3),
  WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND)
WITH ('connector'='filesystem','path'='${CACHE}/events-1000.csv','format'='csv');
CREATE TABLE totals (user_id STRING, window_start TIMESTAMP(3), total_amount DOUBLE) WITH ('connector'='print');
INSERT INTO totals
SELECT user_id, TUMBLE_START(event_time, INTERVAL '1' MINUTE), SUM(amount)
FROM events WHERE event_type = 'purchase' GROUP BY user_id, TUMBLE(event_time, INTERVAL '1' MINUTE);
