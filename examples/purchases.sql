-- Purchases per user and minute, from a file. Run from the root of the repository, as the path is relative:
--   flinkrs run --target local examples/purchases.sql
CREATE TABLE events (user_id STRING, event_type STRING, amount DOUBLE, event_time TIMESTAMP(3),
  WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND)
WITH ('connector'='filesystem','path'='examples/data/purchases.jsonl','format'='json');

SELECT user_id, TUMBLE_START(event_time, INTERVAL '1' MINUTE) AS window_start, SUM(amount) AS total_amount
FROM events WHERE event_type = 'purchase' GROUP BY user_id, TUMBLE(event_time, INTERVAL '1' MINUTE);
