-- name: subquery_nested
-- tags: subquery join
-- note: sub-queries that refer to a row two levels outside; = ANY, <> ALL and IN of HAVING as joins; NULL keys
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
-- file: c.csv
-- | 100,Ann,DE,2024-01-01 08:59:00.000
-- | 101,Bob,US,2024-01-01 08:59:30.000
-- | 102,Cid,DE,2024-01-01 09:00:00.000
-- | 104,Dan,,2024-01-01 09:01:00.000
-- | ,Eve,US,2024-01-01 09:02:00.000
-- file: u.csv
-- | 100,1,x
-- | 101,2,x
-- | 100,3,y
-- | 102,1,
-- | ,5,z
-- | 100,3,y
CREATE TABLE o (oid INT, cid INT, product STRING, amount DECIMAL(8,2), ots TIMESTAMP(3), WATERMARK FOR ots AS ots - INTERVAL '1' SECOND)
WITH ('connector'='filesystem','path'='${DATA}/o.csv','format'='csv','csv.null-literal'='');
CREATE TABLE c (cid INT, name STRING, country STRING, cts TIMESTAMP(3), WATERMARK FOR cts AS cts)
WITH ('connector'='filesystem','path'='${DATA}/c.csv','format'='csv','csv.null-literal'='');
CREATE TABLE u (k INT, v INT, s STRING) WITH ('connector'='filesystem','path'='${DATA}/u.csv','format'='csv','csv.null-literal'='');
SELECT name FROM c WHERE EXISTS (SELECT 1 FROM o WHERE o.oid > 3 AND EXISTS (SELECT 1 FROM u WHERE u.k = c.cid AND u.v < o.oid));
SELECT name, (SELECT MAX(v) FROM u WHERE u.k = c.cid AND u.v IN (SELECT oid FROM o WHERE o.cid = c.cid)) AS m FROM c;
SELECT name FROM c WHERE EXISTS (SELECT 1 FROM u WHERE u.k = c.cid AND u.v > (SELECT MIN(oid) FROM o WHERE o.cid = c.cid));
SELECT oid FROM o WHERE cid = SOME (SELECT k FROM u);
SELECT k FROM u WHERE v <> ALL (SELECT v FROM u WHERE k = 100);
SELECT oid FROM o WHERE cid = ANY (SELECT k FROM u WHERE u.v < o.oid);
SELECT product, COUNT(*) AS n FROM o GROUP BY product HAVING product IN (SELECT 'pen' FROM u);
SELECT cid, COUNT(*) AS n FROM o GROUP BY cid HAVING COUNT(*) IN (SELECT v FROM u) AND cid IS NOT NULL;
SELECT cid, COUNT(*) AS n FROM o WHERE cid IS NOT NULL GROUP BY cid HAVING cid NOT IN (SELECT k FROM u WHERE k IS NOT NULL) OR cid > 200;
SELECT name FROM c WHERE 1 < (SELECT COUNT(*) FROM o WHERE o.cid = c.cid);
SELECT name FROM c WHERE (SELECT COUNT(*) FROM o WHERE o.cid = c.cid) = 0;
