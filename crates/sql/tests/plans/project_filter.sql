CREATE TABLE orders (oid INT, cid INT, product STRING, amount DECIMAL(8,2), ots TIMESTAMP(3), WATERMARK FOR ots AS ots)
WITH ('connector'='filesystem','path'='/data/orders.csv','format'='csv','csv.null-literal'='');
CREATE TABLE out_table (oid INT, total DECIMAL(20,2)) WITH ('connector'='print');
SELECT oid, amount * 2 AS twice FROM orders WHERE product = 'book' AND amount > 5;
INSERT INTO out_table SELECT oid, amount FROM orders WHERE cid IS NOT NULL;
CREATE TABLE nested (id INT, r ROW<x INT, y ROW<z STRING, w INT>, v ARRAY<INT>>, s ROW<p INT, q INT>, whole AS r.y, part AS r.x + 1) WITH ('connector' = 'filesystem', 'path' = '/nested', 'format' = 'json');
SELECT r.v, s.q FROM nested WHERE r.x > 1;
SELECT whole.w, part FROM nested WHERE s IS NOT NULL;
