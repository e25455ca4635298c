-- name: explain_combined
-- tags: explain join window over set
-- note: plans of several operators
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
EXPLAIN CHANGELOG_MODE SELECT * FROM (SELECT country, s, ROW_NUMBER() OVER (ORDER BY s DESC) AS rn FROM (SELECT c.country, SUM(o.amount) AS s FROM o JOIN c ON o.cid = c.cid GROUP BY c.country)) WHERE rn <= 3;
EXPLAIN CHANGELOG_MODE SELECT cid FROM o UNION SELECT cid FROM c;
EXPLAIN SELECT cid FROM o UNION ALL SELECT cid FROM c UNION ALL SELECT k FROM u;
EXPLAIN SELECT cid, SUM(x) FROM (SELECT cid, oid AS x FROM o UNION ALL SELECT k, v FROM u) GROUP BY cid;
EXPLAIN SELECT o.oid, t.s FROM o, LATERAL (SELECT s FROM u WHERE u.k = o.cid ORDER BY v DESC LIMIT 1) AS t;
EXPLAIN CHANGELOG_MODE SELECT cid, product, amount FROM (SELECT *, RANK() OVER (PARTITION BY cid ORDER BY amount DESC, oid) AS rk FROM o WHERE product <> 'desk') WHERE rk BETWEEN 2 AND 3;
EXPLAIN CHANGELOG_MODE SELECT n, cid FROM (SELECT n, cid, ROW_NUMBER() OVER (PARTITION BY n ORDER BY total DESC) AS rn FROM cnt) WHERE rn <= 2;
EXPLAIN CHANGELOG_MODE SELECT COUNT(*), SUM(n) FROM (SELECT n, cid, ROW_NUMBER() OVER (PARTITION BY n ORDER BY total DESC) AS rn FROM cnt) WHERE rn <= 2;
EXPLAIN SELECT DISTINCT product, cid FROM o WHERE amount IS NOT NULL;
EXPLAIN SELECT cid, COUNT(DISTINCT product) AS d, COUNT(DISTINCT oid) FILTER (WHERE amount > 5) AS d2, MAX(ots) AS m FROM o GROUP BY cid;
EXPLAIN SELECT a.oid, b.oid FROM o a, o b WHERE a.cid = b.cid AND a.ots BETWEEN b.ots - INTERVAL '10' SECOND AND b.ots AND a.oid <> b.oid;
EXPLAIN CHANGELOG_MODE SELECT cur, rate FROM r WHERE rate > 1;
EXPLAIN CHANGELOG_MODE SELECT COUNT(*) AS n, SUM(rate) AS s, MAX(rate) FROM r;
EXPLAIN CHANGELOG_MODE SELECT r.cur, r.rate, o.oid FROM r LEFT JOIN o ON r.cur = o.product;
EXPLAIN SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS t(x, y) WHERE x > 1;
EXPLAIN SELECT o.oid, t.y FROM o JOIN (VALUES (100, 'a'), (101, 'b')) AS t(x, y) ON o.cid = t.x;
EXPLAIN SELECT cid, product, COUNT(DISTINCT oid) FROM o GROUP BY ROLLUP (cid, product);
EXPLAIN SELECT TUMBLE_START(ots, INTERVAL '1' MINUTE) AS ws, TUMBLE_ROWTIME(ots, INTERVAL '1' MINUTE) AS wr, cid, SUM(amount) AS s FROM o GROUP BY cid, TUMBLE(ots, INTERVAL '1' MINUTE);
EXPLAIN SELECT HOP_END(ots, INTERVAL '30' SECOND, INTERVAL '1' MINUTE) AS we, COUNT(*) FROM o GROUP BY HOP(ots, INTERVAL '30' SECOND, INTERVAL '1' MINUTE);
EXPLAIN SELECT SESSION_START(ots, INTERVAL '10' SECOND) AS ws, cid, COUNT(DISTINCT product) AS d FROM o GROUP BY cid, SESSION(ots, INTERVAL '10' SECOND);
EXPLAIN SELECT window_start, window_end, product, s FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY s DESC) AS rn FROM (SELECT window_start, window_end, product, SUM(amount) AS s FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ots), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, product)) WHERE rn <= 2;
EXPLAIN SELECT window_start, COUNT(*) FROM TABLE(TUMBLE((SELECT o.ots, o.oid, c.name FROM o JOIN c ON o.cid = c.cid AND o.ots BETWEEN c.cts AND c.cts + INTERVAL '2' MINUTE), DESCRIPTOR(ots), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
EXPLAIN SELECT window_start, product, COUNT(DISTINCT cid) AS d, AVG(amount) AS a FROM TABLE(CUMULATE(TABLE o, DESCRIPTOR(ots), INTERVAL '20' SECOND, INTERVAL '1' MINUTE, INTERVAL '5' SECOND)) WHERE product IS NOT NULL GROUP BY window_start, window_end, product;
EXPLAIN SELECT window_start, upper(product) AS p, COUNT(*) AS n FROM TABLE(HOP(TABLE o, DESCRIPTOR(ots), INTERVAL '20' SECOND, INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, upper(product);
EXPLAIN SELECT * FROM o MATCH_RECOGNIZE (PARTITION BY cid ORDER BY ots MEASURES A.oid AS a, LAST(B.oid) AS b ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (A B+) DEFINE A AS A.amount > 5, B AS B.amount < A.amount) AS m;
EXPLAIN SELECT o.oid, c.name FROM o FULL OUTER JOIN c ON o.cid = c.cid WHERE o.oid IS NOT NULL;
EXPLAIN SELECT o.oid, c.name FROM o FULL OUTER JOIN c ON o.cid = c.cid AND o.oid > 3;
EXPLAIN SELECT o.oid, c.name FROM o LEFT JOIN c ON o.cid = c.cid WHERE c.country = 'DE';
EXPLAIN SELECT o.oid, c.name FROM o JOIN c USING (cid);
EXPLAIN SELECT product, n FROM (SELECT product, COUNT(*) AS n FROM o GROUP BY product) ORDER BY n DESC, product LIMIT 2;
EXPLAIN CHANGELOG_MODE SELECT product, n FROM (SELECT product, COUNT(*) AS n FROM o GROUP BY product) ORDER BY n DESC, product LIMIT 2;
EXPLAIN SELECT oid, ots FROM o ORDER BY ots, oid DESC;
EXPLAIN SELECT oid FROM o WHERE product LIKE 'p%' AND cid BETWEEN 100 AND 102 AND NOT (amount > 5 OR amount IS NULL);
EXPLAIN SELECT oid + 1 AS x, COALESCE(cid, 0) AS y, product || '-' || CAST(cid AS STRING) AS z, amount * 1.5 AS w, EXTRACT(HOUR FROM ots) AS h, DATE_FORMAT(ots, 'yyyy') AS f FROM o WHERE cid IN (100, 101, 102) AND product NOT IN ('pen', 'desk');
EXPLAIN SELECT oid FROM o WHERE cid = 100 OR cid = 101 OR product = 'pen';
EXPLAIN CHANGELOG_MODE SELECT s, MAX(v), COUNT(DISTINCT k) FROM lastu GROUP BY s;
EXPLAIN CHANGELOG_MODE SELECT s, k FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY s ORDER BY v DESC) rn FROM lastu) WHERE rn = 1;
EXPLAIN SELECT cid, SUM(amount) AS s FROM o GROUP BY cid, TUMBLE(ots, INTERVAL '1' MINUTE);
EXPLAIN SELECT TUMBLE_END(ots, INTERVAL '1' MINUTE) AS we, cid, COUNT(*) AS s FROM o GROUP BY TUMBLE(ots, INTERVAL '1' MINUTE), cid;
EXPLAIN SELECT SESSION_START(ots, INTERVAL '1' MINUTE) AS ws, SESSION_END(ots, INTERVAL '1' MINUTE) AS we, COUNT(*) AS s FROM o GROUP BY SESSION(ots, INTERVAL '1' MINUTE) HAVING COUNT(*) > 1;
EXPLAIN SELECT COUNT(*) AS n, MAX(amount) FROM o GROUP BY HOP(ots, INTERVAL '1' MINUTE, INTERVAL '2' MINUTE), product;
EXPLAIN CHANGELOG_MODE SELECT product, TUMBLE_START(ots, INTERVAL '1' DAY) AS d, AVG(amount) AS a FROM o WHERE cid > 100 GROUP BY product, TUMBLE(ots, INTERVAL '1' DAY);
EXPLAIN SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY n DESC, product) AS rn FROM (SELECT window_start, window_end, product, COUNT(*) AS n FROM TABLE(HOP(TABLE o, DESCRIPTOR(ots), INTERVAL '30' SECOND, INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, product)) WHERE rn <= 3;
EXPLAIN SELECT window_start, cid, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, cid ORDER BY window_time DESC) AS rn FROM (SELECT window_start, window_end, window_time, cid, COUNT(*) AS n FROM TABLE(CUMULATE(TABLE o, DESCRIPTOR(ots), INTERVAL '30' SECOND, INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, window_time, cid)) WHERE rn = 1;
EXPLAIN SELECT cid, SUM(amount) AS s FROM o WHERE cid = 100 GROUP BY cid;
EXPLAIN SELECT * FROM u WHERE k = 100;
EXPLAIN SELECT k, s, COUNT(*) FROM u WHERE s = 'x' AND v IN (1, 2) GROUP BY k, s;
EXPLAIN SELECT cid, COUNT(*) AS n FROM o GROUP BY cid HAVING COUNT(*) = 2;
EXPLAIN SELECT cid, COUNT(*) AS n FROM o GROUP BY cid HAVING COUNT(*) <> 2;
EXPLAIN SELECT k, v FROM u WHERE v NOT IN (1, 2);
EXPLAIN SELECT k, v FROM u WHERE NOT (v = 1 OR s = 'x');
EXPLAIN SELECT oid, SUM(amount) OVER (PARTITION BY cid ORDER BY ots) AS s FROM o WHERE cid IN (100, 101);
EXPLAIN SELECT AVG(amount) OVER (ORDER BY ots RANGE BETWEEN INTERVAL '10' SECOND PRECEDING AND CURRENT ROW) AS a FROM o;
EXPLAIN SELECT a.oid, b.product FROM o a JOIN o b ON a.cid = b.cid;
EXPLAIN SELECT a.oid, a.ots, b.ots FROM o a JOIN o b ON a.cid = b.cid WHERE a.product = 'pen';
EXPLAIN SELECT oid FROM o WHERE cid = 100 UNION ALL SELECT cid FROM o WHERE product = 'pen';
EXPLAIN SELECT cid, COUNT(*) AS n FROM o GROUP BY cid UNION ALL SELECT oid, COUNT(*) FROM o WHERE amount > 5 GROUP BY oid;
EXPLAIN SELECT o.oid, o.ots, c.name FROM o JOIN c ON o.cid = c.cid;
EXPLAIN SELECT o.*, c.* FROM o LEFT JOIN c ON o.cid = c.cid;
EXPLAIN CHANGELOG_MODE SELECT c.country, MAX(o.ots) AS last_order, COUNT(*) AS n FROM o JOIN c ON o.cid = c.cid GROUP BY c.country;
EXPLAIN SELECT cid, MIN(ots) AS first_order, MAX(ots) AS last_order FROM o GROUP BY cid;
EXPLAIN SELECT DISTINCT ots FROM o;
EXPLAIN SELECT COUNT(*), MAX(ots) FROM o WHERE cid IN (100, 101);
EXPLAIN SELECT * FROM o UNION SELECT * FROM o WHERE oid > 3;
EXPLAIN SELECT a.cid, b.k FROM c a FULL JOIN u b ON a.cid = b.k AND b.v BETWEEN 1 AND 3;
EXPLAIN SELECT product FROM o GROUP BY product HAVING MAX(ots) > TIMESTAMP '2024-01-01 09:01:00';
EXPLAIN SELECT o.oid, u.v FROM o JOIN u ON o.cid = u.k AND o.oid + 1 = u.v;
EXPLAIN SELECT o.oid FROM o JOIN c ON UPPER(o.product) = UPPER(c.name);
EXPLAIN SELECT product, COUNT(*) AS n FROM o WHERE ots >= TIMESTAMP '2024-01-01 09:00:10' AND ots < TIMESTAMP '2024-01-01 09:02:00' GROUP BY product;
EXPLAIN SELECT cid, n, n * 2 AS n2 FROM cnt WHERE total BETWEEN 10 AND 50;
EXPLAIN SELECT cur, rate FROM r WHERE cur IN ('EUR', 'USD');
EXPLAIN CHANGELOG_MODE SELECT cur, COUNT(*) FROM r WHERE rate > 1 GROUP BY cur;
EXPLAIN CHANGELOG_MODE SELECT o.oid, r.rate FROM o JOIN r ON o.product = r.cur;
SELECT a.oid, b.product FROM o a JOIN o b ON a.cid = b.cid WHERE a.oid < b.oid;
SELECT cid, COUNT(*) AS n FROM o GROUP BY cid UNION ALL SELECT oid, COUNT(*) FROM o WHERE amount > 5 GROUP BY oid;
SELECT product FROM o GROUP BY product HAVING MAX(ots) > TIMESTAMP '2024-01-01 09:01:00';
