-- name: format_raw
-- tags: raw
-- note: The format raw: one column, texts and numbers, what it refuses
-- file: lines.txt
-- | first line
-- | Zweite Zeile: ä, €
-- |
-- | {"a":1}
-- file: four.txt
-- | ABCD
-- | abcd
CREATE TABLE r (line STRING) WITH ('connector'='filesystem','path'='${DATA}/lines.txt','format'='raw');
SELECT line, CHAR_LENGTH(line) FROM r;
SELECT COUNT(*) FROM r;
CREATE TABLE i (v INT) WITH ('connector'='filesystem','path'='${DATA}/four.txt','format'='raw');
SELECT v FROM i;
CREATE TABLE li (v INT) WITH ('connector'='filesystem','path'='${DATA}/four.txt','format'='raw','raw.endianness'='little-endian');
SELECT v FROM li;
CREATE TABLE f (v FLOAT) WITH ('connector'='filesystem','path'='${DATA}/four.txt','format'='raw');
SELECT v FROM f;
CREATE TABLE b (v BYTES) WITH ('connector'='filesystem','path'='${DATA}/four.txt','format'='raw');
SELECT v FROM b;
CREATE TABLE bi (v BIGINT) WITH ('connector'='filesystem','path'='${DATA}/four.txt','format'='raw');
SELECT v FROM bi;
CREATE TABLE two (a STRING, b INT) WITH ('connector'='filesystem','path'='${DATA}/lines.txt','format'='raw');
SELECT * FROM two;
CREATE TABLE arr (a ARRAY<INT>) WITH ('connector'='filesystem','path'='${DATA}/lines.txt','format'='raw');
SELECT * FROM arr;
CREATE TABLE en (a STRING) WITH ('connector'='filesystem','path'='${DATA}/lines.txt','format'='raw','raw.endianness'='middle');
SELECT * FROM en;
CREATE TABLE w (line STRING) WITH ('connector'='filesystem','path'='${OUT}/w','format'='raw');
INSERT INTO w SELECT UPPER(line) FROM r;
