-- name: first_identifiers
-- tags: first names quoting comments
-- file: t.csv
-- | 1,one,10,100
-- | 2,two,20,200
CREATE TABLE `my table` (`select` INT, `a b` STRING, `Üx` INT COMMENT 'a comment', camelCase INT) COMMENT 'of the table' WITH ('connector'='filesystem','path'='${DATA}/t.csv','format'='csv');
SELECT `select`, `a b` AS `x y`, `Üx`, camelCase FROM `my table` /* a comment */ WHERE `select` > 0 -- to the end of the line
;
SELECT m.`select` + camelCase AS `sum` FROM default_catalog.default_database.`my table` AS m;
SELECT COUNT(*), SUM(camelCase), camelCase + 1, UPPER('x') FROM `my table` GROUP BY camelCase;
SELECT 'it''s' AS q, 'a -- b' AS c, '/* no */' AS d;
SELECT camelcase FROM `my table`;
SELECT 1 AS a, 2 AS a;
SELECT 1 AS a, 2 AS A;
CREATE TEMPORARY VIEW `a view` AS SELECT * FROM `my table`;
SELECT * FROM `a view`;
DESCRIBE `a view`;
DESCRIBE `my table`;
