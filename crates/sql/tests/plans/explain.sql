CREATE TABLE orders (oid INT, cid INT, product STRING, amount DECIMAL(8,2), ots TIMESTAMP(3), WATERMARK FOR ots AS ots)
WITH ('connector'='filesystem','path'='/data/orders.csv','format'='csv','csv.null-literal'='');
EXPLAIN SELECT product, COUNT(*) AS c FROM orders WHERE amount > 5 GROUP BY product;
EXPLAIN CHANGELOG_MODE SELECT oid FROM orders;
EXPLAIN CHANGELOG_MODE SELECT product, COUNT(*) AS c FROM orders GROUP BY product;
EXPLAIN PLAN_ADVICE SELECT product, COUNT(*) AS c FROM orders GROUP BY product;
