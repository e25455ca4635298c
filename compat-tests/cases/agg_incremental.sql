-- name: agg_incremental
-- tags: agg distinct split mini-batch
-- note: incremental aggregates: both halves of a split DISTINCT in mini-batches
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
SET 'table.exec.mini-batch.enabled'='true';
SET 'table.exec.mini-batch.allow-latency'='10 s';
SET 'table.exec.mini-batch.size'='4';
SET 'table.optimizer.distinct-agg.split.enabled'='true';
SELECT k, COUNT(DISTINCT v) AS a, SUM(n) AS b FROM e GROUP BY k;
SELECT k, COUNT(DISTINCT v) AS a, AVG(n) AS b FROM e GROUP BY k;
SELECT k, COUNT(DISTINCT v) AS a, SUM(DISTINCT v) AS b, AVG(DISTINCT n) AS c FROM e GROUP BY k;
SELECT k, COUNT(DISTINCT v) FILTER (WHERE v > 3) AS a, COUNT(DISTINCT v) FILTER (WHERE v < 20) AS b, SUM(v) FILTER (WHERE n > 1) AS c FROM e GROUP BY k;
SELECT k, MIN(v) AS a, MAX(v) AS b, COUNT(DISTINCT v) AS c, COUNT(*) AS d FROM e GROUP BY k;
SELECT COUNT(DISTINCT v) AS a, COUNT(*) AS b FROM e;
SELECT c, COUNT(DISTINCT k) AS a FROM (SELECT k, COUNT(*) c FROM e GROUP BY k) GROUP BY c;
SELECT c, COUNT(DISTINCT k) AS a, SUM(DISTINCT m) AS b, COUNT(*) AS d FROM (SELECT k, COUNT(*) c, MAX(n) m FROM e GROUP BY k) GROUP BY c;
SET 'table.exec.mini-batch.size'='1000';
SELECT k, COUNT(DISTINCT v) AS a, SUM(n) AS b, COUNT(DISTINCT n) AS c FROM e GROUP BY k;
SET 'table.optimizer.incremental-agg-enabled'='false';
SET 'table.exec.mini-batch.size'='4';
SELECT k, COUNT(DISTINCT v) AS a, SUM(n) AS b FROM e GROUP BY k;
