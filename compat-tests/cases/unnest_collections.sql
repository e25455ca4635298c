-- name: unnest_collections
-- tags: unnest json
-- note: ARRAY, MAP, ARRAY of ROW; NULL, empty and missing collections, NULL elements; ORDINALITY; names without aliases
-- file: a.json
-- | {"id":1,"xs":[1,2,null],"m":{"k":1},"rs":[{"a":1,"b":"x"},null,{"a":null,"b":"y"}]}
-- | {"id":2,"xs":[],"m":{},"rs":[]}
-- | {"id":3}
-- | {"id":4,"m":{"l":null},"rs":[null]}
CREATE TABLE a (id INT, xs ARRAY<INT>, m MAP<STRING,INT>, rs ARRAY<ROW<a INT, b STRING>>) WITH ('connector'='filesystem','path'='${DATA}/a.json','format'='json');
SELECT id, x FROM a CROSS JOIN UNNEST(xs) AS t(x);
SELECT id, x FROM a LEFT JOIN UNNEST(xs) AS t(x) ON TRUE;
SELECT id, k, v FROM a, UNNEST(m) AS t(k, v);
SELECT id, k, v FROM a LEFT JOIN UNNEST(m) AS t(k, v) ON TRUE;
SELECT id, x, y FROM a CROSS JOIN UNNEST(rs) AS t(x, y);
SELECT id, x, y FROM a LEFT JOIN UNNEST(rs) AS t(x, y) ON TRUE;
SELECT id, x, o FROM a CROSS JOIN UNNEST(xs) WITH ORDINALITY AS t(x, o);
SELECT id, x, o FROM a LEFT JOIN UNNEST(xs) WITH ORDINALITY AS t(x, o) ON TRUE;
SELECT id, k, v, o FROM a CROSS JOIN UNNEST(m) WITH ORDINALITY AS t(k, v, o);
SELECT * FROM a CROSS JOIN UNNEST(xs);
SELECT id, t.* FROM a CROSS JOIN UNNEST(xs) AS t;
SELECT id, t.* FROM a CROSS JOIN UNNEST(rs) AS t;
SELECT id, t.* FROM a CROSS JOIN UNNEST(m) AS t;
SELECT id, t.* FROM a CROSS JOIN UNNEST(xs) WITH ORDINALITY AS t;
SELECT * FROM UNNEST(ARRAY[1,2,3]) AS t(x);
SELECT id, x FROM a CROSS JOIN UNNEST(xs) AS t(x) WHERE x > 1;
SELECT id, x FROM a CROSS JOIN UNNEST(id) AS t(x);
SELECT id, x, o FROM a CROSS JOIN UNNEST(rs) WITH ORDINALITY AS t(x, y, o);
SELECT id, x FROM a INNER JOIN UNNEST(xs) AS t(x) ON x < 2;
SELECT x, COUNT(*) AS n FROM a CROSS JOIN UNNEST(xs) AS t(x) GROUP BY x;
SELECT id, x, k FROM a CROSS JOIN UNNEST(xs) AS t(x) CROSS JOIN UNNEST(m) AS u(k, v);
SELECT s.id, x FROM (SELECT id, ARRAY_AGG(id) AS ids FROM a GROUP BY id) AS s CROSS JOIN UNNEST(s.ids) AS t(x);
SELECT id, t.x FROM a LEFT JOIN UNNEST(xs) AS t(x) ON TRUE WHERE t.x IS NULL;
SELECT id, x FROM a CROSS JOIN UNNEST(xs) AS t(x, y);
SELECT id, x FROM a RIGHT JOIN UNNEST(xs) AS t(x) ON TRUE;
