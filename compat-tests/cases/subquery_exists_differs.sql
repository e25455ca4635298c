-- name: subquery_exists_differs
-- tags: subquery exists group
-- note: EXISTS that Flink limits before it looks at the row outside, and references over two levels
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
SELECT id FROM n WHERE EXISTS (SELECT 1 FROM o WHERE o.k = n.k LIMIT 1);
SELECT id FROM n WHERE EXISTS (SELECT 1 FROM (SELECT k, COUNT(*) c FROM o WHERE o.id = n.id GROUP BY k) t WHERE t.c > 1);
SELECT id FROM n WHERE EXISTS (SELECT 1 FROM o WHERE o.k = n.k AND EXISTS (SELECT 1 FROM o p WHERE p.id = n.id));
