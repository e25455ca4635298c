-- name: first_errors_window
-- tags: first error window
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
SELECT TUMBLE_START(event_time, INTERVAL '1' MINUTE) FROM events;
SELECT TUMBLE_START(amount, INTERVAL '1' MINUTE) FROM events GROUP BY TUMBLE(amount, INTERVAL '1' MINUTE);
SELECT COUNT(*) FROM events GROUP BY TUMBLE(event_time, 60);
SELECT COUNT(*) FROM events GROUP BY TUMBLE(event_time, INTERVAL '1' MONTH);
SELECT COUNT(*) FROM events GROUP BY TUMBLE(event_time, INTERVAL '0' SECOND);
SELECT user_id, COUNT(*) FROM events GROUP BY TUMBLE(event_time, INTERVAL '1' MINUTE);
SELECT COUNT(*) FROM (SELECT CAST(event_time AS TIMESTAMP(6)) AS t FROM events) GROUP BY TUMBLE(t, INTERVAL '1' MINUTE);
SELECT * FROM TABLE(TUMBLE(TABLE nope, DESCRIPTOR(event_time), INTERVAL '1' MINUTE));
SELECT * FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(nope), INTERVAL '1' MINUTE));
SELECT * FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(amount), INTERVAL '1' MINUTE));
SELECT * FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(event_time)));
SELECT * FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(event_time), 5));
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(event_time), INTERVAL '-1' MINUTE)) GROUP BY window_start, window_end;
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(event_time), INTERVAL '1' MINUTE, INTERVAL '2' MINUTE)) GROUP BY window_start, window_end;
CREATE TABLE nowm (event_time TIMESTAMP(3)) WITH ('connector'='filesystem','path'='${DATA}/events.json','format'='json');
SELECT COUNT(*) FROM nowm GROUP BY TUMBLE(event_time, INTERVAL '1' MINUTE);
SELECT window_start FROM TABLE(TUMBLE(TABLE nowm, DESCRIPTOR(event_time), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
