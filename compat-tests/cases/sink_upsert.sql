-- name: sink_upsert
-- tags: sink changelog upsert
-- note: sinks with a primary key that is, or is not, the upsert key of the rows; what a print sink shows of the upsert materializer
-- file: o.csv
-- | 1,100,book,12.50
-- | 2,101,pen,1.20
-- | 3,100,lamp,30.00
-- | 4,102,pen,5.20
-- | 5,101,pen,7.00
-- | 6,100,book,1.00
CREATE TABLE o (oid INT, cid INT, product STRING, amount DECIMAL(8,2)) WITH ('connector'='filesystem','path'='${DATA}/o.csv','format'='csv');
CREATE TABLE p0 (k INT, v BIGINT) WITH ('connector'='print','print-identifier'='p0');
CREATE TABLE p1 (k INT, v BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector'='print','print-identifier'='p1');
CREATE TABLE p2 (k INT, v BIGINT, PRIMARY KEY (v) NOT ENFORCED) WITH ('connector'='print','print-identifier'='p2');
CREATE TABLE pl (k BIGINT, v BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector'='print','print-identifier'='pl');
CREATE TABLE ps (k STRING, v BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector'='print','print-identifier'='ps');
CREATE TABLE f0 (k INT, v BIGINT) WITH ('connector'='filesystem','path'='${OUT}/f','format'='csv');
INSERT INTO p0 SELECT cid, COUNT(*) FROM o GROUP BY cid;
INSERT INTO p1 SELECT cid, COUNT(*) FROM o GROUP BY cid;
INSERT INTO p2 SELECT cid, COUNT(*) FROM o GROUP BY cid;
INSERT INTO p2 SELECT cid, COUNT(*) FROM o GROUP BY cid ON CONFLICT DO DEDUPLICATE;
INSERT INTO p1 SELECT cid, COUNT(*) FROM o GROUP BY cid ON CONFLICT DO DEDUPLICATE;
INSERT INTO p1 SELECT oid, COUNT(*) FROM (SELECT product, COUNT(*) AS oid FROM o GROUP BY product) GROUP BY oid;
INSERT INTO ps SELECT product, MAX(amount) FROM o GROUP BY product, cid;
INSERT INTO pl SELECT CAST(cid AS BIGINT), COUNT(*) FROM o GROUP BY cid;
INSERT INTO pl SELECT cid, COUNT(*) FROM o GROUP BY cid;
INSERT INTO ps SELECT CAST(cid AS STRING), COUNT(*) FROM o GROUP BY cid;
INSERT INTO p1 SELECT CAST(product AS INT), COUNT(*) FROM o GROUP BY product;
INSERT INTO p1 SELECT cid + 1, COUNT(*) FROM o GROUP BY cid;
INSERT INTO p1 SELECT MAX(cid), COUNT(*) FROM o;
INSERT INTO p1 SELECT * FROM (SELECT cid, COUNT(*) AS c FROM o GROUP BY cid) WHERE c > 1;
INSERT INTO p1 SELECT cid, oid FROM o;
INSERT INTO p1 SELECT cid, oid FROM o ON CONFLICT DO NOTHING;
INSERT INTO p1 SELECT cid, oid FROM o ON CONFLICT DO DEDUPLICATE;
INSERT INTO p2 SELECT cid, COUNT(*) FROM o GROUP BY cid ON CONFLICT DO ERROR;
INSERT INTO p1 SELECT cid, COUNT(*) FROM o GROUP BY cid UNION ALL SELECT oid, COUNT(*) FROM o GROUP BY oid;
INSERT INTO ps SELECT product, COUNT(*) FROM o GROUP BY product, cid ON CONFLICT DO DEDUPLICATE;
INSERT INTO f0 SELECT cid, COUNT(*) FROM o GROUP BY cid;
INSERT INTO f0 SELECT DISTINCT cid, 1 FROM o;
INSERT INTO f0 SELECT a.cid, b.oid FROM o a LEFT JOIN o b ON a.cid = b.oid;
INSERT INTO f0 SELECT cid, c FROM (SELECT cid, COUNT(*) AS c FROM o GROUP BY cid) WHERE c > 1;
INSERT INTO f0 SELECT cid, COUNT(*) FROM (SELECT cid, product, COUNT(*) FROM o GROUP BY cid, product) GROUP BY cid;
SET 'table.exec.sink.require-on-conflict'='false';
INSERT INTO p2 SELECT cid, COUNT(*) FROM o GROUP BY cid;
SET 'table.exec.sink.upsert-materialize'='NONE';
INSERT INTO p2 SELECT cid, COUNT(*) FROM o GROUP BY cid;
SET 'table.exec.sink.upsert-materialize'='FORCE';
INSERT INTO p1 SELECT cid, COUNT(*) FROM o GROUP BY cid;
INSERT INTO p1 SELECT cid, oid FROM o;
INSERT INTO p0 SELECT cid, COUNT(*) FROM o GROUP BY cid;
