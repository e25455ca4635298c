-- name: explain_windows
-- tags: explain window topn over
-- note: plans of windows, OVER, Top-N and set operations
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
CREATE TABLE o (oid INT, cid INT, product STRING, amount DECIMAL(8,2), ots TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ots AS ots - INTERVAL '1' SECOND) WITH ('connector'='filesystem','path'='${DATA}/o.csv','format'='csv','csv.null-literal'='');
CREATE TABLE c (cid INT, name STRING, country STRING, cts TIMESTAMP(3), WATERMARK FOR cts AS cts) WITH ('connector'='filesystem','path'='${DATA}/c.csv','format'='csv','csv.null-literal'='');
CREATE TABLE u (k INT, v INT, s STRING) WITH ('connector'='filesystem','path'='${DATA}/u.csv','format'='csv','csv.null-literal'='');
CREATE VIEW lastu AS SELECT k, v, s FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY PROCTIME() DESC) AS rn FROM u) WHERE rn = 1;
CREATE VIEW cnt AS SELECT cid, COUNT(*) AS n, SUM(amount) AS total FROM o GROUP BY cid;
EXPLAIN CHANGELOG_MODE SELECT window_start, window_end, product, SUM(amount) AS s FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ots), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, product;
EXPLAIN SELECT window_start, window_end, MAX(amount) AS s FROM TABLE(CUMULATE(TABLE o, DESCRIPTOR(ots), INTERVAL '20' SECOND, INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
EXPLAIN SELECT window_start, window_end, product, MAX(amount) AS s FROM TABLE(SESSION(TABLE o PARTITION BY product, DESCRIPTOR(ots), INTERVAL '20' SECOND)) GROUP BY window_start, window_end, product;
EXPLAIN SELECT window_start, window_end, cid, MAX(amount) AS s FROM TABLE(SESSION(TABLE o PARTITION BY product, DESCRIPTOR(ots), INTERVAL '20' SECOND)) GROUP BY window_start, window_end, cid;
EXPLAIN SELECT L.oid, R.name FROM (SELECT * FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ots), INTERVAL '1' MINUTE))) L LEFT JOIN (SELECT * FROM TABLE(TUMBLE(TABLE c, DESCRIPTOR(cts), INTERVAL '1' MINUTE))) R ON L.cid = R.cid AND L.window_start = R.window_start AND L.window_end = R.window_end;
EXPLAIN SELECT window_start, window_end, SUM(s) FROM TABLE(TUMBLE((SELECT window_time AS rt, SUM(amount) AS s FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ots), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, window_time), DESCRIPTOR(rt), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
EXPLAIN SELECT window_start, window_end, product, SUM(amount) FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ots), INTERVAL '10' SECOND)) GROUP BY GROUPING SETS ((window_start, window_end), (window_start, window_end, product));
EXPLAIN SELECT window_start, COUNT(*) FILTER (WHERE amount > 5) AS n, AVG(amount) AS a FROM TABLE(TUMBLE(DATA => TABLE o, TIMECOL => DESCRIPTOR(ots), SIZE => INTERVAL '1' HOUR, `OFFSET` => INTERVAL '15' MINUTE)) GROUP BY window_start, window_end HAVING COUNT(*) > 1;
EXPLAIN SELECT oid, MAX(amount) OVER w AS m, LAG(amount) OVER w AS l FROM o WINDOW w AS (PARTITION BY cid ORDER BY ots RANGE BETWEEN INTERVAL '1' MINUTE PRECEDING AND CURRENT ROW);
EXPLAIN CHANGELOG_MODE SELECT oid FROM o ORDER BY ots;
EXPLAIN CHANGELOG_MODE SELECT oid FROM o LIMIT 3;
EXPLAIN CHANGELOG_MODE SELECT oid, amount FROM o ORDER BY amount LIMIT 3 OFFSET 1;
EXPLAIN CHANGELOG_MODE SELECT cid, amount, oid, rk FROM (SELECT *, RANK() OVER (PARTITION BY cid ORDER BY amount) AS rk FROM o) WHERE rk <= 2;
EXPLAIN SELECT * FROM (SELECT cid, n, RANK() OVER (PARTITION BY n ORDER BY total) AS rk FROM cnt) WHERE rk = 1;
