-- name: first_group_keys
-- tags: first agg keys null
-- note: NULL is a key like any other; the last query is an error
-- file: t.csv
-- | 1,x,5
-- | 2,y,7
-- | 3,x,5
-- | 4,,1
-- | 5,x,
-- | 6,y,-7
-- | 7,,2
-- | 8,z,3
-- | 9,x,1
-- | 10,z,
CREATE TABLE t (id INT, k STRING, v INT) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.null-literal'='');
SELECT k, v, COUNT(*) AS n FROM t GROUP BY k, v;
SELECT v > 2 AS big, COUNT(*) AS n FROM t GROUP BY v > 2;
SELECT COALESCE(k, 'none') AS kk, COUNT(*) AS n FROM t GROUP BY COALESCE(k, 'none');
SELECT MOD(id, 3) AS r, MIN(id) AS mn FROM t GROUP BY MOD(id, 3);
SELECT k AS grp, COUNT(*) AS n FROM t GROUP BY grp;
SELECT k, COUNT(*) AS n FROM t GROUP BY 1;
SELECT CASE WHEN v IS NULL THEN 'no' ELSE 'yes' END AS has, COUNT(*) AS n FROM t GROUP BY CASE WHEN v IS NULL THEN 'no' ELSE 'yes' END;
SELECT 'const' AS c, COUNT(*) AS n FROM t GROUP BY 'const';
SELECT k, id + 1 AS i1, id + 1 + v AS x FROM t GROUP BY k, id + 1, v;
SELECT k, id FROM t GROUP BY k;
