-- name: join_temporal
-- tags: join temporal version
-- file: rates.csv
-- | EUR,1.10,a,2024-01-01 09:00:00.000
-- | JPY,0.0090,a,2024-01-01 09:00:00.000
-- | ,9.99,n,2024-01-01 09:00:00.000
-- | EUR,1.20,b,2024-01-01 09:30:00.000
-- | EUR,1.21,c,2024-01-01 09:30:00.000
-- | JPY,0.0095,b,2024-01-01 09:45:00.000
-- | EUR,1.15,d,2024-01-01 10:30:00.000
-- file: trades.csv
-- | 1,EUR,100.00,a,2024-01-01 08:59:00.000
-- | 2,EUR,100.00,a,2024-01-01 09:10:00.000
-- | 3,JPY,10000.00,b,2024-01-01 09:20:00.000
-- | 4,EUR,100.00,c,2024-01-01 09:30:00.000
-- | 5,USD,5.00,a,2024-01-01 09:40:00.000
-- | 6,,7.00,n,2024-01-01 09:40:00.000
-- | 6,JPY,10000.00,b,2024-01-01 09:50:00.000
-- | 7,EUR,100.00,d,2024-01-01 11:00:00.000
-- | 7,EUR,100.00,d,2024-01-01 11:00:00.000
CREATE TABLE rates (cur STRING, rate DECIMAL(10,4), tag STRING, rts TIMESTAMP(3), WATERMARK FOR rts AS rts - INTERVAL '1' SECOND, PRIMARY KEY (cur) NOT ENFORCED)
WITH ('connector'='filesystem','path'='${DATA}/rates.csv','format'='csv','csv.null-literal'='');
CREATE TABLE trades (tid INT, cur STRING, amt DECIMAL(12,2), tag STRING, tts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR tts AS tts - INTERVAL '1' SECOND)
WITH ('connector'='filesystem','path'='${DATA}/trades.csv','format'='csv','csv.null-literal'='');
CREATE TABLE plain (cur STRING, rate DECIMAL(10,4), tag STRING, rts TIMESTAMP(3), PRIMARY KEY (cur) NOT ENFORCED)
WITH ('connector'='filesystem','path'='${DATA}/rates.csv','format'='csv','csv.null-literal'='');
SELECT t.tid, r.rate FROM trades t JOIN rates FOR SYSTEM_TIME AS OF t.tts AS r ON t.cur = r.cur;
SELECT t.tid, r.rate FROM trades t LEFT JOIN rates FOR SYSTEM_TIME AS OF t.tts AS r ON t.cur = r.cur;
SELECT t.tid, r.rate FROM trades t LEFT JOIN rates FOR SYSTEM_TIME AS OF t.tts AS r ON t.cur = r.cur AND t.tag <> r.tag;
SELECT t.tid, r.rate FROM trades t JOIN rates FOR SYSTEM_TIME AS OF t.tts AS r ON t.cur = r.cur AND t.tag = r.tag;
SELECT t.tid, r.rate, r.rts FROM trades t JOIN rates FOR SYSTEM_TIME AS OF t.tts AS r ON t.cur = r.cur WHERE r.rate > 1 AND t.tid > 2;
SELECT t.tid, r.rate FROM trades t LEFT JOIN rates FOR SYSTEM_TIME AS OF t.tts AS r ON t.cur = r.cur WHERE r.rate IS NULL;
SELECT t.tid, t.amt * r.rate AS total FROM (SELECT * FROM trades WHERE amt > 50) t JOIN rates FOR SYSTEM_TIME AS OF t.tts AS r ON r.cur = t.cur;
SELECT t.tid, r.rate FROM trades t JOIN rates FOR SYSTEM_TIME AS OF t.tts AS r USING (cur);
SELECT window_start, COUNT(*) AS n, SUM(rate) AS s FROM TABLE(TUMBLE((SELECT t.tts, r.rate FROM trades t LEFT JOIN rates FOR SYSTEM_TIME AS OF t.tts AS r ON t.cur = r.cur), DESCRIPTOR(tts), INTERVAL '1' HOUR)) GROUP BY window_start, window_end;
CREATE VIEW rv AS SELECT rts AS valid, cur AS c, rate * 100 AS percent FROM rates;
SELECT t.tid, v.percent FROM trades t JOIN rv FOR SYSTEM_TIME AS OF t.tts AS v ON t.cur = v.c;
SELECT t.tid, r.rate, r2.rate AS again FROM trades t JOIN rates FOR SYSTEM_TIME AS OF t.tts AS r ON t.cur = r.cur LEFT JOIN rates FOR SYSTEM_TIME AS OF t.tts AS r2 ON t.cur = r2.cur;
SELECT cur, COUNT(*) AS n FROM (SELECT t.cur, r.rate FROM trades t JOIN rates FOR SYSTEM_TIME AS OF t.tts AS r ON t.cur = r.cur) GROUP BY cur;
SELECT t.tid, r.rate FROM trades t RIGHT JOIN rates FOR SYSTEM_TIME AS OF t.tts AS r ON t.cur = r.cur;
SELECT t.tid, r.rate FROM trades t FULL JOIN rates FOR SYSTEM_TIME AS OF t.tts AS r ON t.cur = r.cur;
SELECT t.tid, r.rate FROM trades t JOIN rates FOR SYSTEM_TIME AS OF t.tts AS r ON t.tag = r.tag;
SELECT t.tid, r.rate FROM trades t, rates FOR SYSTEM_TIME AS OF t.tts AS r WHERE t.cur = r.cur;
SELECT t.tid, r.rate FROM trades t JOIN rates FOR SYSTEM_TIME AS OF t.tts + INTERVAL '1' MINUTE AS r ON t.cur = r.cur;
SELECT t.tid, r.rate FROM trades t JOIN rates FOR SYSTEM_TIME AS OF TIMESTAMP '2024-01-01 00:00:00' AS r ON t.cur = r.cur;
SELECT t.tid, r.rate FROM trades t JOIN plain FOR SYSTEM_TIME AS OF t.tts AS r ON t.cur = r.cur;
SELECT t.tid, r.rate FROM trades t JOIN rates FOR SYSTEM_TIME AS OF t.pt AS r ON t.cur = r.cur;
CREATE VIEW filtered AS SELECT * FROM rates WHERE rate > 1;
SELECT t.tid, r.rate FROM trades t JOIN filtered FOR SYSTEM_TIME AS OF t.tts AS r ON t.cur = r.cur;
CREATE VIEW computed AS SELECT UPPER(cur) AS cur, rate, rts FROM rates;
SELECT t.tid, r.rate FROM trades t JOIN computed FOR SYSTEM_TIME AS OF t.tts AS r ON t.cur = r.cur;
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE((SELECT r.rts, r.rate FROM trades t JOIN rates FOR SYSTEM_TIME AS OF t.tts AS r ON t.cur = r.cur), DESCRIPTOR(rts), INTERVAL '1' HOUR)) GROUP BY window_start, window_end;
SELECT * FROM rates FOR SYSTEM_TIME AS OF TIMESTAMP '2024-01-01 00:00:00';
SELECT /*+ LOOKUP('table'='r', 'retry-predicate'='lookup_miss', 'retry-strategy'='fixed_delay', 'fixed-delay'='1s', 'max-attempts'='3') */ t.tid, r.rate FROM trades t JOIN rates FOR SYSTEM_TIME AS OF t.tts AS r ON t.cur = r.cur;
