-- name: first_expr_string
-- tags: first string functions
-- mode: exprs
'a' || 'b'
'a' || 1
1 || 2
'a' || CAST(NULL AS STRING)
CONCAT('a', 'b', 'c')
CONCAT('a', CAST(NULL AS STRING))
CONCAT('a', 1)
CONCAT_WS(',', 'a', '', 'b')
CONCAT_WS(CAST(NULL AS STRING), 'a', 'b')
UPPER('straße é')
LOWER('ÀB İ')
UPPER('')
CHAR_LENGTH('😀é')
CHARACTER_LENGTH('')
LENGTH('abc')
SUBSTRING('hello', 2)
SUBSTRING('hello', 2, 2)
SUBSTRING('hello', 0)
SUBSTRING('hello', 0, 3)
SUBSTRING('hello', -2)
SUBSTRING('hello', -4, 2)
SUBSTRING('hello', 9)
SUBSTRING('hello', 2, 0)
SUBSTRING('hello', 2, -1)
SUBSTRING('hello', 2, 100)
SUBSTRING('hé😀lo' FROM 3 FOR 1)
SUBSTR('hello', 2, 3)
SUBSTRING('hello' FROM 2)
TRIM('  a b  ')
TRIM(BOTH FROM '  a  ')
TRIM(LEADING FROM '  a  ')
TRIM(TRAILING 'x' FROM 'xaxx')
TRIM(BOTH 'ab' FROM 'abcab')
LTRIM('  a ')
RTRIM('  a ')
TRIM('	tab	')
REPLACE('hello', 'l', 'LL')
REPLACE('hello', '', 'x')
REPLACE('hello', 'z', 'x')
POSITION('l' IN 'hello')
POSITION('z' IN 'hello')
POSITION('' IN 'hello')
LEFT('hello', 0)
RIGHT('hello', 10)
REVERSE('hé😀')
REPEAT('ab', 0)
LPAD('abc', 6, 'xy')
RPAD('abc', 6, 'xy')
LPAD('abc', 2, 'x')
INITCAP('hELLO wORLD-foo')
OVERLAY('hello' PLACING 'XX' FROM 2 FOR 3)
SPLIT_INDEX('a,b,c', ',', 0)
SPLIT_INDEX('a,b,c', ',', -1)
REGEXP_REPLACE('a1b22', '[0-9]+', '#')
REGEXP_EXTRACT('key=val', '(\w+)=(\w+)', 2)
MD5('')
SHA1('a')
ASCII('')
CHR(97)
'abc' LIKE 'a%'
'abc' LIKE 'A%'
'abc' LIKE '%b%'
'abc' LIKE 'abc'
'abc' LIKE '___'
'abc' LIKE '____'
'' LIKE '%'
'a%b' LIKE 'a!%b' ESCAPE '!'
'a_b' LIKE 'a\_b'
'a\b' LIKE 'a\b'
'a' LIKE CAST(NULL AS STRING)
'abc' NOT LIKE '%z%'
'a.c' LIKE 'a.c'
'abc' LIKE 'a.c'
'ab' = 'ab '
CAST('ab' AS CHAR(4)) = 'ab'
'it''s'
''
'ünï'
CAST('abc' AS VARCHAR(2))
CAST('abc' AS CHAR(2))
CAST('abc' AS CHAR(5))
CHAR_LENGTH(CAST('abc' AS CHAR(5)))
COALESCE(CAST(NULL AS STRING), 'x')
COALESCE('a', 'bcd')
CASE WHEN TRUE THEN 'a' ELSE 'bcd' END
IF(TRUE, 'a', 'bcd')
NULLIF('a', 'a')
NULLIF('a', 'b')
GREATEST('a', 'b')
UPPER(CAST(NULL AS STRING))
CHAR_LENGTH(CAST(NULL AS STRING))
'a' IN ('a', 'b')
'c' IN ('a', 'b')
'c' IN ('a', CAST(NULL AS STRING))
'b' BETWEEN 'a' AND 'c'
