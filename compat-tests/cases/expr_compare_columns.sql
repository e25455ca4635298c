-- name: expr_compare_columns
-- tags: comparison
-- note: columns of different types compared
-- file: t.csv
-- | 1,12,5,true,2024-02-29,1.5
-- | 2,5,7,false,1969-12-31,2.5
-- | 3,,,,,
CREATE TABLE t (id INT NOT NULL, s STRING, i INT, b BOOLEAN, dt DATE, de DECIMAL(5,2)) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.null-literal'='');
SELECT id, s > 5, s < 100, i > '4', i <= '5', s > i, de > '1.7' FROM t;
SELECT id, s = 5 FROM t;
SELECT id, s <> 5 FROM t;
SELECT id, i = '5' FROM t;
SELECT id, s = i FROM t;
SELECT id, de > s, b = 'true', b <> 'x' FROM t;
SELECT id, b > 'a' FROM t;
SELECT id, b = s, s BETWEEN 1 AND 20 FROM t;
SELECT id, i BETWEEN '1' AND '6', i IN ('5', '6'), s IN (5, 12), i NOT IN ('5'), '5' < i, 5 > s, dt = s, IFNULL(id, 5000000000), IFNULL(id, 1.5), COALESCE(i, de), CEIL(TIME '10:11:12' TO DAY), CEIL(TIME '10:11:12' TO MONTH) FROM t;
SELECT id, dt > 5 FROM t;
SELECT id, CASE i WHEN '5' THEN 'x' END FROM t;
SELECT id, NULLIF(i, '5') FROM t;
SELECT id, i IS DISTINCT FROM '5' FROM t;
SELECT id, s IS NOT DISTINCT FROM 5 FROM t;
SELECT id, COALESCE(dt, CURRENT_TIMESTAMP) IS NOT NULL FROM t;
SELECT id, TIMESTAMPADD(MILLISECOND, 5, CAST(dt AS TIMESTAMP_LTZ(0))) FROM t
