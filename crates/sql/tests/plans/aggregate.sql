CREATE TABLE orders (oid INT, cid INT, product STRING, amount DECIMAL(8,2), ots TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ots AS ots)
WITH ('connector'='filesystem','path'='/data/orders.csv','format'='csv');
CREATE TABLE up (p STRING, c BIGINT) WITH ('connector'='filesystem','path'='/data/x','format'='csv');
CREATE TABLE p (p STRING, c BIGINT) WITH ('connector'='print');
EXPLAIN CHANGELOG_MODE SELECT product, COUNT(*), SUM(amount) FILTER (WHERE oid > 1) AS s, COUNT(DISTINCT cid) FROM orders GROUP BY product HAVING COUNT(*) > 1;
EXPLAIN CHANGELOG_MODE INSERT INTO p SELECT product, COUNT(*) FROM orders GROUP BY product;
INSERT INTO up SELECT product, COUNT(*) FROM orders GROUP BY product;
EXPLAIN CHANGELOG_MODE SELECT c, COUNT(*) FROM (SELECT product, COUNT(*) AS c FROM orders GROUP BY product) GROUP BY c;
EXPLAIN SELECT COUNT(*) FROM orders;
EXPLAIN SELECT DISTINCT product FROM orders WHERE amount > 5;
EXPLAIN SELECT oid + 1, MAX(amount) - MIN(amount) AS spread FROM orders GROUP BY oid + 1 HAVING oid + 1 > 3;
EXPLAIN SELECT cid, product, COUNT(*) AS c, GROUPING(product) AS g FROM orders GROUP BY ROLLUP (cid, product);
EXPLAIN SELECT TUMBLE_START(pt, INTERVAL '1' MINUTE) AS ws, TUMBLE_PROCTIME(pt, INTERVAL '1' MINUTE) AS wp, COUNT(*) FROM orders GROUP BY TUMBLE(pt, INTERVAL '1' MINUTE);
SELECT oid, COUNT(*) FROM orders GROUP BY product;
SELECT product FROM orders ORDER BY amount;
SELECT SUM(product) FROM orders;
