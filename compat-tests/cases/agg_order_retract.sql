-- name: agg_order_retract
-- tags: aggregate retraction order
-- note: what depends on the order in which rows of several keys come, which only one subtask keeps
-- file: g.csv
-- | 1,a,1,1.5,2.50,x,true,2024-01-01,10:00:00,2024-01-01 10:00:00.123
-- | 2,a,1,,2.50,x,false,,10:00:00,
-- | 3,b,,2.5,,,,2024-01-02,,2024-01-02 00:00:00.000
-- | 4,b,-7,NaN,-1.25,y,true,2023-12-31,23:59:59,2023-12-31 23:59:59.999
-- | 5,,3,0.5,9.99,z,,2024-01-03,00:00:00,2024-01-03 00:00:00.001
-- | 1,b,4,3.5,2.50,w,true,2024-01-01,10:00:01,2024-01-01 10:00:00.124
-- | 2,a,2,1.5,,x,,2024-02-29,,2024-02-29 12:00:00.000
CREATE TABLE g (id INT, k STRING, i INT, d DOUBLE, e DECIMAL(8,2), s STRING, f BOOLEAN, dt DATE, t TIME, ts TIMESTAMP(3)) WITH ('connector'='filesystem','path'='${DATA}/g.csv','format'='csv','csv.null-literal'='');
CREATE VIEW u AS SELECT id, LAST_VALUE(k) AS k, LAST_VALUE(i) AS i, LAST_VALUE(e) AS e, LAST_VALUE(s) AS s, LAST_VALUE(f) AS f, LAST_VALUE(dt) AS dt, LAST_VALUE(t) AS t, LAST_VALUE(ts) AS ts FROM g GROUP BY id;
SELECT k, MIN(s), MAX(s), LISTAGG(s), COUNT(DISTINCT s) FROM u GROUP BY k;
SELECT k, FIRST_VALUE(s), LAST_VALUE(s) FROM u GROUP BY k;
SELECT k, ARRAY_AGG(i) FROM u GROUP BY k;
SELECT k, LISTAGG(DISTINCT s), ARRAY_AGG(DISTINCT s), ARRAY_AGG(s) FROM u GROUP BY k;
SELECT ARRAY_AGG(DISTINCT k), COLLECT(f) FROM u WHERE f;
