-- name: first_agg_types
-- tags: first agg types
-- note: sums keep the type of integers and wrap; averages of integers are cut
-- file: t.csv
-- | a,100,30000,2147483000,9223372036854775000,1.5,0.1,12.34,1.5
-- | a,100,30000,2000,1000,0.1,0.2,-0.34,2.25
-- | a,-7,-8,-9,-10,-1.25,1e300,99999999.99,0.000000000000000001
-- | b,,,,,,,,
-- | c,1,1,1,1,1,1,1,1
-- | c,,,,,,,,
-- | c,2,2,2,2,2,2,2,2
CREATE TABLE t (k STRING, ti TINYINT, si SMALLINT, i INT, b BIGINT, f FLOAT, d DOUBLE, n DECIMAL(10,2), w DECIMAL(38,18)) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.null-literal'='');
SELECT k, SUM(ti) AS ti, SUM(si) AS si, SUM(i) AS i, SUM(b) AS b, SUM(f) AS f, SUM(d) AS d, SUM(n) AS n, SUM(w) AS w FROM t GROUP BY k;
SELECT k, AVG(ti) AS ti, AVG(si) AS si, AVG(i) AS i, AVG(b) AS b, AVG(f) AS f, AVG(d) AS d, AVG(n) AS n, AVG(w) AS w FROM t GROUP BY k;
SELECT k, MIN(ti) AS ti, MIN(si) AS si, MIN(i) AS i, MIN(b) AS b, MIN(f) AS f, MIN(d) AS d, MIN(n) AS n, MIN(w) AS w FROM t GROUP BY k;
SELECT k, MAX(ti) AS ti, MAX(si) AS si, MAX(i) AS i, MAX(b) AS b, MAX(f) AS f, MAX(d) AS d, MAX(n) AS n, MAX(w) AS w FROM t GROUP BY k;
SELECT k, COUNT(ti) AS ti, COUNT(si) AS si, COUNT(i) AS i, COUNT(b) AS b, COUNT(f) AS f, COUNT(d) AS d, COUNT(n) AS n, COUNT(w) AS w FROM t GROUP BY k;
SELECT SUM(ti), SUM(i), SUM(b), SUM(n), SUM(w), AVG(i), AVG(n), COUNT(*) FROM t;
SELECT SUM(i), AVG(i), MIN(i), MAX(i), COUNT(i), COUNT(*) FROM t WHERE k = 'b';
SELECT SUM(i), AVG(i), MIN(i), MAX(i), COUNT(i), COUNT(*) FROM t WHERE k = 'z';
SELECT k, SUM(i) FROM t WHERE k = 'z' GROUP BY k;
SELECT SUM(i + 1), SUM(i) + 1, SUM(n * 2), AVG(n / 3), SUM(1), SUM(2.5), AVG(7), COUNT(1) FROM t WHERE k = 'c';
SELECT SUM(CAST(i AS BIGINT)), SUM(CAST(i AS DECIMAL(20, 3))), AVG(CAST(i AS DOUBLE)), AVG(CAST(i AS DECIMAL(5, 1))) FROM t WHERE k = 'a' OR k = 'c';
