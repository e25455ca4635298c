-- name: fn_aggregates_differs
-- tags: aggregate functions json bitmap collect percentile
-- note: JSON, COLLECT, PERCENTILE and BITMAP aggregates, over rows and over a changelog
-- file: t.csv
-- | 1,a,10,1.5
-- | 2,b,20,
-- | 3,a,30,3.5
-- | 4,b,20,4.25
-- | 5,a,,0.5
-- | 6,c,,
CREATE TABLE t (id INT, k STRING, v INT, d DOUBLE) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.null-literal'='');
SELECT COLLECT(DISTINCT v) AS c FROM t;
SELECT COLLECT(c) AS m, JSON_ARRAYAGG(c) AS j, PERCENTILE(c, 0.5) AS p FROM (SELECT k, COUNT(v) AS c FROM t GROUP BY k);
SELECT ARRAY_AGG(ROW(k, v)) AS a FROM t;
SELECT COLLECT(ROW(k, v)) AS s FROM t WHERE id = 1
