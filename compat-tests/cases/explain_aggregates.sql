-- name: explain_aggregates
-- tags: explain aggregate
-- note: plans of aggregations, plain and in mini-batches
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
EXPLAIN CHANGELOG_MODE SELECT n, COUNT(*) AS groups, SUM(total) AS t, MAX(cid) AS mx, MIN(cid) AS mn FROM cnt GROUP BY n;
EXPLAIN SELECT COUNT(*) FILTER (WHERE amount > 10) AS big, SUM(amount) FILTER (WHERE product = 'pen') AS pens, COUNT(DISTINCT product) FILTER (WHERE cid IS NOT NULL) AS dp FROM o;
EXPLAIN CHANGELOG_MODE SELECT cid, COUNT(*) FROM o GROUP BY cid HAVING SUM(amount) > 10 AND COUNT(*) >= 2;
EXPLAIN SELECT COUNT(*) FROM o WHERE FALSE;
EXPLAIN SELECT 1 FROM o GROUP BY cid;
EXPLAIN SELECT cid FROM o GROUP BY cid, product;
EXPLAIN SELECT cid, product, COUNT(*) AS n FROM o WHERE oid < 5 GROUP BY GROUPING SETS ((cid), (product), ()) HAVING COUNT(*) > 1;
EXPLAIN SELECT CASE WHEN amount > 20 THEN 'big' ELSE 'small' END AS size_class, COUNT(*) AS n FROM o GROUP BY CASE WHEN amount > 20 THEN 'big' ELSE 'small' END;
EXPLAIN SELECT cid, LISTAGG(DISTINCT product) AS l FROM o GROUP BY cid;
EXPLAIN SELECT cid, ARRAY_AGG(product) AS a FROM o GROUP BY cid;
SET 'table.exec.mini-batch.enabled'='true';
SET 'table.exec.mini-batch.allow-latency'='5 s';
SET 'table.exec.mini-batch.size'='100';
EXPLAIN CHANGELOG_MODE SELECT cid, COUNT(*), SUM(DISTINCT amount) FROM o GROUP BY cid;
EXPLAIN CHANGELOG_MODE SELECT k, v, s FROM lastu;
EXPLAIN CHANGELOG_MODE SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ots), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
SET 'table.optimizer.agg-phase-strategy'='ONE_PHASE';
EXPLAIN CHANGELOG_MODE SELECT cid, COUNT(*), SUM(DISTINCT amount) FROM o GROUP BY cid;
SET 'table.optimizer.agg-phase-strategy'='TWO_PHASE';
EXPLAIN SELECT cid, COUNT(*), SUM(DISTINCT amount) FROM o GROUP BY cid;
EXPLAIN SELECT DISTINCT cid FROM o;
