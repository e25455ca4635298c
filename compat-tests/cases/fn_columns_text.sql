-- name: fn_columns_text
-- tags: functions
-- note: functions of text and of numbers over columns
-- file: t.csv
-- | 1,Hello World,l+,3,2024-02-29 10:11:12.345,2024-02-29,10:11:12,12.345,1.5,true,42
-- | 2,,b,0,1969-12-31 23:59:59.999,1969-12-31,23:59:59,-0.500,-2.5,false,-7
-- | 3,,,,,,,,,,
-- | 4,a-b_c d,o,-1,2024-12-31 00:00:00,2024-12-31,00:00:00,99999.999,NaN,true,9223372036854775807
-- | 5,Straße ÄÖ😀,(.)\1,10,2000-01-01 12:00:00.5,2000-01-01,12:00:00,0.001,1e20,false,0
CREATE TABLE t (id INT NOT NULL, s STRING, p STRING, n INT, ts TIMESTAMP(3), dt DATE, tm TIME, de DECIMAL(10,3), d DOUBLE, b BOOLEAN, bi BIGINT) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.null-literal'='');
SELECT id, TRIM(BOTH p FROM s), TRIM(TRAILING 'd' FROM s), LTRIM(s, p), RTRIM(s, 'dl'), BTRIM(s, 'Hd'), REPLACE(s, 'l', p), REPLACE(s, p, ''), TRANSLATE(s, 'lo', 'x'), TRANSLATE(s, p, 'x'), SPLIT_INDEX(s, ' ', n), SPLIT_INDEX(s, p, 0), SPLIT(s, p) FROM t;
SELECT id, CONCAT(s, '-', p), CONCAT_WS(p, s, 'z'), CONCAT_WS('-', s, p, CAST(n AS STRING)), s || p, s || CAST(dt AS STRING), CHARACTER_LENGTH(s), ASCII(s), HEX(s), HEX(n), HEX(bi), BIN(n), BIN(bi) FROM t;
SELECT id, CONCAT(s, n) FROM t;
SELECT id, s || n FROM t;
SELECT id, HEX(CAST(s AS BYTES)) FROM t;
SELECT id, TO_BASE64(s) FROM t;
SELECT id, TO_BASE64(CAST(s AS BYTES)) FROM t;
SELECT id, FROM_BASE64(s) FROM t;
SELECT id, MD5(s), SHA224(p), SHA512(p) FROM t;
SELECT id, SHA2(s, 224) FROM t;
SELECT id, SHA2(s, 512) FROM t;
SELECT id, SHA2(s, n) FROM t;
SELECT id, UNHEX(HEX(s)), UNHEX(s), ENCODE(s, 'UTF-8') FROM t;
SELECT id, DECODE(ENCODE(s, 'UTF-16'), 'UTF-16'), ENCODE(s, 'US-ASCII'), ENCODE(s, 'ISO-8859-1'), ENCODE(s, 'UTF-16LE'), DECODE(CAST(s AS BYTES), 'US-ASCII'), OVERLAY(s PLACING p FROM n), OVERLAY(s PLACING p FROM 1 FOR n), LPAD(s, 8, p), RPAD(s, n, p), SUBSTRING(s, n, n), SUBSTRING(s, -3), SUBSTRING(s, CHAR_LENGTH(s) - 1) FROM t;
SELECT id, LEFT(s, CHAR_LENGTH(s) - 1), RIGHT(UPPER(s), n), LOWER(INITCAP(s)), REVERSE(s), REPEAT(s, 2), STARTSWITH(s, p), ENDSWITH(s, 'd'), ELT(n, s, p), ELT(id, 'a', 'b', 'c', s), PRINTF('%5d|%-5s|%05d', n, p, bi), PRINTF('%s %s', s, de), PRINTF('%.2f', d) FROM t;
SELECT id, PRINTF('%.2f', de), PRINTF('%x %X %o', n, n, n), PRINTF('%b %c', b, 'x'), PRINTF('%,d', bi), PRINTF('%e', d), PRINTF('%s', dt), PRINTF('%s', ts), PRINTF('%s %s', tm, b), PRINTF(s, n), s LIKE '%' || p || '%', s LIKE 'Hello%' ESCAPE '#', p LIKE '(%' FROM t;
SELECT id, s SIMILAR TO p, s NOT SIMILAR TO 'H.*', s SIMILAR TO '[A-Z][a-z]+%', REGEXP(s, '^[A-Z]'), REGEXP_REPLACE(s, '([a-z])', '[$1]'), REGEXP_REPLACE(s, '\s', ''), REGEXP_EXTRACT(s, '(\w+)\s(\w+)'), REGEXP_EXTRACT(s, '(\w+)\s(\w+)', 0), REGEXP_EXTRACT(s, '(\w+)\s(\w+)', n), REGEXP_EXTRACT_ALL(s, '([a-z])([a-z])'), REGEXP_EXTRACT_ALL(s, '([a-z])([a-z])', n), REGEXP_COUNT(s, '\w') FROM t;
SELECT id, REGEXP_INSTR(s, '[^A-Za-z]'), REGEXP_SUBSTR(s, '[a-z]{3,}'), POSITION('o' IN s), LOCATE(p, s, n), INSTR(s, 'l', 1, 2), INSTR(s, p, -1), PARSE_URL(CONCAT('http://user@h.com:80/', p, '?q=1&r=', p, '#f'), 'PATH'), PARSE_URL(CONCAT('http://user@h.com:80/', p, '?q=1&r=', p, '#f'), 'QUERY', 'r'), PARSE_URL(CONCAT('http://user@h.com:80/', p, '?q=1&r=', p, '#f'), 'AUTHORITY'), PARSE_URL(s, 'HOST'), URL_ENCODE(s), URL_DECODE(CONCAT(p, '%20x')) FROM t;
SELECT id, STR_TO_MAP(s, ' ', 'l'), STR_TO_MAP(CONCAT('a=', p, ',b=2,c=3,dd=4,ee=5,f=6')), IS_DIGIT(s), NULLIF(s, p), GREATEST(s, p, 'M'), LEAST(s, p), IFNULL(s, p), COALESCE(s, p, 'z'), INET_NTOA(bi), INET_ATON(CONCAT('1.2.3.', CAST(n AS STRING))), CHR(n + 64), CHR(bi) FROM t;
SELECT id, ROUND(de, 1) FROM t;
SELECT id, ROUND(d, n) FROM t;
SELECT id, ROUND(bi, -1), ROUND(n, 1), TRUNCATE(de, 2) FROM t;
SELECT id, TRUNCATE(d, n) FROM t;
SELECT id, TRUNCATE(n, -1), FLOOR(de) FROM t;
SELECT id, CEIL(de), FLOOR(d), CEILING(d) FROM t;
SELECT id, SIGN(de), SIGN(d), SIGN(n), ABS(de), SQRT(n), SQRT(de), POWER(n, 2), POWER(de, n), EXP(n), LN(n), LOG(n), LOG(2, n) FROM t;
SELECT id, LOG10(de), LOG2(d), MOD(n, 4), MOD(de, 3), n % 4, de % 0.7, SIN(n), ATAN2(n, d), COT(n), DEGREES(d), RADIANS(n), SINH(n) FROM t;
SELECT id, TANH(d), ASIN(d), ACOS(n), ROUND(CAST(n AS DOUBLE) / 3, 2), n / 2, n / 2.0, de / 2, de * de, de + d, de - n, bi * 2, bi + n FROM t;
SELECT id, -n, -de, RAND(n) < 1, RAND_INTEGER(10) < 10 FROM t;
SELECT id, PERCENTILE(n, 0.5) FROM t;
SELECT id, CONV(s, 16, 10) FROM t;
SELECT id, WIDTH_BUCKET(n, 0, 10, 5) FROM t
