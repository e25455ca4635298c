-- name: sort_temporal
-- tags: sort
-- note: ORDER BY a time attribute: late rows, ties, further columns; what is refused
-- file: bids.csv
-- | 1,A,10.00,x,2024-01-01 10:00:01.000
-- | 2,B,5.00,y,2024-01-01 10:00:03.000
-- | 3,A,20.00,z,2024-01-01 10:00:02.000
-- | 4,A,10.00,w,2024-01-01 10:00:05.000
-- | 5,,7.00,n,2024-01-01 10:00:05.000
-- | 6,B,,y,2024-01-01 10:00:07.000
-- | 7,A,30.00,x,2024-01-01 10:00:04.000
-- | 8,B,5.00,y,2024-01-01 10:00:03.000
-- | 9,A,20.00,z,2024-01-01 10:00:09.000
-- | 10,,8.00,,2024-01-01 10:00:08.000
-- | 11,A,15.00,x,2024-01-01 10:00:01.000
-- | 12,B,9.00,q,2024-01-01 10:00:20.000
-- | 13,A,30.00,x,2024-01-01 10:00:04.000
-- | 14,,7.00,n,2024-01-01 10:00:25.000
CREATE TABLE bids (id INT, item STRING, price DECIMAL(8,2), usr STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector'='filesystem','path'='${DATA}/bids.csv','format'='csv','csv.null-literal'='');
SET 'pipeline.auto-watermark-interval'='0';
SELECT id, ts FROM bids ORDER BY ts;
SELECT id, ts, price FROM bids ORDER BY ts, price DESC;
SELECT id, price FROM bids ORDER BY ts ASC, item DESC NULLS LAST, id;
SELECT id FROM (SELECT *, PROCTIME() AS pt FROM bids) ORDER BY pt;
SELECT id FROM bids ORDER BY ts DESC;
SELECT id FROM bids ORDER BY id, ts;
SELECT id FROM (SELECT *, PROCTIME() AS pt FROM bids) ORDER BY pt DESC;
SELECT id FROM (SELECT id, ts FROM bids ORDER BY ts) WHERE id > 3;
SELECT item, COUNT(*) AS c, MAX(ts) AS t FROM bids GROUP BY item ORDER BY t;
SELECT window_start, item, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY window_start, window_end, item ORDER BY window_start;
SELECT window_time, item, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY window_start, window_end, window_time, item ORDER BY window_time, item;
