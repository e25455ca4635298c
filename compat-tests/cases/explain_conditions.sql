-- name: explain_conditions
-- tags: explain where
-- note: conditions and expressions as the planner simplifies them
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
EXPLAIN SELECT oid FROM o WHERE cid BETWEEN 100 AND 102;
EXPLAIN SELECT oid FROM o WHERE cid >= 100 AND cid <= 102;
EXPLAIN SELECT oid FROM o WHERE cid > 100 AND cid < 103;
EXPLAIN SELECT oid FROM o WHERE cid >= 100 AND cid < 103 AND product = 'pen';
EXPLAIN SELECT oid FROM o WHERE cid IN (100, 101);
EXPLAIN SELECT oid FROM o WHERE cid IN (100);
EXPLAIN SELECT oid FROM o WHERE cid NOT IN (100, 101);
EXPLAIN SELECT oid FROM o WHERE cid NOT BETWEEN 100 AND 102;
EXPLAIN SELECT oid FROM o WHERE cid < 100 OR cid > 102;
EXPLAIN SELECT oid FROM o WHERE cid = 100 OR cid > 102;
EXPLAIN SELECT oid FROM o WHERE cid <> 100 AND cid <> 101;
EXPLAIN SELECT oid FROM o WHERE cid <> 100;
EXPLAIN SELECT oid FROM o WHERE NOT (cid = 100);
EXPLAIN SELECT oid FROM o WHERE NOT (cid > 100);
EXPLAIN SELECT oid FROM o WHERE NOT (cid > 100 AND amount < 5);
EXPLAIN SELECT oid FROM o WHERE NOT (cid > 100 OR amount < 5);
EXPLAIN SELECT oid FROM o WHERE NOT (product LIKE 'p%');
EXPLAIN SELECT oid FROM o WHERE product IN ('pen', 'book');
EXPLAIN SELECT oid FROM o WHERE product NOT IN ('pen', 'book');
EXPLAIN SELECT oid FROM o WHERE amount BETWEEN 1.5 AND 20;
EXPLAIN SELECT oid FROM o WHERE amount IN (1.2, 12.5);
EXPLAIN SELECT oid FROM o WHERE amount > 5 AND amount <= 20;
EXPLAIN SELECT oid FROM o WHERE amount > 1.25;
EXPLAIN SELECT oid FROM o WHERE ots BETWEEN TIMESTAMP '2024-01-01 09:00:00' AND TIMESTAMP '2024-01-01 09:01:00';
EXPLAIN SELECT oid FROM o WHERE ots > TIMESTAMP '2024-01-01 09:00:30';
EXPLAIN SELECT oid FROM o WHERE ots >= TIMESTAMP '2024-01-01 09:00:00' AND cid = 100;
EXPLAIN SELECT oid FROM o WHERE cid IS NOT NULL AND cid > 100;
EXPLAIN SELECT oid FROM o WHERE cid IS NULL OR cid = 100;
EXPLAIN SELECT oid FROM o WHERE cid > 100 AND cid > 101;
EXPLAIN SELECT oid FROM o WHERE cid = 100 AND product = 'pen';
EXPLAIN SELECT oid FROM o WHERE cid = 100 AND cid > 50;
EXPLAIN SELECT oid FROM o WHERE cid = 100 AND cid = 101;
EXPLAIN SELECT oid FROM o WHERE 5 < cid;
EXPLAIN SELECT oid FROM o WHERE cid + 1 IN (101, 102);
EXPLAIN SELECT oid FROM o WHERE cid + 1 > 5 AND cid + 1 < 200;
EXPLAIN SELECT oid FROM o WHERE (cid = 100 OR cid = 101) AND (product = 'pen' OR amount > 5);
EXPLAIN SELECT oid FROM o WHERE UPPER(product) = 'PEN';
EXPLAIN SELECT oid FROM o WHERE product || 'x' = 'penx';
EXPLAIN SELECT oid FROM o WHERE cid = oid + 100 AND cid IN (100, 102);
EXPLAIN SELECT oid FROM o WHERE (cid > 100) IS TRUE;
EXPLAIN SELECT oid FROM o WHERE (cid > 100) IS NOT TRUE;
EXPLAIN SELECT oid FROM o WHERE NOT (cid IS NULL);
EXPLAIN SELECT oid FROM o WHERE oid % 2 = 1;
EXPLAIN SELECT oid FROM o WHERE MOD(oid, 2) = 0;
EXPLAIN SELECT oid FROM o WHERE oid * 2 - 1 > 3;
EXPLAIN SELECT oid FROM o WHERE CAST(cid AS STRING) = '100';
EXPLAIN SELECT oid FROM o WHERE oid > 3000000000;
EXPLAIN SELECT oid FROM o WHERE oid > 2.5;
EXPLAIN SELECT oid FROM o WHERE product > 'a' AND product < 'q';
EXPLAIN SELECT oid FROM o WHERE product SIMILAR TO '(p|b).*';
EXPLAIN SELECT oid FROM o WHERE CHAR_LENGTH(product) > 3;
EXPLAIN SELECT oid FROM o WHERE CASE WHEN cid = 100 THEN TRUE ELSE FALSE END;
EXPLAIN SELECT oid FROM o WHERE cid = 100 IS NOT FALSE;
EXPLAIN SELECT oid FROM o WHERE cid IN (1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21);
EXPLAIN SELECT oid FROM o WHERE product <> '' AND product IS NOT NULL;
EXPLAIN SELECT oid FROM o WHERE EXTRACT(MINUTE FROM ots) = 0;
EXPLAIN SELECT oid FROM o WHERE amount * 2 > 10.5;
EXPLAIN SELECT oid, cid IN (100, 101) AS a, NOT (cid > 100) AS b, cid BETWEEN 1 AND 2 AS c, cid NOT IN (1, 2) AS d FROM o;
EXPLAIN SELECT CASE WHEN cid IN (100, 101) THEN 'x' WHEN amount > 5 AND amount < 10 THEN 'y' END AS k FROM o;
EXPLAIN SELECT -oid AS n, NOT (cid = 1) AS b, oid / 2 AS h, amount / 3 AS t, 1.5 AS lit, 'x' AS s, TRUE AS bo, CAST(NULL AS INT) AS nn, DATE '2024-01-01' AS d, INTERVAL '1' DAY AS iv FROM o;
EXPLAIN SELECT SUBSTRING(product, 1, 2) AS a, TRIM(product) AS b, POSITION('e' IN product) AS c, CONCAT(product, 'x') AS d, IF(cid = 1, 2, 3) AS e, NULLIF(cid, 1) AS f, ABS(cid) AS g, product LIKE 'p%' AS h, product NOT LIKE 'p%' AS i FROM o;
EXPLAIN SELECT ARRAY[oid, cid] AS a, MAP['k', oid] AS m, ROW(oid, product) AS r, ARRAY[oid][1] AS e, MAP['k', oid]['k'] AS f, CARDINALITY(ARRAY[1,2]) AS c FROM o;
EXPLAIN SELECT oid, ots, cid FROM o WHERE ots IS NOT NULL;
EXPLAIN SELECT MAX(ots) AS m, COUNT(*) AS n FROM o;
EXPLAIN SELECT ots, COUNT(*) AS n FROM o GROUP BY ots;
EXPLAIN SELECT DATE_FORMAT(ots, 'HH:mm') AS h, COUNT(*) AS n FROM o GROUP BY DATE_FORMAT(ots, 'HH:mm');
EXPLAIN SELECT o.oid, o.ots, c.cts FROM o JOIN c ON o.cid = c.cid;
EXPLAIN SELECT o.oid, o.ots FROM o JOIN c ON o.cid = c.cid AND o.ots > c.cts;
EXPLAIN SELECT oid, SUM(amount) OVER w AS s, AVG(amount) OVER w AS a, MIN(amount) OVER w AS m, COUNT(cid) OVER w AS c FROM o WINDOW w AS (PARTITION BY product ORDER BY ots);
EXPLAIN SELECT oid FROM o WHERE product IN ('pen', 'book') AND cid = 1;
EXPLAIN SELECT oid FROM o WHERE product IN ('pen', 'book') OR cid = 1;
EXPLAIN SELECT oid FROM o WHERE product IN ('pen', 'tan');
EXPLAIN SELECT oid FROM o WHERE product NOT IN ('pen', 'tan') AND cid = 1;
EXPLAIN SELECT oid FROM o WHERE product <> 'pen' AND product <> 'book';
EXPLAIN SELECT oid FROM o WHERE cid > 100 AND cid > 101 AND product = 'pen';
EXPLAIN SELECT oid FROM o WHERE cid > 100 AND cid <> 105;
EXPLAIN SELECT oid FROM o WHERE cid > 100 AND cid <> 50;
EXPLAIN SELECT oid FROM o WHERE cid >= 100 AND cid <= 100;
EXPLAIN SELECT oid FROM o WHERE cid = 100 OR cid = 100;
EXPLAIN SELECT oid FROM o WHERE cid = 100 OR cid > 50;
EXPLAIN SELECT oid FROM o WHERE cid > 50 OR cid > 100;
EXPLAIN SELECT oid FROM o WHERE cid < 100 OR cid > 50;
EXPLAIN SELECT oid FROM o WHERE cid <= 100 OR cid > 100;
EXPLAIN SELECT oid FROM o WHERE cid <> 100 OR cid = 100;
EXPLAIN SELECT oid FROM o WHERE CHAR_LENGTH(product) BETWEEN 3 AND 5;
EXPLAIN SELECT oid FROM o WHERE CHAR_LENGTH(product) = 3 OR CHAR_LENGTH(product) = 4;
EXPLAIN SELECT oid FROM o WHERE ABS(cid) IN (100, 101);
EXPLAIN SELECT oid FROM o WHERE MOD(oid, 2) IN (0, 1);
EXPLAIN SELECT oid FROM o WHERE cid IS NOT NULL AND cid IN (100, 101);
EXPLAIN SELECT oid FROM o WHERE cid IS NULL OR cid IN (100, 101);
EXPLAIN SELECT oid FROM o WHERE cid IS NULL OR cid <> 100;
EXPLAIN SELECT oid FROM o WHERE cid IS NULL OR cid > 100 OR product = 'pen';
EXPLAIN SELECT oid FROM o WHERE cid = 100 AND (amount > 5 AND amount < 10 OR product = 'x');
EXPLAIN SELECT oid FROM o WHERE NOT (product NOT LIKE 'p%' OR cid IS NULL);
EXPLAIN SELECT oid FROM o WHERE 5 < cid AND 10 > cid;
EXPLAIN SELECT oid FROM o WHERE amount > 1.5 AND amount < 2.25;
EXPLAIN SELECT oid FROM o WHERE amount >= 1 AND amount < 2.25 AND cid IN (1, 2);
EXPLAIN SELECT oid FROM o WHERE cid = 100 AND oid = 1 OR cid = 101 AND oid = 2;
EXPLAIN SELECT oid FROM o WHERE (cid = 100 OR oid = 1) AND (cid = 100 OR oid = 2);
EXPLAIN SELECT oid FROM o WHERE product IS NOT NULL AND product <> 'x' AND CHAR_LENGTH(product) > 2;
EXPLAIN SELECT oid FROM o WHERE product = 'pen' AND product IS NOT NULL;
EXPLAIN SELECT oid FROM o WHERE cid > oid AND cid IS NOT NULL;
EXPLAIN SELECT oid FROM o WHERE cid IN (100, 101) AND cid > 100;
EXPLAIN SELECT oid FROM o WHERE cid IN (100, 101, 102) AND cid <> 101;
EXPLAIN SELECT oid FROM o WHERE cid BETWEEN 100 AND 110 OR cid BETWEEN 105 AND 120;
EXPLAIN SELECT oid FROM o WHERE cid BETWEEN 100 AND 110 OR cid BETWEEN 115 AND 120;
EXPLAIN SELECT oid FROM o WHERE ots IS NOT NULL AND ots > TIMESTAMP '2024-01-01 09:00:30';
EXPLAIN SELECT oid FROM o WHERE (cid > 100) = TRUE;
EXPLAIN SELECT oid FROM o WHERE (cid = 100) IS FALSE;
EXPLAIN SELECT oid FROM o WHERE oid = 1 OR FALSE;
EXPLAIN SELECT oid FROM o WHERE oid = 1 AND TRUE;
EXPLAIN SELECT oid FROM o WHERE 1 = 1;
EXPLAIN SELECT oid FROM o WHERE 1 = 2;
EXPLAIN SELECT oid FROM o WHERE oid > 1 AND 1 = 2;
EXPLAIN SELECT oid FROM o WHERE product BETWEEN 'a' AND 'c';
EXPLAIN SELECT oid FROM o WHERE DATE_FORMAT(ots, 'HH') = '09';
EXPLAIN SELECT oid FROM o WHERE CAST(ots AS DATE) = DATE '2024-01-01';
EXPLAIN SELECT oid FROM o WHERE HOUR(ots) BETWEEN 8 AND 10;
EXPLAIN SELECT oid FROM o WHERE EXTRACT(HOUR FROM ots) > 8;
EXPLAIN SELECT cid, n FROM cnt WHERE n = 1 OR total > 5;
EXPLAIN SELECT k, v FROM u WHERE v IN (1, 2);
EXPLAIN SELECT k, v FROM u WHERE v > 1 AND v < 5 AND s = 'x';
EXPLAIN SELECT k, v FROM u WHERE k = v;
EXPLAIN SELECT k, v FROM u WHERE s LIKE 'x%' OR k = 1;
EXPLAIN SELECT k, COUNT(*) AS n FROM u WHERE v > 1 GROUP BY k;
EXPLAIN SELECT o.oid FROM o JOIN c ON o.cid = c.cid WHERE o.amount > 5 AND c.country IN ('DE', 'US');
EXPLAIN SELECT o.oid FROM o JOIN c ON o.cid = c.cid AND o.oid BETWEEN c.cid - 100 AND c.cid;
EXPLAIN SELECT o.oid FROM o LEFT JOIN c ON o.cid = c.cid AND c.country IN ('DE', 'US') WHERE o.oid > 1 AND o.oid < 9;
EXPLAIN SELECT oid, product FROM o WHERE product = 'pen';
EXPLAIN SELECT oid, product, cid FROM o WHERE product = 'pen' AND cid = 100;
EXPLAIN SELECT product, COUNT(*) FROM o WHERE product = 'pen' GROUP BY product;
