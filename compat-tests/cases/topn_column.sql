-- name: topn_column
-- tags: topn rank
-- note: Top-N whose limit is a column
-- file: e.csv
-- | 1,a,10,2
-- | 2,a,20,2
-- | 3,a,5,2
-- | 4,a,30,2
-- | 5,b,3,1
-- | 6,b,4,1
-- | 7,b,2,1
-- | 8,c,9,0
-- | 9,d,9,
-- | 10,a,25,2
-- | 11,a,7,3
-- | 12,e,1,5
CREATE TABLE e (id INT, k STRING, v INT, n BIGINT) WITH ('connector'='filesystem','path'='${DATA}/e.csv','format'='csv','csv.null-literal'='');
CREATE TABLE i (id INT, k STRING, v INT, n INT) WITH ('connector'='filesystem','path'='${DATA}/e.csv','format'='csv','csv.null-literal'='');
SELECT id, k, v, n, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) rn FROM e) WHERE rn <= n;
SELECT id, k, v, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) rn FROM e) WHERE rn <= n;
SELECT id, k, v, n, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, n ORDER BY v DESC) rn FROM e) WHERE rn <= n;
SELECT id, k, v, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, n ORDER BY v DESC) rn FROM e) WHERE rn < n;
SELECT id, k, v, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, n ORDER BY v DESC) rn FROM e) WHERE rn = n;
SELECT id, k, v, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, n ORDER BY v DESC) rn FROM e) WHERE n >= rn AND v > 2;
SELECT id, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) rn FROM i) WHERE rn <= n;
SELECT id, k, v, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, n ORDER BY v DESC) rn FROM e) WHERE rn <= n + 1;
SELECT id, k, v, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, n ORDER BY v DESC) rn FROM e) WHERE rn >= n;
SELECT id, k, v, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, n ORDER BY v DESC) rn FROM e) WHERE rn <= n AND rn <= 2;
SELECT id, k, v, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) rn FROM e) WHERE rn <= 3 AND MOD(rn, 2) = 0;
SELECT id, k, v, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) rn FROM e) WHERE rn IN (1, 3);
SELECT id, k, v, n FROM (SELECT *, RANK() OVER (PARTITION BY k, n ORDER BY v DESC) rn FROM e) WHERE rn <= n;
SELECT * FROM (SELECT k, c, n, ROW_NUMBER() OVER (PARTITION BY n ORDER BY c DESC) rn FROM (SELECT k, n, COUNT(*) c FROM e GROUP BY k, n)) WHERE rn <= n;
SELECT k, c, n FROM (SELECT k, c, n, ROW_NUMBER() OVER (PARTITION BY n ORDER BY c) rn FROM (SELECT k, n, COUNT(*) c FROM e GROUP BY k, n)) WHERE rn <= n;
SELECT k, c, m, rn FROM (SELECT k, c, m, ROW_NUMBER() OVER (ORDER BY c DESC) rn FROM (SELECT k, COUNT(*) m, SUM(v) c FROM e GROUP BY k)) WHERE rn <= m;
