-- name: qualify
-- tags: qualify topn
-- note: QUALIFY
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
SELECT id, item, price FROM bids QUALIFY ROW_NUMBER() OVER (PARTITION BY item ORDER BY price DESC) <= 2;
SELECT id, item, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price DESC) AS rn FROM bids WHERE id > 2 QUALIFY rn <= 2;
SELECT id, item FROM bids QUALIFY ROW_NUMBER() OVER (PARTITION BY item ORDER BY ts DESC) = 1;
SELECT id, item, SUM(price) OVER (PARTITION BY item ORDER BY ts) AS s FROM bids QUALIFY s > 30;
SELECT item, COUNT(*) AS c FROM bids GROUP BY item QUALIFY ROW_NUMBER() OVER (ORDER BY COUNT(*) DESC) <= 2;
SELECT id FROM bids QUALIFY price > 2;
