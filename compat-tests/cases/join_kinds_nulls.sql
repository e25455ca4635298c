-- name: join_kinds_nulls
-- tags: join null duplicates retraction
-- note: every kind of join over NULL keys, duplicates and rows that are taken back; sources race, so that only the rows left are compared
-- file: l.csv
-- | 1,10,a
-- | 2,20,b
-- | 2,20,b
-- | 3,,c
-- | ,30,d
-- | 4,40,
-- | 2,21,e
-- file: r.csv
-- | 1,100,p
-- | 2,200,q
-- | 2,201,r
-- | ,300,s
-- | 5,500,t
-- | 4,,u
-- | 4,400,u
CREATE TABLE l (k INT, x INT, n STRING) WITH ('connector'='filesystem','path'='${DATA}/l.csv','format'='csv','csv.null-literal'='');
CREATE TABLE r (k INT, y INT, n STRING) WITH ('connector'='filesystem','path'='${DATA}/r.csv','format'='csv','csv.null-literal'='');
CREATE VIEW lu AS SELECT k, SUM(x) AS x, COUNT(*) AS c FROM l GROUP BY k;
CREATE VIEW ru AS SELECT k, MAX(y) AS y, COUNT(*) AS c FROM r GROUP BY k;
SELECT * FROM l JOIN r ON l.k = r.k;
SELECT * FROM l LEFT JOIN r ON l.k = r.k;
SELECT * FROM l RIGHT JOIN r ON l.k = r.k;
SELECT * FROM l FULL JOIN r ON l.k = r.k;
SELECT * FROM l JOIN r ON l.k IS NOT DISTINCT FROM r.k;
SELECT * FROM l LEFT JOIN r ON l.k IS NOT DISTINCT FROM r.k;
SELECT * FROM l FULL JOIN r ON l.k = r.k AND l.x < r.y;
SELECT * FROM l LEFT JOIN r ON l.k = r.k AND r.y IS NULL;
SELECT * FROM l LEFT JOIN r ON l.k = r.k WHERE r.y IS NULL;
SELECT * FROM l RIGHT JOIN r ON l.k = r.k AND l.n > 'b';
SELECT * FROM l CROSS JOIN (SELECT COUNT(*) AS c FROM r) s;
SELECT * FROM l, r WHERE l.k + 1 = r.k;
SELECT l.k, r.k FROM l LEFT JOIN r ON l.k = r.k AND l.n = r.n;
SELECT l.n FROM l WHERE l.k IN (SELECT k FROM r);
SELECT l.n FROM l WHERE l.k NOT IN (SELECT k FROM r WHERE k IS NOT NULL);
SELECT l.n FROM l WHERE l.k NOT IN (SELECT k FROM r);
SELECT l.n FROM l WHERE EXISTS (SELECT 1 FROM r WHERE r.k = l.k AND r.y > 100);
SELECT l.n FROM l WHERE NOT EXISTS (SELECT 1 FROM r WHERE r.k = l.k);
SELECT * FROM lu JOIN ru ON lu.k = ru.k;
SELECT * FROM lu LEFT JOIN ru ON lu.k = ru.k;
SELECT * FROM lu RIGHT JOIN ru ON lu.k = ru.k;
SELECT * FROM lu FULL JOIN ru ON lu.k = ru.k;
SELECT * FROM lu FULL JOIN ru ON lu.c = ru.c;
SELECT * FROM lu LEFT JOIN r ON lu.k = r.k;
SELECT * FROM l LEFT JOIN ru ON l.k = ru.k;
SELECT l.n FROM l WHERE l.k IN (SELECT k FROM ru WHERE c > 1);
SELECT l.n FROM l WHERE l.k NOT IN (SELECT k FROM ru WHERE k IS NOT NULL AND c = 1);
SELECT lu.k FROM lu WHERE EXISTS (SELECT 1 FROM ru WHERE ru.k = lu.k AND ru.c = lu.c);
SELECT n, COUNT(*), COUNT(y), SUM(y) FROM (SELECT l.n, r.y FROM l LEFT JOIN r ON l.k = r.k) GROUP BY n;
SELECT k, COUNT(DISTINCT y) FROM (SELECT l.k, ru.y FROM l FULL JOIN ru ON l.k = ru.k) GROUP BY k;
SELECT * FROM l NATURAL JOIN r;
SELECT * FROM l JOIN r USING (k);
SELECT * FROM l FULL JOIN r USING (k);
SELECT a.k, b.k, c.k FROM l a LEFT JOIN r b ON a.k = b.k LEFT JOIN lu c ON b.k = c.k;
SELECT a.n, b.n FROM l a JOIN l b ON a.k = b.k AND a.x <> b.x;
