-- name: join_temporal_dedup
-- tags: join temporal deduplication
-- file: rates.csv
-- | EUR,1.10,2024-01-01 09:00:00.000
-- | JPY,0.0090,2024-01-01 09:00:00.000
-- | EUR,1.20,2024-01-01 09:30:00.000
-- | JPY,0.0095,2024-01-01 09:45:00.000
-- | EUR,1.15,2024-01-01 10:30:00.000
-- file: trades.csv
-- | 1,EUR,2024-01-01 08:59:00.000
-- | 2,EUR,2024-01-01 09:10:00.000
-- | 3,JPY,2024-01-01 09:20:00.000
-- | 4,EUR,2024-01-01 09:30:00.000
-- | 5,USD,2024-01-01 09:40:00.000
-- | 6,JPY,2024-01-01 09:50:00.000
-- | 7,EUR,2024-01-01 11:00:00.000
CREATE TABLE history (cur STRING, rate DECIMAL(10,4), rts TIMESTAMP(3), WATERMARK FOR rts AS rts - INTERVAL '1' SECOND)
WITH ('connector'='filesystem','path'='${DATA}/rates.csv','format'='csv');
CREATE TABLE trades (tid INT, cur STRING, tts TIMESTAMP(3), WATERMARK FOR tts AS tts - INTERVAL '1' SECOND)
WITH ('connector'='filesystem','path'='${DATA}/trades.csv','format'='csv');
CREATE VIEW rates AS SELECT cur, rate, rts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY cur ORDER BY rts DESC) AS rn FROM history) WHERE rn = 1;
SELECT t.tid, r.rate FROM trades t JOIN rates FOR SYSTEM_TIME AS OF t.tts AS r ON t.cur = r.cur;
SELECT t.tid, r.rate FROM trades t LEFT JOIN rates FOR SYSTEM_TIME AS OF t.tts AS r ON t.cur = r.cur;
SELECT t.tid, r.rate FROM trades t JOIN history FOR SYSTEM_TIME AS OF t.tts AS r ON t.cur = r.cur;
