-- name: fn_over_columns
-- tags: functions columns
-- note: the same functions over columns, with NULLs between values
-- file: t.csv
-- | 1,abc,b,5,1.5,2024-02-29 10:11:12.345,"{""a"":{""b"":[1,2,{""c"":""x""}]},""n"":1.50,""t"":""é""}"
-- | 2,,b,,,,
-- | 3,Hello World,o,-3,-0.25,1969-12-31 23:59:59.999,[1
-- | 4,日本,本,0,1E300,0001-01-01 00:00:00.000,"{""a"":null,""n"":""7""}"
-- | 5,x-y_z.,.,2147483647,0,9999-12-31 23:59:59.999,"[1,2,3]"
CREATE TABLE t (id INT, s STRING, p STRING, i INT, d DOUBLE, ts TIMESTAMP(3), j STRING) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.null-literal'='');
SELECT id, UPPER(s), LOWER(s), INITCAP(s), CHAR_LENGTH(s), REVERSE(s), LEFT(s, 2), RIGHT(s, 2), SUBSTRING(s, 2), SUBSTRING(s, i), SUBSTRING(s, -2, 1), REPEAT(s, 2), TRIM(BOTH 'a' FROM s), LPAD(s, 6, 'xy'), RPAD(s, 6, 'xy'), REPLACE(s, p, '#'), OVERLAY(s PLACING 'ZZ' FROM 2 FOR 1) FROM t;
SELECT id, POSITION(p IN s), LOCATE(p, s), LOCATE(p, s, 2), INSTR(s, p), ASCII(s), STARTSWITH(s, p), ENDSWITH(s, p), s LIKE '%b%', s LIKE CONCAT('%', p, '%'), s SIMILAR TO '[a-z]+', CONCAT(s, p), CONCAT_WS('-', s, p, CAST(id AS STRING)), s || p, SPLIT_INDEX(s, p, 1), SPLIT(s, p), TRANSLATE(s, 'lo', '01'), ELT(id, s, p, 'c'), IS_ALPHA(s), IS_DIGIT(s) FROM t;
SELECT id, REGEXP(s, 'l+'), REGEXP(s, p), REGEXP_EXTRACT(s, '(.)(.)', 2), REGEXP_EXTRACT(s, p), REGEXP_REPLACE(s, '[^a-z]', '?'), REGEXP_COUNT(s, 'o'), REGEXP_INSTR(s, 'o'), REGEXP_SUBSTR(s, 'o.'), REGEXP_EXTRACT_ALL(s, '[a-z]', 0), REGEXP_EXTRACT_ALL(s, p, 0) FROM t;
SELECT id, MD5(s), SHA256(s), TO_BASE64(s), FROM_BASE64(TO_BASE64(s)), URL_ENCODE(s), URL_DECODE(URL_ENCODE(s)), HEX(s), UNHEX(HEX(s)), ENCODE(s, 'UTF-16BE'), DECODE(ENCODE(s, 'UTF-8'), 'UTF-8'), JSON_QUOTE(s), JSON_STRING(s), PRINTF('%s|%d|%.2f', s, i, d) FROM t WHERE id < 5;
SELECT id, ABS(i), SIGN(i), i + 1, i * 2, i / 2, i % 2, -i, MOD(i, 3), BIN(i), HEX(i), i > 0, i BETWEEN 0 AND 10, i IN (5, -3), i IS NULL, COALESCE(i, id), IFNULL(i, -1), NULLIF(i, 0), GREATEST(i, id), LEAST(i, id), IF(i > 0, 'p', 'n'), CASE WHEN i > 0 THEN 'p' WHEN i < 0 THEN 'n' END, CAST(i AS TINYINT), CAST(i AS DECIMAL(5, 2)), CAST(i AS STRING), TRY_CAST(s AS INT) FROM t;
SELECT id, ABS(d), SIGN(d), CEIL(d), FLOOR(d), ROUND(d, 1), TRUNCATE(d, 1), SQRT(d), EXP(d), LN(d), LOG10(d), LOG2(d), POWER(d, 2), SIN(d), ATAN(d), TANH(d), d * i, d / i, CAST(d AS INT), CAST(d AS BIGINT), CAST(d AS DECIMAL(10, 3)), CAST(d AS STRING), CAST(d AS FLOAT), d = 1.5, d > i FROM t WHERE id <> 4;
SELECT id, CAST(ts AS STRING), CAST(ts AS DATE), CAST(ts AS TIME), EXTRACT(YEAR FROM ts), EXTRACT(QUARTER FROM ts), EXTRACT(WEEK FROM ts), EXTRACT(DOW FROM ts), EXTRACT(DOY FROM ts), EXTRACT(SECOND FROM ts), HOUR(ts), FLOOR(ts TO MONTH), CEIL(ts TO DAY), ts + INTERVAL '1' MONTH, ts - INTERVAL '1' DAY, TIMESTAMPADD(HOUR, 5, ts), TIMESTAMPDIFF(DAY, ts, TIMESTAMP '2024-01-01 00:00:00'), DATE_FORMAT(ts, 'yyyy/MM/dd HH:mm:ss.SSS'), CAST(ts AS TIMESTAMP_LTZ(3)) FROM t;
SELECT id, TO_DATE(SUBSTRING(CAST(ts AS STRING), 1, 10)), TO_TIMESTAMP(CAST(ts AS STRING)), UNIX_TIMESTAMP(CAST(ts AS STRING)), FROM_UNIXTIME(i), TO_TIMESTAMP_LTZ(i, 0), TO_TIMESTAMP_LTZ(i, 3) FROM t WHERE id < 4;
SELECT id, JSON_VALUE(j, '$.a.b[2].c'), JSON_VALUE(j, 'lax $.n'), JSON_VALUE(j, '$.t' DEFAULT 'none' ON ERROR), JSON_QUERY(j, '$.a'), JSON_QUERY(j, 'lax $.a.b' RETURNING ARRAY<STRING>), JSON_QUERY(j, '$.n' WITH WRAPPER), JSON_EXISTS(j, '$.a'), JSON_EXISTS(j, '$.a.b[*]'), j IS JSON, j IS JSON OBJECT, j IS JSON ARRAY, JSON_OBJECT('s' VALUE s, 'i' VALUE i), JSON_OBJECT('s' VALUE s, 'i' VALUE i ABSENT ON NULL), JSON_ARRAY(s, i, ts), JSON_VALUE(j, CONCAT('$.', 'n')) FROM t;
SELECT id, ARRAY[i, id], ARRAY[i, id][1], CARDINALITY(ARRAY[i, id]), ARRAY_CONTAINS(ARRAY[i, id], 5), ARRAY_APPEND(ARRAY[s], p), ARRAY_JOIN(ARRAY[s, p], '+'), ARRAY_POSITION(ARRAY[s, p], 'b'), ARRAY_DISTINCT(ARRAY[i, i, id]), ARRAY_SORT(ARRAY[i, id]), ARRAY_MAX(ARRAY[i, id]), MAP[id, s], MAP_KEYS(MAP[id, s]), ROW(id, s, d), BITMAP_TO_STRING(BITMAP_BUILD(ARRAY[i, id])) FROM t WHERE id <> 4;
SELECT id, CAST(s AS CHAR(3)), CAST(s AS VARCHAR(2)), CAST(s AS BYTES), TRY_CAST(s AS DOUBLE), TRY_CAST(s AS DATE), TRY_CAST(s AS BOOLEAN), CAST(ROW(id, s) AS STRING), CAST(ARRAY[s, p] AS STRING), CAST(MAP[id, s] AS STRING), TYPEOF(s), TYPEOF(i + d) FROM t WHERE id <> 4;
SELECT id, CAST(s AS INT) FROM t WHERE id = 1;
SELECT id, i / (id - 1) FROM t
