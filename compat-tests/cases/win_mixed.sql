-- name: win_mixed
-- tags: window over
-- note: windows of all kinds over the same orders, and OVER
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
CREATE VIEW cnt AS SELECT cid, COUNT(*) AS n, SUM(amount) AS total FROM o GROUP BY cid;
SELECT window_start, window_end, product, SUM(amount) AS s FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ots), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, product;
SELECT window_start, window_end, COUNT(DISTINCT product) AS s FROM TABLE(HOP(TABLE o, DESCRIPTOR(ots), INTERVAL '30' SECOND, INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
SELECT window_start, window_end, MAX(amount) AS s FROM TABLE(CUMULATE(TABLE o, DESCRIPTOR(ots), INTERVAL '20' SECOND, INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
SELECT window_start, window_end, cid, MAX(amount) AS s FROM TABLE(SESSION(TABLE o PARTITION BY product, DESCRIPTOR(ots), INTERVAL '20' SECOND)) GROUP BY window_start, window_end, cid;
SELECT window_start, window_end, product, cid, COUNT(*) AS s FROM TABLE(SESSION(TABLE o PARTITION BY product, DESCRIPTOR(ots), INTERVAL '20' SECOND)) GROUP BY window_start, window_end, product, cid;
SELECT * FROM (SELECT window_start, window_end, product, s, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY s DESC) AS rn FROM (SELECT window_start, window_end, product, SUM(amount) AS s FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ots), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, product)) WHERE rn <= 3;
SELECT window_start, product, rk FROM (SELECT *, RANK() OVER (PARTITION BY window_start, window_end ORDER BY amount DESC) AS rk FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ots), INTERVAL '1' MINUTE))) WHERE rk <= 2;
SELECT L.oid, R.name, L.window_start, R.window_end FROM (SELECT * FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ots), INTERVAL '1' HOUR))) L FULL JOIN (SELECT * FROM TABLE(TUMBLE(TABLE c, DESCRIPTOR(cts), INTERVAL '1' HOUR))) R ON L.cid = R.cid AND L.window_start = R.window_start AND L.window_end = R.window_end;
SELECT L.oid, R.name FROM (SELECT * FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ots), INTERVAL '1' MINUTE))) L JOIN (SELECT * FROM TABLE(TUMBLE(TABLE c, DESCRIPTOR(cts), INTERVAL '1' MINUTE))) R ON L.window_start = R.window_start AND L.window_end = R.window_end;
SELECT L.n, R.m, L.window_start FROM (SELECT window_start, window_end, cid, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ots), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, cid) L LEFT JOIN (SELECT window_start, window_end, cid, COUNT(*) AS m FROM TABLE(TUMBLE(TABLE c, DESCRIPTOR(cts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, cid) R ON L.cid = R.cid AND L.window_start = R.window_start AND L.window_end = R.window_end;
SELECT window_start, window_end, product, SUM(amount), GROUPING(product) FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ots), INTERVAL '1' MINUTE)) GROUP BY GROUPING SETS ((window_start, window_end), (window_start, window_end, product));
SELECT window_start, COUNT(*) FILTER (WHERE amount > 5) AS n, AVG(amount) AS a FROM TABLE(TUMBLE(DATA => TABLE o, TIMECOL => DESCRIPTOR(ots), SIZE => INTERVAL '1' HOUR, `OFFSET` => INTERVAL '15' MINUTE)) GROUP BY window_start, window_end HAVING COUNT(*) > 1;
SELECT oid, window_start, window_time FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ots), INTERVAL '1' MINUTE)) WHERE amount > 5;
SELECT oid, window_start FROM TABLE(HOP(TABLE o, DESCRIPTOR(ots), INTERVAL '30' SECOND, INTERVAL '1' MINUTE, INTERVAL '10' SECOND)) WHERE oid < 3;
SELECT window_start, SUM(n) FROM (SELECT window_start, window_end, product, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ots), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, product) GROUP BY window_start, window_end;
SELECT product, SUM(n) FROM (SELECT window_start, window_end, product, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ots), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, product) GROUP BY product;
SELECT CAST(window_start AS DATE) AS d, HOUR(window_end) AS h, LISTAGG(product) AS l FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ots), INTERVAL '2' MINUTE)) GROUP BY window_start, window_end;
SELECT window_start, FIRST_VALUE(product) AS f, LAST_VALUE(amount) AS l, MIN(DISTINCT amount) AS m FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ots), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
SELECT window_start, window_end FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ots), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
SELECT DISTINCT window_start, window_end, product FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ots), INTERVAL '1' MINUTE));
SELECT window_end, COUNT(*) FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ots), INTERVAL '1' DAY, INTERVAL '-8' HOUR)) GROUP BY window_start, window_end;
SELECT TUMBLE_START(ots, INTERVAL '1' MINUTE) AS ws, TUMBLE_ROWTIME(ots, INTERVAL '1' MINUTE) AS rt, COUNT(*) FROM o GROUP BY TUMBLE(ots, INTERVAL '1' MINUTE);
SELECT TUMBLE_START(ots, INTERVAL '1' HOUR, TIME '00:15:00') AS ws, COUNT(*) FROM o GROUP BY TUMBLE(ots, INTERVAL '1' HOUR, TIME '00:15:00');
SELECT HOP_START(ots, INTERVAL '30' SECOND, INTERVAL '1' MINUTE) AS ws, product, SUM(amount), COUNT(DISTINCT cid) FROM o GROUP BY product, HOP(ots, INTERVAL '30' SECOND, INTERVAL '1' MINUTE);
SELECT SESSION_START(ots, INTERVAL '10' SECOND) AS ws, SESSION_END(ots, INTERVAL '10' SECOND) AS we, COUNT(*) AS n FROM o GROUP BY SESSION(ots, INTERVAL '10' SECOND) HAVING COUNT(*) > 1;
SELECT product, COUNT(*) FROM o GROUP BY TUMBLE(ots, INTERVAL '1' MINUTE), ROLLUP(product);
SELECT oid, SUM(amount) OVER (PARTITION BY product ORDER BY ots ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS s, COUNT(*) OVER (PARTITION BY product ORDER BY ots ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS n FROM o;
SELECT oid, MAX(amount) OVER w AS m, LAG(amount) OVER w AS l FROM o WINDOW w AS (PARTITION BY cid ORDER BY ots RANGE BETWEEN INTERVAL '1' MINUTE PRECEDING AND CURRENT ROW);
SELECT oid, AVG(amount) OVER (ORDER BY ots RANGE BETWEEN INTERVAL '30' SECOND PRECEDING AND CURRENT ROW) AS a, COUNT(DISTINCT product) OVER (ORDER BY ots RANGE BETWEEN INTERVAL '30' SECOND PRECEDING AND CURRENT ROW) AS d FROM o;
SELECT oid, ROW_NUMBER() OVER (PARTITION BY product ORDER BY ots) AS rn FROM o;
SELECT oid, SUM(oid) OVER (ORDER BY ots) + 1 AS s, FIRST_VALUE(product) OVER (ORDER BY ots) AS f FROM o WHERE amount > 2;
SELECT oid, NTILE(2) OVER (ORDER BY ots) AS s FROM o;
SELECT oid, PERCENT_RANK() OVER (ORDER BY ots) AS s FROM o;
SELECT oid, LEAD(amount) OVER (ORDER BY ots) AS s FROM o;
SELECT oid, RANK() OVER (PARTITION BY cid ORDER BY ots) AS s FROM o;
SELECT oid, SUM(oid) OVER (PARTITION BY cid ORDER BY amount) AS s FROM o;
SELECT cid, SUM(n) OVER (PARTITION BY cid) AS s FROM cnt;
SELECT oid, SUM(oid) OVER (PARTITION BY cid ORDER BY ots ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS s FROM o;
