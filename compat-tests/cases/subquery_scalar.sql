-- name: subquery_scalar
-- tags: subquery join aggregate
-- note: values of sub-queries, correlated and not; NULL keys, duplicates, keys without a row
-- file: a.csv
-- | 1,10,x
-- | 2,20,y
-- | 2,20,y
-- | 3,N,z
-- | N,40,w
-- file: b.csv
-- | 1,10
-- | 1,11
-- | 2,20
-- | N,5
-- file: c.csv
-- | 1,10
-- | 2,20
CREATE TABLE a (id INT, v INT, s STRING) WITH ('connector'='filesystem','path'='${DATA}/a.csv','format'='csv','csv.null-literal'='N');
CREATE TABLE b (id INT, w INT) WITH ('connector'='filesystem','path'='${DATA}/b.csv','format'='csv','csv.null-literal'='N');
CREATE TABLE c (id INT, w INT) WITH ('connector'='filesystem','path'='${DATA}/c.csv','format'='csv','csv.null-literal'='N');
SELECT id, (SELECT MAX(w) FROM b) AS m FROM a;
SELECT id, (SELECT MAX(w) FROM b WHERE b.id = a.id) AS m FROM a;
SELECT id, (SELECT COUNT(*) FROM b WHERE b.id = a.id) AS n FROM a;
SELECT id, (SELECT COUNT(*) + SUM(w) FROM b WHERE b.id = a.id AND w > 9) AS n FROM a;
SELECT id, (SELECT w FROM c WHERE c.id = a.id) AS m FROM a;
SELECT id, (SELECT w FROM b WHERE b.id = a.id) AS m FROM a;
SELECT id, (SELECT w FROM c) AS m FROM a;
SELECT id, v - (SELECT MIN(w) FROM b) AS d FROM a;
SELECT id FROM a WHERE v > (SELECT AVG(w) FROM b);
SELECT id FROM a WHERE v = (SELECT MAX(w) FROM b WHERE b.id = a.id);
SELECT id FROM a WHERE v > 15 AND v <> (SELECT MIN(w) FROM b WHERE b.id = a.id + 0);
SELECT s, COUNT(*) AS n FROM a GROUP BY s HAVING COUNT(*) > (SELECT COUNT(*) FROM c WHERE w > 15);
SELECT id, SUM(v) AS t, (SELECT MAX(w) FROM b WHERE b.id = a.id) AS m FROM a GROUP BY id;
SELECT COALESCE((SELECT SUM(w) FROM c WHERE c.id = a.id), -1) AS t, CASE WHEN (SELECT MAX(w) FROM c) > v THEN 'less' ELSE 'more' END AS o FROM a;
SELECT id FROM a WHERE v > (SELECT AVG(w) FROM b WHERE b.id IN (SELECT id FROM c));
SELECT id, (SELECT id, w FROM c) AS m FROM a;
