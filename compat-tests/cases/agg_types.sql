-- name: agg_types
-- tags: aggregate
-- note: aggregate functions over types, NULLs, FILTER and DISTINCT; the order of multisets
-- file: t.csv
-- | 1,a,10,1.5,2024-01-01,true,10.25,x
-- | 2,b,20,,2024-01-02,false,-3.50,y
-- | 3,a,30,3.5,,,,
-- | 4,b,20,4.25,2024-01-04,true,0.00,zeta
-- | 5,a,,0.5,2023-12-31,false,99999.99,dd
-- | 6,c,,,,,,
-- | 7,a,30,NaN,2024-01-01,true,10.25,ee
-- file: m.json
-- | {"id":1,"k":"a","m":{"x":1,"y":2},"ar":["p","q"]}
-- | {"id":2,"k":"a","m":{"x":3},"ar":[]}
-- | {"id":3,"k":"b","m":null,"ar":null}
CREATE TABLE t (id INT, k STRING, v INT, d DOUBLE, dt DATE, b BOOLEAN, de DECIMAL(8,2), s STRING) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.null-literal'='');
CREATE TABLE m (id INT, k STRING, m MAP<STRING, INT>, ar ARRAY<STRING>) WITH ('connector'='filesystem','path'='${DATA}/m.json','format'='json');
SELECT COLLECT(s) AS c, COLLECT(v) AS d, COLLECT(DISTINCT v) AS e FROM t;
SELECT k, COLLECT(id) AS c FROM t GROUP BY k;
SELECT COLLECT(dt) AS c, COLLECT(de) AS d, COLLECT(b) AS e FROM t;
SELECT COLLECT(d) AS c, COLLECT(CAST(id AS BIGINT)) AS e FROM t;
SELECT k, COUNT(*), COUNT(v), COUNT(DISTINCT v), SUM(v), AVG(v), MIN(v), MAX(v), SUM(de), AVG(de), MIN(dt), MAX(s), MAX(b) FROM t GROUP BY k;
SELECT SUM(CAST(v AS TINYINT)), AVG(CAST(v AS BIGINT)), SUM(CAST(v AS FLOAT)), AVG(CAST(v AS FLOAT)), SUM(CAST(de AS DECIMAL(38,2))), AVG(CAST(de AS DECIMAL(38,10))), MIN(CAST(s AS CHAR(3))) FROM t;
SELECT STDDEV_POP(v), STDDEV_SAMP(v), VAR_POP(v), VAR_SAMP(v), STDDEV(de), VARIANCE(de) FROM t;
SELECT k, STDDEV_SAMP(v), VAR_SAMP(v) FROM t WHERE id IN (1, 2, 4) GROUP BY k;
SELECT FIRST_VALUE(s), LAST_VALUE(s), FIRST_VALUE(v), LAST_VALUE(v), FIRST_VALUE(dt), LAST_VALUE(b) FROM t;
SELECT LISTAGG(s), LISTAGG(s, ''), LISTAGG(DISTINCT k), LISTAGG(CAST(v AS STRING), ';') FROM t;
SELECT ARRAY_AGG(v), ARRAY_AGG(DISTINCT v), ARRAY_AGG(s) FILTER (WHERE id < 3), ARRAY_AGG(dt) FROM t;
SELECT COUNT(*) FILTER (WHERE b), SUM(v) FILTER (WHERE k = 'a'), AVG(v) FILTER (WHERE FALSE), MAX(s) FILTER (WHERE id > 100) FROM t;
SELECT JSON_OBJECTAGG(KEY CAST(id AS STRING) VALUE s), JSON_ARRAYAGG(dt), JSON_ARRAYAGG(s NULL ON NULL) FROM t;
SELECT JSON_OBJECTAGG(KEY COALESCE(s, 'none') VALUE v), JSON_ARRAYAGG(s), JSON_ARRAYAGG(v ABSENT ON NULL) FROM t;
SELECT COUNT(DISTINCT k, v), COUNT(k, v), COUNT(1), COUNT(DISTINCT 1) FROM t;
SELECT SUM(DISTINCT v), AVG(DISTINCT v), COUNT(DISTINCT b), MIN(DISTINCT v), SUM(DISTINCT de) FROM t;
SELECT MAX(ar), MIN(id) FROM m;
SELECT k, COUNT(m), COUNT(DISTINCT k), ARRAY_AGG(m), FIRST_VALUE(ar), LAST_VALUE(m) FROM m GROUP BY k;
SELECT COLLECT(ar) FROM m;
SELECT k, MAX(d), MIN(d), SUM(d) FROM t WHERE id < 7 GROUP BY k;
SELECT MAX(d), MIN(d) FROM t;
SELECT b, COUNT(*) FROM t GROUP BY b;
SELECT dt, COUNT(*) AS c FROM t GROUP BY dt HAVING COUNT(*) > 1;
SELECT k, v, GROUPING(k) AS g, GROUPING_ID(k, v) AS gi, COUNT(*) AS c FROM t WHERE id < 4 GROUP BY ROLLUP (k, v);
SELECT APPROX_COUNT_DISTINCT(v) FROM t;
SELECT PERCENTILE(v, 0.5), PERCENTILE(d, ARRAY[0.1, 0.9]) FROM t WHERE id < 7;
SELECT MAX(v) - MIN(v) AS r, SUM(v) * 1.0 / COUNT(*) AS a, CAST(AVG(v) AS STRING) || '!' AS s FROM t;
SELECT COUNT(*) AS c, SUM(v) AS s, AVG(v) AS a, LISTAGG(s) AS l, COLLECT(v) AS co, ARRAY_AGG(v) AS aa FROM t WHERE FALSE;
SELECT AVG(dt) FROM t;
SELECT SUM(b) FROM t;
SELECT SUM(s) FROM t;
SELECT LISTAGG(v) FROM t;
SELECT MAX(ROW(v, s)) FROM t
