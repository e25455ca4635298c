-- name: win_join_cascade
-- tags: window join aggregate cascade
-- file: l.csv
-- | 2024-01-01 12:00:30.000,1,10,L1
-- | 2024-01-01 12:02:00.000,1,20,L2
-- | 2024-01-01 12:05:00.000,2,40,L3
-- | 2024-01-01 12:12:00.000,1,60,L5
-- file: r.csv
-- | 2024-01-01 12:01:00.000,1,15,R1
-- | 2024-01-01 12:02:00.000,1,25,R2
-- | 2024-01-01 12:06:00.000,2,35,R3
-- | 2024-01-01 12:14:00.000,1,55,R5
CREATE TABLE l (ts TIMESTAMP(3), k INT, n INT, v STRING, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector'='filesystem','path'='${DATA}/l.csv','format'='csv');
CREATE TABLE r (ts TIMESTAMP(3), k INT, m INT, w STRING, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector'='filesystem','path'='${DATA}/r.csv','format'='csv');
CREATE VIEW lt AS SELECT * FROM TABLE(TUMBLE(TABLE l, DESCRIPTOR(ts), INTERVAL '5' MINUTE));
CREATE VIEW rt AS SELECT * FROM TABLE(TUMBLE(TABLE r, DESCRIPTOR(ts), INTERVAL '5' MINUTE));
CREATE VIEW lh AS SELECT * FROM TABLE(HOP(TABLE l, DESCRIPTOR(ts), INTERVAL '5' MINUTE, INTERVAL '10' MINUTE));
CREATE VIEW rh AS SELECT * FROM TABLE(HOP(TABLE r, DESCRIPTOR(ts), INTERVAL '5' MINUTE, INTERVAL '10' MINUTE));
SELECT s, e, COUNT(*) AS c, SUM(n + m) AS t FROM (SELECT l.n, r.m, l.window_start AS s, l.window_end AS e FROM lt l JOIN rt r ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end) GROUP BY s, e;
SELECT k, s, e, COUNT(*) AS c FROM (SELECT l.k, l.window_start AS s, l.window_end AS e FROM lh l JOIN rh r ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end) GROUP BY k, s, e;
SELECT window_start, window_end, MAX(c) AS m FROM (SELECT k, window_start, window_end, COUNT(*) AS c FROM lt GROUP BY k, window_start, window_end) GROUP BY window_start, window_end;
