-- name: first_group_of_group
-- tags: first agg retract changelog
-- note: an aggregate over updates takes rows back
-- file: t.csv
-- | 1,x,5
-- | 2,y,7
-- | 3,x,5
-- | 4,,1
-- | 5,x,
-- | 6,y,-7
-- | 7,,2
-- | 8,z,3
-- | 9,x,1
-- | 10,z,
CREATE TABLE t (id INT, k STRING, v INT) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.null-literal'='');
CREATE VIEW per_key AS SELECT k, SUM(v) AS s, COUNT(*) AS n FROM t GROUP BY k;
SELECT COUNT(*) AS keys, SUM(s) AS total, MAX(n) AS most, MIN(n) AS least, AVG(n) AS av FROM per_key;
SELECT n, COUNT(*) AS keys FROM per_key GROUP BY n;
SELECT n, MIN(k) AS mn, MAX(s) AS mx, COUNT(DISTINCT s) AS ds FROM per_key GROUP BY n;
SELECT DISTINCT n FROM per_key;
SELECT k, s FROM per_key WHERE s > 5 UNION ALL SELECT 'n', n FROM per_key;
