-- name: agg_split_columns
-- tags: agg distinct split
-- note: split of DISTINCT of several columns, beside MIN, MAX, AVG, FIRST_VALUE and LISTAGG
-- file: e.csv
-- | 1,a,10,2
-- | 2,a,20,2
-- | 3,a,10,2
-- | 4,a,30,2
-- | 5,b,3,1
-- | 6,b,3,1
-- | 7,b,2,1
-- | 8,c,9,0
-- | 9,d,9,
-- | 10,a,25,2
-- | 11,a,7,3
-- | 12,e,1,5
CREATE TABLE e (id INT, k STRING, v INT, n BIGINT) WITH ('connector'='filesystem','path'='${DATA}/e.csv','format'='csv','csv.null-literal'='');
SET 'table.optimizer.distinct-agg.split.enabled'='true';
SELECT k, COUNT(DISTINCT v) AS a, COUNT(DISTINCT n) AS b, SUM(v) AS c FROM e GROUP BY k;
SELECT k, COUNT(DISTINCT v) AS a, MAX(n) AS b, SUM(v) AS c, COUNT(*) AS d FROM e GROUP BY k;
SELECT k, COUNT(DISTINCT v) AS a, AVG(v) AS b, AVG(CAST(v AS DECIMAL(6,2))) AS c, AVG(CAST(v AS DOUBLE)) AS d, AVG(CAST(v AS FLOAT)) AS f, AVG(CAST(v AS TINYINT)) AS g FROM e GROUP BY k;
SELECT k, COUNT(DISTINCT v) AS a, AVG(v) AS b, AVG(DISTINCT id) AS c FROM e GROUP BY k;
SELECT n, k, MIN(id) AS a, COUNT(DISTINCT v) FILTER (WHERE id > 2) AS b, COUNT(DISTINCT id) AS c FROM e GROUP BY n, k;
SELECT COUNT(DISTINCT v) AS a, COUNT(DISTINCT n) AS b FROM e;
SELECT c, COUNT(DISTINCT k) AS a, COUNT(DISTINCT m) AS b FROM (SELECT k, COUNT(*) c, MAX(n) m FROM e GROUP BY k) GROUP BY c;
SELECT k, COUNT(DISTINCT v) AS a FROM e GROUP BY ROLLUP (k);
SELECT k, COUNT(DISTINCT v) AS a, FIRST_VALUE(k) AS b, LAST_VALUE(v) AS c FROM e GROUP BY k;
SELECT k, COUNT(DISTINCT v) AS a, LISTAGG(k) AS b FROM e GROUP BY k;
SELECT k, COUNT(DISTINCT v) AS a, VAR_POP(v) AS b FROM e GROUP BY k;
SELECT k, n, COUNT(*) AS c FROM e GROUP BY GROUPING SETS ((k), (n), ());
