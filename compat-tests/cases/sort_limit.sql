-- name: sort_limit
-- tags: sort limit
-- note: LIMIT, OFFSET, FETCH with and without ORDER BY, over inserts and changes
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
SELECT id, price FROM bids ORDER BY price DESC LIMIT 3;
SELECT id, price FROM bids ORDER BY price, id DESC LIMIT 3;
SELECT id, price FROM bids LIMIT 3;
SELECT id, price FROM bids LIMIT 2 OFFSET 3;
SELECT id, price FROM bids ORDER BY price DESC LIMIT 2 OFFSET 1;
SELECT id, price FROM bids ORDER BY price OFFSET 2 ROWS FETCH NEXT 2 ROWS ONLY;
SELECT id, price FROM bids ORDER BY price DESC FETCH FIRST ROW ONLY;
SELECT item, COUNT(*) AS c FROM bids GROUP BY item ORDER BY c DESC LIMIT 2;
SELECT item, COUNT(*) AS c FROM bids GROUP BY item ORDER BY COUNT(*) DESC, item LIMIT 2;
SELECT item, COUNT(*) AS c FROM bids GROUP BY item LIMIT 2;
SELECT item, SUM(price) AS s FROM bids GROUP BY item ORDER BY s LIMIT 2;
SELECT id FROM bids ORDER BY price DESC, usr LIMIT 4;
SELECT id, price FROM bids ORDER BY 2 DESC LIMIT 2;
SELECT price AS id, id AS price FROM bids ORDER BY id DESC LIMIT 2;
SELECT id FROM bids ORDER BY ts LIMIT 3;
SELECT id FROM bids ORDER BY ts DESC LIMIT 3;
SELECT id FROM bids LIMIT 0;
SELECT * FROM (SELECT id, price FROM bids ORDER BY price DESC LIMIT 5) ORDER BY id LIMIT 2;
SELECT item, COUNT(*) AS c FROM (SELECT * FROM bids ORDER BY price DESC LIMIT 5) GROUP BY item;
SELECT id FROM bids ORDER BY price DESC NULLS LAST LIMIT 2;
SELECT DISTINCT item FROM bids ORDER BY item LIMIT 2;
SELECT id FROM bids ORDER BY price * 2 DESC LIMIT 2;
SELECT id FROM bids OFFSET 12 ROWS;
SELECT id FROM bids ORDER BY id OFFSET 12;
