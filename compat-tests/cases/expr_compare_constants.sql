-- name: expr_compare_constants
-- tags: comparison
-- mode: exprs
-- note: numbers and booleans compared to texts
'4.5' > 4
4 < '4.5'
'4.5' > CAST(4 AS BIGINT)
'abc' > 1
'4' > 3e0
'300' > CAST(1 AS TINYINT)
1.55 > '1.549'
1.5 > '1.49'
'1e3' > 5
4.5 IN ('4.5', '5')
4 IN ('4.5')
4 IN ('4.5', '5')
'4.5' IN (4, 5)
'4.5' IN (4.5, 5)
1 IN ('1', '2')
1 NOT IN ('1', '2')
TRUE IN ('true', 'false')
'true' IN (TRUE)
TRUE IN ('x')
TRUE > 'false'
'true' >= TRUE
TRUE <> 'true'
TRUE BETWEEN 'false' AND 'true'
5 BETWEEN '1' AND '10'
'5' BETWEEN 1 AND 10
5 BETWEEN 1 AND '10'
5.5 BETWEEN '1' AND 10
DATE '2024-01-01' BETWEEN '2023-01-01' AND '2025-01-01'
DATE '2024-01-01' IN ('2024-01-01', '2024-01-02')
TIMESTAMP '2024-01-01 00:00:00' IN ('2024-01-01 00:00:00')
DATE '2024-01-01' > TIMESTAMP '2023-01-01 00:00:00'
DATE '2024-01-01' BETWEEN TIMESTAMP '2023-01-01 00:00:00' AND TIMESTAMP '2025-01-01 00:00:00'
DATE '2024-01-01' IN (TIMESTAMP '2024-01-01 00:00:00')
1 IN (CAST(NULL AS STRING))
'1' = 1.0
x'01' = '1'
x'31' > '1'
INTERVAL '1' DAY > 1
CAST('a' AS CHAR(3)) > 'b'
1e0 > '0.5'
CAST(1 AS FLOAT) >= '1'
CAST(NULL AS INT) > '1'
IFNULL('a', 'b')
IFNULL(CAST('a' AS VARCHAR(2)), 'abcdef')
IFNULL(x'01', x'0203')
IFNULL(CAST(1 AS TINYINT), 2)
IFNULL(TIMESTAMP '2024-01-01 00:00:00', TIMESTAMP '2024-01-01 00:00:00.123')
COALESCE('a', 'bcd')
COALESCE(CAST('a' AS VARCHAR(2)), 'abcdef')
COALESCE(1, 2e0)
COALESCE(1, CAST(NULL AS BIGINT))
