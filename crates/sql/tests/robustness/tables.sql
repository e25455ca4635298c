CREATE TABLE t (
  a INT, b BIGINT, c STRING, d DOUBLE, e DECIMAL(10, 2), f BOOLEAN, g DATE, h TIME, i BYTES,
  arr ARRAY<INT>, m MAP<STRING, INT>, r ROW<x INT, y ROW<z STRING>>,
  ts TIMESTAMP(3), ltz AS TO_TIMESTAMP_LTZ(b, 3), pt AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '/nowhere/t', 'format' = 'json');
CREATE TABLE u (
  k INT NOT NULL, v STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts, PRIMARY KEY (k) NOT ENFORCED
) WITH ('connector' = 'upsert-kafka', 'topic' = 'u', 'properties.bootstrap.servers' = 'localhost:1', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE g (id BIGINT, name STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '10');
CREATE TABLE look (id INT, name STRING, PRIMARY KEY (id) NOT ENFORCED)
WITH ('connector' = 'filesystem', 'path' = '/nowhere/look', 'format' = 'csv', 'lookup.cache' = 'FULL');
CREATE TABLE sink (a INT, b BIGINT, c STRING) WITH ('connector' = 'print');
CREATE TABLE keyed (a INT NOT NULL, b BIGINT, PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'blackhole');
CREATE TABLE files (a INT, p STRING) PARTITIONED BY (p) WITH ('connector' = 'filesystem', 'path' = '/nowhere/files', 'format' = 'json');
CREATE VIEW latest AS SELECT a, c, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY a ORDER BY ts DESC) AS rn FROM t) WHERE rn = 1;
