-- name: subquery_exists_groups
-- tags: subquery exists group
-- note: EXISTS and IN of correlated sub-queries with GROUP BY, HAVING, DISTINCT, aggregates, joins
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
SELECT id FROM n WHERE EXISTS (SELECT 1 FROM o WHERE o.k = n.k GROUP BY o.id);
SELECT id FROM n WHERE EXISTS (SELECT o.id, COUNT(*) FROM o WHERE o.k = n.k GROUP BY o.id HAVING COUNT(*) > 1);
SELECT id FROM n WHERE NOT EXISTS (SELECT o.id, COUNT(*) FROM o WHERE o.k = n.k GROUP BY o.id HAVING COUNT(*) > 1);
SELECT id FROM n WHERE EXISTS (SELECT COUNT(*) FROM o WHERE o.k = n.k);
SELECT id FROM n WHERE EXISTS (SELECT COUNT(*) FROM o WHERE o.k = n.k HAVING COUNT(*) > 1);
SELECT id FROM n WHERE EXISTS (SELECT o.id FROM o WHERE o.k = n.k AND o.v < n.v GROUP BY o.id);
SELECT id FROM n WHERE EXISTS (SELECT o.id FROM o WHERE o.v < n.v GROUP BY o.id HAVING COUNT(*) > 1);
SELECT id FROM n WHERE id IN (SELECT o.id FROM o WHERE o.k = n.k GROUP BY o.id HAVING COUNT(*) > 1);
SELECT id FROM n WHERE id IN (SELECT COUNT(*) FROM o WHERE o.k = n.k GROUP BY o.id);
SELECT id FROM n WHERE id NOT IN (SELECT o.id FROM o WHERE o.k = n.k GROUP BY o.id);
SELECT id, EXISTS (SELECT 1 FROM o WHERE o.k = n.k GROUP BY o.id) FROM n;
SELECT id FROM n WHERE EXISTS (SELECT 1 FROM o WHERE o.k = n.k GROUP BY o.id) OR v = 5;
SELECT id FROM n WHERE EXISTS (SELECT DISTINCT o.v FROM o WHERE o.k = n.k);
SELECT id FROM n WHERE v > (SELECT MIN(v) FROM o WHERE o.k = n.k GROUP BY o.id);
SELECT id FROM n WHERE v >= (SELECT MIN(v) FROM o WHERE o.k = n.k GROUP BY o.k);
SELECT id FROM n WHERE EXISTS (SELECT 1 FROM (SELECT k, COUNT(*) c FROM o GROUP BY k) t WHERE t.k = n.k AND t.c > 1);
SELECT id FROM n WHERE EXISTS (SELECT 1 FROM o WHERE o.k = n.k AND EXISTS (SELECT 1 FROM o p WHERE p.id = o.id AND p.v IS NULL));
SELECT id FROM n WHERE EXISTS (SELECT 1 FROM o JOIN n m ON o.id = m.id WHERE o.k = n.k);
