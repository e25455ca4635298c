-- name: query_kinds
-- tags: select join window group set over topn
-- note: each kind of query once, over rows with NULLs, equal time stamps, late ones
-- file: a.csv
-- | 2024-01-01 10:00:01.000,1,x,10,1.50
-- | 2024-01-01 10:00:02.000,2,y,,2.25
-- | 2024-01-01 10:00:04.000,3,x,30,
-- | 2024-01-01 10:00:03.000,4,,5,0.01
-- | 2024-01-01 10:00:09.000,5,z,10,9.99
-- | 2024-01-01 10:00:05.000,6,y,7,-1.00
-- | 2024-01-01 10:00:12.000,7,x,10,1.50
-- | 2024-01-01 10:00:01.000,8,z,1,3.00
-- | 2024-01-01 10:00:21.000,9,y,8,4.00
-- file: b.csv
-- | 2024-01-01 10:00:02.000,x,100
-- | 2024-01-01 10:00:03.000,y,200
-- | 2024-01-01 10:00:08.000,x,300
-- | 2024-01-01 10:00:11.000,,400
-- | 2024-01-01 10:00:20.000,w,500
SET 'pipeline.auto-watermark-interval'='0';
CREATE TABLE a (ts TIMESTAMP(3), id INT, k STRING, v INT, d DECIMAL(6,2), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) WITH ('connector'='filesystem','path'='${DATA}/a.csv','format'='csv','csv.null-literal'='');
CREATE TABLE b (ts TIMESTAMP(3), k STRING, w INT, WATERMARK FOR ts AS ts) WITH ('connector'='filesystem','path'='${DATA}/b.csv','format'='csv','csv.null-literal'='');
SELECT k, COUNT(*) AS c, COUNT(v) AS cv, SUM(v) AS s, AVG(v) AS av, MIN(d) AS mn, MAX(d) AS mx FROM a GROUP BY k;
SELECT k, SUM(d) AS s, AVG(d) AS av, STDDEV_POP(v) AS sp, VAR_SAMP(v) AS vs FROM a GROUP BY k;
SELECT k, v, COUNT(*) AS c FROM a GROUP BY GROUPING SETS ((k, v), (k), ());
SELECT k, GROUPING(k) AS g, GROUPING_ID(k, v) AS gi, SUM(v) AS s FROM a GROUP BY CUBE (k, v) HAVING COUNT(*) > 1;
SELECT window_start, window_end, k, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY window_start, window_end, GROUPING SETS ((k), ());
SELECT window_start, window_end, COUNT(*) AS c, SUM(v) AS s FROM TABLE(HOP(TABLE a, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '6' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, window_end, k, MAX(v) AS m FROM TABLE(CUMULATE(TABLE a, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '6' SECOND)) GROUP BY window_start, window_end, k;
SELECT window_start, window_end, k, COUNT(*) AS c FROM TABLE(SESSION(TABLE a PARTITION BY k, DESCRIPTOR(ts), INTERVAL '4' SECOND)) GROUP BY window_start, window_end, k;
SELECT window_end, k, v, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY v DESC, id) AS rn FROM TABLE(TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '10' SECOND))) WHERE rn <= 2;
SELECT TUMBLE_START(ts, INTERVAL '10' SECOND) AS w, k, COUNT(DISTINCT v) AS c FROM a GROUP BY TUMBLE(ts, INTERVAL '10' SECOND), k;
SELECT a.id, b.w FROM a JOIN b ON a.k = b.k;
SELECT a.id, b.w FROM a LEFT JOIN b ON a.k = b.k AND b.w > 150;
SELECT a.id, b.w FROM a FULL JOIN b ON a.k = b.k WHERE a.id IS NULL OR b.w IS NULL;
SELECT a.id, b.w FROM a, b WHERE a.id NOT IN (6, 8) AND a.k = b.k AND a.ts BETWEEN b.ts - INTERVAL '3' SECOND AND b.ts + INTERVAL '3' SECOND;
SELECT a.id, b.w FROM a LEFT JOIN b ON a.k = b.k AND a.ts BETWEEN b.ts - INTERVAL '1' SECOND AND b.ts + INTERVAL '1' SECOND;
SELECT x.k, y.c FROM (SELECT DISTINCT k FROM a) x JOIN (SELECT k, COUNT(*) AS c FROM b GROUP BY k) y ON x.k = y.k;
SELECT k FROM a INTERSECT SELECT k FROM b;
SELECT k FROM a EXCEPT SELECT k FROM b;
SELECT k FROM a WHERE v IS NOT NULL EXCEPT ALL SELECT k FROM b;
SELECT k, v FROM a WHERE k IN (SELECT k FROM b);
SELECT k, v FROM a WHERE k NOT IN (SELECT k FROM b WHERE k IS NOT NULL);
SELECT id, (SELECT MAX(w) FROM b WHERE b.k = a.k) AS m FROM a;
SELECT id FROM a WHERE v >= ALL (SELECT v FROM a WHERE v IS NOT NULL);
SELECT id, k, SUM(v) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM a;
SELECT id, k, COUNT(*) OVER (PARTITION BY k ORDER BY ts RANGE BETWEEN INTERVAL '5' SECOND PRECEDING AND CURRENT ROW) AS c FROM a;
SELECT id, LAG(v) OVER (ORDER BY ts) AS l, LAG(v, 2, -1) OVER (ORDER BY ts) AS l2 FROM a;
SELECT id, k FROM a ORDER BY ts;
SELECT id, v FROM a ORDER BY v DESC NULLS LAST, id LIMIT 3;
SELECT id, v FROM a ORDER BY v LIMIT 2 OFFSET 1;
SELECT DISTINCT v, k FROM a WHERE v > 5;
WITH t AS (SELECT k, SUM(v) AS s FROM a GROUP BY k), u AS (SELECT MAX(s) AS m FROM t) SELECT t.k FROM t, u WHERE t.s = u.m;
SELECT k, LISTAGG(CAST(id AS STRING), '-') AS l, COLLECT(v) AS c FROM a WHERE k = 'x' GROUP BY k;
SELECT k, FIRST_VALUE(id) AS f, LAST_VALUE(id) AS l, ARRAY_AGG(v) AS g FROM a GROUP BY k;
SELECT k, COUNT(*) FILTER (WHERE v > 7) AS c, SUM(DISTINCT v) AS s FROM a GROUP BY k HAVING SUM(v) > 10;
SELECT t.x, COUNT(*) AS c FROM a CROSS JOIN UNNEST(ARRAY[v, id]) AS t (x) GROUP BY t.x;
SELECT id, t.key, t.val FROM a, UNNEST(MAP['a', v, 'b', id]) AS t (key, val) WHERE id < 3;
SELECT id, l.m FROM a, LATERAL (SELECT MAX(w) AS m FROM b WHERE b.k = a.k) AS l;
SELECT * FROM TABLE(HOP(TABLE a, DESCRIPTOR(ts), INTERVAL '4' SECOND, INTERVAL '6' SECOND));
SELECT k, COUNT(*) AS c FROM (SELECT k FROM a UNION ALL SELECT k FROM b) GROUP BY k;
SELECT k, v FROM a UNION SELECT k, w FROM b;
SELECT id, CASE WHEN v > 9 THEN 'big' WHEN v IS NULL THEN 'none' ELSE 'small' END AS s FROM a;
SELECT k, MAX(CAST(ts AS TIMESTAMP(3))) AS m, MIN(CAST(ts AS TIMESTAMP(3))) AS n FROM a GROUP BY k;
SELECT k, rn, id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS rn FROM a) WHERE rn = 1;
SELECT k, id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rn FROM a) WHERE rn = 1;
SELECT id, v, rn FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY v DESC) AS rn FROM a) WHERE rn BETWEEN 2 AND 3;
SELECT a.id FROM a JOIN a AS b ON a.v = b.v AND a.id < b.id;
SELECT a.k, COUNT(*) AS c FROM a JOIN b ON a.k = b.k GROUP BY a.k;
