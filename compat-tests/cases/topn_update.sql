-- name: topn_update
-- tags: topn
-- note: Top-N over updates by key whose order only rises: the rank moves up
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
SELECT item, usr, c FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY c DESC) AS rn FROM (SELECT item, usr, COUNT(*) AS c FROM bids GROUP BY item, usr)) WHERE rn <= 2;
SELECT item, usr, c, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY c DESC) AS rn FROM (SELECT item, usr, COUNT(*) AS c FROM bids GROUP BY item, usr)) WHERE rn <= 2;
SELECT item, usr, c, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY c DESC) AS rn FROM (SELECT item, usr, COUNT(*) AS c, MAX(id) AS m FROM bids GROUP BY item, usr)) WHERE rn <= 2;
SELECT item, usr, c, m, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY c DESC) AS rn FROM (SELECT item, usr, COUNT(price) AS c, MAX(id) AS m FROM bids GROUP BY item, usr)) WHERE rn <= 2;
SELECT item, usr, c FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY c DESC) AS rn FROM (SELECT item, usr, COUNT(*) AS c FROM bids GROUP BY item, usr)) WHERE rn = 1;
SELECT item, usr, m FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY m DESC) AS rn FROM (SELECT item, usr, MAX(price) AS m FROM bids GROUP BY item, usr)) WHERE rn <= 2;
SELECT item, usr, m, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY m) AS rn FROM (SELECT item, usr, MIN(price) AS m FROM bids GROUP BY item, usr)) WHERE rn <= 2;
