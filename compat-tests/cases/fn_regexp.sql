-- name: fn_regexp
-- tags: string regexp functions
-- mode: exprs
-- note: regular expressions in Javas syntax
REGEXP('abc', '')
REGEXP('', '')
REGEXP('', 'a')
REGEXP(CAST(NULL AS STRING), 'a')
REGEXP('a', CAST(NULL AS STRING))
REGEXP('abc', '^b')
REGEXP('abc', '(?=b)b')
REGEXP('abab', '(ab)\1')
REGEXP('aaa', 'a++a')
REGEXP('foobar', 'foo(?!baz)')
REGEXP('foobar', '(?<=foo)bar')
REGEXP('foobar', '(?<!foo)bar')
REGEXP('ABC', '(?i)abc')
REGEXP('a b', '\h')
REGEXP('aé', '\w\w')
REGEXP('aé', '(?U)\w\w')
REGEXP('é', '\p{L}')
REGEXP('é', '\p{IsLatin}')
REGEXP('A', '\p{Upper}')
REGEXP('A', '\p{javaUpperCase}')
REGEXP('a1', '\p{Alpha}\p{Digit}')
REGEXP('a.', '\Q.\E')
REGEXP('abc', '[a-c&&[^b]]c')
REGEXP('x', '[')
REGEXP('x', '*')
REGEXP('x{', 'x{')
REGEXP('a', 'a{,2}')
REGEXP(U&'line1\000aline2', '^line2$')
REGEXP(U&'a\000ab', 'a.b')
REGEXP(U&'a\000ab', '(?s)a.b')
REGEXP('a	b', 'a\tb')
REGEXP('A', '\x41')
REGEXP('A', '\u0041')
REGEXP('A', '\0101')
REGEXP('日本', '^..$')
REGEXP('😀', '^.$')
REGEXP('😀', '^..$')
'abc' RLIKE 'b'
'abc' NOT RLIKE 'b'
REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', 0)
REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', 1)
REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', 2)
REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', 3)
REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', -1)
REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)')
REGEXP_EXTRACT('abc', 'x')
REGEXP_EXTRACT('abc', '(x)?b', 1)
REGEXP_EXTRACT('abc', '[', 0)
REGEXP_EXTRACT('abc', '')
REGEXP_EXTRACT('', 'a')
REGEXP_EXTRACT(CAST(NULL AS STRING), 'a', 0)
REGEXP_EXTRACT('a', CAST(NULL AS STRING), 0)
REGEXP_EXTRACT('a', 'a', CAST(NULL AS INT))
REGEXP_EXTRACT('aXbX', '(?<name>X)b', 1)
REGEXP_EXTRACT('abc', 'b', CAST(0 AS BIGINT))
REGEXP_EXTRACT(123, '2')
REGEXP_EXTRACT_ALL('100-200, 300-400', '(\d+)-(\d+)')
REGEXP_EXTRACT_ALL('100-200, 300-400', '(\d+)-(\d+)', 2)
REGEXP_EXTRACT_ALL('100-200, 300-400', '(\d+)-(\d+)', 0)
REGEXP_EXTRACT_ALL('100-200, 300-400', '(\d+)-(\d+)', 3)
REGEXP_EXTRACT_ALL('100-200', '\d+')
REGEXP_EXTRACT_ALL('100-200', '\d+', 0)
REGEXP_EXTRACT_ALL('abc', 'x', 0)
REGEXP_EXTRACT_ALL('abc', '', 0)
REGEXP_EXTRACT_ALL('abc', '[', 0)
REGEXP_EXTRACT_ALL(CAST(NULL AS STRING), 'a')
REGEXP_EXTRACT_ALL('aab', '(a)|(b)', 2)
REGEXP_REPLACE('foobar', 'o+', '')
REGEXP_REPLACE('foobar', '(o+)(b)', '$2$1')
REGEXP_REPLACE('foobar', 'x', 'y')
REGEXP_REPLACE('foobar', '[', 'y')
REGEXP_REPLACE('foobar', '', '-')
REGEXP_REPLACE('a.b.c', '\.', '\\')
REGEXP_REPLACE('abc', 'b', '$')
REGEXP_REPLACE('abc', 'b', '$0$0')
REGEXP_REPLACE('abc', 'b', '\$0')
REGEXP_REPLACE('abc', '(?i)B', 'x')
REGEXP_REPLACE('aaa', 'a(?=a)', 'b')
REGEXP_REPLACE(CAST(NULL AS STRING), 'a', 'b')
REGEXP_REPLACE('a', CAST(NULL AS STRING), 'b')
REGEXP_REPLACE('a', 'a', CAST(NULL AS STRING))
REGEXP_COUNT('banana', 'an')
REGEXP_COUNT('banana', 'ana')
REGEXP_COUNT('banana', '')
REGEXP_COUNT('banana', '(?=a)')
REGEXP_COUNT('banana', '[')
REGEXP_COUNT('', 'a')
REGEXP_COUNT(CAST(NULL AS STRING), 'a')
REGEXP_COUNT('a', CAST(NULL AS STRING))
REGEXP_INSTR('banana', 'n')
REGEXP_INSTR('banana', 'x')
REGEXP_INSTR('banana', '')
REGEXP_INSTR('日本語', '語')
REGEXP_INSTR('😀x', 'x')
REGEXP_INSTR('banana', '[')
REGEXP_INSTR(CAST(NULL AS STRING), 'a')
REGEXP_SUBSTR('banana', 'n.')
REGEXP_SUBSTR('banana', 'x')
REGEXP_SUBSTR('banana', '')
REGEXP_SUBSTR('banana', '[')
REGEXP_SUBSTR(CAST(NULL AS STRING), 'a')
'abc' LIKE 'A%'
'abc' LIKE ''
'' LIKE ''
'' LIKE '%'
'a_c' LIKE 'a\_c'
'a_c' LIKE 'a!_c' ESCAPE '!'
'abc' LIKE 'a!_c' ESCAPE '!'
'a!c' LIKE 'a!!c' ESCAPE '!'
'abc' LIKE 'a!bc' ESCAPE '!'
'abc' LIKE 'abc!' ESCAPE '!'
'abc' LIKE 'a%' ESCAPE ''
'abc' LIKE 'a%' ESCAPE 'xy'
'abc' LIKE CAST(NULL AS STRING)
CAST(NULL AS STRING) LIKE 'a'
'日本' LIKE '日_'
'😀' LIKE '_'
'😀' LIKE '__'
U&'a\000ab' LIKE 'a%b'
'a.c' LIKE 'a.c'
'abc' LIKE 'a.c'
'abc' SIMILAR TO 'abc'
'abc' SIMILAR TO 'ab'
'abc' SIMILAR TO '%(b|d)%'
'abc' SIMILAR TO '[a-c]+'
'abc' SIMILAR TO '_b_'
'a%c' SIMILAR TO 'a!%c' ESCAPE '!'
'abc' NOT SIMILAR TO 'x'
'abc' SIMILAR TO CAST(NULL AS STRING)
'aab' SIMILAR TO 'a{2}b'
'a.b' SIMILAR TO 'a.b'
'acb' SIMILAR TO 'a.b'
'a1' SIMILAR TO '[[:ALPHA:]][[:DIGIT:]]'
'abc' ILIKE 'ABC'
