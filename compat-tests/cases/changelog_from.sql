-- name: changelog_from
-- tags: ptf changelog
-- note: FROM_CHANGELOG: rows as changes
-- file: items.csv
-- | 1,A,10
-- | 2,B,5
-- | 3,A,20
-- | 4,C,7
-- | 5,B,
-- | 6,A,1
-- file: changes.csv
-- | INSERT,1,A,10
-- | INSERT,2,B,5
-- | UPDATE_BEFORE,1,A,10
-- | UPDATE_AFTER,1,A,12
-- | DELETE,2,B,5
-- | INSERT,3,C,
-- file: short.csv
-- | c,1,A,10
-- | r,2,B,5
-- | ub,1,A,10
-- | ua,1,A,12
-- | d,2,B,5
-- file: timed.csv
-- | 1,A,2024-01-01 10:00:00.000
-- | 2,B,2024-01-01 10:00:01.000
-- | 3,A,2024-01-01 10:00:05.000
SET 'pipeline.auto-watermark-interval'='0';
CREATE TABLE items (id INT, item STRING, price INT) WITH ('connector'='filesystem','path'='${DATA}/items.csv','format'='csv','csv.null-literal'='');
CREATE TABLE changes (op STRING, id INT, item STRING, price INT) WITH ('connector'='filesystem','path'='${DATA}/changes.csv','format'='csv','csv.null-literal'='');
CREATE TABLE short_codes (code STRING, id INT, item STRING, price INT) WITH ('connector'='filesystem','path'='${DATA}/short.csv','format'='csv','csv.null-literal'='');
CREATE VIEW sums AS SELECT item, SUM(price) AS s, COUNT(*) AS c FROM items GROUP BY item;
SELECT * FROM FROM_CHANGELOG(input => TABLE changes);
SELECT item, SUM(price) AS s, COUNT(*) AS c FROM FROM_CHANGELOG(input => TABLE changes) GROUP BY item;
SELECT * FROM FROM_CHANGELOG(input => TABLE short_codes, op => DESCRIPTOR(code), op_mapping => MAP['c, r', 'INSERT', 'ub', 'UPDATE_BEFORE', 'ua', 'UPDATE_AFTER', 'd', 'DELETE']);
SELECT * FROM FROM_CHANGELOG(TABLE changes);
SELECT * FROM FROM_CHANGELOG(input => TABLE short_codes, op => DESCRIPTOR(code));
SELECT * FROM FROM_CHANGELOG(input => TABLE short_codes, op => DESCRIPTOR(code), op_mapping => MAP['c', 'INSERT', 'd', 'DELETE']);
SELECT * FROM FROM_CHANGELOG(input => TABLE short_codes, op => DESCRIPTOR(code), op_mapping => MAP['c, r', 'INSERT', 'ua', 'UPDATE_AFTER']);
SELECT * FROM FROM_CHANGELOG(input => TABLE items);
SELECT * FROM FROM_CHANGELOG(input => TABLE items, op => DESCRIPTOR(id));
SELECT * FROM FROM_CHANGELOG(input => TABLE changes, op => DESCRIPTOR(op, id));
SELECT * FROM FROM_CHANGELOG(input => TABLE changes, op_mapping => MAP['a', 'NOPE']);
SELECT * FROM FROM_CHANGELOG(input => TABLE changes, op_mapping => MAP['a', 'INSERT', 'b', 'INSERT']);
SELECT * FROM FROM_CHANGELOG(input => TABLE sums, op => DESCRIPTOR(item));
SELECT * FROM FROM_CHANGELOG(input => TABLE changes PARTITION BY id);
SELECT * FROM FROM_CHANGELOG(input => (SELECT CAST(NULL AS STRING) AS op, id FROM items));
SELECT id, item, price FROM FROM_CHANGELOG(input => (SELECT op, id, item, price FROM TO_CHANGELOG(input => TABLE items)));
SELECT item, s FROM FROM_CHANGELOG(input => (SELECT * FROM TO_CHANGELOG(input => TABLE sums)));
SELECT id FROM FROM_CHANGELOG(input => TABLE changes) WHERE price > 9;
SELECT DISTINCT item FROM FROM_CHANGELOG(input => TABLE changes);
