-- name: first_csv_errors
-- tags: first csv error
-- note: one bad thing in each file; the last queries do not read the bad column
-- file: bad_int.csv
-- | 1,a,1.5
-- | abc,b,2
-- file: bad_double.csv
-- | 1,a,1.5
-- | 2,b,1,5
-- file: few.csv
-- | 1,a,1.5
-- | 2,b
-- file: many.csv
-- | 1,a,1.5,x
-- file: empty_num.csv
-- | 1,a,
-- | 2,b,1
-- file: open.csv
-- | 1,"a,1.5
-- | 2,b,2
-- file: blank.csv
-- | 1,a,1.5
-- |
-- | 2,b,2
-- file: bad_date.csv
-- | 1,2024-13-01,2024-01-01 00:00:00
-- | 2,2024-01-01,2024-01-01 00:00
-- file: bad_ts.csv
-- | 1,2024-01-01,2024-01-01T00:00:00
-- file: bad_bool.csv
-- | 1,true,1
-- | 2,maybe,2
-- | 3,TRUE,3
-- | 4,1,4
-- file: over.csv
-- | 1,300,99999.99
-- | 2,7,123456.789
CREATE TABLE bad_int_csv (id INT, s STRING, n DOUBLE) WITH ('connector'='filesystem','path'='${DATA}/bad_int.csv','format'='csv');
SELECT * FROM bad_int_csv;
CREATE TABLE bad_double_csv (id INT, s STRING, n DOUBLE) WITH ('connector'='filesystem','path'='${DATA}/bad_double.csv','format'='csv');
SELECT * FROM bad_double_csv;
CREATE TABLE few_csv (id INT, s STRING, n DOUBLE) WITH ('connector'='filesystem','path'='${DATA}/few.csv','format'='csv');
SELECT * FROM few_csv;
CREATE TABLE many_csv (id INT, s STRING, n DOUBLE) WITH ('connector'='filesystem','path'='${DATA}/many.csv','format'='csv');
SELECT * FROM many_csv;
CREATE TABLE empty_num_csv (id INT, s STRING, n DOUBLE) WITH ('connector'='filesystem','path'='${DATA}/empty_num.csv','format'='csv');
SELECT * FROM empty_num_csv;
CREATE TABLE open_csv (id INT, s STRING, n DOUBLE) WITH ('connector'='filesystem','path'='${DATA}/open.csv','format'='csv');
SELECT * FROM open_csv;
CREATE TABLE blank_csv (id INT, s STRING, n DOUBLE) WITH ('connector'='filesystem','path'='${DATA}/blank.csv','format'='csv');
SELECT * FROM blank_csv;
CREATE TABLE bad_date (id INT, d DATE, ts TIMESTAMP(3)) WITH ('connector'='filesystem','path'='${DATA}/bad_date.csv','format'='csv');
SELECT * FROM bad_date;
CREATE TABLE bad_ts (id INT, d DATE, ts TIMESTAMP(3)) WITH ('connector'='filesystem','path'='${DATA}/bad_ts.csv','format'='csv');
SELECT * FROM bad_ts;
CREATE TABLE bad_bool (id INT, b BOOLEAN, n INT) WITH ('connector'='filesystem','path'='${DATA}/bad_bool.csv','format'='csv');
SELECT * FROM bad_bool;
CREATE TABLE too_big (id INT, ti TINYINT, n DECIMAL(5,2)) WITH ('connector'='filesystem','path'='${DATA}/over.csv','format'='csv');
SELECT * FROM too_big;
CREATE TABLE missing (id INT, s STRING, n DOUBLE) WITH ('connector'='filesystem','path'='${DATA}/missing.csv','format'='csv');
SELECT * FROM missing;
SELECT id FROM bad_double_csv;
SELECT COUNT(*) AS n FROM bad_int_csv;
SELECT s FROM bad_int_csv;
