-- name: win_join_kinds
-- tags: window join hop cumulate null cascade
-- file: l.csv
-- | 2024-01-01 12:00:30.000,1,10,L1
-- | 2024-01-01 12:02:00.000,1,20,L2
-- | 2024-01-01 12:02:00.000,1,20,L2
-- | 2024-01-01 12:04:59.999,,30,Ln
-- | 2024-01-01 12:05:00.000,2,40,L3
-- | 2024-01-01 12:07:00.000,3,50,L4
-- | 2024-01-01 12:12:00.000,1,60,L5
-- file: r.csv
-- | 2024-01-01 12:01:00.000,1,15,R1
-- | 2024-01-01 12:02:00.000,1,25,R2
-- | 2024-01-01 12:03:00.000,,35,Rn
-- | 2024-01-01 12:06:00.000,2,35,R3
-- | 2024-01-01 12:06:30.000,4,45,R4
-- | 2024-01-01 12:14:00.000,1,55,R5
-- | 2024-01-01 12:14:00.000,1,55,R5
CREATE TABLE l (ts TIMESTAMP(3), k INT, n INT, v STRING, pt AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector'='filesystem','path'='${DATA}/l.csv','format'='csv','csv.null-literal'='');
CREATE TABLE r (ts TIMESTAMP(3), k INT, m INT, w STRING, pt AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector'='filesystem','path'='${DATA}/r.csv','format'='csv','csv.null-literal'='');
CREATE VIEW lt AS SELECT * FROM TABLE(TUMBLE(TABLE l, DESCRIPTOR(ts), INTERVAL '5' MINUTE));
CREATE VIEW rt AS SELECT * FROM TABLE(TUMBLE(TABLE r, DESCRIPTOR(ts), INTERVAL '5' MINUTE));
CREATE VIEW lh AS SELECT * FROM TABLE(HOP(TABLE l, DESCRIPTOR(ts), INTERVAL '5' MINUTE, INTERVAL '10' MINUTE));
CREATE VIEW rh AS SELECT * FROM TABLE(HOP(TABLE r, DESCRIPTOR(ts), INTERVAL '5' MINUTE, INTERVAL '10' MINUTE));
CREATE VIEW lc AS SELECT * FROM TABLE(CUMULATE(TABLE l, DESCRIPTOR(ts), INTERVAL '5' MINUTE, INTERVAL '15' MINUTE));
CREATE VIEW rc AS SELECT * FROM TABLE(CUMULATE(TABLE r, DESCRIPTOR(ts), INTERVAL '5' MINUTE, INTERVAL '15' MINUTE));
SELECT l.k, l.v, r.w, l.window_start, l.window_end FROM lt l JOIN rt r ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end;
SELECT l.k, l.v, r.w, r.window_start FROM lt l LEFT JOIN rt r ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end;
SELECT l.k, l.v, r.w, r.window_start FROM lt l RIGHT JOIN rt r ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end;
SELECT l.k, l.v, r.w, l.window_time, r.window_time AS rt FROM lt l FULL JOIN rt r ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end;
SELECT l.k, l.v, r.w FROM lt l LEFT JOIN rt r ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end AND l.n > r.m;
SELECT l.k, l.v, r.w FROM lt l RIGHT JOIN rt r ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end AND l.n > r.m;
SELECT l.k, l.v, r.w FROM lt l FULL JOIN rt r ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end AND l.n > r.m;
SELECT l.v, r.w FROM lt l JOIN rt r ON l.window_start = r.window_start AND l.window_end = r.window_end;
SELECT l.v, r.w FROM lt l JOIN rt r ON r.window_end = l.window_end AND r.window_start = l.window_start AND l.k = r.k AND l.v <> 'L1';
SELECT v, window_start FROM lt l WHERE k IN (SELECT k FROM rt r WHERE l.window_start = r.window_start AND l.window_end = r.window_end);
SELECT v, window_start FROM lt l WHERE EXISTS (SELECT * FROM rt r WHERE l.k = r.k AND l.n < r.m AND l.window_start = r.window_start AND l.window_end = r.window_end);
SELECT v, window_start FROM lt l WHERE NOT EXISTS (SELECT * FROM rt r WHERE l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end);
SELECT v, window_start FROM lt l WHERE k NOT IN (SELECT k FROM rt r WHERE l.window_start = r.window_start AND l.window_end = r.window_end);
SELECT l.k, l.v, r.w, l.window_start, l.window_end FROM lh l JOIN rh r ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end;
SELECT l.k, l.v, r.w, l.window_end, r.window_end AS re FROM lh l FULL JOIN rh r ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end;
SELECT l.k, l.v, r.w, l.window_start, l.window_end FROM lc l LEFT JOIN rc r ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end;
SELECT l.k, l.v, r.w FROM lt l JOIN rh r ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end;
SELECT l.k, l.v, r.w FROM lt l JOIN rt r ON l.k = r.k AND l.window_end = r.window_end;
SELECT P.k, P.n, A.m, P.s FROM (SELECT k, COUNT(*) AS n, window_start AS s, window_end AS e FROM lt GROUP BY k, window_start, window_end) P JOIN (SELECT k, SUM(m) AS m, window_start AS s, window_end AS e FROM rt GROUP BY k, window_start, window_end) A ON P.k = A.k AND P.s = A.s AND P.e = A.e;
SELECT P.k, P.n, r.w FROM (SELECT k, COUNT(*) AS n, window_start, window_end FROM lt GROUP BY k, window_start, window_end) P LEFT JOIN rt r ON P.k = r.k AND P.window_start = r.window_start AND P.window_end = r.window_end;
SELECT window_start, window_end, COUNT(*) AS n FROM TABLE(TUMBLE((SELECT l.k, l.window_time AS wt FROM lt l LEFT JOIN rt r ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end), DESCRIPTOR(wt), INTERVAL '10' MINUTE)) GROUP BY window_start, window_end;
SELECT x.v, x.w, r2.w AS w2 FROM (SELECT l.k, l.v, r.w, l.window_start AS s, l.window_end AS e FROM lt l JOIN rt r ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end) x JOIN rt r2 ON x.k = r2.k AND x.s = r2.window_start AND x.e = r2.window_end;
SELECT l.k, l.v, r.w FROM TABLE(TUMBLE(TABLE l, DESCRIPTOR(pt), INTERVAL '5' MINUTE)) l JOIN TABLE(TUMBLE(TABLE r, DESCRIPTOR(pt), INTERVAL '5' MINUTE)) r ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end;
