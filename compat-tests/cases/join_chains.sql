-- name: join_chains
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
SELECT c.name, o.oid, p.price FROM c JOIN o ON c.id = o.cid JOIN p ON o.product = p.product;
SELECT c.name, o.oid, p.price FROM c LEFT JOIN o ON c.id = o.cid LEFT JOIN p ON o.product = p.product;
SELECT c.name, o.oid, p.price FROM c FULL JOIN o ON c.id = o.cid FULL JOIN p ON o.product = p.product;
SELECT c.name, o.oid, p.price FROM c RIGHT JOIN o ON c.id = o.cid RIGHT JOIN p ON o.product = p.product;
SELECT c.name, o.oid, p.price FROM c, o, p WHERE c.id = o.cid AND o.product = p.product AND p.price > 1;
SELECT c.name, p.product FROM c CROSS JOIN p;
SELECT c.name, p.product FROM c JOIN p ON CHAR_LENGTH(c.name) < p.price;
SELECT c.name, p.product FROM c LEFT JOIN p ON p.price > 100;
SELECT c.name, o.oid FROM c JOIN o ON c.id = o.cid OR (c.id IS NULL AND o.cid IS NULL);
SELECT c.name, o.oid FROM c JOIN o ON c.id IS NOT DISTINCT FROM o.cid;
SELECT x.land, COUNT(*) AS n, SUM(p.price) AS s FROM c x JOIN o ON x.id = o.cid JOIN p USING (product) GROUP BY x.land;
SELECT a.land, a.n, b.m FROM (SELECT land, COUNT(*) AS n FROM c GROUP BY land) a LEFT JOIN (SELECT land, MAX(name) AS m FROM c GROUP BY land) b ON a.land = b.land;
SELECT name FROM c WHERE (id, land) IN (SELECT cid, 'DE' FROM o);
SELECT name FROM c WHERE (id, land) NOT IN (SELECT cid, 'DE' FROM o WHERE cid IS NOT NULL);
SELECT name FROM c WHERE EXISTS (SELECT 1 FROM o WHERE o.cid > c.id);
SELECT name FROM c WHERE NOT EXISTS (SELECT 1 FROM o WHERE o.cid > c.id AND o.product <> c.name);
SELECT name FROM c WHERE id IN (SELECT cid FROM o JOIN p ON o.product = p.product WHERE p.price > 1);
SELECT name FROM c WHERE name IN (SELECT MAX(name) FROM c GROUP BY land);
SELECT name FROM c WHERE id IN (SELECT DISTINCT cid FROM o WHERE o.product < c.name);
SELECT name FROM c WHERE land IN (SELECT land FROM c c2 WHERE c2.id = c.id GROUP BY land);
SELECT c.name, (SELECT COUNT(*) FROM o WHERE o.cid < c.id) AS n FROM c;
SELECT c.name FROM c WHERE c.id > (SELECT MIN(o.cid) FROM o WHERE o.cid < c.id);
SELECT * FROM c LEFT SEMI JOIN o ON c.id = o.cid;
SELECT * FROM c NATURAL JOIN (SELECT cid AS id, oid FROM o);
