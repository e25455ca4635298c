-- name: win_corners
-- tags: window tvf
-- note: spellings of window functions, windows over windows, over views and over rows that are taken back
-- file: b.csv
-- | 2024-01-01 10:00:01.000,A,4,u1
-- | 2024-01-01 10:00:03.500,B,2,u2
-- | 2024-01-01 10:00:06.000,A,5,u1
-- | 2024-01-01 10:00:11.000,A,1,u3
-- | 2024-01-01 10:00:14.000,B,7,u2
-- | 2024-01-01 10:00:31.000,C,3,u1
CREATE TABLE b (ts TIMESTAMP(3), item STRING, price INT, usr STRING, WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) WITH ('connector'='filesystem','path'='${DATA}/b.csv','format'='csv');
CREATE TABLE bl (t STRING, item STRING, price INT, usr STRING, ts AS TO_TIMESTAMP_LTZ(EXTRACT(EPOCH FROM CAST(t AS TIMESTAMP(3))) * 1000, 3), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) WITH ('connector'='filesystem','path'='${DATA}/b.csv','format'='csv');
SELECT item, window_start, window_end, SUM(price) FROM TABLE(TUMBLE(TABLE b, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY item, window_start, window_end;
SELECT item, window_start, window_end, SUM(price) FROM TUMBLE(TABLE b, DESCRIPTOR(ts), INTERVAL '10' SECOND) GROUP BY item, window_start, window_end;
SELECT item, window_start, SUM(price) FROM TABLE(TUMBLE(DATA => TABLE b, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '10' SECOND)) GROUP BY item, window_start, window_end;
SELECT item, window_start, SUM(price) FROM TABLE(TUMBLE(DATA => TABLE b, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '10' SECOND, `OFFSET` => INTERVAL '3' SECOND)) GROUP BY item, window_start, window_end;
SELECT window_start, window_end, COUNT(*) FROM HOP(TABLE b, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND) GROUP BY window_start, window_end;
SELECT window_start, window_end, COUNT(*) FROM TABLE(HOP(DATA => TABLE b, TIMECOL => DESCRIPTOR(ts), SLIDE => INTERVAL '5' SECOND, SIZE => INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, window_end, COUNT(*) FROM TABLE(HOP(TABLE b, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND, INTERVAL '1' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, window_end, COUNT(*) FROM TABLE(CUMULATE(TABLE b, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '15' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, window_end, COUNT(*) FROM TABLE(CUMULATE(DATA => TABLE b, TIMECOL => DESCRIPTOR(ts), STEP => INTERVAL '5' SECOND, SIZE => INTERVAL '15' SECOND)) GROUP BY window_start, window_end;
SELECT item, window_start, window_end, COUNT(*) FROM TABLE(SESSION(TABLE b PARTITION BY item, DESCRIPTOR(ts), INTERVAL '6' SECOND)) GROUP BY item, window_start, window_end;
SELECT window_start, window_end, COUNT(*) FROM TABLE(SESSION(TABLE b, DESCRIPTOR(ts), INTERVAL '6' SECOND)) GROUP BY window_start, window_end;
SELECT item, usr, window_start, window_end, COUNT(*) FROM TABLE(SESSION(TABLE b PARTITION BY (item, usr), DESCRIPTOR(ts), INTERVAL '6' SECOND)) GROUP BY item, usr, window_start, window_end;
SELECT item, window_start, window_end, COUNT(*) FROM TABLE(SESSION(DATA => TABLE b PARTITION BY item, TIMECOL => DESCRIPTOR(ts), GAP => INTERVAL '6' SECOND)) GROUP BY item, window_start, window_end;
SELECT window_start, window_end, window_time, SUM(price) FROM TABLE(TUMBLE(TABLE b, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY window_start, window_end, window_time;
SELECT window_start, window_end, SUM(s) FROM TABLE(TUMBLE((SELECT window_time AS rt, SUM(price) AS s FROM TABLE(TUMBLE(TABLE b, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY window_start, window_end, window_time), DESCRIPTOR(rt), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
CREATE VIEW w5 AS SELECT window_time AS rt, item, SUM(price) AS s FROM TABLE(TUMBLE(TABLE b, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY window_start, window_end, window_time, item;
SELECT window_start, window_end, item, SUM(s) FROM TABLE(TUMBLE(TABLE w5, DESCRIPTOR(rt), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, item;
SELECT window_start, window_end, COUNT(*) FROM TABLE(HOP(TABLE w5, DESCRIPTOR(rt), INTERVAL '10' SECOND, INTERVAL '20' SECOND)) GROUP BY window_start, window_end;
SELECT window_end, COUNT(DISTINCT item), COUNT(*) FROM TABLE(TUMBLE(TABLE b, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, window_end, item, COUNT(*) FROM TABLE(TUMBLE(TABLE b, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY GROUPING SETS ((window_start, window_end, item), (window_start, window_end));
SELECT window_start, window_end, item, COUNT(*) FROM TABLE(TUMBLE(TABLE b, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, ROLLUP(item);
SELECT window_start, window_end, COUNT(*) FROM TABLE(TUMBLE(TABLE b, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end HAVING COUNT(*) > 1;
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE b, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start;
SELECT window_end, COUNT(*) FROM TABLE(TUMBLE(TABLE b, DESCRIPTOR(ts), INTERVAL '10' SECOND)) WHERE price > 1 GROUP BY window_end;
SELECT item, COUNT(*) FROM TABLE(TUMBLE(TABLE b, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY item;
SELECT window_start, window_end, COUNT(*) FROM TABLE(TUMBLE(TABLE bl, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, window_end, SUM(c) FROM TABLE(TUMBLE((SELECT ts, COUNT(*) AS c FROM b GROUP BY ts), DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
SELECT TUMBLE_START(TUMBLE_ROWTIME(ts, INTERVAL '5' SECOND), INTERVAL '10' SECOND) FROM b GROUP BY TUMBLE(ts, INTERVAL '5' SECOND);
SELECT TUMBLE_START(rt, INTERVAL '10' SECOND), SUM(s) FROM (SELECT TUMBLE_ROWTIME(ts, INTERVAL '5' SECOND) AS rt, SUM(price) AS s FROM b GROUP BY TUMBLE(ts, INTERVAL '5' SECOND)) GROUP BY TUMBLE(rt, INTERVAL '10' SECOND);
SELECT HOP_START(ts, INTERVAL '5' SECOND, INTERVAL '10' SECOND), item, COUNT(*) FROM b GROUP BY HOP(ts, INTERVAL '5' SECOND, INTERVAL '10' SECOND), item;
SELECT SESSION_START(ts, INTERVAL '6' SECOND), SESSION_END(ts, INTERVAL '6' SECOND), item, COUNT(*) FROM b GROUP BY SESSION(ts, INTERVAL '6' SECOND), item;
SELECT * FROM TABLE(TUMBLE(TABLE b, DESCRIPTOR(price), INTERVAL '10' SECOND));
SELECT * FROM TABLE(TUMBLE(TABLE b, DESCRIPTOR(nope), INTERVAL '10' SECOND));
SELECT * FROM TABLE(TUMBLE(TABLE b, DESCRIPTOR(ts)));
SELECT * FROM TABLE(TUMBLE(TABLE b, DESCRIPTOR(ts), 10));
SELECT * FROM TABLE(TUMBLE(TABLE nope, DESCRIPTOR(ts), INTERVAL '10' SECOND));
SELECT window_start, COUNT(*) FROM TABLE(HOP(TABLE b, DESCRIPTOR(ts), INTERVAL '3' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, COUNT(*) FROM TABLE(HOP(TABLE b, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '5' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, COUNT(*) FROM TABLE(CUMULATE(TABLE b, DESCRIPTOR(ts), INTERVAL '4' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE b, DESCRIPTOR(ts), INTERVAL '0' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE b, DESCRIPTOR(ts), INTERVAL '1' MONTH)) GROUP BY window_start, window_end;
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(DATA => TABLE b, TIMECOL => DESCRIPTOR(ts), SIZES => INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
