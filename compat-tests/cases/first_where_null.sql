-- name: first_where_null
-- tags: first where three-valued
-- file: t.csv
-- | 1,5,a,true
-- | 2,,b,false
-- | 3,7,,
-- | 4,-3,abc,true
-- | 5,5,a_c,
-- | 6,0,%,false
CREATE TABLE t (id INT, v INT, s STRING, b BOOLEAN) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.null-literal'='');
SELECT id FROM t WHERE v > 1;
SELECT id FROM t WHERE NOT (v > 1);
SELECT id FROM t WHERE v <> 5 OR s = 'a';
SELECT id FROM t WHERE b;
SELECT id FROM t WHERE b IS NOT TRUE;
SELECT id FROM t WHERE v IN (5, 0, NULL);
SELECT id FROM t WHERE v NOT IN (5, 0);
SELECT id FROM t WHERE v NOT IN (5, NULL);
SELECT id FROM t WHERE s LIKE 'a%';
SELECT id FROM t WHERE s NOT LIKE '_';
SELECT id FROM t WHERE s LIKE 'a!_%' ESCAPE '!' OR s LIKE '\%' ESCAPE '\';
SELECT id FROM t WHERE v BETWEEN 0 AND 5 AND s IS NOT NULL;
SELECT id FROM t WHERE v NOT BETWEEN 0 AND 5;
SELECT id FROM t WHERE v IS DISTINCT FROM 5;
SELECT id FROM t WHERE v IS NOT DISTINCT FROM NULL;
SELECT id, v > 1 AS g, v > 1 AND b AS a, v > 1 OR b AS o, NOT b AS n, b IS TRUE AS t, b IS FALSE AS f, b IS UNKNOWN AS u, v = 5 OR v IS NULL AS x FROM t;
SELECT id FROM t WHERE CASE WHEN v <> 0 THEN 10 / v > 1 ELSE FALSE END;
SELECT id, CASE WHEN v > 4 THEN 'big' WHEN v IS NULL THEN 'null' END AS c, CASE v WHEN 5 THEN 'five' WHEN 0 THEN 'zero' ELSE s END AS d FROM t;
SELECT id, COALESCE(v, id * 100) AS c, NULLIF(v, 5) AS n, IF(v > 1, 'y', 'n') AS i, IFNULL(s, '-') AS f, COALESCE(s, CAST(v AS STRING), 'none') AS cs FROM t;
SELECT id, GREATEST(id, v) AS g, LEAST(id, v) AS l FROM t;
SELECT id FROM t WHERE 1 = 1 AND TRUE;
SELECT id FROM t WHERE NULL;
SELECT id FROM t WHERE CAST(NULL AS BOOLEAN);
