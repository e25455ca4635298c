-- name: dedup_modes
-- tags: dedup row_number
-- note: First and last rows by event and processing time: ties, late rows, NULL keys, several keys, changelog modes below and above
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
SELECT id, item, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY ts) AS rn FROM bids) WHERE rn = 1;
SELECT id, item, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY ts DESC) AS rn FROM bids) WHERE rn <= 1;
SELECT id, item, ts, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item, usr ORDER BY ts DESC) AS rn FROM bids) WHERE rn = 1;
SELECT id, item, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY ts DESC) AS rn FROM bids) WHERE rn < 2;
SELECT id, item FROM (SELECT id, item, pt, ROW_NUMBER() OVER (PARTITION BY item ORDER BY pt DESC) AS rn FROM (SELECT *, PROCTIME() AS pt FROM bids)) WHERE rn = 1;
SELECT item, usr FROM (SELECT item, usr, pt, ROW_NUMBER() OVER (PARTITION BY item ORDER BY pt) AS rn FROM (SELECT *, PROCTIME() AS pt FROM bids)) WHERE rn = 1;
SELECT id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY price > 9 ORDER BY PROCTIME()) AS rn FROM bids) WHERE rn = 1;
SELECT item, COUNT(*) AS c, SUM(price) AS s FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY ts DESC) AS rn FROM bids) WHERE rn = 1 GROUP BY item;
SELECT id, item FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY ts DESC, id) AS rn FROM bids) WHERE rn = 1;
SELECT id, item FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY ts DESC) AS rn FROM bids) WHERE rn = 1;
SELECT id, item FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY ts) AS rn FROM bids) WHERE rn = 1 AND id > 2;
SELECT TUMBLE_START(ts, INTERVAL '10' SECOND) AS w, COUNT(*) AS c FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY ts) AS rn FROM bids) WHERE rn = 1 GROUP BY TUMBLE(ts, INTERVAL '10' SECOND);
SELECT id, item FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY ts) AS rn FROM bids) WHERE rn <= 2;
