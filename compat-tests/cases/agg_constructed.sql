-- name: agg_constructed
-- tags: aggregate collection
-- note: ARRAY, MAP and ROW as values of aggregates, as keys and in comparisons; a NULL of each
-- file: c.json
-- | {"id":1,"k":"a","arr":[1,2],"m":{"x":1},"r":{"p":1,"q":"one"},"by":"AQI="}
-- | {"id":2,"k":"b","arr":[3],"m":{"y":2,"x":1},"r":{"p":2,"q":null},"by":"AQI="}
-- | {"id":3,"k":"a","arr":null,"m":null,"r":null,"by":null}
-- | {"id":4,"k":"a","arr":[1,2],"m":{"x":1},"r":{"p":1,"q":"one"},"by":"AQI="}
-- | {"id":5,"k":"b","arr":[],"m":{},"r":{"p":null,"q":"five"},"by":""}
-- | {"id":6,"k":"b","arr":[3,null],"m":{"x":1,"y":2},"r":{"p":2,"q":null},"by":"/w=="}
CREATE TABLE c (id INT, k STRING, arr ARRAY<INT>, m MAP<STRING, INT>, r ROW<p INT, q STRING>, `by` BYTES)
WITH ('connector'='filesystem','path'='${DATA}/c.json','format'='json');
SELECT k, ARRAY_AGG(arr) FROM c GROUP BY k;
SELECT k, ARRAY_AGG(r) FROM c GROUP BY k;
SELECT ARRAY_AGG(m) FROM c WHERE id IN (1, 3, 4);
SELECT COUNT(DISTINCT m) FROM c WHERE id IN (1, 4);
SELECT COUNT(DISTINCT arr), COUNT(arr), COUNT(m), COUNT(r) FROM c;
SELECT ARRAY_AGG(DISTINCT arr) FROM c;
SELECT ARRAY_AGG(DISTINCT r) FROM c;
SELECT k, FIRST_VALUE(arr), LAST_VALUE(arr) FROM c GROUP BY k;
SELECT k, FIRST_VALUE(r), LAST_VALUE(r) FROM c GROUP BY k;
SELECT FIRST_VALUE(m), LAST_VALUE(m) FROM c WHERE id IN (1, 3);
SELECT k, FIRST_VALUE(`by`), LAST_VALUE(`by`), ARRAY_AGG(`by`) FROM c GROUP BY k;
SELECT COLLECT(arr) FROM c WHERE id IN (1, 4);
SELECT COLLECT(r) FROM c WHERE id IN (1, 4);
SELECT COLLECT(m) FROM c WHERE id IN (1, 4);
SELECT COLLECT(`by`) FROM c WHERE id = 1;
SELECT ARRAY_AGG(DISTINCT `by`) FROM c;
SELECT COLLECT(DISTINCT arr) FROM c WHERE id IN (1, 4);
SELECT COUNT(DISTINCT arr), COUNT(DISTINCT r), COUNT(arr), COUNT(m) FROM c;
SELECT COUNT(DISTINCT `by`) FROM c;
SELECT k, ARRAY_AGG(r) FROM (SELECT k, LAST_VALUE(r) AS r FROM c GROUP BY k) GROUP BY k;
SELECT k, FIRST_VALUE(m) FROM (SELECT k, MAX(id) AS i, LAST_VALUE(m) AS m FROM c WHERE id IN (1, 4) GROUP BY k) GROUP BY k;
SELECT arr, COUNT(*) FROM c GROUP BY arr;
SELECT r, COUNT(*) FROM c GROUP BY r;
SELECT m, COUNT(*) FROM c WHERE id IN (1, 3, 4) GROUP BY m;
SELECT DISTINCT arr FROM c;
SELECT DISTINCT r FROM c;
SELECT a.id, b.id FROM c a JOIN c b ON a.r = b.r;
SELECT a.id, b.id FROM c a JOIN c b ON a.arr = b.arr;
SELECT id, arr = ARRAY[1, 2], arr <> ARRAY[1, 2], m = MAP['x', 1], m <> MAP['x', 1], m = MAP['y', 2, 'x', 1] FROM c;
SELECT id, r = ROW(1, 'one'), r <> ROW(1, 'one'), r.q = 'one' FROM c;
SELECT id, arr IS DISTINCT FROM ARRAY[3], m IS NOT DISTINCT FROM MAP['x', 1] FROM c;
SELECT MAP['a', 1] = MAP['a', 1], MAP['a', 1] = MAP['a', 2], MAP['a', 1, 'b', 2] = MAP['b', 2, 'a', 1], MAP['a', CAST(NULL AS INT)] = MAP['a', CAST(NULL AS INT)];
SELECT ARRAY[MAP['a', 1]] = ARRAY[MAP['a', 1]], ARRAY[ARRAY[1], ARRAY[2]] = ARRAY[ARRAY[1], ARRAY[2]], ARRAY[ROW(1, 2)] = ARRAY[ROW(1, 2)], ARRAY[CAST(NULL AS INT)] = ARRAY[CAST(NULL AS INT)];
SELECT MAX(arr) FROM c;
SELECT MIN(r) FROM c;
SELECT k, MAX(`by`) FROM c GROUP BY k;
SELECT COUNT(*) FROM c WHERE arr = arr AND m = m;
SELECT id, CASE WHEN m = MAP['x', 1] THEN 'x' ELSE 'other' END FROM c;
SELECT id FROM c WHERE m IN (MAP['x', 1], MAP['z', 3]);
