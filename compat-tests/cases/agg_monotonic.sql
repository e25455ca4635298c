-- name: agg_monotonic
-- tags: aggregate changelog
-- note: MAX and MIN over columns that only grow or shrink take no notice of what is taken back
-- file: o.csv
-- | 1,100,book
-- | 2,101,pen
-- | 3,100,book
-- | 4,102,book
-- | 5,101,pen
-- | 6,100,book
-- | 7,100,lamp
CREATE TABLE o (oid INT, cid INT, product STRING) WITH ('connector'='filesystem','path'='${DATA}/o.csv','format'='csv');
SELECT product, MAX(c) FROM (SELECT product, cid, COUNT(*) AS c FROM o GROUP BY product, cid) GROUP BY product;
SELECT product, MIN(c) FROM (SELECT product, cid, COUNT(*) AS c FROM o GROUP BY product, cid) GROUP BY product;
SELECT product, MAX(c), MIN(c), SUM(c), COUNT(*) FROM (SELECT product, cid, COUNT(*) AS c FROM o GROUP BY product, cid) GROUP BY product;
SELECT product, MAX(m), MIN(m) FROM (SELECT product, cid, MAX(oid) AS m FROM o GROUP BY product, cid) GROUP BY product;
SELECT product, MAX(m), MIN(m) FROM (SELECT product, cid, MIN(oid) AS m FROM o GROUP BY product, cid) GROUP BY product;
SELECT MAX(c) FROM (SELECT product, cid, COUNT(*) AS c FROM o GROUP BY product, cid);
SELECT c, MAX(m) FROM (SELECT cid, COUNT(*) AS c, MAX(oid) AS m FROM o GROUP BY cid) GROUP BY c;
SELECT MAX(n) FROM (SELECT product, MAX(c) AS n FROM (SELECT product, cid, COUNT(*) AS c FROM o GROUP BY product, cid) GROUP BY product);
SELECT product, MAX(c) FROM (SELECT product, cid, COUNT(*) AS c FROM o GROUP BY product, cid) WHERE c < 3 GROUP BY product;
SELECT product, MAX(c) FILTER (WHERE c > 1), MAX(DISTINCT c) FROM (SELECT product, cid, COUNT(*) AS c FROM o GROUP BY product, cid) GROUP BY product;
SELECT product, MAX(c + 1), MAX(-c) FROM (SELECT product, cid, COUNT(*) AS c FROM o GROUP BY product, cid) GROUP BY product;
SELECT product, MAX(s) FROM (SELECT product, cid, SUM(oid) AS s FROM o GROUP BY product, cid) GROUP BY product;
