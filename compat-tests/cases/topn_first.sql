-- name: topn_first
-- tags: topn
-- note: The first row alone by one column and by several; updates by key whose order rises, rows that come in and fall out
-- file: bids.csv
-- | 1,A,10.00,x,2024-01-01 10:00:01.000
-- | 2,B,5.00,y,2024-01-01 10:00:03.000
-- | 3,A,20.00,z,2024-01-01 10:00:02.000
-- | 4,A,8.00,w,2024-01-01 10:00:05.000
-- | 5,,7.00,n,2024-01-01 10:00:05.000
-- | 6,B,,y,2024-01-01 10:00:07.000
-- | 7,A,30.00,w,2024-01-01 10:00:04.000
-- | 8,B,4.00,y,2024-01-01 10:00:03.000
-- | 9,A,20.00,x,2024-01-01 10:00:09.000
-- | 10,,8.00,,2024-01-01 10:00:08.000
-- | 11,A,35.00,x,2024-01-01 10:00:01.000
-- | 12,B,9.00,q,2024-01-01 10:00:20.000
-- | 13,A,30.00,z,2024-01-01 10:00:04.000
-- | 14,B,3.00,q,2024-01-01 10:00:25.000
-- | 15,A,40.00,v,2024-01-01 10:00:25.000
CREATE TABLE bids (id INT, item STRING, price DECIMAL(8,2), usr STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector'='filesystem','path'='${DATA}/bids.csv','format'='csv','csv.null-literal'='');
SELECT id, item, price FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price) AS rn FROM bids) WHERE rn = 1;
SELECT id, item, price FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY usr DESC) AS rn FROM bids) WHERE rn = 1;
SELECT id, item, price FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price, id) AS rn FROM bids) WHERE rn = 1;
SELECT id, item, price FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY ts) AS rn FROM (SELECT id, item, price, CAST(ts AS TIMESTAMP(3)) + INTERVAL '0' SECOND AS ts FROM bids)) WHERE rn = 1;
SELECT item, COUNT(*) AS c FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price DESC) AS rn FROM bids) WHERE rn = 1 GROUP BY item;
SELECT item, usr, m FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY m DESC) AS rn FROM (SELECT item, usr, MAX(price) AS m FROM bids GROUP BY item, usr)) WHERE rn <= 2;
SELECT item, usr, m, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY m DESC) AS rn FROM (SELECT item, usr, MAX(price) AS m FROM bids GROUP BY item, usr)) WHERE rn <= 2;
SELECT item, usr, m, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY m DESC) AS rn FROM (SELECT item, usr, MAX(price) AS m, COUNT(*) AS n FROM bids GROUP BY item, usr)) WHERE rn = 1;
SELECT item, usr, m, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY m DESC) AS rn FROM (SELECT item, usr, MAX(price) AS m, COUNT(*) AS n FROM bids GROUP BY item, usr)) WHERE rn <= 2;
SELECT item, usr, m FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY m) AS rn FROM (SELECT item, usr, MIN(price) AS m FROM bids GROUP BY item, usr)) WHERE rn <= 1;
SELECT item, usr, m, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY m DESC, n DESC) AS rn FROM (SELECT item, usr, MAX(price) AS m, COUNT(*) AS n FROM bids GROUP BY item, usr)) WHERE rn <= 2;
SELECT item, usr, m, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY m DESC, usr) AS rn FROM (SELECT item, usr, MAX(price) AS m, COUNT(*) AS n FROM bids GROUP BY item, usr)) WHERE rn = 1;
SELECT usr, m FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY m DESC) AS rn FROM (SELECT usr, MAX(price) AS m FROM bids WHERE id < 14 GROUP BY usr HAVING COUNT(*) > 1)) WHERE rn <= 2;
SELECT usr, m, rn FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY m DESC) AS rn FROM (SELECT usr, MAX(price) AS m FROM bids GROUP BY usr)) WHERE rn BETWEEN 2 AND 3;
