-- name: ddl_create_as
-- tags: ddl insert
-- note: CREATE TABLE AS and REPLACE TABLE AS, and the statements that a stream does not have
-- file: o.csv
-- | 1,100,book,12.50
-- | 2,101,pen,1.20
-- | 3,100,lamp,30.00
CREATE TABLE o (oid INT, cid INT, product STRING, amount DECIMAL(8,2)) WITH ('connector'='filesystem','path'='${DATA}/o.csv','format'='csv','csv.null-literal'='');
CREATE TABLE pr (k INT, v STRING) WITH ('connector'='print');
CREATE TABLE ct1 WITH ('connector'='print') AS SELECT oid, product AS p, amount * 2 AS d FROM o;
SHOW CREATE TABLE ct1;
DESCRIBE ct1;
CREATE TABLE ct2 (extra INT, w AS oid + 1) WITH ('connector'='print') AS SELECT oid, product FROM o;
SHOW CREATE TABLE ct2;
CREATE TABLE ct3 (oid BIGINT) WITH ('connector'='print') AS SELECT oid, product FROM o;
SHOW CREATE TABLE ct3;
CREATE TABLE ct4 (PRIMARY KEY (oid) NOT ENFORCED) WITH ('connector'='print') AS SELECT oid, product FROM o;
SHOW CREATE TABLE ct4;
CREATE TABLE ct5 (product, oid) WITH ('connector'='print') AS SELECT oid, product FROM o;
SHOW CREATE TABLE ct5;
CREATE TABLE ct6 (product, xx) WITH ('connector'='print') AS SELECT oid, product FROM o;
CREATE TABLE ct7 (oid) WITH ('connector'='print') AS SELECT oid, product FROM o;
CREATE TABLE ct8 PARTITIONED BY (product) WITH ('connector'='filesystem','path'='${OUT}/ct8','format'='csv') AS SELECT oid, product FROM o;
CREATE TABLE IF NOT EXISTS ct1 WITH ('connector'='print') AS SELECT oid FROM o;
CREATE TABLE ct1 WITH ('connector'='print') AS SELECT oid FROM o;
CREATE TABLE ct9 (extra INT NOT NULL) WITH ('connector'='print') AS SELECT oid FROM o;
CREATE TABLE ct10 (oid STRING) WITH ('connector'='print') AS SELECT oid FROM o;
CREATE TABLE ct11 AS SELECT oid FROM o;
SHOW TABLES;
CREATE TEMPORARY TABLE ct12 WITH ('connector'='print') AS SELECT oid FROM o;
CREATE TABLE ct13 WITH ('connector'='print') AS SELECT 1;
CREATE TABLE ct14 WITH ('connector'='print') AS SELECT oid, oid FROM o;
CREATE OR REPLACE TABLE ct1 WITH ('connector'='print') AS SELECT oid FROM o;
SHOW CREATE TABLE ct1;
REPLACE TABLE ct1 WITH ('connector'='print') AS SELECT oid, cid FROM o;
REPLACE TABLE nope WITH ('connector'='print') AS SELECT oid, cid FROM o;
CREATE OR REPLACE TABLE ct20 WITH ('connector'='print') AS SELECT oid, cid FROM o;
CREATE OR REPLACE TABLE ct21 (a INT) WITH ('connector'='print');
CREATE OR REPLACE TABLE ct21 (b INT) WITH ('connector'='print');
REPLACE TABLE ct21 (b INT) WITH ('connector'='print');
SHOW CREATE TABLE ct21;
EXPLAIN CREATE TABLE ct22 WITH ('connector'='print') AS SELECT oid, cid FROM o;
EXPLAIN CREATE OR REPLACE TABLE ct22 WITH ('connector'='print') AS SELECT oid, cid FROM o;
SHOW TABLES;
TRUNCATE TABLE o;
TRUNCATE TABLE nope;
UPDATE pr SET k = 1;
DELETE FROM pr WHERE k = 1;
DELETE FROM o WHERE oid = 1;
UPDATE o SET oid = 2 WHERE oid = 1;
UPDATE o SET nope = 2;
ANALYZE TABLE o COMPUTE STATISTICS;
SHOW JARS;
SHOW CREATE VIEW o;
SHOW COLUMNS FROM o;
SHOW COLUMNS IN o LIKE 'o%';
