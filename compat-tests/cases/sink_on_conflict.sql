-- name: sink_on_conflict
-- tags: sink on-conflict
-- note: DO NOTHING keeps the first row of a primary key, DO ERROR fails when there are two at a watermark
-- file: t.csv
-- | 1,a,10,2024-01-01 10:00:01.000
-- | 2,b,20,2024-01-01 10:00:02.000
-- | 3,a,10,2024-01-01 10:00:12.000
-- | 4,c,5,2024-01-01 10:00:14.000
-- | 5,b,20,2024-01-01 10:00:21.000
-- | 6,a,30,2024-01-01 10:00:32.000
-- | 7,c,5,2024-01-01 10:00:43.000
-- | 8,d,1,2024-01-01 10:00:51.000
-- | 9,,1,2024-01-01 10:00:52.000
-- file: u.csv
-- | 1,a,10,2024-01-01 10:00:01.000
-- | 2,a,20,2024-01-01 10:00:02.000
-- | 3,a,10,2024-01-01 10:00:12.000
SET 'pipeline.auto-watermark-interval'='0';
CREATE TABLE t (id INT, k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.null-literal'='');
CREATE TABLE u (id INT, k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector'='filesystem','path'='${DATA}/u.csv','format'='csv','csv.null-literal'='');
CREATE TABLE by_count (c BIGINT, k STRING, PRIMARY KEY (c) NOT ENFORCED) WITH ('connector'='print','print-identifier'='occount');
CREATE TABLE by_count_error (c BIGINT, k STRING, PRIMARY KEY (c) NOT ENFORCED) WITH ('connector'='blackhole');
CREATE TABLE by_count_of_one (c BIGINT, k STRING, PRIMARY KEY (c) NOT ENFORCED) WITH ('connector'='print','print-identifier'='ocone');
CREATE TABLE by_count_newest (c BIGINT, k STRING, PRIMARY KEY (c) NOT ENFORCED) WITH ('connector'='print','print-identifier'='ocnewest');
CREATE TABLE by_key (k STRING, c BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector'='print','print-identifier'='ockey');
CREATE TABLE by_max (m INT, k STRING, c BIGINT, PRIMARY KEY (m) NOT ENFORCED) WITH ('connector'='print','print-identifier'='ocmax');
CREATE TABLE by_max_of_one (m INT, k STRING, c BIGINT, PRIMARY KEY (m) NOT ENFORCED) WITH ('connector'='print','print-identifier'='ocmaxone');
CREATE TABLE by_v (v INT, id INT, PRIMARY KEY (v) NOT ENFORCED) WITH ('connector'='print','print-identifier'='ocv');
CREATE TABLE by_v_first (v INT, id INT, PRIMARY KEY (v) NOT ENFORCED) WITH ('connector'='print','print-identifier'='ocvfirst');
INSERT INTO by_count SELECT COUNT(*), k FROM t GROUP BY k ON CONFLICT DO NOTHING;
INSERT INTO by_count_error SELECT COUNT(*), k FROM t GROUP BY k ON CONFLICT DO ERROR;
INSERT INTO by_count_of_one SELECT COUNT(*), k FROM u GROUP BY k ON CONFLICT DO ERROR;
INSERT INTO by_count_newest SELECT COUNT(*), k FROM t WHERE k IS NOT NULL GROUP BY k ON CONFLICT DO DEDUPLICATE;
INSERT INTO by_key SELECT k, COUNT(*) FROM u GROUP BY k ON CONFLICT DO NOTHING;
INSERT INTO by_max SELECT MAX(v), k, COUNT(*) FROM t GROUP BY k ON CONFLICT DO NOTHING;
INSERT INTO by_max_of_one SELECT MAX(v), k, COUNT(*) FROM u GROUP BY k ON CONFLICT DO ERROR;
INSERT INTO by_v SELECT v, id FROM t ON CONFLICT DO NOTHING;
INSERT INTO by_v SELECT v, MAX(id) FROM t GROUP BY v, k ON CONFLICT DO NOTHING;
INSERT INTO by_v_first SELECT v, id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY ts DESC) AS rn FROM t) WHERE rn = 1 ON CONFLICT DO NOTHING;
