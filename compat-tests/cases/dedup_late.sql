-- name: dedup_late
-- tags: dedup row_number
-- note: First rows by event time come when the watermark passes them: late rows, earlier rows before that, keys whose only row is late
-- file: a.csv
-- | 1,A,2024-01-01 10:00:10.000
-- | 2,A,2024-01-01 10:00:08.000
-- | 3,A,2024-01-01 10:00:08.000
-- | 4,B,2024-01-01 10:00:20.000
-- | 5,C,2024-01-01 10:00:09.000
-- | 6,A,2024-01-01 10:00:07.000
-- | 7,D,2024-01-01 10:00:16.000
-- | 8,B,2024-01-01 10:00:18.000
-- | 9,,2024-01-01 10:00:40.000
-- | 10,B,2024-01-01 10:00:41.000
-- | 11,E,2024-01-01 10:00:35.000
-- | 12,E,2024-01-01 10:00:36.000
-- | 13,F,2024-01-01 10:00:36.000
-- | 14,F,2024-01-01 10:00:35.999
-- | 15,G,2024-01-01 10:00:39.000
-- | 16,C,2024-01-01 10:00:50.000
-- | 17,H,2024-01-01 10:00:42.000
-- | 18,I,2024-01-01 10:00:46.000
-- | 19,H,2024-01-01 10:00:44.000
SET 'pipeline.auto-watermark-interval'='0';
CREATE TABLE a (id INT, k STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector'='filesystem','path'='${DATA}/a.csv','format'='csv','csv.null-literal'='');
SELECT id, k, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rn FROM a) WHERE rn = 1;
SELECT id, k, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rn FROM a) WHERE rn = 1;
SELECT id, k, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS rn FROM a) WHERE rn = 1;
