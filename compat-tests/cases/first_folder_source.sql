-- name: first_folder_source
-- tags: first filesystem folder
-- note: hidden files and those that start with _ are not read, sub-folders are
-- file: in/a.csv
-- | 1,a
-- | 2,b
-- file: in/b.csv
-- | 3,c
-- file: in/.hidden.csv
-- | 9,hidden
-- file: in/_tmp.csv
-- | 8,under
-- file: in/sub/c.csv
-- | 4,d
CREATE TABLE t (id INT, s STRING) WITH ('connector'='filesystem','path'='${DATA}/in','format'='csv');
SELECT * FROM t;
SELECT COUNT(*) AS n, SUM(id) AS s FROM t;
CREATE TABLE single (id INT, s STRING) WITH ('connector'='filesystem','path'='file://${DATA}/in/a.csv','format'='csv');
SELECT * FROM single;
CREATE TABLE absent (id INT, s STRING) WITH ('connector'='filesystem','path'='${DATA}/nothing','format'='csv');
SELECT * FROM absent;
