-- name: insert_partition
-- tags: insert sink partition
-- note: static partitions, target columns, and what Flink refuses of them
-- file: o.csv
-- | 1,100,book
-- | 2,101,pen
-- | 3,100,lamp
CREATE TABLE o (oid INT, cid INT, product STRING) WITH ('connector'='filesystem','path'='${DATA}/o.csv','format'='csv');
CREATE TABLE fp (a INT, b STRING, c INT) PARTITIONED BY (b, c) WITH ('connector'='filesystem','path'='${OUT}/fp','format'='csv');
CREATE TABLE pr (k INT, v STRING, w BIGINT) WITH ('connector'='print');
CREATE TABLE nn (k INT NOT NULL, v STRING) WITH ('connector'='print');
INSERT INTO fp PARTITION (b='x') SELECT oid, cid FROM o;
INSERT INTO fp PARTITION (b='x', c=3) SELECT oid FROM o;
INSERT INTO fp PARTITION (c=3) SELECT oid, product FROM o;
INSERT INTO fp PARTITION (c='4') SELECT oid, product FROM o;
INSERT INTO fp PARTITION (b='y', c=5) (a) SELECT oid FROM o;
INSERT INTO fp PARTITION (b='z') (c, a) SELECT cid, oid FROM o;
INSERT INTO fp PARTITION (d='x') SELECT oid, cid FROM o;
INSERT INTO fp PARTITION (a=1) SELECT product, cid FROM o;
INSERT INTO fp PARTITION (b='x') SELECT oid, cid, product FROM o;
INSERT INTO fp PARTITION (b='x', b='y') SELECT oid, cid FROM o;
INSERT INTO fp PARTITION (b) SELECT oid, cid FROM o;
INSERT INTO fp PARTITION (c=1) VALUES (1, 'v'), (2, 'w');
INSERT INTO fp (b, a) VALUES ('q', 9);
INSERT INTO fp (a, x) SELECT oid, cid FROM o;
INSERT INTO fp (a, a) SELECT oid, cid FROM o;
INSERT INTO fp (a, c) SELECT oid FROM o;
INSERT OVERWRITE fp SELECT oid, product, cid FROM o;
INSERT OVERWRITE fp PARTITION (b='x') SELECT oid, cid FROM o;
INSERT OVERWRITE pr SELECT oid, product, cid FROM o;
INSERT INTO pr PARTITION (v='x') SELECT oid, cid FROM o;
UPSERT INTO pr SELECT oid, product, cid FROM o;
INSERT INTO pr (w, k) SELECT cid, oid FROM o;
INSERT INTO pr (v) VALUES ('only v'), ('w');
INSERT INTO nn (v) SELECT product FROM o;
INSERT INTO nn SELECT oid, product FROM o;
INSERT INTO nn VALUES (CAST(NULL AS INT), 'x');
