-- name: first_main_csv
-- tags: first main window csv
-- note: the ann row of 10:00:30 comes when the watermark is 10:01:03 and is late, that of 10:00:59 is not
-- file: events.csv
-- | ann,purchase,12.5,2024-03-01 10:00:03.000
-- | bob,view,,2024-03-01 10:00:05.250
-- | bob,purchase,0.1,2024-03-01 10:00:20.000
-- | ann,purchase,7.25,2024-03-01 10:00:17.500
-- | bob,purchase,0.2,2024-03-01 10:00:58.000
-- | cat,cart,99.0,2024-03-01 10:00:59.999
-- | ann,purchase,1.0,2024-03-01 10:01:00.000
-- | ,purchase,5.0,2024-03-01 10:01:02.000
-- | bob,purchase,,2024-03-01 10:01:03.000
-- | ann,purchase,3.0,2024-03-01 10:00:59.000
-- | cat,purchase,10000000000.0,2024-03-01 10:01:08.000
-- | ann,purchase,1000.0,2024-03-01 10:00:30.000
-- | dan,purchase,-4.5,2024-03-01 10:01:30.000
-- | cat,purchase,0.005,2024-03-01 10:03:00.000
-- | ,purchase,2.5,2024-03-01 10:03:01.000
-- | bob,purchase,33.0,2024-03-01 10:02:58.000
-- | ann,,8.0,2024-03-01 10:03:02.000
-- | dan,purchase,4.5,2024-03-01 10:07:00.000
SET 'pipeline.auto-watermark-interval'='0';
CREATE TABLE events (user_id STRING, event_type STRING, amount DOUBLE, event_time TIMESTAMP(3),
  WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND)
WITH ('connector'='filesystem','path'='${DATA}/events.csv','format'='csv','csv.null-literal'='');
SELECT user_id, TUMBLE_START(event_time, INTERVAL '1' MINUTE) AS window_start, SUM(amount) AS total_amount
FROM events WHERE event_type = 'purchase' GROUP BY user_id, TUMBLE(event_time, INTERVAL '1' MINUTE);
