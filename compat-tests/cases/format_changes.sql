-- name: format_changes
-- tags: cdc changelog
-- note: Formats of changes: what is read with filters, errors, schemas, projections and aggregates over it, and what is written
-- file: debezium.json
-- | {"before":null,"after":{"id":1,"name":"a","price":1.5},"source":{"db":"d"},"op":"r","ts_ms":1}
-- | {"before":null,"after":{"id":2,"name":"b"},"op":"c"}
-- | {"before":{"id":1,"name":"a","price":1.5},"after":{"id":1,"name":"z","price":2},"op":"u"}
-- | {"before":null,"after":{"id":3,"name":"c","price":null},"op":"c"}
-- | {"before":{"id":2,"name":"b"},"after":null,"op":"d"}
-- file: schema.json
-- | {"schema":{"type":"struct"},"payload":{"before":null,"after":{"id":1,"name":"a"},"op":"c"}}
-- | {"schema":{"type":"struct"},"payload":{"before":{"id":1,"name":"a"},"after":{"id":1,"name":"b"},"op":"u"}}
-- file: bad.json
-- | {"before":null,"after":{"id":1,"name":"a"},"op":"c"}
-- | {"before":null,"after":{"id":1,"name":"a"},"op":"u"}
-- | {"before":null,"after":{"id":1,"name":"a"},"op":"x"}
-- | {"before":null,"after":{"id":"q","name":"b"},"op":"c"}
-- | nonsense
-- |
-- | {"before":null,"after":{"id":2,"name":"c"},"op":"c"}
-- file: unknown.json
-- | {"before":null,"after":{"id":1,"name":"a"},"op":"x"}
-- file: nobefore.json
-- | {"before":null,"after":{"id":1,"name":"a"},"op":"u"}
-- file: canal.json
-- | {"data":[{"id":"1","name":"a","price":null},{"id":"2","name":"b","price":null}],"type":"INSERT","database":"d","table":"t","ts":1}
-- | {"data":[{"id":"1","name":"z","price":"2.5"},{"id":"2","name":"y","price":"1"}],"old":[{"name":"a"},{"name":"b","price":null}],"type":"UPDATE","database":"d","table":"t","ts":2}
-- | {"data":[{"id":"9","name":"other"}],"type":"INSERT","database":"d","table":"u","ts":3}
-- | {"data":null,"type":"CREATE","database":"d","table":"t","sql":"create table t","ts":4}
-- | {"data":[{"id":"2","name":"y","price":"1"}],"type":"DELETE","database":"d2","table":"t","ts":5}
-- file: maxwell.json
-- | {"database":"d","table":"t","type":"insert","ts":1,"data":{"id":1,"name":"a","price":null}}
-- | {"database":"d","table":"t","type":"update","ts":2,"data":{"id":1,"name":"z","price":1},"old":{"name":"a","price":null}}
-- | {"database":"d","table":"t","type":"delete","ts":3,"data":{"id":1,"name":"z","price":1}}
-- file: ogg.json
-- | {"before":null,"after":{"id":1,"name":"a"},"op_type":"I","op_ts":"2020-01-01"}
-- | {"before":{"id":1,"name":"a"},"after":{"id":1,"name":"z"},"op_type":"U","op_ts":"2020-01-01"}
-- | {"before":{"id":1,"name":"z"},"after":null,"op_type":"D","op_ts":"2020-01-01"}
CREATE TABLE d (id INT, name STRING, price DOUBLE) WITH ('connector'='filesystem','path'='${DATA}/debezium.json','format'='debezium-json');
SELECT * FROM d;
SELECT name FROM d;
SELECT COUNT(*) AS n, SUM(price) AS s FROM d;
SELECT id, name FROM d WHERE id < 3;
EXPLAIN CHANGELOG_MODE SELECT id, COUNT(*) FROM d GROUP BY id;
CREATE TABLE s (id INT, name STRING) WITH ('connector'='filesystem','path'='${DATA}/schema.json','format'='debezium-json','debezium-json.schema-include'='true');
SELECT * FROM s;
CREATE TABLE b (id INT, name STRING) WITH ('connector'='filesystem','path'='${DATA}/bad.json','format'='debezium-json','debezium-json.ignore-parse-errors'='true');
SELECT * FROM b;
CREATE TABLE u (id INT, name STRING) WITH ('connector'='filesystem','path'='${DATA}/unknown.json','format'='debezium-json');
SELECT * FROM u;
CREATE TABLE nb (id INT, name STRING) WITH ('connector'='filesystem','path'='${DATA}/nobefore.json','format'='debezium-json');
SELECT * FROM nb;
CREATE TABLE c (id INT, name STRING, price DOUBLE) WITH ('connector'='filesystem','path'='${DATA}/canal.json','format'='canal-json');
SELECT * FROM c;
CREATE TABLE ct (id INT, name STRING) WITH ('connector'='filesystem','path'='${DATA}/canal.json','format'='canal-json','canal-json.table.include'='t','canal-json.database.include'='d.?');
SELECT * FROM ct;
CREATE TABLE ce (id INT) WITH ('connector'='filesystem','path'='${DATA}/canal.json','format'='canal-json','canal-json.table.include'='(');
SELECT * FROM ce;
CREATE TABLE m (id INT, name STRING, price DOUBLE) WITH ('connector'='filesystem','path'='${DATA}/maxwell.json','format'='maxwell-json');
SELECT * FROM m;
CREATE TABLE o (id INT, name STRING) WITH ('connector'='filesystem','path'='${DATA}/ogg.json','format'='ogg-json');
SELECT * FROM o;
CREATE TABLE wd (id INT, name STRING, price DOUBLE) WITH ('connector'='filesystem','path'='${OUT}/wd','format'='debezium-json');
INSERT INTO wd SELECT * FROM d;
CREATE TABLE wc (id INT, name STRING, price DOUBLE) WITH ('connector'='filesystem','path'='${OUT}/wc','format'='canal-json','canal-json.encode.decimal-as-plain-number'='true');
INSERT INTO wc SELECT * FROM d;
CREATE TABLE wm (id INT, name STRING, price DOUBLE) WITH ('connector'='filesystem','path'='${OUT}/wm','format'='maxwell-json');
INSERT INTO wm SELECT * FROM d;
CREATE TABLE wo (id INT, name STRING, price DOUBLE) WITH ('connector'='filesystem','path'='${OUT}/wo','format'='ogg-json','ogg-json.encode.ignore-null-fields'='true');
INSERT INTO wo SELECT * FROM d;
CREATE TABLE wg (name STRING, n BIGINT) WITH ('connector'='filesystem','path'='${OUT}/wg','format'='debezium-json','debezium-json.encode.ignore-null-fields'='true');
INSERT INTO wg SELECT name, COUNT(*) FROM o GROUP BY name;
CREATE TABLE ws (id INT, name STRING, price DOUBLE) WITH ('connector'='filesystem','path'='${OUT}/ws','format'='debezium-json','debezium-json.schema-include'='true');
INSERT INTO ws SELECT * FROM d;
CREATE TABLE wj (id INT, name STRING, price DOUBLE) WITH ('connector'='filesystem','path'='${OUT}/wj','format'='json');
INSERT INTO wj SELECT * FROM d;
