-- name: first_join_bounded
-- tags: first join changelog
-- note: the final rows count: which side comes first is not fixed
-- file: o.csv
-- | 1,100,12.50
-- | 2,101,1.20
-- | 3,100,30.00
-- | 4,,2.00
-- | 5,999,4.00
-- | 6,101,
-- file: c.csv
-- | 100,Ann,DE
-- | 101,Bob,FR
-- | 102,Cid,DE
-- | ,Nob,XX
-- | 101,Bobby,FR
CREATE TABLE o (oid INT, cid INT, amount DECIMAL(8,2)) WITH ('connector'='filesystem','path'='${DATA}/o.csv','format'='csv','csv.null-literal'='');
CREATE TABLE c (cid INT, name STRING, country STRING) WITH ('connector'='filesystem','path'='${DATA}/c.csv','format'='csv','csv.null-literal'='');
SELECT o.oid, c.name, o.amount FROM o JOIN c ON o.cid = c.cid;
SELECT o.oid, c.name, c.country FROM o LEFT JOIN c ON o.cid = c.cid;
SELECT o.oid, c.cid, c.name FROM o RIGHT JOIN c ON o.cid = c.cid;
SELECT o.oid, o.cid, c.cid, c.name FROM o FULL JOIN c ON o.cid = c.cid;
SELECT o.oid, c.name FROM o INNER JOIN c ON o.cid = c.cid AND o.amount > 2 WHERE c.country <> 'DE' OR o.oid = 3;
SELECT c.country, SUM(o.amount) AS s, COUNT(*) AS n FROM o JOIN c ON o.cid = c.cid GROUP BY c.country;
SELECT a.oid, b.oid AS other FROM o AS a JOIN o AS b ON a.cid = b.cid WHERE a.oid < b.oid;
SELECT * FROM o JOIN c USING (cid) WHERE oid < 3;
