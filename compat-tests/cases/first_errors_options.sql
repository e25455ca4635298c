-- name: first_errors_options
-- tags: first error options connector
-- file: t.csv
-- | 1
CREATE TABLE o1 (a INT);
SELECT * FROM o1;
CREATE TABLE o2 (a INT) WITH ('connector'='nope');
SELECT * FROM o2;
CREATE TABLE o3 (a INT) WITH ('connector'='filesystem','format'='csv');
SELECT * FROM o3;
CREATE TABLE o4 (a INT) WITH ('connector'='filesystem','path'='${DATA}/t.csv');
SELECT * FROM o4;
CREATE TABLE o5 (a INT) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='nope');
SELECT * FROM o5;
CREATE TABLE o6 (a INT) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.bogus'='1','pth'='x');
SELECT * FROM o6;
CREATE TABLE o7 (a INT) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.ignore-parse-errors'='maybe');
SELECT * FROM o7;
CREATE TABLE o8 (a INT) WITH ('connector'='datagen','rows-per-second'='many');
SELECT * FROM o8;
CREATE TABLE o9 (a INT) WITH ('connector'='print');
SELECT * FROM o9;
CREATE TABLE o10 (a INT) WITH ('connector'='datagen','number-of-rows'='1');
INSERT INTO o10 VALUES (1);
CREATE TABLE o11 (a INT) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv','csv.quote-character'='ab');
SELECT * FROM o11;
CREATE TABLE o12 (a INT) WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='json','json.fail-on-missing-field'='true','json.ignore-parse-errors'='true');
SELECT * FROM o12;
CREATE TABLE o13 (a INT) WITH ('connector'='print','print-identifer'='x');
INSERT INTO o13 VALUES (1);
CREATE TABLE o14 (a INT, m STRING METADATA FROM 'nope') WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv');
SELECT * FROM o14;
