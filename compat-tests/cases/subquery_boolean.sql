-- name: subquery_boolean
-- tags: subquery join aggregate
-- note: IN, EXISTS, ANY and ALL as values and under OR; the rules of NULL
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
SELECT id, id IN (SELECT id FROM b) AS f FROM a;
SELECT id, id NOT IN (SELECT id FROM b) AS f FROM a;
SELECT id, id NOT IN (SELECT id FROM c) AS f FROM a;
SELECT id, v IN (SELECT w FROM b WHERE b.id = a.id) AS f FROM a;
SELECT id FROM a WHERE id IN (SELECT id FROM b) OR v = 20;
SELECT id FROM a WHERE id NOT IN (SELECT id FROM c) OR v = 20;
SELECT id FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.id = a.id) OR v = 40;
SELECT id, EXISTS (SELECT * FROM b WHERE b.id = a.id) AS e FROM a;
SELECT id, NOT EXISTS (SELECT * FROM b WHERE b.id = a.id AND w > 10) AS e FROM a;
SELECT id, EXISTS (SELECT * FROM c WHERE w > 15) AS e FROM a;
SELECT id FROM a WHERE v > ANY (SELECT w FROM b);
SELECT id FROM a WHERE v >= ALL (SELECT w FROM b);
SELECT id FROM a WHERE v <= SOME (SELECT w FROM b);
SELECT id FROM a WHERE v < ALL (SELECT w + 100 FROM b);
SELECT id FROM a WHERE v = SOME (SELECT w FROM b);
SELECT id FROM a WHERE v <> ALL (SELECT w FROM c);
SELECT id, v > ALL (SELECT w FROM c) AS f FROM a;
SELECT CASE WHEN id IN (SELECT id FROM c) THEN 'in' ELSE 'out' END AS f, COUNT(*) AS n FROM a GROUP BY id;
SELECT id FROM a WHERE (v > 15 AND id IN (SELECT id FROM c)) OR NOT EXISTS (SELECT 1 FROM c WHERE c.id = a.id);
SELECT 1 IN (SELECT id FROM c) AS f;
SELECT c.w FROM a CROSS JOIN c;
