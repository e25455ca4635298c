-- name: fn_columns_text_differs
-- tags: functions
-- note: ROUND of a DECIMAL by a column
-- file: t.csv
-- | 1,Hello World,l+,3,2024-02-29 10:11:12.345,2024-02-29,10:11:12,12.345,1.5,true,42
-- | 2,,b,0,1969-12-31 23:59:59.999,1969-12-31,23:59:59,-0.500,-2.5,false,-7
-- | 3,,,,,,,,,,
-- | 4,a-b_c d,o,-1,2024-12-31 00:00:00,2024-12-31,00:00:00,99999.999,NaN,true,9223372036854775807
-- | 5,Straße ÄÖ😀,(.)\1,10,2000-01-01 12:00:00.5,2000-01-01,12:00:00,0.001,1e20,false,0
CREATE TABLE t (id INT NOT NULL, s STRING, p STRING, n INT, ts TIMESTAMP(3), dt DATE, tm TIME, de DECIMAL(10,3), d DOUBLE, b BOOLEAN, bi BIGINT) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.null-literal'='');
SELECT id, ROUND(de, n) FROM t
