-- name: time_watermark
-- tags: time watermark
-- note: row 3 is late by the watermark of row 2
-- file: e.csv
-- | 1,a,2024-01-01 10:00:01.000
-- | 2,b,2024-01-01 10:00:05.000
-- | 3,a,2024-01-01 10:00:03.000
-- | 4,b,2024-01-01 10:00:09.000
-- | 5,a,2024-01-01 10:00:09.000
-- | 6,,2024-01-01 10:00:20.000
SET 'pipeline.auto-watermark-interval'='0';
CREATE TABLE e (id INT, k STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector'='filesystem','path'='${DATA}/e.csv','format'='csv');
CREATE TABLE el (id INT, k STRING, ts0 TIMESTAMP(3), ts AS CAST(ts0 AS TIMESTAMP_LTZ(3)), pt AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector'='filesystem','path'='${DATA}/e.csv','format'='csv');
CREATE TABLE nw (id INT, k STRING, ts TIMESTAMP(3)) WITH ('connector'='filesystem','path'='${DATA}/e.csv','format'='csv');
SELECT id, ts, CURRENT_WATERMARK(ts) AS w FROM e;
SELECT id, ts, CURRENT_WATERMARK(ts) AS w FROM el;
SELECT id, CURRENT_WATERMARK(ts) IS NULL AS n, ts > CURRENT_WATERMARK(ts) AS l FROM e;
SELECT id FROM e WHERE CURRENT_WATERMARK(ts) IS NULL OR ts > CURRENT_WATERMARK(ts);
SELECT id FROM e WHERE ts <= CURRENT_WATERMARK(ts);
SELECT k, MAX(CURRENT_WATERMARK(ts)) FROM e GROUP BY k;
SELECT id, CURRENT_WATERMARK(ts) FROM nw;
SELECT id, CURRENT_WATERMARK(id) FROM e;
SELECT id, CURRENT_WATERMARK(pt) FROM el;
SELECT id, CURRENT_WATERMARK() FROM e;
SELECT a.id, b.id FROM e a JOIN e b ON a.k = b.k AND CURRENT_WATERMARK(a.ts) < b.ts;
SELECT id, SOURCE_WATERMARK() FROM e;
CREATE TABLE sw (id INT, k STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS SOURCE_WATERMARK()) WITH ('connector'='filesystem','path'='${DATA}/e.csv','format'='csv');
SELECT * FROM sw;
DESCRIBE sw;
CREATE TABLE sw2 (id INT, k STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS SOURCE_WATERMARK() - INTERVAL '1' SECOND) WITH ('connector'='filesystem','path'='${DATA}/e.csv','format'='csv');
CREATE TABLE dsw (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS SOURCE_WATERMARK()) WITH ('connector'='datagen','number-of-rows'='3');
SELECT * FROM dsw;
SHOW CREATE TABLE dsw;
SELECT id FROM e /*+ OPTIONS('scan.watermark.emit.strategy'='on-event') */;
SELECT id FROM e /*+ OPTIONS('scan.watermark.emit.strategy'='ON-PERIODIC') */;
SELECT id FROM e /*+ OPTIONS('scan.watermark.emit.strategy'='on-sometimes') */;
SELECT id FROM e /*+ OPTIONS('scan.watermark.idle-timeout'='1 min') */;
SELECT id FROM e /*+ OPTIONS('scan.watermark.idle-timeout'='x') */;
SELECT id FROM e /*+ OPTIONS('scan.watermark.alignment.group'='g') */;
SELECT id FROM e /*+ OPTIONS('scan.watermark.alignment.max-drift'='1 min') */;
SELECT id FROM e /*+ OPTIONS('scan.watermark.alignment.group'='g', 'scan.watermark.alignment.max-drift'='1 min') */;
SELECT id FROM e /*+ OPTIONS('scan.watermark.alignment.group'='g', 'scan.watermark.alignment.max-drift'='1 min', 'scan.watermark.alignment.update-interval'='2 s') */;
SELECT id FROM e /*+ OPTIONS('scan.watermark.foo'='g') */;
CREATE TABLE eo (id INT, k STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector'='filesystem','path'='${DATA}/e.csv','format'='csv','scan.watermark.emit.strategy'='on-event','scan.watermark.idle-timeout'='5 s');
SELECT id FROM eo;
CREATE TABLE nwo (id INT, k STRING, ts TIMESTAMP(3)) WITH ('connector'='filesystem','path'='${DATA}/e.csv','format'='csv','scan.watermark.emit.strategy'='on-event');
SELECT id FROM nwo;
CREATE TABLE dg (id INT, ts AS CAST(LOCALTIMESTAMP AS TIMESTAMP(3)), WATERMARK FOR ts AS ts) WITH ('connector'='datagen','number-of-rows'='3','fields.id.kind'='sequence','fields.id.start'='1','fields.id.end'='3','scan.watermark.emit.strategy'='on-event');
SELECT id FROM dg;
SELECT id, k, window_start, window_end, window_time FROM SESSION(TABLE el PARTITION BY k, DESCRIPTOR(ts), INTERVAL '3' SECOND);
SELECT k, COUNT(*) c, window_start, window_time FROM SESSION(TABLE el PARTITION BY k, DESCRIPTOR(ts), INTERVAL '3' SECOND) GROUP BY k, window_start, window_end, window_time;
SELECT window_start, window_end, SUM(c) FROM TUMBLE((SELECT k, COUNT(*) c, window_time wt FROM SESSION(TABLE el PARTITION BY k, DESCRIPTOR(ts), INTERVAL '2' SECOND) GROUP BY k, window_start, window_end, window_time), DESCRIPTOR(wt), INTERVAL '10' SECOND) GROUP BY window_start, window_end;
SELECT id, k FROM SESSION(TABLE el PARTITION BY k, DESCRIPTOR(pt), INTERVAL '2' HOUR);
CREATE TABLE msink (id INT, t TIMESTAMP(3) METADATA FROM 'timestamp') WITH ('connector'='print');
INSERT INTO msink SELECT id, ts FROM e;
CREATE TABLE fsink (id INT, t STRING METADATA FROM 'file.path') WITH ('connector'='filesystem','path'='${OUT}/x','format'='csv');
INSERT INTO fsink SELECT id, k FROM e;
CREATE TABLE fsink2 (id INT, t STRING METADATA FROM 'file.path' VIRTUAL) WITH ('connector'='filesystem','path'='${OUT}/x2','format'='csv');
INSERT INTO fsink2 SELECT id FROM e;
