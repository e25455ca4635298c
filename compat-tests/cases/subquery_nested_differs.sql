-- name: subquery_nested_differs
-- tags: subquery join
-- note: NOT EXISTS in NOT EXISTS that refers to the outermost row, which Flink takes for TRUE always; a nested IN that it cannot plan
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
SELECT name FROM c WHERE NOT EXISTS (SELECT 1 FROM o WHERE o.oid < 3 AND NOT EXISTS (SELECT 1 FROM u WHERE u.k = c.cid AND u.v = o.oid));
SELECT name FROM c WHERE cid IN (SELECT k FROM u WHERE u.v IN (SELECT oid FROM o WHERE o.cid = c.cid));
