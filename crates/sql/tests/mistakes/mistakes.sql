CREATE TABLE orders (id INT, customer STRING, amount DECIMAL(10, 2), price DOUBLE, tags ARRAY<STRING>, place ROW<city STRING, zip INT>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector'='filesystem','path'='/data/orders','format'='csv')
CREATE TABLE customers (id INT, name STRING, since DATE) WITH ('connector'='filesystem','path'='/data/customers','format'='json')
CREATE TABLE sink (id INT NOT NULL, total BIGINT) WITH ('connector'='print')
CREATE TABLE files (id INT, total BIGINT) WITH ('connector'='filesystem','path'='/data/out','format'='csv')
CREATE TABLE keyed (id INT, total BIGINT, PRIMARY KEY (total) NOT ENFORCED) WITH ('connector'='print')
SELECT id amount price FROM orders
SELECT id, FROM orders
SELECT FROM orders
SELECT id FORM orders
SELCT id FROM orders
SELECT id FROM orders WHRE id = 1
SELECT id FROM orders WHERE id NOT 3
SELECT (id + 1 FROM orders
SELECT id + 1) FROM orders
SELECT 'abc FROM orders
SELECT * FROM orders WHERE customer = 'it's'
SELECT "id" FROM orders
SELECT value FROM orders
SELECT id AS start FROM orders
SELECT id == 1 FROM orders
SELECT id::BIGINT FROM orders
SELECT id FROM orders JOIN customers WHERE orders.id = customers.id
SELECT id FROM SELECT id FROM orders
SELECT id FROM orders WHERE id IN ()
SELECT INTERVAL '1' MINUT
SELECT id FROM orders GROUP id
SELECT id FROM orders ORDER id
CREATE TALBE t (id INT)
CREATE TABLE t (id INT name STRING) WITH ('connector'='print')
CREATE TABLE t (id INT,) WITH ('connector'='print')
CREATE TABLE t (id INT) WITH (connector='print')
CREATE TABLE t (id INT) WITH ('connector'='print' 'format'='csv')
CREATE TABLE t (id INTT) WITH ('connector'='print')
CREATE TABLE t (id INT, id STRING) WITH ('connector'='print')
CREATE TABLE t (id INT, PRIMARY KEY (id)) WITH ('connector'='print')
CREATE TABLE t (id INT, PRIMARY KEY (idd) NOT ENFORCED) WITH ('connector'='print')
CREATE TABLE t (ts STRING, WATERMARK FOR ts AS ts) WITH ('connector'='print')
CREATE TABLE t (ts TIMESTAMP(3), WATERMARK FOR tss AS ts) WITH ('connector'='print')
CREATE TABLE t (ts TIMESTAMP(6), WATERMARK FOR ts AS ts) WITH ('connector'='print')
CREATE TABLE t (id INT) PARTITIONED BY (idd) WITH ('connector'='print')
CREATE TABLE orders (id INT) WITH ('connector'='print')
CREATE TABLE t LIKE order
INSERT orders SELECT 1
INSERT INTO sinks SELECT 1, 2
INSERT INTO sink SELECT 1
INSERT INTO sink SELECT customer, id FROM orders
INSERT INTO sink (total) SELECT id FROM orders
INSERT INTO sink (idd, total) SELECT id, id FROM orders
INSERT INTO files SELECT id, COUNT(*) FROM orders GROUP BY id
INSERT INTO keyed SELECT id, COUNT(*) FROM orders GROUP BY id
SELECT custmer FROM orders
SELECT o.customer FROM orders
SELECT id FROM orders, customers
SELECT * FROM order_items
SELECT * FROM db.orders
SELECT COUNT(*), customer FROM orders
SELECT customer, SUM(amount) FROM orders GROUP BY id
SELECT customer FROM orders WHERE COUNT(*) > 1
SELECT customer FROM orders HAVING id > 1
SELECT SUM(customer) FROM orders
SELECT SUBSTRNG(customer, 1, 2) FROM orders
SELECT UPPER(customer, id) FROM orders
SELECT ABS(customer) FROM orders
SELECT customer + 1 FROM orders WHERE id
SELECT id FROM orders WHERE customer
SELECT id FROM orders WHERE id = 'abc' AND tags = 1
SELECT CAST(tags AS INT) FROM orders
SELECT place.cty FROM orders
SELECT tags.city FROM orders
SELECT CASE WHEN id = 1 THEN 'a' ELSE 2 END FROM orders
SELECT DATE '2024-13-01'
SELECT id FROM orders UNION SELECT name FROM customers
SELECT id FROM orders UNION SELECT id, name FROM customers
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(price), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end
SELECT COUNT(*) FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' MONTH)) GROUP BY window_start, window_end
SELECT COUNT(*) FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(tss), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end
SELECT COUNT(*) FROM TABLE(HOP(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end
SELECT COUNT(*) FROM orders GROUP BY TUMBLE(price, INTERVAL '1' MINUTE)
SELECT * FROM (SELECT id FROM orders) AS o(a, b)
SELECT (SELECT id, name FROM customers) FROM orders
SELECT id FROM orders WHERE id IN (SELECT id, name FROM customers)
SELECT * FROM UNNEST(customer) AS t(x)
DROP TABLE ordrs
USE CATALOG nope
SHOW TABELS
DESCRIBE ordrs
