-- name: first_json_missing
-- tags: first json missing bad error
-- note: first good lines, then each kind of bad line alone
-- file: m.json
-- | {"id":1,"name":"a"}
-- | {"name":"b","id":2,"other":[1]}
-- | {"id":3}
-- |
-- | not json
-- | {"id":4,"name":"trunc
-- | {"id":"x","name":"d"}
-- | {"id":5,"name":{"o":1}}
-- | [1,2]
-- | null
-- | {"ID":6,"Name":"upper"}
-- | {"id":7,"name":"last"} 
-- file: good.json
-- | {"id":1,"name":"a"}
-- | {"id":2}
-- | {"id":3,"name":null}
-- file: bad1.json
-- | {"id":1,"name":"a"}
-- | not json
-- file: bad2.json
-- | {"id":"x","name":"d"}
-- file: bad3.json
-- | {"id":4,"name":"trunc
-- file: bad4.json
-- | [1,2]
-- file: bad5.json
-- | {"id":1,"name":"a"}
-- | {"id":2.5,"name":"frac"}
-- | {"id":99999999999,"name":"wide"}
-- | {"id":5,"name":{"o":1}}
-- | {"id":true,"name":false}
CREATE TABLE lenient (id INT, name STRING) WITH ('connector'='filesystem','path'='${DATA}/m.json','format'='json','json.ignore-parse-errors'='true');
SELECT * FROM lenient;
CREATE TABLE good (id INT, name STRING) WITH ('connector'='filesystem','path'='${DATA}/good.json','format'='json');
SELECT * FROM good;
CREATE TABLE must (id INT, name STRING) WITH ('connector'='filesystem','path'='${DATA}/good.json','format'='json','json.fail-on-missing-field'='true');
SELECT * FROM must;
CREATE TABLE stop (id INT, name STRING) WITH ('connector'='filesystem','path'='${DATA}/m.json','format'='json');
SELECT * FROM stop;
CREATE TABLE bad1 (id INT, name STRING) WITH ('connector'='filesystem','path'='${DATA}/bad1.json','format'='json');
SELECT * FROM bad1;
CREATE TABLE bad2 (id INT, name STRING) WITH ('connector'='filesystem','path'='${DATA}/bad2.json','format'='json');
SELECT * FROM bad2;
CREATE TABLE bad3 (id INT, name STRING) WITH ('connector'='filesystem','path'='${DATA}/bad3.json','format'='json');
SELECT * FROM bad3;
CREATE TABLE bad4 (id INT, name STRING) WITH ('connector'='filesystem','path'='${DATA}/bad4.json','format'='json');
SELECT * FROM bad4;
CREATE TABLE bad5 (id INT, name STRING) WITH ('connector'='filesystem','path'='${DATA}/bad5.json','format'='json');
SELECT * FROM bad5;
CREATE TABLE strict_and_lenient (id INT, name STRING) WITH ('connector'='filesystem','path'='${DATA}/m.json','format'='json','json.ignore-parse-errors'='true','json.fail-on-missing-field'='true');
SELECT * FROM strict_and_lenient;
SELECT COUNT(*) AS n, COUNT(id) AS ids FROM lenient;
SELECT id FROM bad5;
