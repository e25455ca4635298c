-- name: lateral
-- tags: lateral correlated join
-- file: l.csv
-- | 1,a
-- | 1,a
-- | 2,b
-- | ,n
-- | 4,d
-- file: r.csv
-- | 1,x
-- | 1,y
-- | 2,z
-- | ,n
-- | 3,w
CREATE TABLE l (k INT, v STRING) WITH ('connector'='filesystem','path'='${DATA}/l.csv','format'='csv','csv.null-literal'='');
CREATE TABLE r (k INT, v STRING) WITH ('connector'='filesystem','path'='${DATA}/r.csv','format'='csv','csv.null-literal'='');
SELECT l.k, l.v, x.v AS xv FROM l, LATERAL (SELECT v FROM r WHERE r.k = l.k) x;
SELECT l.k, x.v FROM l CROSS JOIN LATERAL (SELECT k, v FROM r WHERE r.k = l.k AND r.v <> 'x') AS x(kk, v);
SELECT l.k, x.v FROM l LEFT JOIN LATERAL (SELECT v FROM r WHERE r.k = l.k) x ON TRUE;
SELECT l.k, x.v FROM l LEFT JOIN LATERAL (SELECT v FROM r WHERE r.k = l.k) x ON x.v > 'x';
SELECT l.k, x.m, x.n FROM l, LATERAL (SELECT MAX(v) AS m, COUNT(*) AS n FROM r WHERE r.k = l.k) x;
SELECT l.k, x.m, x.n FROM l LEFT JOIN LATERAL (SELECT MAX(v) AS m, COUNT(*) AS n FROM r WHERE r.k = l.k) x ON TRUE;
SELECT l.k, x.v FROM l, LATERAL (SELECT v FROM r WHERE r.k > l.k) x;
SELECT l.k, x.v FROM l, LATERAL (SELECT v FROM r WHERE r.k < l.k AND r.v < 'z') x;
SELECT l.k, x.v FROM l, LATERAL (SELECT v FROM r) x;
SELECT l.k, x.v FROM l, LATERAL (SELECT DISTINCT v FROM r WHERE r.k = l.k) x;
SELECT l.k, x.d FROM l, LATERAL (SELECT r.k * 2 AS d FROM r WHERE r.k = l.k) x;
SELECT l.k, x.v FROM l, (SELECT v FROM r WHERE r.k = l.k) x;
SELECT l.k, x.v FROM l RIGHT JOIN LATERAL (SELECT v FROM r WHERE r.k = l.k) x ON TRUE;
SELECT l.k, x.v, y.v AS yv FROM l, LATERAL (SELECT k, v FROM r WHERE r.k = l.k) x, LATERAL (SELECT v FROM r WHERE r.k = x.k) y;
SELECT l.k, x.n FROM l, LATERAL (SELECT v, COUNT(*) AS n FROM r WHERE r.k = l.k GROUP BY v) x;
