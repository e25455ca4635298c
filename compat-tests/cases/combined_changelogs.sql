-- name: combined_changelogs
-- tags: changelog join rank window dedup
-- note: operators over changelogs of others
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
-- | 11,100,lamp,30.00,2024-01-01 09:01:00.000
-- | 12,101,book,7.75,2024-01-01 09:02:45.000
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
-- | 101,9,y
-- file: r.json
-- | {"before":null,"after":{"cur":"EUR","rate":1.10,"ts":"2024-01-01 08:58:00.000"},"op":"c"}
-- | {"before":null,"after":{"cur":"USD","rate":1.00,"ts":"2024-01-01 08:58:10.000"},"op":"c"}
-- | {"before":{"cur":"EUR","rate":1.10,"ts":"2024-01-01 08:58:00.000"},"after":{"cur":"EUR","rate":1.25,"ts":"2024-01-01 09:00:15.000"},"op":"u"}
-- | {"before":{"cur":"USD","rate":1.00,"ts":"2024-01-01 08:58:10.000"},"after":null,"op":"d"}
-- | {"before":null,"after":{"cur":"GBP","rate":0.85,"ts":"2024-01-01 09:01:00.000"},"op":"c"}
SET 'pipeline.auto-watermark-interval'='0';
CREATE TABLE o (oid INT, cid INT, product STRING, amount DECIMAL(8,2), ots TIMESTAMP(3), WATERMARK FOR ots AS ots - INTERVAL '1' SECOND) WITH ('connector'='filesystem','path'='${DATA}/o.csv','format'='csv','csv.null-literal'='');
CREATE TABLE c (cid INT, name STRING, country STRING, cts TIMESTAMP(3), WATERMARK FOR cts AS cts) WITH ('connector'='filesystem','path'='${DATA}/c.csv','format'='csv','csv.null-literal'='');
CREATE TABLE u (k INT, v INT, s STRING) WITH ('connector'='filesystem','path'='${DATA}/u.csv','format'='csv','csv.null-literal'='');
CREATE TABLE r (cur STRING, rate DECIMAL(6,2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts, PRIMARY KEY (cur) NOT ENFORCED) WITH ('connector'='filesystem','path'='${DATA}/r.json','format'='debezium-json');
CREATE VIEW lastu AS SELECT k, v, s FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY PROCTIME() DESC) AS rn FROM u) WHERE rn = 1;
CREATE VIEW lasto AS SELECT oid, cid, product, amount, ots FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY product ORDER BY ots DESC) AS rn FROM o) WHERE rn = 1;
CREATE VIEW cnt AS SELECT cid, COUNT(*) AS n, SUM(amount) AS total FROM o GROUP BY cid;
SELECT c.country, COUNT(*) AS n, SUM(t.total) AS s FROM cnt t JOIN c ON t.cid = c.cid GROUP BY c.country;
SELECT product, oid, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY cid ORDER BY amount DESC) AS rn FROM o) WHERE rn <= 2;
SELECT product, n, rn FROM (SELECT product, n, ROW_NUMBER() OVER (ORDER BY n DESC, product) AS rn FROM (SELECT product, COUNT(*) AS n FROM o GROUP BY product)) WHERE rn <= 2;
SELECT product, n FROM (SELECT product, n, ROW_NUMBER() OVER (ORDER BY n DESC, product) AS rn FROM (SELECT product, COUNT(*) AS n FROM o GROUP BY product)) WHERE rn <= 2;
SELECT COUNT(*) AS cn, SUM(n) AS sn FROM (SELECT product, n, ROW_NUMBER() OVER (ORDER BY n DESC, product) AS rn FROM (SELECT product, COUNT(*) AS n FROM o GROUP BY product)) WHERE rn <= 2;
SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE((SELECT oid, amount, ots FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY product ORDER BY ots) AS rn FROM o) WHERE rn = 1), DESCRIPTOR(ots), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
SELECT window_start, window_end, product, s, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY s DESC) AS rn FROM (SELECT window_start, window_end, product, SUM(amount) AS s FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ots), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, product)) WHERE rn <= 2;
SELECT cid, SUM(s) AS ss, COUNT(*) AS n FROM (SELECT window_start, window_end, cid, SUM(amount) AS s FROM TABLE(HOP(TABLE o, DESCRIPTOR(ots), INTERVAL '30' SECOND, INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, cid) GROUP BY cid;
SELECT s, MAX(v) AS m, COUNT(DISTINCT k) AS d FROM lastu GROUP BY s;
SELECT s, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY s ORDER BY v DESC) rn FROM lastu) WHERE rn = 1;
SELECT cur, rate FROM r WHERE rate > 1;
SELECT COUNT(*) AS n, SUM(rate) AS s, MAX(rate) AS m, MIN(cur) AS c FROM r;
SELECT cur, rate, rn FROM (SELECT *, RANK() OVER (ORDER BY rate DESC) AS rn FROM r) WHERE rn <= 2;
SELECT cid, n FROM cnt WHERE n > 1 UNION ALL SELECT CAST(n AS INT), total FROM cnt WHERE total > 20;
SELECT n, COUNT(*) AS c, SUM(total) AS t, LISTAGG(CAST(cid AS STRING)) AS l FROM cnt GROUP BY n HAVING COUNT(*) > 1;
SELECT oid, product FROM lasto;
SELECT product, COUNT(*) AS n FROM lasto GROUP BY product;
SELECT cid, COUNT(*) AS n, MAX(amount) AS m FROM lasto GROUP BY cid;
SELECT a.oid, b.oid AS o2 FROM o a LEFT JOIN o b ON a.product = b.product AND a.oid < b.oid AND b.ots BETWEEN a.ots AND a.ots + INTERVAL '1' MINUTE;
SELECT cid, product, amount FROM o ORDER BY amount DESC OFFSET 2 ROWS FETCH NEXT 3 ROWS ONLY;
SELECT DISTINCT n FROM cnt;
SELECT n, total FROM cnt ORDER BY n DESC, total LIMIT 2;
SELECT cid, SUM(amount) AS s, SUM(DISTINCT amount) AS sd, COUNT(DISTINCT product) FILTER (WHERE amount > 5) AS d FROM o GROUP BY ROLLUP (cid) HAVING COUNT(*) > 1;
SELECT * FROM (SELECT oid, cid, COUNT(*) OVER (PARTITION BY cid ORDER BY ots) AS n, SUM(amount) OVER (PARTITION BY cid ORDER BY ots ROWS 1 PRECEDING) AS s FROM o) WHERE n > 1;
SELECT cid, LAST_VALUE(product) AS lp, FIRST_VALUE(product) AS fp, COUNT(amount) AS ca FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY product, cid ORDER BY ots DESC) AS rn FROM o) WHERE rn = 1 GROUP BY cid;
SELECT TUMBLE_START(ots, INTERVAL '1' MINUTE) AS ws, TUMBLE_END(ots, INTERVAL '1' MINUTE) AS we, COUNT(DISTINCT cid) AS d, MAX(product) AS m FROM o GROUP BY TUMBLE(ots, INTERVAL '1' MINUTE) HAVING COUNT(*) > 1;
SELECT SESSION_START(ots, INTERVAL '12' SECOND) AS ws, SESSION_END(ots, INTERVAL '12' SECOND) AS we, cid, COUNT(*) AS d FROM o GROUP BY cid, SESSION(ots, INTERVAL '12' SECOND);
SELECT window_start, window_end, product, COUNT(*) AS n FROM TABLE(SESSION(TABLE o PARTITION BY product, DESCRIPTOR(ots), INTERVAL '30' SECOND)) GROUP BY window_start, window_end, product;
SELECT oid FROM o WHERE (cid, product) IN (SELECT 100, s FROM (VALUES ('pen'), ('lamp')) AS v(s));
SELECT cid, MIN(rn) AS m FROM (SELECT cid, amount, ROW_NUMBER() OVER (PARTITION BY product ORDER BY amount) AS rn FROM o) WHERE rn <= 2 GROUP BY cid;
SELECT cid, product, n FROM (SELECT cid, product, COUNT(*) AS n, ROW_NUMBER() OVER (PARTITION BY cid ORDER BY COUNT(*) DESC, product) AS rn FROM o GROUP BY cid, product) WHERE rn = 1;
SELECT HOP_START(rt, INTERVAL '1' MINUTE, INTERVAL '2' MINUTE) AS ws, SUM(s) AS s FROM (SELECT TUMBLE_ROWTIME(ots, INTERVAL '30' SECOND) AS rt, SUM(amount) AS s FROM o GROUP BY TUMBLE(ots, INTERVAL '30' SECOND)) GROUP BY HOP(rt, INTERVAL '1' MINUTE, INTERVAL '2' MINUTE);
