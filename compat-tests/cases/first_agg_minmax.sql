-- name: first_agg_minmax
-- tags: first agg types string time
-- note: strings compare by their UTF-8 bytes
-- file: t.csv
-- | a,pear,2024-01-02,10:00:00,2024-01-02 10:00:00.123,true
-- | a,apple,2023-12-31,23:59:59,1969-12-31 23:59:59.999,false
-- | a,Zoo,,,,
-- | b,,,,,
-- | a,,2024-02-29,00:00:00,2024-01-02 10:00:00.124,true
-- | c,é,2024-01-01,01:02:03,2024-01-01 00:00:00,false
-- | c,z,2024-01-01,01:02:03,2024-01-01 00:00:00,false
-- | c,😀,2024-01-01,01:02:03,2024-01-01 00:00:00,false
-- | c,～,2024-01-01,01:02:03,2024-01-01 00:00:00,false
CREATE TABLE t (k STRING, s STRING, d DATE, tm TIME(0), ts TIMESTAMP(3), b BOOLEAN) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.null-literal'='');
SELECT k, MIN(s), MAX(s), MIN(d), MAX(d), MIN(tm), MAX(tm) FROM t GROUP BY k;
SELECT k, MIN(ts), MAX(ts), MIN(b), MAX(b), COUNT(s), COUNT(DISTINCT s) FROM t GROUP BY k;
SELECT MIN(CAST(ts AS TIMESTAMP_LTZ(3))), MAX(CAST(ts AS TIMESTAMP_LTZ(3))), MIN(CAST(s AS VARCHAR(3))), MAX(UPPER(s)) FROM t;
SELECT s, COUNT(*) FROM t WHERE s > 'apple' GROUP BY s;
