-- name: join_interval_kinds
-- tags: join interval outer null duplicate bounds
-- file: o.csv
-- | 1,10,a,2024-01-01 09:00:00.000
-- | 1,10,a,2024-01-01 09:00:00.000
-- | 2,20,b,2024-01-01 09:00:10.000
-- | ,30,n,2024-01-01 09:00:20.000
-- | 1,40,c,2024-01-01 09:01:00.000
-- | 3,50,d,2024-01-01 09:01:30.000
-- | 2,60,e,2024-01-01 09:02:00.000
-- | 1,70,f,2024-01-01 09:10:00.000
-- file: s.csv
-- | 1,5,s1,2024-01-01 08:59:00.000
-- | 1,15,s2,2024-01-01 09:00:00.000
-- | ,30,sn,2024-01-01 09:00:20.000
-- | 2,25,s3,2024-01-01 09:00:30.000
-- | 1,35,s4,2024-01-01 09:01:00.000
-- | 1,35,s4,2024-01-01 09:01:00.000
-- | 4,45,s5,2024-01-01 09:01:40.000
-- | 3,55,s6,2024-01-01 09:02:31.000
-- | 1,75,s7,2024-01-01 09:20:00.000
CREATE TABLE o (k INT, n INT, v STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
WITH ('connector'='filesystem','path'='${DATA}/o.csv','format'='csv','csv.null-literal'='');
CREATE TABLE s (k INT, m INT, w STRING, st TIMESTAMP(3), WATERMARK FOR st AS st - INTERVAL '1' SECOND)
WITH ('connector'='filesystem','path'='${DATA}/s.csv','format'='csv','csv.null-literal'='');
SELECT o.k, o.v, s.w FROM o JOIN s ON o.k = s.k AND o.ts BETWEEN s.st - INTERVAL '1' MINUTE AND s.st + INTERVAL '1' MINUTE;
SELECT o.k, o.v, s.w FROM o JOIN s ON o.k = s.k AND o.ts > s.st - INTERVAL '1' MINUTE AND o.ts < s.st + INTERVAL '1' MINUTE;
SELECT o.k, o.v, s.w FROM o JOIN s ON o.k = s.k AND s.st >= o.ts AND s.st < o.ts + INTERVAL '30' SECOND;
SELECT o.k, o.v, s.w FROM o JOIN s ON o.k = s.k AND o.ts = s.st;
SELECT o.k, o.v, s.w FROM o LEFT JOIN s ON o.k = s.k AND s.st BETWEEN o.ts AND o.ts + INTERVAL '30' SECOND;
SELECT s.k, o.v, s.w FROM o RIGHT JOIN s ON o.k = s.k AND s.st BETWEEN o.ts AND o.ts + INTERVAL '30' SECOND;
SELECT o.k, s.k AS sk, o.v, s.w FROM o FULL JOIN s ON o.k = s.k AND s.st BETWEEN o.ts - INTERVAL '10' SECOND AND o.ts + INTERVAL '1' MINUTE;
SELECT o.k, o.v, s.w FROM o LEFT JOIN s ON o.k = s.k AND s.st BETWEEN o.ts AND o.ts + INTERVAL '5' MINUTE AND o.n < s.m;
SELECT o.k, o.v, s.w FROM o FULL JOIN s ON o.k = s.k AND s.st BETWEEN o.ts AND o.ts + INTERVAL '5' MINUTE AND o.n > s.m;
SELECT o.v, s.w FROM o JOIN s ON s.st BETWEEN o.ts AND o.ts + INTERVAL '20' SECOND;
SELECT o.v, s.w FROM o LEFT JOIN s ON s.st BETWEEN o.ts + INTERVAL '1' MINUTE AND o.ts;
SELECT o.v, s.w FROM o JOIN s ON o.k = s.k AND s.st BETWEEN o.ts AND o.ts + INTERVAL '1' MONTH;
SELECT o.v, s.w FROM o, s WHERE o.k = s.k AND o.ts BETWEEN s.st - INTERVAL '1' MINUTE AND s.st AND o.n > 10 AND s.m < 50;
SELECT o.v, s.w FROM o JOIN s ON CAST(o.k AS BIGINT) = s.k AND o.ts BETWEEN s.st - INTERVAL '1' MINUTE AND s.st;
SELECT o.v, s.w FROM o LEFT JOIN s ON o.k = s.k AND o.ts BETWEEN s.st - INTERVAL '1' MINUTE AND s.st WHERE s.w IS NULL OR s.m > 20;
SELECT a.v, b.v AS v2 FROM o a JOIN o b ON a.k = b.k AND b.ts BETWEEN a.ts AND a.ts + INTERVAL '2' MINUTE AND a.n < b.n;
SELECT x.v, x.w, s2.w AS w2 FROM (SELECT o.k, o.v, o.ts, s.w FROM o JOIN s ON o.k = s.k AND s.st BETWEEN o.ts AND o.ts + INTERVAL '1' MINUTE) x LEFT JOIN s s2 ON x.k = s2.k AND s2.st BETWEEN x.ts - INTERVAL '2' MINUTE AND x.ts - INTERVAL '1' SECOND;
SELECT window_start, COUNT(*) AS n, COUNT(w) AS m FROM TABLE(TUMBLE((SELECT o.ts, s.w FROM o LEFT JOIN s ON o.k = s.k AND s.st BETWEEN o.ts AND o.ts + INTERVAL '30' SECOND), DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE((SELECT s.st, s.w FROM o JOIN s ON o.k = s.k AND s.st BETWEEN o.ts AND o.ts + INTERVAL '30' SECOND), DESCRIPTOR(st), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
SELECT o.v FROM o WHERE EXISTS (SELECT * FROM s WHERE o.k = s.k AND s.st BETWEEN o.ts AND o.ts + INTERVAL '30' SECOND);
SELECT o.v FROM o WHERE NOT EXISTS (SELECT * FROM s WHERE o.k = s.k AND s.st BETWEEN o.ts AND o.ts + INTERVAL '30' SECOND);
SELECT o.v, s.w FROM o JOIN s ON o.k = s.k AND s.st BETWEEN o.ts AND o.ts + INTERVAL '30' SECOND AND s.st < o.ts + INTERVAL '20' SECOND;
SELECT o.v, s.w FROM o JOIN s ON o.k = s.k AND s.st = o.ts + INTERVAL '1' MINUTE;
SELECT o.v, s.w FROM o JOIN s ON o.k = s.k AND s.st > o.ts;
SELECT o.v, s.w FROM o LEFT JOIN s USING (k);
