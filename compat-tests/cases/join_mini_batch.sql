-- name: join_mini_batch
-- tags: join mini-batch
-- note: rows of both sides are gathered and folded; SEMI and ANTI joins only look so in plans
-- file: a.csv
-- | 1,a
-- | 2,b
-- | 1,a
-- | 3,c
-- | 2,b
-- file: b.csv
-- | 1,x
-- | 2,y
-- | 1,z
-- | 4,w
CREATE TABLE a (k INT, v STRING) WITH ('connector'='filesystem','path'='${DATA}/a.csv','format'='csv');
CREATE TABLE b (k INT, w STRING) WITH ('connector'='filesystem','path'='${DATA}/b.csv','format'='csv');
EXPLAIN SELECT * FROM a JOIN b ON a.k = b.k;
EXPLAIN SELECT x.k, c, d FROM (SELECT k, COUNT(*) c FROM a GROUP BY k) x JOIN (SELECT k, MAX(w) d FROM b GROUP BY k) y ON x.k = y.k;
EXPLAIN SELECT k, c FROM (SELECT k, c, ROW_NUMBER() OVER (PARTITION BY k ORDER BY c DESC) rn FROM (SELECT k, COUNT(*) c FROM a GROUP BY k)) WHERE rn <= 2;
EXPLAIN SELECT * FROM a JOIN b ON a.k = b.k JOIN a a2 ON a.k = a2.k;
SET 'table.exec.mini-batch.enabled' = 'true';
SET 'table.exec.mini-batch.allow-latency' = '10 min';
SET 'table.exec.mini-batch.size' = '1000';
EXPLAIN SELECT * FROM a JOIN b ON a.k = b.k;
EXPLAIN CHANGELOG_MODE SELECT x.k, c, d FROM (SELECT k, COUNT(*) c FROM a GROUP BY k) x JOIN (SELECT k, MAX(w) d FROM b GROUP BY k) y ON x.k = y.k;
EXPLAIN PLAN_ADVICE SELECT * FROM a LEFT JOIN b ON a.k = b.k;
SELECT * FROM a JOIN b ON a.k = b.k;
SELECT * FROM a WHERE k IN (SELECT k FROM b);
SELECT x.k, c, d FROM (SELECT k, COUNT(*) c FROM a GROUP BY k) x JOIN (SELECT k, MAX(w) d FROM b GROUP BY k) y ON x.k = y.k;
EXPLAIN SELECT k, v FROM a WHERE k > 1;
EXPLAIN SELECT * FROM a ORDER BY k LIMIT 3;
SELECT x.k, c, v, n FROM (SELECT k, COUNT(*) c FROM a GROUP BY k) x JOIN (SELECT k, v, COUNT(*) n FROM a GROUP BY k, v) y ON x.k = y.k;
SELECT x.k, c, v, n FROM (SELECT k, COUNT(*) c FROM a GROUP BY k) x LEFT JOIN (SELECT k, v, COUNT(*) n FROM a GROUP BY k, v) y ON x.k = y.k AND c < n;
SELECT x.v, y.v FROM a x JOIN a y ON x.k = y.k;
SELECT x.v, y.v FROM a x LEFT JOIN a y ON x.k = y.k + 1;
SELECT a.k, COUNT(*) FROM a JOIN b ON a.k = b.k GROUP BY a.k;
SELECT x.k, x.v, y.n FROM a x LEFT JOIN (SELECT k, COUNT(*) n FROM a GROUP BY k) y ON x.k = y.k;
SELECT x.k, x.v, y.n FROM a x RIGHT JOIN (SELECT k + 1 AS k, COUNT(*) n FROM a GROUP BY k + 1) y ON x.k = y.k;
SET 'table.exec.mini-batch.size' = '2';
SELECT x.v, y.v FROM a x JOIN a y ON x.k = y.k;
