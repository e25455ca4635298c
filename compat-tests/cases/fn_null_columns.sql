-- name: fn_null_columns
-- tags: functions null
-- note: every family of functions over columns, of which the second row is all NULL and the third at the edge
-- file: f.json
-- | {"i":7,"l":-9000000000,"d":2.5,"e":12.34,"s":"Hello World","f":true,"dt":"2024-02-29","t":"10:11:12","ts":"2024-02-29 10:11:12.345","by":"AQI=","arr":[3,1,2],"m":{"a":1},"j":"{\"a\":{\"b\":[1,2]}}"}
-- | {}
-- | {"i":-2147483648,"l":9223372036854775807,"d":-0.0,"e":-99999999.99,"s":"","f":false,"dt":"1969-12-31","t":"00:00:00","ts":"1970-01-01 00:00:00.000","by":"","arr":[],"m":{},"j":"x"}
CREATE TABLE c (i INT, l BIGINT, d DOUBLE, e DECIMAL(10,2), s STRING, f BOOLEAN, dt DATE, t TIME, ts TIMESTAMP(3), `by` BYTES, arr ARRAY<INT>, m MAP<STRING, INT>, j STRING) WITH ('connector'='filesystem','path'='${DATA}/f.json','format'='json');
SELECT i + 1, i - l, i * 2, i / 7, MOD(i, 5), -i, ABS(i), i + d, e * 2, e / 3 FROM c;
SELECT i = 7, i <> 7, i < l, i IS NULL, i IS NOT NULL, i BETWEEN -5 AND 10, i IN (7, 8), i NOT IN (7, 8), i IS DISTINCT FROM 7, i IS NOT DISTINCT FROM l FROM c;
SELECT f AND TRUE, f OR FALSE, NOT f, f IS TRUE, f IS NOT TRUE, f IS FALSE, f IS UNKNOWN, f AND CAST(NULL AS BOOLEAN), f OR CAST(NULL AS BOOLEAN) FROM c;
SELECT POWER(d, 2), SQRT(ABS(d)), EXP(d), LN(ABS(d) + 1), LOG10(ABS(d) + 1), LOG2(ABS(d) + 1), LOG(2, ABS(d) + 1) FROM c;
SELECT FLOOR(d), CEIL(d), ROUND(d, 1), ROUND(e, 1), TRUNCATE(e, 1), SIGN(d), SIGN(e) FROM c;
SELECT COS(d), TAN(d), COT(d + 1), ATAN(d), ATAN2(d, 2), DEGREES(d), RADIANS(d) FROM c;
SELECT UPPER(s), LOWER(s), INITCAP(s), CHAR_LENGTH(s), TRIM(s), LTRIM(s), RTRIM(s), REVERSE(s), ASCII(s) FROM c;
SELECT SUBSTRING(s, 2, 3), LEFT(s, 3), RIGHT(s, 3), POSITION('o' IN s), LOCATE('o', s, 6), INSTR(s, 'o'), OVERLAY(s PLACING 'xx' FROM 2 FOR 1), REPLACE(s, 'l', 'L') FROM c;
SELECT s || '!', CONCAT(s, 'a', s), CONCAT_WS('-', s, 'a', s), LPAD(s, 15, '*'), RPAD(s, 15, '*'), REPEAT(s, 2), SPLIT_INDEX(s, ' ', 1), STARTSWITH(s, 'He'), ENDSWITH(s, 'ld') FROM c;
SELECT s LIKE 'H%', s NOT LIKE '%z%', s SIMILAR TO 'H.*', REGEXP(s, 'l+'), REGEXP_REPLACE(s, 'o', '0'), REGEXP_EXTRACT(s, '(W.)', 1), REGEXP_COUNT(s, 'o'), REGEXP_INSTR(s, 'o') FROM c;
SELECT MD5(s), SHA1(s), SHA256(s), TO_BASE64(s), HEX(s), HEX(i), BIN(l), ENCODE(s, 'UTF-8'), DECODE(`by`, 'UTF-8') FROM c;
SELECT STR_TO_MAP(s, ' ', 'l'), PARSE_URL(s, 'HOST'), TRANSLATE(s, 'lo', '01'), ELT(1, s, 'x'), BTRIM(s, 'Hd'), PRINTF('%s-%d', s, i) FROM c;
SELECT COALESCE(i, 0), IFNULL(s, 'none'), NULLIF(i, 7), IF(f, 'y', 'n'), CASE i WHEN 7 THEN 'seven' END, CASE WHEN s = '' THEN 'empty' WHEN s IS NULL THEN 'null' ELSE s END, GREATEST(i, 3), LEAST(i, 3), GREATEST(s, 'a') FROM c;
SELECT CAST(i AS STRING), CAST(l AS DECIMAL(20,0)), CAST(d AS INT), CAST(e AS DOUBLE), CAST(f AS INT), CAST(dt AS TIMESTAMP(3)), CAST(ts AS DATE), CAST(ts AS TIME), CAST(t AS STRING), CAST(`by` AS STRING) FROM c;
SELECT TRY_CAST(s AS INT), TRY_CAST(s AS DATE), TRY_CAST(s AS BOOLEAN), TRY_CAST(s AS DECIMAL(5,2)), TRY_CAST(l AS INT), TYPEOF(i), TYPEOF(arr) FROM c;
SELECT EXTRACT(YEAR FROM dt), EXTRACT(DOY FROM dt), EXTRACT(WEEK FROM ts), YEAR(dt), QUARTER(dt), MONTH(dt), DAYOFMONTH(dt), DAYOFWEEK(dt), HOUR(ts), MINUTE(ts), SECOND(ts) FROM c;
SELECT dt + INTERVAL '1' DAY, dt - INTERVAL '1' MONTH, ts + INTERVAL '1' HOUR, TIMESTAMPADD(DAY, 1, ts), TIMESTAMPDIFF(DAY, ts, TIMESTAMP '2024-03-01 00:00:00'), FLOOR(ts TO HOUR), CEIL(ts TO DAY), FLOOR(dt TO MONTH) FROM c;
SELECT DATE_FORMAT(ts, 'yyyy/MM/dd HH'), TO_DATE(s), TO_TIMESTAMP(s), FROM_UNIXTIME(l / 1000000000), TO_TIMESTAMP_LTZ(l / 1000000, 3), CONVERT_TZ(s, 'UTC', 'Asia/Tokyo'), UNIX_TIMESTAMP(CAST(ts AS STRING)) FROM c;
SELECT CARDINALITY(arr), arr[1], ELEMENT(ARRAY[i]), ARRAY_CONTAINS(arr, 3), ARRAY_SORT(arr), ARRAY_DISTINCT(arr), ARRAY_REVERSE(arr), ARRAY_MAX(arr), ARRAY_MIN(arr), ARRAY_POSITION(arr, 1) FROM c;
SELECT ARRAY_APPEND(arr, i), ARRAY_PREPEND(arr, i), ARRAY_CONCAT(arr, arr), ARRAY_UNION(arr, ARRAY[9]), ARRAY_REMOVE(arr, 3), ARRAY_SLICE(arr, 1, 2), ARRAY_JOIN(ARRAY[s, 'x'], ','), ARRAY_EXCEPT(arr, ARRAY[1]), ARRAY_INTERSECT(arr, ARRAY[1, 2]) FROM c;
SELECT CARDINALITY(m), m['a'], m['zz'], MAP_KEYS(m), MAP_VALUES(m), MAP_ENTRIES(m), MAP_UNION(m, MAP['q', 9]), MAP['k', i], ARRAY[i, 1], ROW(i, s) FROM c;
SELECT JSON_VALUE(j, '$.a.b[0]'), JSON_QUERY(j, '$.a'), JSON_EXISTS(j, '$.a'), j IS JSON, JSON_VALUE(j, '$.a.b[0]' RETURNING INT DEFAULT -1 ON ERROR) FROM c WHERE i IS NOT NULL OR s IS NULL;
SELECT JSON_STRING(i), JSON_STRING(s), JSON_OBJECT('i' VALUE i, 's' VALUE s), JSON_OBJECT('i' VALUE i ABSENT ON NULL), JSON_ARRAY(i, s, f), JSON_ARRAY(i, s NULL ON NULL) FROM c;
SELECT IS_ALPHA(s), IS_DECIMAL(s), IS_DIGIT(s), CHR(i), UUID() IS NULL, URL_ENCODE(s), URL_DECODE(s), UNHEX(s) FROM c;
SELECT SUM(i), AVG(d), COUNT(s), MAX(dt), MIN(t), STDDEV_POP(d), COUNT(DISTINCT f) FROM c;
