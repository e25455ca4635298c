-- name: win_session_rows
-- tags: window session
-- note: SESSION as a table function without an aggregation: rows come when their session ends; late rows; a Top-N and a deduplication of each session
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
SET 'pipeline.auto-watermark-interval'='0';
CREATE TABLE bids (id INT, item STRING, price DECIMAL(8,2), usr STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector'='filesystem','path'='${DATA}/bids.csv','format'='csv','csv.null-literal'='');
SELECT id, item, ts, window_start, window_end, window_time FROM TABLE(SESSION(TABLE bids PARTITION BY item, DESCRIPTOR(ts), INTERVAL '3' SECOND));
SELECT id, item, window_start, window_end FROM TABLE(SESSION(TABLE bids, DESCRIPTOR(ts), INTERVAL '2' SECOND));
SELECT id, item, window_start, window_end FROM TABLE(SESSION(TABLE bids PARTITION BY (item, usr), DESCRIPTOR(ts), INTERVAL '20' SECOND)) WHERE id > 3;
SELECT window_start, window_end, id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, item ORDER BY price DESC) AS rn FROM TABLE(SESSION(TABLE bids PARTITION BY item, DESCRIPTOR(ts), INTERVAL '3' SECOND))) WHERE rn <= 1;
SELECT window_start, window_end, id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, item ORDER BY ts DESC) AS rn FROM TABLE(SESSION(TABLE bids PARTITION BY item, DESCRIPTOR(ts), INTERVAL '3' SECOND))) WHERE rn = 1;
SELECT item, COUNT(*) AS c FROM TABLE(SESSION(TABLE bids PARTITION BY item, DESCRIPTOR(ts), INTERVAL '3' SECOND)) GROUP BY item;
