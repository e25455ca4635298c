-- name: first_datagen
-- tags: first datagen sequence
CREATE TABLE g (id INT, big BIGINT, t TINYINT, d DOUBLE, s STRING) WITH ('connector'='datagen','fields.id.kind'='sequence','fields.id.start'='1','fields.id.end'='5','fields.big.kind'='sequence','fields.big.start'='100','fields.big.end'='110','fields.t.kind'='sequence','fields.t.start'='-2','fields.t.end'='2','fields.d.kind'='sequence','fields.d.start'='1','fields.d.end'='9','fields.s.kind'='sequence','fields.s.start'='7','fields.s.end'='17');
SELECT * FROM g;
CREATE TABLE r (id INT, v INT, s STRING, d DOUBLE, b BOOLEAN) WITH ('connector'='datagen','number-of-rows'='200','fields.id.kind'='random','fields.id.min'='1','fields.id.max'='3','fields.v.min'='5','fields.v.max'='5','fields.s.length'='4','fields.d.min'='0','fields.d.max'='1');
SELECT COUNT(*) AS n, MIN(v) AS mn, MAX(v) AS mx, MIN(CHAR_LENGTH(s)) AS l1, MAX(CHAR_LENGTH(s)) AS l2, COUNT(DISTINCT id) AS ids, MIN(d) >= 0 AND MAX(d) < 1 AS inside FROM r HAVING COUNT(*) = 200;
CREATE TABLE e1 (id INT) WITH ('connector'='datagen','fields.id.kind'='sequence','fields.id.start'='1');
SELECT * FROM e1;
CREATE TABLE e2 (id INT) WITH ('connector'='datagen','fields.nope.kind'='sequence');
SELECT * FROM e2;
CREATE TABLE e3 (id INT) WITH ('connector'='datagen','fields.id.kind'='odd');
SELECT * FROM e3;
CREATE TABLE l (id INT, cut AS id * 2) WITH ('connector'='datagen','number-of-rows'='3','fields.id.kind'='sequence','fields.id.start'='1','fields.id.end'='100');
SELECT * FROM l;
