CREATE TABLE l (k INT, v STRING) WITH ('connector'='filesystem','path'='/data/l','format'='csv');
CREATE TABLE r (k INT, v STRING) WITH ('connector'='filesystem','path'='/data/r','format'='csv');
EXPLAIN SELECT l.k, x.v FROM l, LATERAL (SELECT v FROM r WHERE r.k = l.k) x;
EXPLAIN SELECT l.k, x.m FROM l LEFT JOIN LATERAL (SELECT MAX(v) AS m FROM r WHERE r.k = l.k) x ON x.m > 'a';
EXPLAIN SELECT l.k, x.v FROM l, LATERAL (SELECT v FROM r WHERE r.k > l.k) x;
SELECT l.k, x.v FROM l, (SELECT v FROM r WHERE r.k = l.k) x;
EXPLAIN SELECT k FROM l INTERSECT ALL SELECT k FROM r;
EXPLAIN SELECT k FROM l EXCEPT ALL SELECT k FROM r;
