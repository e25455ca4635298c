-- Purchases per user and minute, from Kafka; it runs until it is cancelled.
--   flinkrs run examples/purchases-kafka.sql
-- To fill the topic on a broker at kafka:9092 see README.md.
CREATE TABLE events (user_id STRING, event_type STRING, amount DOUBLE, event_time TIMESTAMP(3),
  WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND)
WITH ('connector'='kafka','topic'='events','properties.bootstrap.servers'='kafka:9092','format'='json','scan.startup.mode'='earliest-offset');

SELECT user_id, TUMBLE_START(event_time, INTERVAL '1' MINUTE) AS window_start, SUM(amount) AS total_amount
FROM events WHERE event_type = 'purchase' GROUP BY user_id, TUMBLE(event_time, INTERVAL '1' MINUTE);
