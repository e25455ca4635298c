-- name: join_null_safe
-- tags: join null outer
-- note: IS NOT DISTINCT FROM as a join key
-- file: o.csv
-- | 1,100,book,12.50,2024-01-01 09:00:00.000
-- | 2,101,pen,1.20,2024-01-01 09:00:05.000
-- | 3,100,lamp,30.00,2024-01-01 09:00:10.000
-- | 4,102,book,12.50,2024-01-01 09:00:20.000
-- | 5,103,desk,150.00,2024-01-01 09:00:31.000
-- | 6,,chair,45.00,2024-01-01 09:00:40.000
-- | 7,101,pen,1.10,2024-01-01 09:00:50.000
-- | 8,100,pen,1.30,2024-01-01 09:01:00.000
-- | 9,,pen,,2024-01-01 09:01:12.000
-- | 10,102,,2.00,2024-01-01 09:02:30.000
-- file: u.csv
-- | 100,1,x
-- | 101,2,x
-- | 100,3,y
-- | 102,1,
-- | ,5,z
-- | 100,3,y
CREATE TABLE o (oid INT, cid INT, product STRING, amount DECIMAL(8,2), ots TIMESTAMP(3), WATERMARK FOR ots AS ots - INTERVAL '1' SECOND)
WITH ('connector'='filesystem','path'='${DATA}/o.csv','format'='csv','csv.null-literal'='');
CREATE TABLE u (k INT, v INT, s STRING) WITH ('connector'='filesystem','path'='${DATA}/u.csv','format'='csv','csv.null-literal'='');
CREATE VIEW cnt AS SELECT cid, COUNT(*) AS n, SUM(amount) AS total FROM o GROUP BY cid;
SELECT oid, v FROM o JOIN u ON o.cid IS NOT DISTINCT FROM u.k;
SELECT oid, v FROM o LEFT JOIN u ON o.cid IS NOT DISTINCT FROM u.k AND o.oid > u.v;
SELECT cid, n, k, v FROM cnt FULL JOIN u ON cid IS NOT DISTINCT FROM k;
SELECT oid, v FROM o JOIN u ON o.cid IS NOT DISTINCT FROM u.k AND o.product = u.s;
SELECT oid, v FROM o LEFT JOIN u ON NOT (o.cid IS DISTINCT FROM u.k + 1);
SELECT COUNT(*) FROM cnt a JOIN cnt b ON a.cid IS NOT DISTINCT FROM b.cid;
SELECT s, product FROM u RIGHT JOIN o ON u.s IS NOT DISTINCT FROM o.product;
