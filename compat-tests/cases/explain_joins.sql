-- name: explain_joins
-- tags: explain join
-- note: plans of joins, text by text
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
CREATE TABLE o (oid INT, cid INT, product STRING, amount DECIMAL(8,2), ots TIMESTAMP(3), WATERMARK FOR ots AS ots - INTERVAL '1' SECOND) WITH ('connector'='filesystem','path'='${DATA}/o.csv','format'='csv','csv.null-literal'='');
CREATE TABLE c (cid INT, name STRING, country STRING, cts TIMESTAMP(3), WATERMARK FOR cts AS cts) WITH ('connector'='filesystem','path'='${DATA}/c.csv','format'='csv','csv.null-literal'='');
CREATE TABLE u (k INT, v INT, s STRING) WITH ('connector'='filesystem','path'='${DATA}/u.csv','format'='csv','csv.null-literal'='');
CREATE VIEW lastu AS SELECT k, v, s FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY PROCTIME() DESC) AS rn FROM u) WHERE rn = 1;
CREATE VIEW cnt AS SELECT cid, COUNT(*) AS n, SUM(amount) AS total FROM o GROUP BY cid;
EXPLAIN SELECT o.oid, c.name FROM o CROSS JOIN c WHERE o.oid < 3 AND c.country = 'DE';
EXPLAIN SELECT o.oid, c.name FROM o, c WHERE o.cid = c.cid AND (o.amount > 10 OR c.country = 'US');
EXPLAIN SELECT o.oid, c.name FROM o LEFT JOIN c ON o.cid = c.cid AND c.country = 'DE' AND o.oid > 2;
EXPLAIN SELECT o.oid, c.name FROM o RIGHT JOIN c ON o.cid = c.cid AND o.amount > 20;
EXPLAIN SELECT o.oid, c.name FROM o JOIN c ON o.cid = c.cid OR o.oid = c.cid - 95;
EXPLAIN SELECT o.oid, c.name, u.v FROM o JOIN c ON o.cid = c.cid JOIN u ON u.k = c.cid AND u.v < o.oid;
EXPLAIN CHANGELOG_MODE SELECT o.oid, c.name, u.v FROM o LEFT JOIN c ON o.cid = c.cid LEFT JOIN u ON u.k = c.cid AND u.s = 'y';
EXPLAIN SELECT a.oid, b.oid AS o2 FROM o a JOIN o b ON a.product = b.product AND a.oid < b.oid;
EXPLAIN CHANGELOG_MODE SELECT c.country, COUNT(DISTINCT o.product) AS n FROM o RIGHT JOIN c ON o.cid = c.cid GROUP BY c.country;
EXPLAIN SELECT UPPER(c.name) AS nm, o.amount * 2 AS a2 FROM o JOIN c ON o.cid = c.cid AND CHAR_LENGTH(c.name) = 3;
EXPLAIN SELECT o.oid, c.name FROM o JOIN c ON o.cid = c.cid AND o.ots BETWEEN c.cts AND c.cts + INTERVAL '2' MINUTE;
EXPLAIN SELECT o.oid, c.name FROM o LEFT JOIN c ON o.cid = c.cid AND o.ots > c.cts - INTERVAL '1' MINUTE AND o.ots < c.cts + INTERVAL '2' MINUTE AND o.oid <> 3;
