-- name: fn_columns_types
-- tags: types cast
-- note: casts, arithmetic and conditions over columns of each type, with NULLs and edges
-- file: t.csv
-- | 1,127,32767,2147483647,9223372036854775807,1.5,2.25,12345.678,true,abc,2024-02-29,10:11:12,2024-02-29 10:11:12.345678
-- | 2,-128,-32768,-2147483648,-9223372036854775808,-0.0,-1e300,-99999.999,false,,1969-12-31,23:59:59,1969-12-31 23:59:59.999999
-- | 3,,,,,,,,,,,,
-- | 4,0,0,0,0,NaN,Infinity,0.001,true,12,0001-01-01,00:00:00,0001-01-01 00:00:00
-- | 5,7,7,7,7,3.4028235e38,1e-310,0.5,false,日本語,9999-12-31,12:00:00,2262-04-11 00:00:00.5
CREATE TABLE t (id INT NOT NULL, ti TINYINT, si SMALLINT, i INT, bi BIGINT, f FLOAT, d DOUBLE, de DECIMAL(10,3), b BOOLEAN, s STRING, dt DATE, tm TIME, ts TIMESTAMP(6)) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.null-literal'='');
SELECT * FROM t;
SELECT id, CAST(ti AS STRING), CAST(si AS STRING), CAST(i AS STRING), CAST(bi AS STRING), CAST(f AS STRING), CAST(d AS STRING), CAST(de AS STRING), CAST(b AS STRING), CAST(dt AS STRING), CAST(tm AS STRING), CAST(ts AS STRING) FROM t;
SELECT id, CAST(ti AS CHAR(3)), CAST(si AS VARCHAR(2)), CAST(i AS CHAR(12)), CAST(bi AS VARCHAR(4)), CAST(f AS VARCHAR(3)), CAST(d AS CHAR(4)), CAST(de AS CHAR(12)), CAST(b AS CHAR(5)), CAST(dt AS VARCHAR(7)), CAST(tm AS CHAR(5)), CAST(ts AS CHAR(30)) FROM t;
SELECT id, CAST(i AS TINYINT), CAST(i AS SMALLINT), CAST(bi AS INT), CAST(bi AS TINYINT), CAST(bi AS FLOAT), CAST(bi AS DOUBLE), CAST(i AS FLOAT), CAST(ti AS DECIMAL(3,1)), CAST(ti AS DECIMAL(5,2)), CAST(si AS DECIMAL(10,0)), CAST(bi AS DECIMAL(19,0)), CAST(bi AS DECIMAL(10,2)) FROM t;
SELECT id, CAST(f AS INT), CAST(f AS BIGINT), CAST(f AS TINYINT), CAST(d AS INT), CAST(d AS BIGINT), CAST(d AS SMALLINT), CAST(d AS FLOAT), CAST(f AS DOUBLE), CAST(d AS BOOLEAN), CAST(f AS BOOLEAN), CAST(i AS BOOLEAN) FROM t;
SELECT id, CAST(de AS INT), CAST(de AS TINYINT), CAST(de AS BIGINT), CAST(de AS DOUBLE), CAST(de AS FLOAT), CAST(de AS DECIMAL(10,1)), CAST(de AS DECIMAL(5,0)), CAST(de AS DECIMAL(38,18)), CAST(de AS DECIMAL(5,3)), CAST(de AS BOOLEAN) FROM t;
SELECT id, CAST(b AS INT), CAST(b AS TINYINT), CAST(b AS DOUBLE), CAST(b AS DECIMAL(3,1)), CAST(b AS BIGINT) FROM t;
SELECT id, TRY_CAST(s AS INT), TRY_CAST(s AS DECIMAL(5,2)), TRY_CAST(s AS BOOLEAN), TRY_CAST(s AS DATE), TRY_CAST(s AS TIME), TRY_CAST(s AS TIMESTAMP_LTZ(3)), CAST(s AS BINARY(4)), CAST(s AS VARBINARY(2)), CAST(s AS BYTES), CAST(s AS CHAR(4)) FROM t;
SELECT id, CAST(dt AS TIMESTAMP(3)), CAST(dt AS TIMESTAMP_LTZ(3)), CAST(ts AS DATE), CAST(ts AS TIME), CAST(ts AS TIMESTAMP(3)), CAST(ts AS TIMESTAMP(0)), CAST(ts AS TIMESTAMP_LTZ(6)) FROM t;
SELECT id, ti + ti, ti + si, si + i, i + bi, bi + f, f + d, de + i, de + bi, de + d, ti * si, i * de, ti - de FROM t;
SELECT id, ti / 2, i / 2, bi / 7, de / 3, f / 2, d / 2, i % 7, de % 7, MOD(bi, 5), MOD(ti, si) FROM t WHERE id <> 4;
SELECT id, -ti, -si, -i, -bi, -f, -d, -de, +i, ABS(ti), ABS(bi), ABS(f), ABS(de) FROM t;
SELECT id, i = bi, f = d, de > i, s = '12', s > 'a', dt < ts, dt = DATE '2024-02-29', tm >= TIME '12:00:00', ts BETWEEN TIMESTAMP '1970-01-01 00:00:00' AND TIMESTAMP '2100-01-01 00:00:00', b = TRUE, b IS NOT TRUE, NOT b FROM t;
SELECT id, COALESCE(ti, i), COALESCE(i, de), COALESCE(de, d), COALESCE(s, 'none'), COALESCE(i, 0), COALESCE(ti, si, bi), NULLIF(i, 0), NULLIF(s, 'abc'), IFNULL(i, 7), IFNULL(s, 'x'), IF(b, i, bi), IF(b, s, 'n') FROM t;
SELECT id, CASE WHEN b THEN ti WHEN i > 0 THEN bi ELSE de END, CASE s WHEN 'abc' THEN 1 WHEN '12' THEN 2.5 END, CASE WHEN i > 0 THEN 'pos' WHEN i < 0 THEN 'negative' ELSE 'z' END, CASE WHEN b THEN dt ELSE ts END, CASE WHEN b THEN CAST(i AS STRING) ELSE s END FROM t;
SELECT id, GREATEST(i, 5), LEAST(i, bi, 3), GREATEST(s, 'b'), LEAST(dt, DATE '2000-01-01'), GREATEST(d, f), LEAST(de, 1.5), GREATEST(ti, si, i, bi) FROM t;
SELECT id, TYPEOF(ti), TYPEOF(ti + si), TYPEOF(i * de), TYPEOF(de / de), TYPEOF(s || 'x'), TYPEOF(COALESCE(i, 0)), TYPEOF(id), TYPEOF(CASE WHEN b THEN id END), TYPEOF(ts - INTERVAL '1' DAY), TYPEOF(ARRAY[i, bi]), TYPEOF(MAP[s, de]), TYPEOF(ROW(id, s)) FROM t;
SELECT id, ARRAY[i, bi], MAP[COALESCE(s, 'k'), de], ROW(id, s, b), ROW(f, d), ARRAY[ROW(ti, dt)], ARRAY[s, 'x'], ARRAY[tm], ARRAY[ts], MAP['d', dt, 'e', DATE '2020-01-01'] FROM t;
SELECT id, CAST(ARRAY[f, d] AS STRING), CAST(MAP['a', ts] AS STRING), CAST(ROW(id, s, b, de, dt, tm, ts) AS STRING), CAST(ARRAY[ARRAY[s]] AS STRING), CAST(ROW(ROW(i), ARRAY[b]) AS STRING) FROM t;
SELECT id, CAST(ROW(id, s) AS ROW<a BIGINT, b CHAR(2)>), CAST(ARRAY[i] AS ARRAY<DOUBLE>), CAST(MAP['a', i] AS MAP<VARCHAR(3), STRING>), CAST(ROW(i, ROW(s)) AS ROW<x STRING, y ROW<z VARCHAR(2)>>) FROM t
