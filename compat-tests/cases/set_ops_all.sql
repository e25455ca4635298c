-- name: set_ops_all
-- tags: intersect except all null duplicate retraction
-- file: a.csv
-- | 1,x
-- | 2,y
-- | 2,y
-- | 2,y
-- | 3,
-- | 3,
-- | 5,v
-- file: b.csv
-- | 2,y
-- | 2,y
-- | 3,
-- | 4,z
-- | 4,z
-- | 5,w
CREATE TABLE a (k INT, v STRING) WITH ('connector'='filesystem','path'='${DATA}/a.csv','format'='csv','csv.null-literal'='');
CREATE TABLE b (k INT, v STRING) WITH ('connector'='filesystem','path'='${DATA}/b.csv','format'='csv','csv.null-literal'='');
SELECT * FROM a INTERSECT ALL SELECT * FROM b;
SELECT * FROM a EXCEPT ALL SELECT * FROM b;
SELECT k FROM a INTERSECT ALL SELECT k FROM b;
SELECT k FROM a EXCEPT ALL SELECT k FROM b;
SELECT k, COUNT(*) AS n FROM a GROUP BY k INTERSECT ALL SELECT k, COUNT(*) FROM b GROUP BY k;
SELECT k, COUNT(*) AS n FROM a GROUP BY k EXCEPT ALL SELECT k, COUNT(*) FROM b GROUP BY k;
SELECT k FROM a INTERSECT SELECT k FROM b EXCEPT ALL SELECT 2;
SELECT k FROM a EXCEPT SELECT k FROM b;
SELECT CAST(k AS BIGINT) AS k FROM a INTERSECT ALL SELECT k FROM b;
SELECT k FROM a INTERSECT ALL SELECT v FROM b;
SELECT k FROM a EXCEPT ALL SELECT k, v FROM b;
