-- name: subquery_quantified
-- tags: subquery join aggregate
-- note: ANY and ALL by key, sub-queries without rows, outer joins whose pads a predicate refuses
-- file: a.csv
-- | 1,10,x
-- | 2,20,y
-- | 3,N,z
-- | 4,7,z
-- | N,40,w
-- file: b.csv
-- | 1,9
-- | 1,11
-- | 2,20
-- | N,5
CREATE TABLE a (id INT, v INT, s STRING) WITH ('connector'='filesystem','path'='${DATA}/a.csv','format'='csv','csv.null-literal'='N');
CREATE TABLE b (id INT, w INT) WITH ('connector'='filesystem','path'='${DATA}/b.csv','format'='csv','csv.null-literal'='N');
SELECT id, v > ANY (SELECT w FROM b WHERE b.id = a.id) AS f FROM a;
SELECT id, v >= ALL (SELECT w FROM b WHERE b.id = a.id) AS f FROM a;
SELECT id, v <> ANY (SELECT w FROM b) AS f FROM a;
SELECT id, v = ALL (SELECT w FROM b WHERE b.id = a.id) AS f FROM a;
SELECT id, v IN (SELECT w FROM b WHERE w > 100) AS f FROM a;
SELECT id, (SELECT COUNT(*) FROM b WHERE w > 100) AS f FROM a;
SELECT id FROM a WHERE NOT (v IN (SELECT w FROM b));
SELECT id FROM a WHERE id NOT IN (SELECT id FROM b);
SELECT a.id FROM a LEFT JOIN b ON a.id = b.id WHERE b.w > 9;
SELECT a.id FROM a FULL JOIN b ON a.id = b.id WHERE a.v > 9;
SELECT id FROM a WHERE v + 1 > (SELECT MIN(w) FROM b WHERE b.id = a.id) OR (SELECT COUNT(*) FROM b) = 4;
