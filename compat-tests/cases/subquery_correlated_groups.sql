-- name: subquery_correlated_groups
-- tags: subquery correlated group-by
-- note: sub-queries with GROUP BY that refer to the row outside
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
-- | 4,d,9
CREATE TABLE n (id INT, k STRING, v INT) WITH ('connector'='filesystem','path'='${DATA}/n.csv','format'='csv','csv.null-literal'='');
CREATE TABLE o (id INT, k STRING, v INT) WITH ('connector'='filesystem','path'='${DATA}/o.csv','format'='csv','csv.null-literal'='');
SELECT id, (SELECT COUNT(*) FROM o WHERE o.k = n.k GROUP BY o.k) AS c FROM n;
SELECT id, (SELECT MAX(v) FROM o WHERE o.k = n.k GROUP BY o.id) AS m FROM n;
SELECT id FROM n WHERE v > (SELECT AVG(v) FROM o WHERE o.k = n.k GROUP BY o.k);
SELECT id, (SELECT COUNT(v) FROM o WHERE o.id = n.id GROUP BY o.id) AS c, (SELECT MIN(v) FROM o WHERE o.id = n.id GROUP BY o.id) AS m FROM n;
SELECT id FROM n WHERE v IN (SELECT MAX(v) FROM o WHERE o.k = n.k GROUP BY o.id);
