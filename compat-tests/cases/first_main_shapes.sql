-- name: first_main_shapes
-- tags: first main window having case cast
-- note: the last query has no input rows: no window fires
-- file: events.json
-- | {"user_id": "ann", "event_type": "purchase", "amount": 12.5, "event_time": "2024-03-01 10:00:03.000"}
-- | {"user_id": "bob", "event_type": "view", "amount": null, "event_time": "2024-03-01 10:00:05.250"}
-- | {"user_id": "bob", "event_type": "purchase", "amount": 0.1, "event_time": "2024-03-01 10:00:20.000"}
-- | {"user_id": "ann", "event_type": "purchase", "amount": 7.25, "event_time": "2024-03-01 10:00:17.500"}
-- | {"user_id": "bob", "event_type": "purchase", "amount": 0.2, "event_time": "2024-03-01 10:00:58.000"}
-- | {"user_id": "cat", "event_type": "cart", "amount": 99.0, "event_time": "2024-03-01 10:00:59.999"}
-- | {"user_id": "ann", "event_type": "purchase", "amount": 1.0, "event_time": "2024-03-01 10:01:00.000"}
-- | {"user_id": null, "event_type": "purchase", "amount": 5.0, "event_time": "2024-03-01 10:01:02.000"}
-- | {"user_id": "bob", "event_type": "purchase", "amount": null, "event_time": "2024-03-01 10:01:03.000"}
-- | {"user_id": "ann", "event_type": "purchase", "amount": 3.0, "event_time": "2024-03-01 10:00:59.000"}
-- | {"user_id": "cat", "event_type": "purchase", "amount": 10000000000.0, "event_time": "2024-03-01 10:01:08.000"}
-- | {"user_id": "ann", "event_type": "purchase", "amount": 1000.0, "event_time": "2024-03-01 10:00:30.000"}
-- | {"user_id": "dan", "event_type": "purchase", "amount": -4.5, "event_time": "2024-03-01 10:01:30.000"}
-- | {"user_id": "cat", "event_type": "purchase", "amount": 0.005, "event_time": "2024-03-01 10:03:00.000"}
-- | {"user_id": null, "event_type": "purchase", "amount": 2.5, "event_time": "2024-03-01 10:03:01.000"}
-- | {"user_id": "bob", "event_type": "purchase", "amount": 33.0, "event_time": "2024-03-01 10:02:58.000"}
-- | {"user_id": "ann", "event_type": null, "amount": 8.0, "event_time": "2024-03-01 10:03:02.000"}
-- | {"user_id": "dan", "event_type": "purchase", "amount": 4.5, "event_time": "2024-03-01 10:07:00.000"}
SET 'pipeline.auto-watermark-interval'='0';
CREATE TABLE events (user_id STRING, event_type STRING, amount DOUBLE, event_time TIMESTAMP(3),
  WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND)
WITH ('connector'='filesystem','path'='${DATA}/events.json','format'='json');
SELECT user_id, TUMBLE_START(event_time, INTERVAL '1' MINUTE) AS ws, TUMBLE_END(event_time, INTERVAL '1' MINUTE) AS we, SUM(amount) AS total
FROM events WHERE event_type = 'purchase' GROUP BY TUMBLE(event_time, INTERVAL '1' MINUTE), user_id HAVING SUM(amount) > 1 AND COUNT(*) >= 1;
SELECT TUMBLE_START(event_time, INTERVAL '1' MINUTE) AS ws, SUM(CASE WHEN event_type = 'purchase' THEN amount ELSE 0 END) AS purchases, SUM(CASE event_type WHEN 'view' THEN 1 WHEN 'cart' THEN 10 END) AS others,
  COUNT(*) FILTER (WHERE amount > 1) AS big FROM events GROUP BY TUMBLE(event_time, INTERVAL '1' MINUTE);
SELECT CONCAT(COALESCE(user_id, '?'), '@', CAST(TUMBLE_START(event_time, INTERVAL '1' MINUTE) AS STRING)) AS label, CAST(SUM(amount) AS DECIMAL(12, 2)) AS total, SUM(CAST(amount AS INT)) AS ints
FROM events WHERE event_type LIKE 'pur%' AND (user_id <> 'cat' OR user_id IS NULL) GROUP BY user_id, TUMBLE(event_time, INTERVAL '1' MINUTE);
SELECT SUBSTRING(user_id, 1, 1) AS letter, event_type, TUMBLE_START(event_time, INTERVAL '10' MINUTE) AS ws, COUNT(*) AS n, SUM(amount) + 1 AS s1, MAX(CHAR_LENGTH(user_id)) AS len
FROM events GROUP BY SUBSTRING(user_id, 1, 1), event_type, TUMBLE(event_time, INTERVAL '10' MINUTE);
SELECT 'all' AS k, SUM(amount) AS s FROM events WHERE event_type = 'nothing' GROUP BY TUMBLE(event_time, INTERVAL '1' MINUTE);
