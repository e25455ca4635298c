-- name: topn_append
-- tags: topn
-- note: Top-N over inserts: ties, NULLs first and last, with and without the rank, an offset, global
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
SELECT id, item, price FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price DESC) AS rn FROM bids) WHERE rn <= 2;
SELECT id, item, price, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price DESC) AS rn FROM bids) WHERE rn <= 3;
SELECT item, price, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price) AS rn FROM bids) WHERE rn < 3;
SELECT id, price FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY price DESC, id) AS rn FROM bids) WHERE rn <= 4;
SELECT id, item, price FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price DESC) AS rn FROM bids) WHERE rn = 1;
SELECT id, item, price, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price ASC, usr DESC) AS rn FROM bids) WHERE rn = 1;
SELECT id, item, price FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price DESC) AS rn FROM bids) WHERE rn = 2;
SELECT id, item, price, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price DESC) AS rn FROM bids) WHERE rn BETWEEN 2 AND 3;
SELECT id, item, price FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price DESC NULLS LAST) AS rn FROM bids) WHERE rn <= 2 AND price > 6;
SELECT id, item, price, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item, usr ORDER BY price ASC NULLS LAST, ts DESC) AS rn FROM bids) WHERE rn <= 2 AND item = 'A';
SELECT item, COUNT(*) AS c, SUM(price) AS s FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price DESC) AS rn FROM bids) WHERE rn <= 2 GROUP BY item;
SELECT id, item, rn + 1 AS r1 FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY UPPER(usr), price * 2 DESC) AS rn FROM bids) WHERE rn <= 2;
