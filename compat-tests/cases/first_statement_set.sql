-- name: first_statement_set
-- tags: first sink statement-set
-- file: t.csv
-- | 1,x,5
-- | 2,y,7
-- | 3,x,5
-- | 4,,1
-- | 5,x,
-- | 6,y,-7
-- | 7,,2
-- | 8,z,3
-- | 9,x,1
-- | 10,z,
CREATE TABLE t (id INT, k STRING, v INT) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.null-literal'='');
CREATE TABLE a (k STRING, v INT) WITH ('connector'='filesystem','path'='${OUT}/a','format'='csv');
CREATE TABLE b (id INT, k STRING) WITH ('connector'='filesystem','path'='${OUT}/b','format'='json');
CREATE TABLE c (k STRING, n BIGINT) WITH ('connector'='print');
EXECUTE STATEMENT SET BEGIN
INSERT INTO a SELECT k, v FROM t WHERE v > 2;
INSERT INTO b SELECT id, UPPER(k) FROM t WHERE k IS NOT NULL;
INSERT INTO c SELECT k, COUNT(*) FROM t GROUP BY k;
END;
SELECT * FROM a;
SELECT * FROM b;
EXECUTE STATEMENT SET BEGIN
INSERT INTO a SELECT k, v FROM t;
INSERT INTO a SELECT nope, v FROM t;
END;
