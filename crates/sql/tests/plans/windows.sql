CREATE TABLE bids (ts TIMESTAMP(3), ltz AS CAST(ts AS TIMESTAMP_LTZ(3)), pt AS PROCTIME(), item STRING, price DECIMAL(10, 2), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector'='filesystem','path'='/data/bids.csv','format'='csv');
CREATE TABLE ltz_bids (ts TIMESTAMP_LTZ(3), item STRING, price DECIMAL(10, 2), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector'='filesystem','path'='/data/bids.csv','format'='csv');
CREATE VIEW v AS SELECT ts AS seen, item AS what, CAST(price * 100 AS BIGINT) AS cents FROM bids WHERE item IS NOT NULL;
EXPLAIN SELECT what, window_start, SUM(cents) AS s FROM TABLE(TUMBLE(TABLE v, DESCRIPTOR(seen), INTERVAL '10' SECOND)) WHERE cents > 5 GROUP BY what, window_start, window_end;
EXPLAIN SELECT window_start, window_end, COUNT(*) FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(pt), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
EXPLAIN SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '10' SECOND)) WHERE window_start > TIMESTAMP '2024-01-01 00:00:00' AND price > 1 GROUP BY window_start, window_end;
EXPLAIN SELECT TUMBLE_START(w, INTERVAL '1' MINUTE), SUM(n) FROM (SELECT TUMBLE_ROWTIME(ts, INTERVAL '10' SECOND) AS w, item, COUNT(*) AS n FROM bids GROUP BY item, TUMBLE(ts, INTERVAL '10' SECOND)) GROUP BY TUMBLE(w, INTERVAL '1' MINUTE);
EXPLAIN SELECT TUMBLE_START(ts, INTERVAL '1' MINUTE), TUMBLE_ROWTIME(ts, INTERVAL '1' MINUTE), COUNT(*) FROM (SELECT ts, item FROM bids UNION ALL SELECT ts, 'x' FROM bids) GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE);
SELECT TUMBLE_START(ts, INTERVAL '1' MINUTE) AS ws, TUMBLE_ROWTIME(ts, INTERVAL '1' MINUTE) AS wr, COUNT(*) AS n FROM ltz_bids GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE);
SELECT window_start, window_end, window_time, item, COUNT(*) FROM TABLE(SESSION(TABLE bids PARTITION BY item, DESCRIPTOR(ts), INTERVAL '8' SECOND)) GROUP BY window_start, window_end, window_time, item;
SELECT window_start, COUNT(*) FROM TABLE(HOP(TABLE bids, DESCRIPTOR(ts), INTERVAL '3' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
SELECT TUMBLE_START(item, INTERVAL '1' MINUTE) FROM bids GROUP BY TUMBLE(item, INTERVAL '1' MINUTE);
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(item), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
SELECT COUNT(*) FROM (SELECT b.ts FROM bids b JOIN bids c ON b.item = c.item) GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE);
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '1' MONTH)) GROUP BY window_start, window_end;
EXPLAIN SELECT COUNT(*) AS n FROM (SELECT ts + INTERVAL '1' SECOND AS later FROM bids) GROUP BY TUMBLE(later, INTERVAL '1' HOUR);
SELECT MAX(ts) AS m, MAX(ts) + INTERVAL '1' SECOND AS n FROM bids;
