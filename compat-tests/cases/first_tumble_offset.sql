-- name: first_tumble_offset
-- tags: first window tumble offset
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
SELECT window_start, window_end, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(event_time), INTERVAL '1' MINUTE, INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, window_end, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(event_time), INTERVAL '1' MINUTE, INTERVAL -'10' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, window_end, COUNT(*) AS n FROM TABLE(TUMBLE(DATA => TABLE events, TIMECOL => DESCRIPTOR(event_time), SIZE => INTERVAL '1' HOUR, `OFFSET` => INTERVAL '90' MINUTE)) GROUP BY window_start, window_end;
SELECT TUMBLE_START(event_time, INTERVAL '1' MINUTE, TIME '00:00:10') AS ws, COUNT(*) AS n FROM events GROUP BY TUMBLE(event_time, INTERVAL '1' MINUTE, TIME '00:00:10');
