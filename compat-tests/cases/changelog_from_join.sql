-- name: changelog_from_join
-- tags: ptf changelog
-- note: FROM_CHANGELOG: rows as changes, joined to rows of another source, which race
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
SET 'pipeline.auto-watermark-interval'='0';
CREATE TABLE items (id INT, item STRING, price INT) WITH ('connector'='filesystem','path'='${DATA}/items.csv','format'='csv','csv.null-literal'='');
CREATE TABLE changes (op STRING, id INT, item STRING, price INT) WITH ('connector'='filesystem','path'='${DATA}/changes.csv','format'='csv','csv.null-literal'='');
SELECT a.id, b.price FROM items AS a JOIN FROM_CHANGELOG(input => TABLE changes) AS b ON a.id = b.id;
