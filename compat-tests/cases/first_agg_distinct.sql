-- name: first_agg_distinct
-- tags: first agg distinct filter
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
SELECT k, COUNT(DISTINCT v) AS c, SUM(DISTINCT v) AS s, COUNT(v) AS n FROM t GROUP BY k;
SELECT COUNT(DISTINCT k) AS ck, COUNT(DISTINCT v) AS cv, AVG(DISTINCT v) AS av FROM t;
SELECT k, COUNT(*) FILTER (WHERE v > 3) AS big, SUM(v) FILTER (WHERE v < 0) AS neg, COUNT(DISTINCT v) FILTER (WHERE id > 2) AS d FROM t GROUP BY k;
SELECT DISTINCT k FROM t;
SELECT DISTINCT k, v FROM t WHERE v IS NOT NULL;
SELECT COUNT(DISTINCT k, v) FROM t;
SELECT k, COUNT(ALL v) FROM t GROUP BY k;
