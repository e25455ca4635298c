CREATE TABLE events (user_id STRING, event_type STRING, amount DOUBLE, event_time TIMESTAMP(3),
  WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND)
WITH ('connector'='kafka','topic'='events','properties.bootstrap.servers'='kafka:9092','format'='json','scan.startup.mode'='earliest-offset');
SELECT user_id, TUMBLE_START(event_time, INTERVAL '1' MINUTE) AS window_start, SUM(amount) AS total_amount
FROM events WHERE event_type = 'purchase' GROUP BY user_id, TUMBLE(event_time, INTERVAL '1' MINUTE);
SET 'parallelism.default' = '4';
SELECT user_id, window_start, SUM(amount) AS total_amount
FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(event_time), INTERVAL '1' MINUTE)) WHERE event_type = 'purchase' GROUP BY user_id, window_start, window_end;
EXPLAIN SELECT user_id, window_start, window_end, COUNT(*), window_time
FROM TABLE(HOP(DATA => TABLE events, TIMECOL => DESCRIPTOR(event_time), SLIDE => INTERVAL '10' SECOND, SIZE => INTERVAL '1' MINUTE)) GROUP BY user_id, window_start, window_end, window_time;
SELECT * FROM TABLE(CUMULATE(TABLE events, DESCRIPTOR(event_time), INTERVAL '10' SECOND, INTERVAL '1' MINUTE));
