-- name: sink_lengths
-- tags: sink
-- note: what sinks do with values that are longer or shorter than their column's type, and with NULL in NOT NULL columns
-- file: s.csv
-- | 1,ab,abcdef
-- | 2,abcdef,ab
-- | 3,abcd,abcd
-- | 4,,
CREATE TABLE s (k INT, c CHAR(4), v VARCHAR(4)) WITH ('connector'='filesystem','path'='${DATA}/s.csv','format'='csv','csv.null-literal'='');
CREATE TABLE f1 (k INT, c CHAR(4), v VARCHAR(4)) WITH ('connector'='filesystem','path'='${OUT}/f1','format'='json');
CREATE TABLE f2 (k INT, c CHAR(4), v VARCHAR(4)) WITH ('connector'='filesystem','path'='${OUT}/f2','format'='json');
CREATE TABLE f3 (k INT, c CHAR(4), v VARCHAR(4)) WITH ('connector'='filesystem','path'='${OUT}/f3','format'='json');
CREATE TABLE f4 (k INT, c CHAR(6), v VARCHAR(6)) WITH ('connector'='filesystem','path'='${OUT}/f4','format'='json');
CREATE TABLE f5 (k INT, v VARCHAR(4)) WITH ('connector'='filesystem','path'='${OUT}/f5','format'='json');
CREATE TABLE f6 (k INT, v STRING NOT NULL) WITH ('connector'='filesystem','path'='${OUT}/f6','format'='json');
INSERT INTO f1 SELECT * FROM s;
SET 'table.exec.sink.type-length-enforcer'='TRIM_PAD';
INSERT INTO f2 SELECT * FROM s;
INSERT INTO f4 SELECT * FROM s;
SET 'table.exec.sink.type-length-enforcer'='ERROR';
INSERT INTO f3 SELECT * FROM s WHERE k = 1;
INSERT INTO f3 SELECT * FROM s WHERE k = 2;
INSERT INTO f3 SELECT * FROM s WHERE k > 2;
INSERT INTO f5 SELECT k, v FROM s WHERE k = 1;
INSERT INTO f5 SELECT k, v FROM s WHERE k = 2;
SET 'table.exec.sink.type-length-enforcer'='IGNORE';
INSERT INTO f6 SELECT k, v FROM s;
SET 'table.exec.sink.not-null-enforcer'='DROP';
INSERT INTO f6 SELECT k, v FROM s;
