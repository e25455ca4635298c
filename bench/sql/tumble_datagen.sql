-- Group window over generated rows: no file, no format. 5,000,000 rows, 1,000 users, one row a millisecond of event time.
CREATE TABLE events (id BIGINT, user_id INT, amount DOUBLE, event_time AS TO_TIMESTAMP_LTZ(id, 3),
  WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND)
WITH ('connector'='datagen','rows-per-second'='1000000000',
  'fields.id.kind'='sequence','fields.id.start'='0','fields.id.end'='4999999',
  'fields.user_id.min'='1','fields.user_id.max'='1000','fields.amount.min'='0','fields.amount.max'='100');
CREATE TABLE totals (user_id INT, window_start TIMESTAMP_LTZ(3), events BIGINT, total_amount DOUBLE)
WITH ('connector'='filesystem','path'='${OUT}','format'='csv');
INSERT INTO totals
SELECT user_id, TUMBLE_START(event_time, INTERVAL '1' MINUTE), COUNT(*), SUM(amount)
FROM events GROUP BY user_id, TUMBLE(event_time, INTERVAL '1' MINUTE);
