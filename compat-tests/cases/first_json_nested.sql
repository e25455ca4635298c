-- name: first_json_nested
-- tags: first json nested
-- file: n.json
-- | {"id":1,"who":{"name":"Ann","home":{"city":"Ulm","zip":"89073"}},"tags":["x","y"],"attrs":{"a":"1","b":null},"points":[{"x":1,"y":2.5},{"x":3}],"grid":[[1,2],[],null]}
-- | {"id":2,"who":{"name":null},"tags":[],"attrs":{},"points":[],"grid":[]}
-- | {"id":3,"who":null,"tags":null}
-- | {"id":4}
-- | {"extra":{"deep":[1,{"z":2}]},"id":5,"tags":["only",null],"points":[null]}
CREATE TABLE n (id INT, who ROW<name STRING, home ROW<city STRING, zip INT>>, tags ARRAY<STRING>, attrs MAP<STRING, STRING>, points ARRAY<ROW<x INT, y DOUBLE>>, grid ARRAY<ARRAY<INT>>)
WITH ('connector'='filesystem','path'='${DATA}/n.json','format'='json');
SELECT * FROM n;
SELECT id, n.who.name, n.who.home.city AS city, who.home.zip + 1 AS z FROM n;
SELECT id, tags[1] AS t1, attrs['a'] AS a, points[2].x AS x2, CARDINALITY(tags) AS c FROM n;
SELECT id FROM n WHERE who.home.city = 'Ulm' OR tags[1] = 'only';
SELECT city, COUNT(*) AS cnt FROM (SELECT who.home.city AS city FROM n) GROUP BY city;
