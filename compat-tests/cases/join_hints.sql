-- name: join_hints
-- tags: join hints
-- note: hints of a join strategy have no effect on a stream, but must name tables of the query
-- file: a.csv
-- | 1,10
-- | 1,10
-- | 2,20
-- file: b.csv
-- | 1,10
-- | 2,21
CREATE TABLE a (id INT, v INT) WITH ('connector'='filesystem','path'='${DATA}/a.csv','format'='csv');
CREATE TABLE b (id INT, w INT) WITH ('connector'='filesystem','path'='${DATA}/b.csv','format'='csv');
SELECT /*+ BROADCAST(b) */ a.id, w FROM a JOIN b ON a.id = b.id;
SELECT /*+ SHUFFLE_HASH(zz) */ a.id, w FROM a JOIN b ON a.id = b.id;
SELECT /*+ NEST_LOOP(x), SHUFFLE_HASH(b) */ x.id FROM a AS x JOIN b ON x.id = b.id;
SELECT /*+ SHUFFLE_MERGE(a) */ COUNT(*) FROM a;
SELECT /*+ BROADCAST */ a.id, w FROM a JOIN b ON a.id = b.id;
SELECT /*+ FOO(b) */ a.id, w FROM a JOIN b ON a.id = b.id;
