-- name: first_columns_expr
-- tags: first expressions columns
-- note: NULL in, NULL out; integers wrap; a decimal that does not fit is NULL
-- file: t.csv
-- | 1,7,2.50,1.5,Hello World,2024-02-29 10:11:12.345,2024-02-29
-- | 2,-7,0.01,-0.25,,1969-12-31 23:59:59.001,1969-12-31
-- | 3,,,, pad ,,
-- | 4,2147483647,99999999.99,1e300,ÄÖü ß😀,2024-12-31 23:59:59.999,2024-12-31
CREATE TABLE t (id INT, i INT, n DECIMAL(10,2), d DOUBLE, s STRING, ts TIMESTAMP(3), dt DATE) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.null-literal'='');
SELECT id, i + 1 AS a, i - 1 AS b, i * 2 AS c, i / 2 AS q, i % 4 AS m, -i AS g, ABS(i) AS ab, i / 2.0 AS id2, i * 1.5 AS f FROM t;
SELECT id, n + 1 AS a, n * n AS b, n / 3 AS q, MOD(n, 1) AS m, n + i AS ni, n * d AS nd, ROUND(n, 1) AS r, CEIL(n) AS ce, FLOOR(n) AS fl, CAST(n AS INT) AS ci, CAST(n AS DOUBLE) AS cd FROM t;
SELECT id, d * 2 AS a, d / 0 AS z, d + i AS di, ROUND(d, 1) AS r, FLOOR(d) AS fl, CEIL(d) AS ce, CAST(d AS INT) AS ci, CAST(d AS BIGINT) AS cb, CAST(d AS STRING) AS cs, POWER(d, 2) AS p, SQRT(d) AS sq, SIGN(d) AS sg FROM t;
SELECT id, UPPER(s) AS u, LOWER(s) AS l, CHAR_LENGTH(s) AS cl, TRIM(s) AS t, s || '!' AS c, CONCAT(s, '-', s) AS cc, SUBSTRING(s, 2, 3) AS sb, SUBSTRING(s FROM 3) AS sf, REPLACE(s, 'o', '0') AS r, POSITION('o' IN s) AS p, CONCAT_WS('|', s, CAST(i AS STRING), 'z') AS w, LEFT(s, 2) AS lf, REVERSE(s) AS rv, INITCAP(s) AS ic, LPAD(s, 4, '*') AS lp FROM t;
SELECT id, EXTRACT(YEAR FROM ts) AS y, EXTRACT(MONTH FROM dt) AS mo, EXTRACT(DAY FROM ts) AS dd, EXTRACT(HOUR FROM ts) AS h, EXTRACT(MINUTE FROM ts) AS mi, EXTRACT(SECOND FROM ts) AS se, DATE_FORMAT(ts, 'yyyy-MM-dd HH:mm') AS f, FLOOR(ts TO HOUR) AS fh, CEIL(ts TO DAY) AS cd, FLOOR(dt TO MONTH) AS fm, ts + INTERVAL '1' DAY AS p1, ts - INTERVAL '1' SECOND AS m1, dt + INTERVAL '1' MONTH AS dm FROM t;
SELECT id, TIMESTAMPDIFF(DAY, dt, DATE '2024-03-01') AS days, TIMESTAMPDIFF(SECOND, ts, TIMESTAMP '2024-03-01 00:00:00') AS secs, TIMESTAMPADD(HOUR, i, ts) AS ah, CAST(ts AS DATE) AS cdt, CAST(ts AS TIME) AS ct, CAST(dt AS TIMESTAMP(3)) AS cts, CAST(ts AS STRING) AS cs, ts > TIMESTAMP '2024-01-01 00:00:00' AS aft, dt BETWEEN DATE '2024-01-01' AND DATE '2024-12-30' AS btw, YEAR(dt) AS yr, DAYOFWEEK(dt) AS dw, QUARTER(dt) AS qu FROM t;
SELECT id, TO_TIMESTAMP(CAST(ts AS STRING)) AS tt, TO_TIMESTAMP_LTZ(i, 3) AS l3, TO_TIMESTAMP_LTZ(i, 0) AS l0, UNIX_TIMESTAMP(DATE_FORMAT(ts, 'yyyy-MM-dd HH:mm:ss')) AS ut, FROM_UNIXTIME(id) AS fu, TO_DATE(CAST(dt AS STRING)) AS td FROM t;
SELECT i / 0 FROM t;
SELECT n / 0 FROM t WHERE id = 1;
SELECT CAST(s AS INT) FROM t;
SELECT id, TRY_CAST(s AS INT) AS tc FROM t;
SELECT id, i + CAST(1 AS BIGINT) AS x, CAST(i AS TINYINT) AS ti, CAST(n AS DECIMAL(4,1)) AS nd FROM t;
