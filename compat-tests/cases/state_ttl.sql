-- name: state_ttl
-- tags: join aggregate hints state
-- note: how long state is kept by the option and by hints, which say it for one query block; results do not show it, the errors do
-- file: a.csv
-- | 1,10
-- | 1,10
-- | 2,20
-- file: b.csv
-- | 1,10
-- | 2,21
CREATE TABLE a (id INT, v INT) WITH ('connector'='filesystem','path'='${DATA}/a.csv','format'='csv');
CREATE TABLE b (id INT, w INT) WITH ('connector'='filesystem','path'='${DATA}/b.csv','format'='csv');
CREATE TABLE c (id INT, x INT) WITH ('connector'='filesystem','path'='${DATA}/b.csv','format'='csv');
CREATE VIEW va AS SELECT * FROM a WHERE v > 0;
SELECT /*+ STATE_TTL('a'='1d', 'b'='7 d') */ a.id, w FROM a JOIN b ON a.id = b.id;
SELECT /*+ STATE_TTL('x'='PT24H'), BROADCAST(b) */ x.id, w FROM a AS x LEFT JOIN b ON x.id = b.id AND w > 15;
SELECT /*+ state_ttl('default_database.a'='1d', 'a'='2d') */ a.id, w, x FROM a JOIN b ON a.id = b.id JOIN c ON b.id = c.id;
SELECT /*+ STATE_TTL('va'='1 day') */ id, SUM(v) FROM va GROUP BY id;
SELECT /*+ STATE_TTL('a'='90000000') */ DISTINCT id FROM a;
SELECT /*+ STATE_TTL('zz'='1d') */ id, v FROM a;
SELECT /*+ STATE_TTL('zz'='1d') */ a.id, w FROM a JOIN b ON a.id = b.id;
SELECT /*+ STATE_TTL('zz'='1d', 'yy'='2d', 'a'='1d') */ a.id, w FROM a JOIN b ON a.id = b.id;
SELECT /*+ STATE_TTL('zz'='1d') */ COUNT(*) FROM a;
SELECT /*+ STATE_TTL('zz'='1d') */ DISTINCT id FROM a;
SELECT /*+ STATE_TTL('a'='1d') */ x.id, w FROM a AS x JOIN b ON x.id = b.id;
SELECT /*+ STATE_TTL('a'='1d') */ id, SUM(v) FROM va GROUP BY id;
SELECT /*+ STATE_TTL('A'='1d') */ a.id, w FROM a JOIN b ON a.id = b.id;
SELECT /*+ STATE_TTL(a) */ a.id, w FROM a JOIN b ON a.id = b.id;
SELECT /*+ STATE_TTL */ a.id, w FROM a JOIN b ON a.id = b.id;
SELECT /*+ STATE_TTL('a'='soon') */ a.id, w FROM a JOIN b ON a.id = b.id;
SELECT /*+ STATE_TTL('a'='1 day 3 hours') */ a.id, w FROM a JOIN b ON a.id = b.id;
SET 'table.exec.state.ttl' = '5 h';
SELECT a.id, COUNT(*), SUM(w) FROM a LEFT JOIN b ON a.id = b.id GROUP BY a.id;
SELECT /*+ STATE_TTL('a'='0s') */ id, SUM(v) FROM a GROUP BY id;
SELECT id FROM a WHERE id NOT IN (SELECT id FROM b WHERE w > 15);
