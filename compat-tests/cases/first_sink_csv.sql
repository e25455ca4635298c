-- name: first_sink_csv
-- tags: first sink csv types
-- note: reading a written file back: the reader cannot tell NULL from an empty string unless told
CREATE TABLE out_csv (id INT, ti TINYINT, si SMALLINT, bi BIGINT, f FLOAT, d DOUBLE, n DECIMAL(10,3), b BOOLEAN, s STRING, ch CHAR(4), vc VARCHAR(5), dt DATE, tm TIME, ts TIMESTAMP(3), ts6 TIMESTAMP(6), ltz TIMESTAMP_LTZ(3), bin BYTES) WITH ('connector'='filesystem','path'='${OUT}/csv','format'='csv');
INSERT INTO out_csv VALUES (1, CAST(1 AS TINYINT), CAST(2 AS SMALLINT), CAST(3 AS BIGINT), CAST(1.5 AS FLOAT), 2.5E0, CAST(10.125 AS DECIMAL(10,3)), TRUE, 'plain', CAST('ab' AS CHAR(4)), CAST('vc' AS VARCHAR(5)), DATE '2024-01-02', TIME '10:11:12', TIMESTAMP '2024-01-02 10:11:12.123', TIMESTAMP '2024-01-02 10:11:12.123456', TO_TIMESTAMP_LTZ(1704190272123, 3), CAST('hi' AS BYTES)),
  (2, CAST(-128 AS TINYINT), CAST(-32768 AS SMALLINT), -9223372036854775807, CAST(1E10 AS FLOAT), 1E10, CAST(0 AS DECIMAL(10,3)), FALSE, 'say "hi", you', CAST('a,b' AS CHAR(4)), CAST('' AS VARCHAR(5)), DATE '1969-12-31', TIME '00:00:00', TIMESTAMP '1969-12-31 23:59:59', TIMESTAMP '2024-01-02 00:00:00', TO_TIMESTAMP_LTZ(0, 3), CAST('' AS BYTES)),
  (3, CAST(NULL AS TINYINT), CAST(NULL AS SMALLINT), CAST(NULL AS BIGINT), CAST(NULL AS FLOAT), CAST(NULL AS DOUBLE), CAST(NULL AS DECIMAL(10,3)), CAST(NULL AS BOOLEAN), CAST(NULL AS STRING), CAST(NULL AS CHAR(4)), CAST(NULL AS VARCHAR(5)), CAST(NULL AS DATE), CAST(NULL AS TIME), CAST(NULL AS TIMESTAMP(3)), CAST(NULL AS TIMESTAMP(6)), CAST(NULL AS TIMESTAMP_LTZ(3)), CAST(NULL AS BYTES)),
  (4, CAST(0 AS TINYINT), CAST(0 AS SMALLINT), CAST(0 AS BIGINT), CAST(0.1 AS FLOAT), 1E-5, CAST(-0.5 AS DECIMAL(10,3)), TRUE, 'back\slash ; é 😀 ''q''', CAST(' x' AS CHAR(4)), CAST('  y  ' AS VARCHAR(5)), DATE '9999-12-31', TIME '23:59:59', TIMESTAMP '2024-01-02 10:11:00', TIMESTAMP '2024-01-02 10:11:12.1', TO_TIMESTAMP_LTZ(1704190272, 0), x'00ff');
SELECT * FROM out_csv;
CREATE TABLE out_opts (id INT, s STRING, n STRING, f DOUBLE) WITH ('connector'='filesystem','path'='${OUT}/opts','format'='csv','csv.field-delimiter'=';','csv.quote-character'='''','csv.null-literal'='N/A');
INSERT INTO out_opts VALUES (1, 'a;b', 'it''s', 1.0), (2, 'a,b "x"', CAST(NULL AS STRING), CAST(NULL AS DOUBLE)), (3, '', ' ', 100), (4, 'line
break', 'N/A', 1e-7);
CREATE TABLE out_raw (id INT, s STRING) WITH ('connector'='filesystem','path'='${OUT}/raw','format'='csv','csv.disable-quote-character'='true','csv.escape-character'='\');
INSERT INTO out_raw VALUES (1, 'a,b'), (2, 'c\d'), (3, CAST(NULL AS STRING));
CREATE TABLE out_nested (id INT, a ARRAY<STRING>, r ROW<x INT, y STRING>) WITH ('connector'='filesystem','path'='${OUT}/nested','format'='csv');
INSERT INTO out_nested VALUES (1, ARRAY['p', 'q'], ROW(1, 'z')), (2, CAST(NULL AS ARRAY<STRING>), CAST(NULL AS ROW<x INT, y STRING>)), (3, ARRAY['p;q', 'r,s'], ROW(CAST(NULL AS INT), 'a b'));
SELECT * FROM out_nested;
