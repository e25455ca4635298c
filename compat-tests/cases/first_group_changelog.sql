-- name: first_group_changelog
-- tags: first agg changelog having
-- note: a row that does not change the result sends nothing; HAVING turns results on and off
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
SELECT k, COUNT(*) AS n, SUM(v) AS s FROM t GROUP BY k;
SELECT k, SUM(v) AS s FROM t GROUP BY k HAVING SUM(v) > 2;
SELECT k, COUNT(*) AS n FROM t GROUP BY k HAVING COUNT(*) = 2;
SELECT k, MAX(v) AS m FROM t GROUP BY k;
SELECT k, s FROM (SELECT k, SUM(v) AS s FROM t GROUP BY k) WHERE s BETWEEN 1 AND 9;
SELECT s + 1 AS s1 FROM (SELECT k, SUM(v) AS s FROM t GROUP BY k);
SELECT COUNT(*) AS n FROM t;
SELECT k FROM t GROUP BY k;
SELECT SUM(v) > 10 AS big FROM t;
