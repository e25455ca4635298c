-- name: subquery_on_outer
-- tags: subquery join on
-- note: sub-queries in the condition of outer joins, as far as Flink plans them
-- file: n.csv
-- | 1,a,10
-- | 2,b,20
-- | 3,c,5
-- | 4,,7
-- | 5,a,3
-- file: o.csv
-- | 1,a,10
-- | 1,a,4
-- | 2,b,20
-- | 2,b,
-- | 3,,5
CREATE TABLE n (id INT, k STRING, v INT) WITH ('connector'='filesystem','path'='${DATA}/n.csv','format'='csv','csv.null-literal'='');
CREATE TABLE o (id INT, k STRING, v INT) WITH ('connector'='filesystem','path'='${DATA}/o.csv','format'='csv','csv.null-literal'='');
SELECT a.id, b.id FROM n a LEFT JOIN n b ON a.k = b.k AND EXISTS (SELECT 1 FROM o WHERE o.k = a.k);
SELECT a.id, b.id FROM n a LEFT JOIN n b ON a.k = b.k AND a.v < (SELECT MAX(v) FROM o);
SELECT a.id, b.id FROM n a LEFT JOIN n b ON a.k = b.k AND b.v < (SELECT MAX(v) FROM o);
SELECT a.id, b.id FROM n a LEFT JOIN n b ON a.k = b.k AND a.v < (SELECT MAX(v) FROM o WHERE o.k = a.k);
SELECT a.id, b.id FROM n a FULL JOIN n b ON a.k = b.k AND a.v < (SELECT MAX(v) FROM o);
SELECT a.id, b.id FROM n a JOIN n b ON a.k = b.k AND b.v < (SELECT MAX(v) FROM o);
SELECT a.id, b.id FROM n a LEFT JOIN n b ON a.id = b.id AND a.v > (SELECT COUNT(*) FROM o WHERE o.id = a.id);
SELECT a.id, b.id FROM n a LEFT JOIN n b ON a.id = b.id AND NOT EXISTS (SELECT 1 FROM o);
