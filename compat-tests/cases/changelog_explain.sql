-- name: changelog_explain
-- tags: ptf changelog
-- note: plans of TO_CHANGELOG
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
CREATE VIEW sums AS SELECT item, SUM(price) AS s, COUNT(*) AS c FROM items GROUP BY item;
CREATE TABLE timed (id INT NOT NULL, item STRING NOT NULL, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector'='filesystem','path'='${DATA}/timed.csv','format'='csv');
CREATE VIEW tv AS SELECT op, ts FROM TO_CHANGELOG(input => TABLE timed);
EXPLAIN SELECT * FROM TO_CHANGELOG(input => TABLE sums);
EXPLAIN CHANGELOG_MODE SELECT * FROM TO_CHANGELOG(input => TABLE sums, op_mapping => MAP['INSERT, UPDATE_AFTER', 'put']);
