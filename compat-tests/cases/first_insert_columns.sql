-- name: first_insert_columns
-- tags: first sink insert cast error
CREATE TABLE p (a INT, b STRING, c DOUBLE) WITH ('connector'='print');
INSERT INTO p VALUES (1, 'x', 2.5);
INSERT INTO p (b, a) VALUES ('only', 7);
INSERT INTO p SELECT CAST(2 AS SMALLINT), 'y', 3;
INSERT INTO p VALUES (1, 'x');
INSERT INTO p VALUES ('1', 'x', 2.5);
INSERT INTO p VALUES (1, 5, 2.5);
INSERT INTO p (a, nope) VALUES (1, 2);
INSERT INTO p SELECT 1, 'a', CAST(NULL AS DOUBLE);
INSERT INTO nowhere VALUES (1);
CREATE TABLE short (v VARCHAR(3), n DECIMAL(4, 1), i INT NOT NULL) WITH ('connector'='print');
INSERT INTO short VALUES ('abcdef', 12.34, 1);
INSERT INTO short SELECT 'a', 12345.6, 1;
INSERT INTO short SELECT 'a', 1.0, CAST(NULL AS INT);
INSERT INTO short SELECT s, n, i FROM (VALUES ('toolong', 1.25, 1), ('b', 2.0, CAST(NULL AS INT))) AS t(s, n, i);
CREATE TABLE comp (a INT, twice AS a * 2) WITH ('connector'='print');
INSERT INTO comp VALUES (4);
INSERT INTO comp VALUES (4, 8);
