-- name: format_nested
-- tags: json csv raw
-- note: maps, nested values and odd texts in JSON, CSV and raw
-- file: m.json
-- | {"id":1,"m":{"a":1,"b":2,"c":3,"dd":4,"ee":5,"zeta":6},"n":{"x":{"y":{"k1":"v1","k2":"v2","key3":"v3"}}},"ar":[{"a":1,"b":"x"},{"a":2}]}
-- | {"id":2,"m":{"one":1,"two":2,"three":3,"four":4,"five":5,"six":6,"seven":7,"eight":8,"nine":9,"ten":10,"eleven":11,"twelve":12,"thirteen":13,"fourteen":14},"n":{"x":null},"ar":[]}
-- | {"id":3,"m":{},"n":null,"ar":null}
-- | {"id":4,"m":{"ä":1,"日本":2,"":3,"😀":4,"A B":5},"n":{"x":{"y":{"z":null}}},"ar":[null]}
-- file: types.json
-- | {"b":true,"i":1,"bi":12345678901,"d":1.5,"f":0.1,"de":12.345,"s":"x","dt":"2024-02-29","tm":"10:11:12","ts":"2024-02-29 10:11:12.345","ltz":"2024-02-29 10:11:12Z","by":"aGk=","ar":[1,null,3]}
-- | {"b":"true","i":"7","bi":"8","d":"2.5","f":"NaN","de":"9.999","s":5,"dt":"0001-01-01","tm":"23:59:59.123","ts":"2024-02-29T10:11:12","ltz":"2024-02-29T10:11:12Z","by":"","ar":[]}
-- | {"b":0,"i":1.9,"bi":1e3,"d":3,"f":4,"de":5,"s":true,"dt":null,"tm":null,"ts":null,"ltz":null,"by":null,"ar":null}
-- | {"s":{"a":[1, 2]},"I":9,"b":null}
-- | {"s":[1,"x"],"i":null}
-- file: q.csv
-- | 1;'a;b';x|y;k1|2;aGk=
-- | 2;it''s;;|;
-- | 3;"q";z;k|;AAE=
-- file: hdr.csv
-- | 1,  spaced  ,TRUE,1e3,2024-02-29 10:11:12
-- | 2,"multi ""q"" x",false,-0.0,2024-02-29 10:11:12.1
-- | 3,,,,
CREATE TABLE m (id INT, m MAP<STRING, INT>, n ROW<x ROW<y MAP<STRING, STRING>>>, ar ARRAY<ROW<a INT, b STRING>>) WITH ('connector'='filesystem','path'='${DATA}/m.json','format'='json');
SELECT * FROM m;
SELECT id, m['a'], m['two'], n.x.y['k2'], ar[1].b, ar[2], CARDINALITY(m), CARDINALITY(ar), MAP_KEYS(m), MAP_VALUES(m), MAP_ENTRIES(m) FROM m;
SELECT id, k, v FROM m CROSS JOIN UNNEST(m) AS t(k, v);
SELECT id, a, b FROM m LEFT JOIN UNNEST(ar) AS t(a, b) ON TRUE;
SELECT id, MAP_UNION(m, MAP['a', 100, 'q', 7]), CAST(m AS MAP<STRING, STRING>), CAST(m AS STRING), CAST(n AS STRING), CAST(ar AS STRING), JSON_STRING(m), JSON_STRING(ar), JSON_STRING(n) FROM m;
SELECT id, n.x, n.x.y, ROW(id, m), m.n.x.y['z'] FROM m;
CREATE TABLE ty (b BOOLEAN, i INT, bi BIGINT, d DOUBLE, f FLOAT, de DECIMAL(5,2), s STRING, dt DATE, tm TIME, ts TIMESTAMP(3), ltz TIMESTAMP_LTZ(3), `by` BYTES, ar ARRAY<INT>) WITH ('connector'='filesystem','path'='${DATA}/types.json','format'='json','json.ignore-parse-errors'='true');
SELECT * FROM ty;
CREATE TABLE ty2 (b BOOLEAN, i INT, s STRING) WITH ('connector'='filesystem','path'='${DATA}/types.json','format'='json');
SELECT * FROM ty2;
CREATE TABLE ty3 (ts TIMESTAMP(3), ltz TIMESTAMP_LTZ(3), tm TIME(3)) WITH ('connector'='filesystem','path'='${DATA}/types.json','format'='json','json.timestamp-format.standard'='ISO-8601','json.ignore-parse-errors'='true');
SELECT * FROM ty3;
CREATE TABLE o1 (id INT, m MAP<STRING, INT>, ar ARRAY<ROW<a INT, b STRING>>, ts TIMESTAMP(3), d DATE, t TIME, de DECIMAL(10,3), by1 BYTES, db DOUBLE, nul STRING) WITH ('connector'='filesystem','path'='${OUT}/o1','format'='json');
INSERT INTO o1 SELECT id, m, ar, TIMESTAMP '2024-01-01 00:00:00.120', DATE '2024-01-01', TIME '10:00:00', 1.500, x'6869', 1e10, CAST(NULL AS STRING) FROM m;
CREATE TABLE o2 (id INT, ts TIMESTAMP(3), ltz TIMESTAMP_LTZ(3), de DECIMAL(10,3), nul STRING) WITH ('connector'='filesystem','path'='${OUT}/o2','format'='json','json.timestamp-format.standard'='ISO-8601','json.encode.decimal-as-plain-number'='true','json.encode.ignore-null-fields'='true');
INSERT INTO o2 SELECT id, TIMESTAMP '2024-01-01 00:00:00.120', TO_TIMESTAMP_LTZ(1500, 3), 100000000.000, CAST(NULL AS STRING) FROM m;
CREATE TABLE o3 (id INT, m MAP<STRING, INT>) WITH ('connector'='filesystem','path'='${OUT}/o3','format'='json','json.map-null-key.mode'='LITERAL','json.map-null-key.literal'='nil');
INSERT INTO o3 SELECT id, m FROM m;
CREATE TABLE q (id INT, s STRING, ar ARRAY<STRING>, r ROW<k STRING, n INT>, `by` BYTES) WITH ('connector'='filesystem','path'='${DATA}/q.csv','format'='csv','csv.field-delimiter'=';','csv.quote-character'='''','csv.array-element-delimiter'='|','csv.ignore-parse-errors'='true');
SELECT * FROM q;
CREATE TABLE h (id INT, s STRING, b BOOLEAN, d DOUBLE, ts TIMESTAMP(3)) WITH ('connector'='filesystem','path'='${DATA}/hdr.csv','format'='csv','csv.null-literal'='');
SELECT *, CHAR_LENGTH(s) FROM h;
CREATE TABLE c1 (id INT, s STRING, b BOOLEAN, d DOUBLE, ts TIMESTAMP(6), ar ARRAY<INT>, r ROW<a INT, b STRING>, `by` BYTES, t TIME, ltz TIMESTAMP_LTZ(3)) WITH ('connector'='filesystem','path'='${OUT}/c1','format'='csv');
INSERT INTO c1 SELECT id, s, b, d, ts, ARRAY[id, NULL, 3], ROW(id, s), x'0001ff', TIME '01:02:03', TO_TIMESTAMP_LTZ(0, 3) FROM h;
CREATE TABLE c2 (id INT, s STRING, d DOUBLE, de DECIMAL(10,2), f FLOAT) WITH ('connector'='filesystem','path'='${OUT}/c2','format'='csv','csv.field-delimiter'='|','csv.null-literal'='n/a','csv.quote-character'='''','csv.write-bigdecimal-in-scientific-notation'='false');
INSERT INTO c2 SELECT id, s, d, 1000.00, CAST(0.1 AS FLOAT) FROM h;
CREATE TABLE c3 (id INT, s STRING, de DECIMAL(20,0)) WITH ('connector'='filesystem','path'='${OUT}/c3','format'='csv','csv.disable-quote-character'='true');
INSERT INTO c3 SELECT id, s, CAST(100000 AS DECIMAL(20,0)) FROM h;
CREATE TABLE rw (s STRING) WITH ('connector'='filesystem','path'='${DATA}/hdr.csv','format'='raw');
SELECT s, JSON_STRING(s) FROM rw;
CREATE TABLE rw2 (s VARCHAR(5)) WITH ('connector'='filesystem','path'='${DATA}/hdr.csv','format'='raw');
SELECT s FROM rw2;
CREATE TABLE rw3 (b BOOLEAN) WITH ('connector'='filesystem','path'='${DATA}/hdr.csv','format'='raw');
SELECT b FROM rw3;
CREATE TABLE p (s STRING, i INT, m MAP<STRING, INT>, ar ARRAY<STRING>, r ROW<a INT, b STRING>) WITH ('connector'='print');
INSERT INTO p SELECT CAST(id AS STRING), id, m, ARRAY['x', NULL], ROW(id, 'y') FROM m;
CREATE TABLE p2 (s STRING, b BYTES, ts TIMESTAMP(3), ltz TIMESTAMP_LTZ(3), d DATE, t TIME, de DECIMAL(5,2), f FLOAT, bo BOOLEAN) WITH ('connector'='print','print-identifier'='P','standard-error'='false');
INSERT INTO p2 SELECT s, x'6869', ts, TO_TIMESTAMP_LTZ(0, 3), DATE '2024-01-01', TIME '10:00:00', 1.50, CAST(d AS FLOAT), b FROM h
