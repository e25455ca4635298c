-- name: agg_empty
-- tags: aggregate
-- note: what an aggregation makes of no rows when that is known before; GROUP_ID
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
SELECT COUNT(*) FROM o WHERE FALSE;
SELECT COUNT(*), SUM(v), MAX(v), AVG(v) FROM u WHERE 1 = 0;
SELECT COUNT(*) FROM u WHERE v > 5 AND v < 3;
SELECT COUNT(*) FROM u WHERE v > 500;
SELECT COUNT(*) FROM u WHERE s = 'x' AND s = 'y';
SELECT COUNT(*) + 1 AS c, COALESCE(SUM(v), 0) AS t FROM (SELECT * FROM u WHERE s IS NULL AND FALSE);
SELECT COUNT(*), MAX(oid) FROM (SELECT * FROM o LIMIT 0);
SELECT k, COUNT(*) FROM u WHERE FALSE GROUP BY k;
SELECT COUNT(*) FROM u HAVING FALSE;
SELECT COUNT(*) FROM u JOIN o ON FALSE;
SELECT COUNT(*) FROM (SELECT k FROM u WHERE FALSE UNION ALL SELECT cid FROM o WHERE FALSE);
SELECT oid FROM o WHERE FALSE;
SELECT (SELECT MAX(v) FROM u WHERE FALSE) AS m, k FROM u;
SELECT LISTAGG(s), COUNT(*) FROM u WHERE FALSE;
SELECT FIRST_VALUE(v) FROM u WHERE FALSE;
SELECT COUNT(DISTINCT v), STDDEV_POP(v) FROM u WHERE FALSE;
SELECT product, COUNT(*) AS n, GROUP_ID() AS g, GROUPING(product) AS gp FROM o WHERE oid < 4 GROUP BY GROUPING SETS ((product), (product), ());
SELECT COALESCE(product, 'all') AS p, SUM(amount) AS s, GROUP_ID() AS g FROM o WHERE oid < 5 GROUP BY CUBE(product);
SELECT GROUP_ID() AS g, cid FROM o GROUP BY cid;
SELECT GROUP_ID() FROM o;
