-- name: topn_retract
-- tags: topn
-- note: Top-N over changelogs: aggregates, updates of ties, deletes, with and without the rank
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
SELECT item, c FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY c DESC) AS rn FROM (SELECT item, COUNT(*) AS c FROM bids GROUP BY item)) WHERE rn <= 2;
SELECT item, c, rn FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY c DESC) AS rn FROM (SELECT item, COUNT(*) AS c FROM bids GROUP BY item)) WHERE rn <= 2;
SELECT item, a, rn FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY a DESC) AS rn FROM (SELECT item, AVG(price) AS a FROM bids GROUP BY item)) WHERE rn <= 2;
SELECT usr, m FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY m DESC, usr) AS rn FROM (SELECT usr, AVG(price) AS m FROM bids GROUP BY usr)) WHERE rn <= 3;
SELECT usr, m, rn FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY m) AS rn FROM (SELECT usr, SUM(price) AS m FROM bids GROUP BY usr)) WHERE rn <= 3;
SELECT item, usr, s, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY s DESC) AS rn FROM (SELECT item, usr, SUM(price) AS s FROM bids GROUP BY item, usr)) WHERE rn <= 2;
SELECT item, usr, s FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY s) AS rn FROM (SELECT item, usr, SUM(price) AS s FROM bids GROUP BY item, usr)) WHERE rn <= 1;
SELECT item, usr, s, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY s DESC) AS rn FROM (SELECT item, usr, SUM(price) AS s FROM bids GROUP BY item, usr)) WHERE rn BETWEEN 2 AND 3;
