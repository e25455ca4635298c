-- name: join_chains_differs
-- tags: join chain cross condition subquery
-- file: c.csv
-- | 1,Ann,DE
-- | 2,Bob,FR
-- | 3,Cid,DE
-- | ,Nob,US
-- file: o.csv
-- | 10,1,book
-- | 11,1,pen
-- | 12,2,book
-- | 13,9,lamp
-- | 14,,desk
-- file: p.csv
-- | book,5
-- | pen,1
-- | desk,50
-- | chair,30
CREATE TABLE c (id INT, name STRING, land STRING) WITH ('connector'='filesystem','path'='${DATA}/c.csv','format'='csv','csv.null-literal'='');
CREATE TABLE o (oid INT, cid INT, product STRING) WITH ('connector'='filesystem','path'='${DATA}/o.csv','format'='csv','csv.null-literal'='');
CREATE TABLE p (product STRING, price INT) WITH ('connector'='filesystem','path'='${DATA}/p.csv','format'='csv','csv.null-literal'='');
SELECT c.name, o.oid FROM c JOIN o ON c.id = o.cid AND EXISTS (SELECT 1 FROM p WHERE p.product = o.product);
